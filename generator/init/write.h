// A repository becomes the text of a spec, which says what it could not decide.
#pragma once

#include <string>
#include <vector>

#include "base/disk.h"

namespace e2e::init {

struct WrittenSpec {
  std::string path, text;
};

/// Reads the folder `root`. `name` is the spec's; `path` is where it will stand. There are several if suites have specs
/// of their own; they stand beside it, and the first has its path.
std::vector<WrittenSpec> write_specs(std::string const& root, std::string const& name, std::string const& path,
                                     Files const& files);

}  // namespace e2e::init
