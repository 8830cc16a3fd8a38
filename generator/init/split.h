// One spec for each suite, where the repository keeps what each is made of apart.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/disk.h"
#include "init/draft.h"
#include "init/repository.h"

namespace e2e::init {

/// The suites that have what they test apart, by their folders, and what their Makefile builds for each: suites with
/// manifests, a kustomization, a compose file or a cluster's configuration in their folder, or with images that their
/// target needs. None if that are fewer than two: one alone is no reason for a spec of its own.
struct Scopes {
  std::map<std::string, std::set<std::string>> builds;  // "MAKEFILE TARGET" of what is built, by the suite's folder

  /// The folder of the suite that a path belongs to; empty if it is in none.
  std::string of(std::string const& path) const;
};

Scopes scopes_of(Repository const& repository, std::vector<Suite> const& suites);

/// The draft of what all share, and one for each suite that has a scope, which includes it. What is shared is what
/// belongs to no suite, and what several need. Without scopes the draft as it is.
std::vector<Draft> split(Draft draft);

}  // namespace e2e::init
