// Makefiles: what they build and test, as far as their text tells.
#pragma once

#include <string>

#include "base/disk.h"
#include "init/repository.h"

namespace e2e::init {

/// Reads it and what it includes. Nothing is run: what `$(shell)` would say is not known.
void read_makefile(std::string const& path, Files const& files, Repository& into);

}  // namespace e2e::init
