// The text of a spec in its usual order: sections and keys as in the tables, names as they were written.
#pragma once

#include <optional>
#include <string>

#include "base/diagnostics.h"
#include "base/yaml.h"

namespace e2e::spec {

/// Keeps comments with the key below them, and lists and brackets as they are. Nothing, and a diagnostic, if the text
/// is no spec or would say something else.
std::optional<std::string> formatted(std::string const& path, std::string const& text, Sources& sources,
                                     Diagnostics& diagnostics);

/// Whether both say the same, in whatever order of keys.
bool same_meaning(yaml::Node const& a, yaml::Node const& b);

}  // namespace e2e::spec
