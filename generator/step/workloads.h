// Workloads as `kubectl get` tells of them and their pods, for people: nothing is judged by it.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace e2e::step {

struct Workload {
  long ready = 0, wanted = 0;  // pods
  long restarts = 0;           // of all containers of its pods
  double since = 0;  // seconds since 1970: when the last of its pods became what it is, ready or not; 0: unknown
};

/// By UID: the Deployments, StatefulSets and DaemonSets of a list, with the pods that their selectors name. A pod that
/// is about to go is nobody's any more.
std::map<std::string, Workload> workloads_of(nlohmann::json const& list);

}  // namespace e2e::step
