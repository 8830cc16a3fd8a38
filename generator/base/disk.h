// The disk: reading, and writing that leaves either the old file or the whole new one.
#pragma once

#include <unistd.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace e2e {

/// What the compiler may ask of the workspace, so that a test can hand it one made of strings.
class Files {
 public:
  virtual ~Files() = default;
  /// The content of a regular file, or nothing.
  virtual std::optional<std::string> read(std::string const& path) const = 0;
  /// Reads them side by side, where that is faster than one after the other; changes nothing that can be seen.
  virtual void read_ahead(std::vector<std::string> const&) const {}
  virtual bool is_folder(std::string const& path) const = 0;
  virtual bool exists(std::string const& path) const = 0;
  /// The names in a folder, sorted; none if there is no such folder.
  virtual std::vector<std::string> list(std::string const& folder) const = 0;
  /// What the objects of a kustomization are, as one text; throws Failure, with what the tool says, if it fails.
  virtual std::string kustomized(std::string const& folder) const = 0;
  /// What a chart becomes with these words for the variables of the rule that renders it; `inputs` are the files that
  /// it is made of. Throws Failure as above.
  virtual std::string charted(std::map<std::string, std::vector<std::string>> const& words,
                              std::vector<std::string> const& inputs) const;
};

/// The real disk as it was when it was asked first: what it said of a file it says again, so that all that is made of
/// the files is made of the same ones, and what was asked is what the output depends on.
class DiskFiles : public Files {
 public:
  std::optional<std::string> read(std::string const& path) const override;
  void read_ahead(std::vector<std::string> const& paths) const override;
  bool is_folder(std::string const& path) const override;
  bool exists(std::string const& path) const override;
  std::vector<std::string> list(std::string const& folder) const override;
  /// Knows no tool that could.
  std::string kustomized(std::string const& folder) const override;
  /// What was read, or was to be read and not there; a folder that was listed with a slash at its end; sorted, each
  /// once.
  std::vector<std::string> asked() const;

 private:
  mutable std::map<std::string, std::optional<std::string>> read_;
  mutable std::map<std::string, std::vector<std::string>> listed_;
};

/// A file descriptor that closes itself; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void close() {
    if (open()) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

/// The names in a folder, sorted; none if there is no such folder.
std::vector<std::string> names_in(std::string const& folder);

/// All that an open file holds. Throws Failure naming `path`.
std::string read_all(Descriptor const& file, std::string const& path);
/// Nothing if there is no such file. Throws Failure if there is one that can't be read.
std::optional<std::string> read_file(std::string const& path);
/// The same, and nothing if it is a folder.
std::optional<std::string> read_unless_folder(std::string const& path);
/// Who may read a file that is written: as many as the umask lets, or its owner alone, since it may hold secrets.
enum class Readers { as_usual, owner };
/// A file that lies in memory as far as it is looked at; empty if there is none. Writers that rename leave it as it is.
class MappedFile {
 public:
  /// Throws Failure if there is one that can't be read.
  explicit MappedFile(std::string const& path);
  MappedFile(MappedFile const&) = delete;
  MappedFile& operator=(MappedFile const&) = delete;
  ~MappedFile();
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

/// Makes the folders above, writes beside, syncs nothing, renames. Throws Failure, and leaves the old file then. What a
/// killed process leaves beside is_temporary.
void write_file(std::string const& path, std::string_view text, Readers readers = Readers::as_usual);
/// As write_file, but leaves an equal file that has those readers, and its mtime, alone. Returns whether it wrote.
bool write_if_changed(std::string const& path, std::string_view text, Readers readers = Readers::as_usual);
/// Whether it is called as what write_file renames: NAME, 16 hexadecimal digits, ".tmp".
bool is_temporary(std::string_view path);
/// Removes a file if there is one. Throws Failure if it is there and stays.
void remove_file(std::string const& path);
/// Throws Failure, and leaves both as they were then.
void rename_file(std::string const& from, std::string const& to);
/// Makes the folder that `path` stands in.
void make_folder_of(std::string const& path);
/// Adds whole lines with one write, so that lines of several processes don't mix.
void append_file(std::string const& path, std::string_view lines);

/// A lexically normal path relative to the workspace ("./a/../b" -> "b", "" -> ".").
std::string normal_path(std::string_view path);
/// A path as the name of one file, with '+' for each '/'. Two paths of which none has a '+' never have one name.
std::string path_as_name(std::string_view path);
/// Whether a path, read lexically, stays inside the workspace.
bool inside_workspace(std::string_view path);

}  // namespace e2e
