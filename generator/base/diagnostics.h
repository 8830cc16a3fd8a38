// Diagnostics: what is wrong, where it stands, and what to do about it.
//
// A stage adds to a Diagnostics and goes on, so that one run shows every error. Only the app layer renders and exits.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace e2e {

/// A failure of the world (disk, process), not of the user's text: thrown, caught by the app layer, printed as it is.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A stretch of one source file. `file` indexes Sources, -1 is "nowhere"; line and column count from 1, columns in
/// bytes.
struct Place {
  std::int32_t file = -1;
  std::int32_t line = 0;
  std::int32_t column = 0;
  std::int32_t width = 1;

  bool known() const { return file >= 0; }
  auto operator<=>(Place const&) const = default;
};

/// Every text that was read, so that a Place can be shown.
class Sources {
 public:
  std::int32_t add(std::string path, std::string text);
  std::string const& path(std::int32_t file) const { return files_.at(static_cast<std::size_t>(file)).path; }
  std::string const& text(std::int32_t file) const { return files_.at(static_cast<std::size_t>(file)).text; }
  /// The line without its newline; empty where there is none.
  std::string_view line(Place const& place) const;
  /// `file:line:column`, or just the file where the line is unknown.
  std::string name(Place const& place) const;

 private:
  struct File {
    std::string path, text;
    std::vector<std::size_t> starts;  // of each line
  };
  std::vector<File> files_;
};

struct Note {
  Place place;
  std::string message;
};

struct Diagnostic {
  Place place;
  std::string message;
  std::string help = {};
  std::vector<Note> notes = {};
  std::string_view warning = {};  // its name in warnings.h: something is odd, and nothing is wrong
};

/// Which warning that is, in one line, wherever it stands by now.
std::string subject(Diagnostic const& one);

class Diagnostics {
 public:
  void add(Diagnostic diagnostic) { all_.push_back(std::move(diagnostic)); }
  void add(Diagnostics more) { all_.insert(all_.end(), more.all_.begin(), more.all_.end()); }
  /// Whether anything is wrong.
  bool any() const { return count() > 0; }
  std::size_t count() const;
  bool empty() const { return all_.empty(); }
  /// The subjects of the warnings.
  std::vector<std::string> warnings() const;
  /// Takes out the warnings that `is` accepts; returns how many those were, told twice or not.
  std::size_t drop_warnings(std::function<bool(Diagnostic const&)> const& is);
  /// What is wrong, or if nothing is, what is odd. Sorted by place, without repetitions, warnings of one name together;
  /// ANSI colours where `colour` is set.
  std::string render(Sources const& sources, bool colour) const;

 private:
  std::vector<Diagnostic> all_;
};

}  // namespace e2e
