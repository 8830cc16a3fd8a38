// Document -> Plan.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "plan/plan.h"
#include "spec/document.h"

namespace e2e::plan {

/// What the command line adds to the spec.
struct Overrides {
  std::string node_image;
};

/// Looks everything up: images, needs, Containerfiles, manifests, providers. An image that several documents have is
/// one image. What is wrong is added to `diagnostics`; the plan is then not to be used. It points into `providers`.
Plan resolve(std::vector<spec::Document> const& documents, std::vector<Provider> const& providers,
             Overrides const& overrides, Files const& files, Sources& sources, Diagnostics& diagnostics);

/// Of a list in each map of a list the maps, by the keys of the two lists.
std::vector<yaml::Node const*> maps_in(yaml::Node const& config, std::vector<std::string> const& where);
/// The ports of the machine that a cluster takes; none if what says so can't be read.
std::vector<HostPort> host_ports(spec::Cluster const& cluster, Provider const& provider, Files const& files,
                                 Sources& sources);

}  // namespace e2e::plan
