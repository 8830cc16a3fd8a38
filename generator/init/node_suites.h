// Test suites that a package.json has a script for.
#pragma once

#include <optional>
#include <string>

#include "base/disk.h"
#include "init/draft.h"

namespace e2e::init {

/// The one of that package.json, if it has a script by such a name.
std::optional<Suite> node_suite(std::string const& path, std::string const& root, Files const& files);

}  // namespace e2e::init
