// What the unit tests work with: a workspace made of strings, the stages of the compiler on it, and folders and
// commands for what has to be real.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "ninja/write.h"
#include "plan/resolve.h"
#include "spec/load.h"

namespace e2e::test {

/// Files that are strings; a folder is there if a file is in it.
class MemoryFiles final : public Files {
 public:
  void write(std::string const& path, std::string text) { texts_[path] = std::move(text); }
  void remove(std::string const& path) { texts_.erase(path); }
  std::optional<std::string> read(std::string const& path) const override;
  bool is_folder(std::string const& path) const override;
  std::vector<std::string> list(std::string const& folder) const override;
  std::string kustomized(std::string const& folder) const override { return read(folder + "/kustomized").value_or(""); }
  std::string charted(std::map<std::string, std::vector<std::string>> const& words,
                      std::vector<std::string> const&) const override {
    return read(words.at("chart").front() + "/charted").value_or("");
  }
  bool exists(std::string const& path) const override { return texts_.contains(path) || is_folder(path); }
  /// What was looked for.
  std::set<std::string> const& asked() const { return asked_; }

 private:
  std::map<std::string, std::string> texts_;
  mutable std::set<std::string> asked_;
};

/// The compiler on such a workspace, up to any stage. It starts with the built-in templates.
struct Compiler {
  MemoryFiles files;
  Sources sources;
  Diagnostics diagnostics;
  std::vector<plan::Provider> providers;
  spec::Choices choices;

  Compiler();
  /// Reads `text` as a provider's template, instead of the one of that name.
  void provide(std::string const& name, std::string const& text);

  spec::Document load(std::string const& path = "specs/s.yaml");
  plan::Plan resolve(std::string const& path = "specs/s.yaml");
  graph::Graph lower(std::string const& path = "specs/s.yaml");
  ninja::Output compile(std::string const& path = "specs/s.yaml");
  /// What the user would read.
  std::string errors() const { return diagnostics.any() ? diagnostics.render(sources, false) : ""; }
  std::string warnings() const { return diagnostics.any() ? "" : diagnostics.render(sources, false); }
};

/// A folder of its own, gone at the end.
class TempFolder {
 public:
  TempFolder();
  TempFolder(TempFolder const&) = delete;
  TempFolder& operator=(TempFolder const&) = delete;
  ~TempFolder();
  std::string path(std::string_view name = "") const;

 private:
  std::string root_;
};

/// Steps work in the folder that they are in: a new one, for as long as this lives. PATH is as it was afterwards.
class InFolder {
 public:
  InFolder();
  InFolder(InFolder const&) = delete;
  InFolder& operator=(InFolder const&) = delete;
  ~InFolder();
  std::string path(std::string_view name = "") const { return folder_.path(name); }

 private:
  TempFolder folder_;
  std::string before_, programs_;
};

struct Run {
  int status;
  std::string output;  // both streams
};
/// Runs a line in the shell that Ninja uses.
Run run_shell(std::string const& line);

/// The source tree: E2EGEN_SOURCE, or where the tests were started.
std::string source_folder();

/// Replaces every `from`.
std::string replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace e2e::test
