// What a repository has that a spec could name.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/disk.h"
#include "plan/manifest.h"

namespace e2e::init {

/// A file of Kubernetes objects, or what a kustomization became.
struct ManifestFile {
  std::string path;
  plan::Manifest facts;
  std::set<std::string> defines;     // KIND/NAMESPACE/NAME of its objects
  std::set<std::string> refers;      // the same of what its pods need: ConfigMaps, Secrets, ServiceAccounts, claims
  std::set<std::string> namespaces;  // of its objects; "" where one says nothing
  std::set<std::string> api_groups;  // that its roles speak of
  bool runs = false;                 // it makes pods
};

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

std::string folder_of(std::string const& path);
std::string last_part(std::string const& path);
/// `path` as seen from `folder`, as a path of the workspace.
std::string below(std::string const& folder, std::string const& path);

Repository read_repository(std::string const& root, Files const& files);
/// The objects of a text; says in `wrong` why it holds none.
ManifestFile read_manifest(std::string const& path, std::string const& text, std::string& wrong);

}  // namespace e2e::init
