// Which manifests belong together: a kustomization, a chart, a folder of one thing that runs, or a file with what only
// it needs.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/disk.h"
#include "init/repository.h"
#include "init/split.h"

namespace e2e::init {

/// Manifests that become one deployment.
struct Group {
  std::string wanted_name;
  std::vector<ManifestFile const*> files;
  std::string kustomize;
  std::vector<std::string> remarks;
  std::string chart = {};  // its folder
  std::string off = {};    // why it is not to be deployed
};

struct Grouping {
  std::vector<Group> groups;
  std::vector<std::unique_ptr<ManifestFile>> made;  // of kustomizations and charts
  std::set<std::string> in_kustomizations;          // paths
  std::vector<std::string> remarks;
};

/// `name`: of the repository. The groups point into it and into `made`. What is of two suites that have specs of their
/// own is never there twice, though it has the same objects.
Grouping group_manifests(Repository const& repository, std::string const& name, Scopes const& scopes,
                         Files const& files);

}  // namespace e2e::init
