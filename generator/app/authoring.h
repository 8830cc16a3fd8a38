// The verbs for who writes specs: `init` and `fmt`.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace e2e::app {

struct AuthoringOptions {
  std::string folder = ".";
  std::string output;
  bool print = false;
  std::vector<std::string> specs;
  bool check = false;
  CLI::App* init = nullptr;
  CLI::App* fmt = nullptr;
};

/// Adds the verbs to the command line.
void add_authoring(CLI::App& app, AuthoringOptions& options);
/// Whether the command line names one of them.
bool is_authoring(AuthoringOptions const& options);
/// Returns the exit status.
int authoring(AuthoringOptions const& options);

}  // namespace e2e::app
