// Test suites that are targets of a Makefile, or commands of tools that read what they do from files.
#pragma once

#include <vector>

#include "base/disk.h"
#include "init/draft.h"
#include "init/repository.h"

namespace e2e::init {

/// `all`: nothing else was found, so that targets count which are only called as tests of the whole.
std::vector<Suite> make_suites(Repository const& repository, bool all, Files const& files);

}  // namespace e2e::init
