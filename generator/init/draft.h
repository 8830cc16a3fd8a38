// Repository -> Draft: which images, deployments and cluster a spec of it would have, and what could not be decided.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
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
  std::set<std::string> made_by = {};   // targets of Makefiles that build it, as "MAKEFILE TARGET", and compose files
  std::string scope = {};               // the folder of the suite that alone it belongs to; empty if it is shared
};

struct Deployment {
  std::string name;
  std::vector<std::string> manifests;
  std::string kustomize, chart, name_space;
  std::vector<std::string> needs;
  std::vector<std::string> remarks;
  std::string off;
  std::string scope = {};  // as an image has it
};

/// Tests that want a cluster.
struct Suite {
  std::string name, folder;  // with all that is its own; empty if it has none
  std::vector<std::string> command = {}, inputs = {};
  std::string go = {};  // the folder of its Go packages
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string timeout = {};
  std::vector<std::string> remarks = {};
  std::string off = {};
  std::string scope = {};  // its folder, if it has a spec of its own
};

struct Draft {
  std::string name;
  std::string include = {};  // the name of another one
  std::vector<std::string> external;
  std::vector<Image> images;
  std::string cluster_config;
  std::vector<std::string> cluster_remarks;
  std::vector<std::string> node_ports;
  std::vector<std::string> scoped_configs;                       // clusters of suites that have a spec of their own
  std::map<std::string, std::vector<std::string>> scoped_ports;  // their NodePorts, by the folder of the suite
  std::vector<Deployment> deployments;
  std::vector<Suite> suites;
  std::vector<std::string> remarks;
};

/// `name` becomes the first spec's, and that of its cluster. One draft, or several: see split.h.
std::vector<Draft> draft(Repository const& repository, std::string const& name, Files const& files);

}  // namespace e2e::init
