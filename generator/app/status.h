// The verb `status`: how things stand.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace e2e::app {

struct StatusOptions {
  std::string name;
  bool up = false;
  bool json = false;
  bool watch = false;
  CLI::App* verb = nullptr;
};

/// Adds the verb to the command line.
void add_status(CLI::App& app, StatusOptions& options);
/// Returns the exit status: 0 if all holds, 1 if the next run has something to do, 2 if that can't be told.
int status(StatusOptions const& options);

}  // namespace e2e::app
