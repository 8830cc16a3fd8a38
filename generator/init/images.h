// The images of a repository: what they are built from, and what manifests call them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/disk.h"
#include "init/draft.h"

namespace e2e::init {

struct ImageChoice {
  std::vector<Image> images;
  std::vector<std::string> external;
  std::vector<std::string> remarks;
};

/// `named`: the references that the manifests have; `always`: those that nodes shall pull by themselves.
ImageChoice choose_images(Repository const& repository, std::string const& name, std::set<std::string> const& named,
                          std::set<std::string> const& always, Files const& files);
}  // namespace e2e::init
