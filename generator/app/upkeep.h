// The verbs that look after what is left from run to run: `cache` and `gc`.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace e2e::app {

struct UpkeepOptions {
  std::vector<std::string> specs, profiles = {}, variables = {};
  std::string format = "plain";
  bool json = false;
  bool dry_run = false;
  bool build_cache = false;
  CLI::App* cache_key = nullptr;
  CLI::App* cache_size = nullptr;
  CLI::App* forget = nullptr;
  std::vector<std::string> names = {};
  CLI::App* gc = nullptr;
};

/// Adds the verbs to the command line.
void add_upkeep(CLI::App& app, UpkeepOptions& options);
/// Whether the command line names one of them.
bool is_upkeep(UpkeepOptions const& options);
/// Returns the exit status.
int upkeep(UpkeepOptions const& options);

}  // namespace e2e::app
