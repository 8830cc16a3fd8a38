// What a repository has that a spec could name.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/disk.h"
#include "init/objects.h"

namespace e2e::init {

struct Kustomization {
  std::string folder;
  std::set<std::string> names = {};  // files and folders, as paths of the workspace
  bool component = false;
};

/// What a compose file or skaffold says of an image.
struct Build {
  std::string told_by, name, ref;
  std::string containerfile = {}, context = {}, target = {};
  std::vector<std::pair<std::string, std::string>> args = {};
  std::vector<std::string> remarks = {};
};

struct Repository {
  std::string root;                         // its folder
  std::vector<std::string> containerfiles;  // paths, as all here
  std::vector<std::string> folders;
  std::vector<ManifestFile> manifests;
  std::vector<std::string> cluster_configs;
  std::vector<Kustomization> kustomizations;
  std::vector<Build> builds;
  std::vector<std::string> deployed;    // patterns of the manifests that skaffold deploys
  std::vector<std::string> kustomized;  // folders of the kustomizations that it deploys
  std::vector<std::string> remarks;     // what was found and is of no use
};

Repository read_repository(std::string const& root, Files const& files);

}  // namespace e2e::init
