// The compiler as a verb: a spec becomes a Ninja file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "claim/claim.h"
#include "ninja/write.h"

namespace e2e::app {

struct GenerateOptions {
  std::string spec;
  std::string output = "e2e.ninja";
  std::string templates = {};
  std::string node_image = {};
  bool print = false;
  bool quiet = false;
};

/// What a spec becomes, before anything is written.
struct Compiled {
  ninja::Names names;
  std::string ninja;
  claim::File claims;
  std::size_t images = 0;
};

/// Writes nothing. Nothing comes back after diagnostics on standard error.
std::optional<Compiled> compile(GenerateOptions const& options);

/// Returns the exit status: 0, or 1 after diagnostics on standard error; nothing is written then.
int generate(GenerateOptions const& options);

}  // namespace e2e::app
