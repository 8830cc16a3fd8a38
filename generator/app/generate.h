// The compiler as a verb: a spec becomes a Ninja file.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/workspace.h"
#include "claim/claim.h"
#include "graph/graph.h"
#include "ninja/write.h"
#include "plan/plan.h"
#include "spec/document.h"

namespace e2e::app {

struct GenerateOptions {
  std::vector<std::string> specs;
  std::string output = "e2e.ninja";
  std::string templates = {};
  std::string node_image = {};
  std::vector<std::string> profiles = {};
  std::vector<std::string> variables = {};  // NAME=value
  bool print = false;
  bool warnings = false;  // all of them, those that were told before too
  bool quiet = false;
};

/// The words with which `generate` makes the same again.
std::vector<std::string> arguments_of(GenerateOptions const& options);
/// The options that those words stand for.
GenerateOptions options_of(std::vector<std::string> const& arguments);

/// The same for each spec by itself, with those of the profiles and variables that it has. Nothing, after diagnostics
/// on standard error, if one of these is no spec's.
std::optional<std::vector<GenerateOptions>> one_by_one(GenerateOptions const& options);

/// The first half of the way, from the names of specs to what they mean. The plan points into `templates`.
struct Planned {
  std::vector<plan::Provider> templates;
  std::vector<spec::Document> documents;
  plan::Plan plan;
  WorkspaceFiles files;
};
/// Nothing if `diagnostics` has an error.
std::unique_ptr<Planned> plan_of(GenerateOptions const& options, Sources& sources, Diagnostics& diagnostics);

/// What a spec becomes, before anything is written.
struct Compiled {
  ninja::Names names;
  std::string ninja;
  std::map<std::string, std::string> texts;  // further files, path -> text
  claim::File claims;
  std::unique_ptr<Planned const> planned;  // what it was made of
  graph::Graph graph;                      // what the writer has left of it
  std::vector<std::string> warnings;       // the subjects of all that there are
};

/// Writes nothing. Nothing comes back after diagnostics on standard error.
std::optional<Compiled> compile(GenerateOptions const& options);

/// Returns the exit status: 0, or 1 after diagnostics on standard error; nothing is written then.
int generate(GenerateOptions const& options);

}  // namespace e2e::app
