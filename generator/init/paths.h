// Paths of a workspace, in parts.
#pragma once

#include <string>

namespace e2e::init {

std::string folder_of(std::string const& path);
std::string last_part(std::string const& path);
/// `path` as seen from `folder`, as a path of the workspace.
std::string below(std::string const& folder, std::string const& path);

}  // namespace e2e::init
