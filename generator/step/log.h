// The log of a step.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace e2e::step {

/// Bytes that are kept of what a command says: from its beginning, and at least to its end.
struct Kept {
  std::uint64_t head = 8 << 20, tail = 8 << 20;
};

/// What can't be written is told at the end, and is no reason to fail.
class Log {
 public:
  /// Opens nothing: whoever writes first does.
  explicit Log(std::string path, Kept kept = {}) : path_(std::move(path)), kept_(kept) {}
  Log(Log const&) = delete;
  Log& operator=(Log const&) = delete;
  ~Log();

  /// The log of the run before is kept: it may tell of the first failure.
  void begin_anew();
  /// What we have to say. What is taken afterwards is of another command.
  void say(std::string_view text);
  /// A piece of what a command says. Of one that says too much the middle is left out, which the log tells, so that
  /// beside the head there is never more than twice the tail.
  void take(std::string_view text);
  /// Something that was to be seen, in the log or on the terminal, and is not.
  void lose(std::string_view what);

  std::string const& path() const { return path_; }
  std::uint64_t size() const;
  /// What was lost, in lines; empty if all is there.
  std::string const& lost() const { return lost_; }

 private:
  bool open();
  bool append(std::string_view text);
  void leave_out();
  void fail();

  std::string const path_;
  Kept const kept_;
  int fd_ = -1;
  bool failed_ = false;           // of this command no more is written
  std::uint64_t head_ = 0;        // bytes of this command's that are kept at its beginning
  std::uint64_t tail_ = 0;        // bytes that are there after them
  std::uint64_t tail_begin_ = 0;  // where they begin in the file, or the line before them that tells what is not there
  std::uint64_t left_out_ = 0;
  std::string lost_;
};

/// The last lines of a file, read from its end; long ones are cut, and say so.
std::vector<std::string> tail_of(std::string const& path, std::size_t lines);

/// Which of the texts stand in a file behind that place, in their order. Reads it piece by piece.
std::vector<std::string> found_in(std::string const& path, std::uint64_t from, std::vector<std::string> const& texts,
                                  std::size_t piece = 1 << 16);

}  // namespace e2e::step
