// From the text of a spec, and of what it includes, to one Document.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "spec/document.h"

namespace e2e::spec {

/// The path of the spec called `name`: itself if it ends in .yaml or .yml, else specs/NAME.yaml, else NAME.yaml, or one
/// of them in .yml.
std::string find(std::string const& name, Files const& files);

/// What the command line says to a spec.
struct Choices {
  std::vector<std::string> profiles;
  std::map<std::string, std::string> variables;    // --set
  std::map<std::string, std::string> environment;  // of the process; only what a spec lists is looked at
};

/// Reads `path` and all it includes, merged by name, with the profiles laid over it and the variables filled in. The
/// cluster and the tests belong to an environment: those of an included file, and of its profiles, are left out. What
/// is wrong is added to `diagnostics`.
Document load(std::string const& path, Choices const& choices, Files const& files, Sources& sources,
              Diagnostics& diagnostics);

/// Says which profiles and variables of the command line none of the documents has.
void check_choices(std::vector<Document> const& documents, Choices const& choices, Diagnostics& diagnostics);

}  // namespace e2e::spec
