// The workspace as the compiler sees it: the disk, and the one tool that it asks.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/disk.h"
#include "plan/provider.h"

namespace e2e::app {

/// The disk, and kustomizations, which the rule `kustomize` of a template reads.
class WorkspaceFiles : public DiskFiles {
 public:
  /// Takes from the templates how a kustomization is read.
  void learn(std::vector<plan::Provider> const& templates);
  std::string kustomized(std::string const& folder) const override;

 private:
  std::string command_;  // with $folder
};

}  // namespace e2e::app
