// The templates: those of the source tree, built in, or those of a folder.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "plan/provider.h"

namespace e2e::app {

/// From `folder`, or the built-in ones where it is empty.
std::vector<plan::Provider> providers(std::string const& folder, Files const& files, Sources& sources,
                                      Diagnostics& diagnostics);

}  // namespace e2e::app
