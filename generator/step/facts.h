// What Kubernetes tells of objects, as facts to hold claims against: a line for each.
//
//   UID KIND/NAME applied:DIGEST   each field that was applied has the value that it had then
//   UID KIND/NAME replicas:N       so many were applied, and nobody but an autoscaler wants another number
//   UID KIND/NAME rolled-out       all of its pods are of its present template, and ready
//   UID KIND/NAME CONDITION        that condition, in small letters, is true
//   UID pod/NAME started:N         of a store "container": so often its containers were started anew
//   UID KIND/NAME there            of a store "pod" or "persistentvolumeclaim"
//   UID KIND/NAME passes           it will delete itself: nothing is held against it
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace e2e::step {

/// Of objects, or of the items of lists: the answers to one question. What somebody has added counts for nothing, as it
/// does for `kubectl apply`; nor does what controllers set: the status, CA bundles, the rules of an aggregated role,
/// the replicas of what is named by the `scaleTargetRef` of one of these.
std::vector<std::string> facts_of(std::vector<nlohmann::json> const& answers);
/// A fact of each of them that somebody else found to be one, such as the program that waited for it.
std::vector<std::string> facts_found(std::vector<nlohmann::json> const& answers, std::string const& fact);
/// Of those objects that are of one of the stores, "WHERE:NAMESPACE:LABEL=VALUE,...": the pods and volume claims in
/// which something lies. A pod that is about to go is none.
std::vector<std::string> facts_of_stores(std::vector<nlohmann::json> const& answers,
                                         std::vector<std::string> const& stores);
/// The namespaces of stores, each once.
std::vector<std::string> namespaces_of(std::vector<std::string> const& stores);

/// "applied", "rolled-out": what kind of a fact a line is.
std::string kind_of(std::string const& fact);
/// Whether it is no fact to hold anything against.
bool passes(std::string const& fact);

/// Lines as the program `identify` of a claim prints them: the things that they speak of, and what has to stay so.
struct Facts {
  std::vector<std::string> things = {};
  std::optional<std::vector<std::string>> lines = {};  // not given: that the things are there
};
Facts facts_in(std::vector<std::string> const& lines);
/// In words, what it means that a fact is one no more. `there`: of the thing other facts still are.
std::string lost_fact(std::string const& fact, bool there);

}  // namespace e2e::step
