// The text of a spec as it is usually written: sections and keys in the order of the tables, names in their own, two
// blanks for each level.
#pragma once

#include <optional>
#include <string>

#include "base/diagnostics.h"
#include "base/yaml.h"

namespace e2e::spec {

/// Keeps comments with what they belong to, and what stands in brackets, quotes and block scalars as it is. Nothing,
/// and a diagnostic, if the text is no spec or would say something else.
std::optional<std::string> formatted(std::string const& path, std::string const& text, Sources& sources,
                                     Diagnostics& diagnostics);

/// Whether both say the same, in whatever order of keys.
bool same_meaning(yaml::Node const& a, yaml::Node const& b);

}  // namespace e2e::spec
