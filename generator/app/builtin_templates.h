// templates/ as CMake found it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace e2e::app {

/// Name ("builder/podman") and text of each, sorted by name.
std::vector<std::pair<std::string, std::string_view>> const& builtin_templates();

}  // namespace e2e::app
