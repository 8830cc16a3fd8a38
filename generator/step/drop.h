// The verb `drop` of Ninja files: the end of an environment.
#pragma once

#include <string>
#include <vector>

namespace e2e::step {

/// Deletes the stamps below `state`, then runs the command. Returns its exit status.
int drop(std::string const& claims, std::string const& state, std::vector<std::string> const& command);

}  // namespace e2e::step
