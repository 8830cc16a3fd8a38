// From the text of a spec, and of what it includes, to one Document.
#pragma once

#include <string>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "spec/document.h"

namespace e2e::spec {

/// The path of the spec called `name`: itself if it ends in .yaml or .yml, else specs/NAME.yaml, else NAME.yaml.
std::string find(std::string const& name, Files const& files);

/// Reads `path` and all it includes, merged by name. The cluster and the tests belong to an environment: those of an
/// included file are left out. What is wrong is added to `diagnostics`.
Document load(std::string const& path, Files const& files, Sources& sources, Diagnostics& diagnostics);

}  // namespace e2e::spec
