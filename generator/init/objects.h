// The objects of a manifest, and what they need of one another.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/yaml.h"
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
  bool patch = false;                // an object in it is none without another of that name
};

/// The objects of a text, whose documents these are; says in `wrong` why it holds none.
ManifestFile read_manifest(std::string const& path, std::string const& text, std::vector<yaml::Node> const& documents,
                           std::string& wrong);
ManifestFile read_manifest(std::string const& path, std::string const& text, std::string& wrong);

}  // namespace e2e::init
