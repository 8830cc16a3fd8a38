// A repository becomes the text of a spec, which says what it could not decide.
#pragma once

#include <string>

#include "base/disk.h"

namespace e2e::init {

/// Reads the folder `root`. `name` is the spec's; `path` is where it will stand, for what is relative to it.
std::string write_spec(std::string const& root, std::string const& name, std::string const& path, Files const& files);

}  // namespace e2e::init
