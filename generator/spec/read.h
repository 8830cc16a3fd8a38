// One file of YAML -> Document, by the tables of keys.
#pragma once

#include "base/diagnostics.h"
#include "base/yaml.h"
#include "spec/document.h"

namespace e2e::spec {

/// `root` is a map. What is wrong is added to `diagnostics`, and left out of the document.
Document read(yaml::Node const& root, Sources const& sources, Diagnostics& diagnostics);

}  // namespace e2e::spec
