// The ledger of ports: which port of the machine leads where, over all specs of a folder.
#pragma once

#include <string>
#include <vector>

#include "app/generate.h"

namespace e2e::app {

/// Warns of ports that a spec beside those of the plan takes as well. Those specs are looked at, and no part of what is
/// compiled: what is wrong with them is not told here.
void check_neighbours(Planned const& planned, Sources& sources, Diagnostics& diagnostics);

/// Prints it, of the specs of `options`. Returns 1, after a message, if a spec can't be read, or if two clusters take
/// one port and so can't be up at the same time.
int ports(GenerateOptions const& options);

}  // namespace e2e::app
