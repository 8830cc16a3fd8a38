// What Kubernetes manifests tell: which objects to wait for, and which images they name.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"

namespace e2e::plan {

/// How to know that an object is ready.
struct Wait {
  std::string object;     // deployment/postgres
  std::string ns;         // its namespace; "default" where the manifest gives none
  std::string condition;  // Complete, Established, Available; empty: `rollout status`
  Place place;
};

struct ImageReference {
  std::string ref;
  Place place;
};

struct Manifest {
  std::vector<Wait> waits;
  std::vector<ImageReference> images;
  std::size_t objects = 0;
};

Manifest parse_manifest(Sources const& sources, std::int32_t file, Diagnostics& diagnostics);

}  // namespace e2e::plan
