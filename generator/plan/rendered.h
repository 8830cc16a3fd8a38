// Manifests that a tool makes of what a spec names: kustomizations and charts.
#pragma once

#include <string>
#include <vector>

#include "plan/lookup.h"

namespace e2e::plan {

/// What a kustomization becomes; empty, and an error, if nothing. All that it is made of is read, so that a change of
/// any part of it is seen.
std::string kustomized(Lookup const& lookup, spec::Text const& folder);

/// A hook of a chart: an object, as the rule `hooks` takes it, and its text.
struct ChartHook {
  std::string object;
  std::string text;
};

/// What a chart becomes.
struct Chart {
  std::string text;                      // of all objects but hooks
  std::vector<ChartHook> before, after;  // hooks before and after an installation, in their order
};

/// The same of the chart of a deployment. `node_image`: of the cluster, for its version; may be empty.
Chart charted(Lookup const& lookup, spec::Deployment const& deployment, std::string const& node_image);

/// A text that helm wrote, by what its objects are. `ns`: of objects that name none.
Chart parse_chart(std::string const& text, std::string const& ns);

/// The version of Kubernetes that a node image says by its tag; empty if none.
std::string version_of(std::string const& node_image);

}  // namespace e2e::plan
