// Before Ninja looks: every stamp is held against its inputs and the world, and deleted if they contradict it.
#pragma once

#include <string>

namespace e2e::step {

/// Judges all claims of the file first, then deletes. Prints a line for each deletion. Leaves the digest of what the
/// compiler read beside the claims file, so that Ninja runs the compiler again if it changed. Returns the exit status;
/// throws Failure if the world can't be asked.
int scan(std::string const& claims);

}  // namespace e2e::step
