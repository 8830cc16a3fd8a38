// What the compiler read, as one digest: when it changes, the Ninja file is to be written again. The compiler leaves it
// beside the Ninja file, scan compares; no mtime has a say.
#pragma once

#include <string>
#include <vector>

#include "base/disk.h"

namespace e2e::claim {

/// Over the contents of `paths`, folders with a slash at their end, as `files` has them (a missing one counts as
/// missing), the program that runs, and the folder it runs in: a clone that was moved, or another e2egen, writes the
/// file anew.
std::string reads_digest(std::vector<std::string> const& paths, Files const& files);

/// The absolute path of the running program.
std::string program_path();

}  // namespace e2e::claim
