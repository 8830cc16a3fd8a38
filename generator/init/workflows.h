// The workflows of GitHub: what a repository's own CI builds and tests.
#pragma once

#include <string>

#include "base/disk.h"
#include "init/repository.h"

namespace e2e::init {

/// Reads what stands in .github/workflows of the folder: docker/build-push-action and its like, and scripts.
void read_workflows(std::string const& folder, Files const& files, Repository& into);

}  // namespace e2e::init
