#include "step/workloads.h"

#include <algorithm>
#include <ctime>
#include <vector>

#include "base/text.h"
#include "step/json.h"

namespace e2e::step {

namespace {

using nlohmann::json;

/// Of "2026-11-25T12:00:00Z"; 0 for anything else.
double seconds_of(std::string const& text) {
  std::tm time{};
  auto const* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &time);
  return end != nullptr && *end == '\0' ? static_cast<double>(::timegm(&time)) : 0;
}

double became_what_it_is(json const& pod) {
  for (auto const& condition : at(pod, {"status", "conditions"}))
    if (text_at(condition, {"type"}) == "Ready") return seconds_of(text_at(condition, {"lastTransitionTime"}));
  return seconds_of(text_at(pod, {"status", "startTime"}));
}

bool selects(json const& labels, json const& pod) {
  if (!labels.is_object() || labels.empty()) return false;
  auto const& own = at(pod, {"metadata", "labels"});
  return std::all_of(labels.items().begin(), labels.items().end(), [&](auto const& label) {
    auto const& is = at(own, {label.key().c_str()});
    return is == label.value();
  });
}

}  // namespace

std::map<std::string, Workload> workloads_of(json const& list) {
  std::vector<json const*> pods, owners;
  for (auto const& item : at(list, {"items"})) {
    auto const kind = text_at(item, {"kind"});
    if (kind == "Pod" && at(item, {"metadata", "deletionTimestamp"}).is_null()) pods.push_back(&item);
    if (one_of(kind, {"Deployment", "StatefulSet", "DaemonSet"})) owners.push_back(&item);
  }
  std::map<std::string, Workload> all;
  for (auto const* owner : owners) {
    bool const everywhere = text_at(*owner, {"kind"}) == "DaemonSet";
    auto& one = all[text_at(*owner, {"metadata", "uid"})];
    one.wanted =
        everywhere ? number_at(*owner, {"status", "desiredNumberScheduled"}) : number_at(*owner, {"spec", "replicas"});
    one.ready = number_at(*owner, {"status", everywhere ? "numberReady" : "readyReplicas"});
    for (auto const* pod : pods) {
      if (text_at(*pod, {"metadata", "namespace"}) != text_at(*owner, {"metadata", "namespace"}) ||
          !selects(at(*owner, {"spec", "selector", "matchLabels"}), *pod))
        continue;
      for (auto const& container : at(*pod, {"status", "containerStatuses"}))
        one.restarts += number_at(container, {"restartCount"});
      one.since = std::max(one.since, became_what_it_is(*pod));
    }
  }
  return all;
}

}  // namespace e2e::step
