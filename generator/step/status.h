// How things stand, for people and for programs that ask: what scan would judge, said and not acted upon.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "claim/claim.h"
#include "step/workloads.h"

namespace e2e::step {

/// Of something that steps make. In this order of how bad it is: of several claims the last counts.
enum class State {
  holds,
  rests,    // it holds, and what it rests on is to be made anew
  missing,  // it was not done yet
  doubted,  // nobody can say whether it holds
  lost,     // the disk or the world contradicts it
  failed,   // it was tried, and failed
};
std::string_view name_of(State state);

struct Shown {
  std::string kind;  // "cluster", "deployment", "task", "test", "image"
  std::string name;
  State state = State::holds;
  std::string why = {};                     // of what does not hold, where there is more to say
  double since = 0;                         // seconds since 1970: when it was done, or failed; 0: not known
  std::optional<Workload> workload = {};    // of all workloads of a deployment, if the cluster told
  std::map<std::string, bool> loaded = {};  // of an image: by the place whether the nodes have it
};

/// What is of one cluster of an environment, or of the only one.
struct ShownPlace {
  std::string name;  // "shop", "fleet/hub"
  std::vector<Shown> items = {};
};

/// Of one Ninja file.
struct Status {
  std::string ninja = {};
  std::vector<ShownPlace> places = {};
  std::vector<Shown> shared = {};         // images, and the tasks of this machine
  bool compiles = false;                  // what the compiler read has changed: the next run begins with it
  std::vector<std::string> runs = {};     // titles of the steps that the next run of `up` and `test` begins,
  std::vector<std::string> perhaps = {};  // and of those that it does if these come out otherwise
  bool work = false;                      // whether one of `runs` is sure to have something to do: it is not in doubt
};

/// The part of a file that one environment, "shop", or one cluster, "hub" or "fleet/hub", rests on; without the tests
/// if `up`. `name` empty: all. No claims if there is nothing of that name.
claim::File part_of(claim::File file, std::string const& name, bool up);
/// The names that part_of knows, sorted.
std::vector<std::string> places_in(claim::File const& file);

/// Judges each claim of the file as scan does, reads the trace of what failed, and asks each cluster once about its
/// workloads. Changes nothing. `reads`: where scan keeps the digest of what the compiler read.
Status status_of_file(claim::File const& file, std::string const& reads);

/// 0 if all holds, 1 if the next run has something to do, 2 if that can't be told.
int exit_status(std::vector<Status> const& all);

enum class Colours { no, yes };
/// One screen. `now`: seconds since 1970.
std::string status_text(std::vector<Status> const& all, double now, Colours colours);
std::string status_json(std::vector<Status> const& all);

}  // namespace e2e::step
