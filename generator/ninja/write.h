// Graph -> the text of a Ninja file, and the claims file beside it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "claim/claim.h"
#include "graph/graph.h"

namespace e2e::ninja {

/// Where the parts of one Ninja file stand. Two files never share one.
struct Names {
  explicit Names(std::string ninja_file);
  std::string ninja;     // e2e.ninja
  std::string claims;    // .e2e/e2e.claims
  std::string warnings;  // .e2e/e2e.warnings: those that were told
  std::string reads;     // .e2e/e2e.reads: digest of all that the compiler read
  std::string done;      // .e2e/e2e.done: the compiler ran
  std::string host;      // .e2e/e2e.host.ninja: the only part that names paths of the machine
  std::string logs;      // .e2e/e2e.builddir: what Ninja keeps for itself
};

struct Input {
  graph::Graph& graph;  // its claims become those of the output
  Sources const& sources;
  std::vector<std::string> templates;  // their texts
  std::vector<std::string> arguments;  // with which the compiler makes this file again
  std::multimap<std::string, std::string> retries;
};

struct Output {
  std::string ninja;
  std::vector<claim::Probe> probes;
  std::vector<claim::Claim> claims;               // sorted by stamp
  std::map<std::string, std::string> texts = {};  // further files, path -> text
  std::vector<Diagnostic> problems = {};          // commands that no machine runs; the rest is not to be used then
};

Output write(Names const& names, Input const& input);

/// The machine's own part: where e2egen is, and the Ninja file under its absolute name (`ninja -f /abs/e2e.ninja`
/// would otherwise skip phase 1).
std::string host_part(Names const& names, std::string const& program, std::string const& workspace);

}  // namespace e2e::ninja
