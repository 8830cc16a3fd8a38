// The workspace as the compiler sees it: the disk, and the tools that it asks.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/disk.h"
#include "plan/provider.h"

namespace e2e::app {

/// The disk, and kustomizations and charts, which the rules `kustomize` and `helm` of a template read.
class WorkspaceFiles : public DiskFiles {
 public:
  /// Takes from the templates how a kustomization is read.
  void learn(std::vector<plan::Provider> const& templates);
  std::string kustomized(std::string const& folder) const override;
  /// As it was, while the inputs and the words are the same: a chart may make a password by chance, and what is
  /// rendered anew must not be another one then.
  std::string charted(std::map<std::string, std::vector<std::string>> const& words,
                      std::vector<std::string> const& inputs) const override;
  /// What charts became, by the path at which that is to be kept.
  std::map<std::string, std::string> const& renderings() const { return renderings_; }

 private:
  std::string command_;  // with $folder
  std::string helm_;     // with the variables of a chart
  mutable std::map<std::string, std::string> renderings_;
};

}  // namespace e2e::app
