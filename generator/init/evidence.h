// What the sources of a test suite tell: how it comes to its cluster, and which folders it is made of.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/disk.h"

namespace e2e::init {

struct Evidence {
  bool cluster = false;                  // it speaks of kubectl, a kubeconfig or a client of Kubernetes
  std::string own = {};                  // what it makes by itself, as a sentence: a cluster, images, deployments
  bool without_cluster = false;          // it has its own API server, or containers, instead of a cluster
  std::string address = {};              // HOST:PORT of this machine where it looks for what it tests
  std::set<std::string> variables = {};  // of the environment, that it reads
};

/// Adds what a source, a script or a recipe tells; not `its_own`: one that is used by others too.
void add_evidence(std::string const& text, Evidence& into, bool its_own = true);

struct GoSources {
  Evidence evidence;
  std::set<std::string> tags = {};     // that its test files want
  bool agree = true;                   // on those tags; else they are those of some
  std::set<std::string> folders = {};  // of packages that it imports from its own module, itself too
};

/// Of all packages in `folder`, of the module whose go.mod is in `module`. Evidence is looked for in it, and in what it
/// imports from folders of tests.
GoSources go_sources(std::string const& folder, std::string const& module, Files const& files);
/// Of all files below `folder` whose names end like that.
Evidence evidence_below(std::string const& folder, std::vector<std::string> const& ends, Files const& files);

}  // namespace e2e::init
