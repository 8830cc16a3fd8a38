// What a shell proposes while somebody types: read from the command line's own description, so that it can't drift.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace e2e::app {

struct CompletionOptions {
  std::string shell;
  bool words = false;
  CLI::App* verb = nullptr;
};

/// Adds the verb to the command line.
void add_completions(CLI::App& app, CompletionOptions& options);
/// Returns the exit status. `words`: what stood after --.
int completions(CLI::App const& app, CompletionOptions const& options, std::vector<std::string> const& words);
/// What may stand where the last of `words` stands, the first of which is the program's name. Nothing where a file may
/// stand, or anything: the shell knows files.
std::vector<std::string> candidates(CLI::App const& app, std::vector<std::string> words);
/// The script for that shell; it asks the program for the words.
std::string completion_script(std::string const& shell);

}  // namespace e2e::app
