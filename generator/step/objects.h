// What Kubernetes tells of objects, as facts to hold claims against: a line for each, which the verb `objects` prints.
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

/// Of an object, or of the items of a list. What somebody has added counts for nothing, as it does for `kubectl apply`;
/// nor does what controllers set: the status, CA bundles, the rules of an aggregated role, the replicas of what is
/// named by the `scaleTargetRef` of one of these.
std::vector<std::string> facts_of(nlohmann::json const& answer);

/// Of those objects of an answer that are of one of the stores, "WHERE:NAMESPACE:LABEL=VALUE,...": the pods and volume
/// claims in which something lies. A pod that is about to go is none.
std::vector<std::string> facts_of_stores(nlohmann::json const& answer, std::vector<std::string> const& stores);

/// Lines as the program `identify` of a claim prints them: the things that they speak of, and what has to stay so.
struct Facts {
  std::vector<std::string> things = {};
  std::optional<std::vector<std::string>> lines = {};  // not given: that the things are there
};
Facts facts_in(std::vector<std::string> const& lines);
/// In words, what it means that a fact is one no more. `there`: of the thing other facts still are.
std::string lost_fact(std::string const& fact, bool there);

struct ObjectsOptions {
  std::vector<std::string> command;  // kubectl; a word with "{}" is given once for each file, which takes its place
  bool files = false;                // standard input names them, each with a 0 behind; what is not there is left out
  std::vector<std::string> stores;   // instead: each is asked about in its namespace, which takes the place of "{}"
  std::vector<std::string> only;     // applied, replicas, rolled-out, a condition; empty: all
};
/// Prints the facts. Without any file, where the command wants one, there are none. What belongs to a CRD that is gone
/// is gone. Ends with 1, and says what kubectl said, if it can't tell of the others.
int objects(ObjectsOptions const& options);

}  // namespace e2e::step
