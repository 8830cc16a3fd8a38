// The compiler as a verb: a spec becomes a Ninja file.
#pragma once

#include <string>
#include <vector>

namespace e2e::app {

struct GenerateOptions {
  std::string spec;
  std::string output = "e2e.ninja";
  std::string templates;
  std::string node_image;
  bool print = false;
  bool quiet = false;
};

/// Returns the exit status: 0, or 1 after diagnostics on standard error; nothing is written then.
int generate(GenerateOptions const& options);

}  // namespace e2e::app
