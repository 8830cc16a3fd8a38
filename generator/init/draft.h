// Repository -> Draft: which images, deployments and cluster a spec of it would have, and what could not be decided.
#pragma once

#include <string>
#include <vector>

#include "base/disk.h"
#include "init/repository.h"

namespace e2e::init {

struct Image {
  std::string name;
  std::string ref = {}, containerfile = {}, context = {}, target = {}, pulled = {};
  BuildArgs args = {};
  std::vector<std::string> command = {}, sources = {};
  std::vector<std::string> remarks = {};
  std::string off = {};                 // why it stands there as a comment only
  std::vector<std::string> bases = {};  // what its FROM lines name
  bool used = false;                    // a manifest names it
};

struct Deployment {
  std::string name;
  std::vector<std::string> manifests;
  std::string kustomize, name_space;
  std::vector<std::string> needs;
  std::vector<std::string> remarks;
  std::string off;
};

/// Tests that want a cluster.
struct Suite {
  std::string name, folder;
  std::vector<std::string> command = {}, inputs = {};
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string timeout = {};
  std::vector<std::string> remarks = {};
  std::string off = {};
};

struct Draft {
  std::string name;
  std::vector<std::string> external;
  std::vector<Image> images;
  std::string cluster_config;
  std::vector<std::string> cluster_remarks;
  std::vector<std::string> node_ports;
  std::vector<Deployment> deployments;
  std::vector<Suite> suites;
  std::vector<std::string> remarks;
};

/// `name` becomes the spec's, and that of its cluster.
Draft draft(Repository const& repository, std::string const& name, Files const& files);

}  // namespace e2e::init
