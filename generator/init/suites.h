// The test suites of a repository: tests of Go and Python, scripts of npm, targets of Makefiles.
#pragma once

#include <vector>

#include "base/disk.h"
#include "init/draft.h"
#include "init/repository.h"

namespace e2e::init {

/// What tests a cluster, never what tests units. Where it isn't certain that a suite runs as it is here, `off` says
/// why.
std::vector<Suite> find_suites(Repository const& repository, Files const& files);

}  // namespace e2e::init
