// The Ninja files of this folder, as their claims files tell of them.
#pragma once

#include <string_view>
#include <vector>

#include "claim/claim.h"

namespace e2e::app {

/// By their paths. One whose Ninja file is gone doesn't count. Throws Failure naming one that can't be read.
std::vector<claim::File> known_files();
/// The same; none is a Failure with this help.
std::vector<claim::File> known_files_or(std::string_view help);

}  // namespace e2e::app
