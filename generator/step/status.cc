#include "step/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <unordered_map>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/text.h"
#include "claim/reads.h"
#include "step/child.h"
#include "step/facts.h"
#include "step/json.h"
#include "step/judge.h"
#include "step/trace.h"

namespace e2e::step {

namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view kEnvironments = ".e2e/env/", kClusters = "/clusters/";
constexpr int kQuestionTimeout = 20;
constexpr std::array<std::string_view, 5> kPhases{"build", "archive", "cluster", "deploy", "test"};

/// "shop", or "fleet/clusters/hub", of a stamp of that place; empty of what belongs to none.
std::string_view place_of(std::string_view stamp) {
  if (!stamp.starts_with(kEnvironments)) return {};
  stamp.remove_prefix(kEnvironments.size());
  auto const end = stamp.find('/');
  if (!stamp.substr(std::min(end, stamp.size())).starts_with(kClusters)) return stamp.substr(0, end);
  return stamp.substr(0, stamp.find('/', end + kClusters.size()));
}

/// "fleet/hub"
std::string shown(std::string_view place) {
  std::string name(place);
  replace_all(name, kClusters, "/");
  return name;
}

bool is_called(std::string_view place, std::string_view name) {
  auto const all = shown(place);
  auto const slash = all.find('/');
  return all == name || all.substr(0, slash) == name || (slash != all.npos && all.substr(slash + 1) == name);
}

/// A title is "KIND NAME", and of what is waited for "KIND NAME (WHAT)".
std::pair<std::string, std::string> parts_of(std::string const& title) {
  auto const space = title.find(' ');
  auto name = title.substr(std::min(space + 1, title.size()));
  if (title.starts_with("ready ")) name.resize(std::min(name.find(" ("), name.size()));
  return {title.substr(0, space), std::move(name)};
}

/// By stamp, when a step that has none was tried last, if it failed.
std::map<std::string, double> failures(std::set<std::string> const& stamps) {
  std::map<std::string, double> last;
  if (stamps.empty()) return last;
  MappedFile const trace(kTrace);
  for (auto text = trace.text(); !text.empty();) {
    auto const end = std::min(text.find('\n'), text.size());
    auto const line = nlohmann::json::parse(text.substr(0, end), nullptr, false);
    text.remove_prefix(std::min(end + 1, text.size()));
    auto const stamp = text_at(line, {"stamp"});
    if (text_at(line, {"event"}) != "ran" || !stamps.contains(stamp)) continue;
    auto const& ended = at(line, {"end"});
    if (number_at(line, {"exit"}) == 0)
      last.erase(stamp);
    else
      last[stamp] = ended.is_number() ? ended.get<double>() : 0;
  }
  return last;
}

/// By place.
std::map<std::string, std::map<std::string, Workload>> workloads(claim::File const& file,
                                                                 std::set<std::string> const& places) {
  Lines asked, commands;
  for (auto const& probe : file.probes)
    for (auto const& place : places)
      if (probe.name == place + "/workloads") asked.push_back(place), commands.push_back(probe.command);
  auto const answers = ask(commands, kQuestionTimeout);
  std::map<std::string, std::map<std::string, Workload>> all;
  for (std::size_t i = 0; i < asked.size(); ++i)
    if (auto const list = nlohmann::json::parse(answers[i].out, nullptr, false); answers[i].exit == 0)
      all[asked[i]] = workloads_of(list);
  return all;
}

class Telling {
 public:
  explicit Telling(claim::File const& file) : file_(file), judge_(file) {}

  Status tell() {
    judge_.judge();
    upon_ = judge_.all_upon([&](auto i) { return !judge_.stands(i) || judge_.unmade(i); });
    std::set<std::string> missing, places;
    for (std::size_t i = 0; i < file_.claims.size(); ++i) {
      auto const& one = file_.claims[i];
      if (!judge_.seen(i).there) missing.insert(one.stamp);
      if (one.title.starts_with("cluster ") && judge_.stands(i)) places.emplace(place_of(one.stamp));
    }
    failures_ = failures(missing);
    workloads_ = workloads(file_, places);
    for (auto const i : in_order()) add(i);
    for (auto& one : status_.shared)
      if (auto const it = loads_.find(one.name); one.kind == "image" && it != loads_.end()) one.loaded = it->second;
    return std::move(status_);
  }

 private:
  /// As steps come one after the other.
  std::vector<std::size_t> in_order() const {
    auto const rank = [&](std::size_t i) {
      return std::find(kPhases.begin(), kPhases.end(), file_.claims[i].phase) - kPhases.begin();
    };
    std::vector<std::size_t> all(file_.claims.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    std::stable_sort(all.begin(), all.end(), [&](auto a, auto b) { return rank(a) < rank(b); });
    return all;
  }

  Shown item(std::size_t i) const {
    auto const& one = file_.claims[i];
    auto [kind, name] = parts_of(one.title);
    Shown item{.kind = std::move(kind), .name = std::move(name)};
    auto const& [verdict, why] = judge_.of(i);
    item.since = static_cast<double>(judge_.seen(i).file.mtime) / 1e9;
    item.why = why;
    if (verdict == Verdict::contradicted) {
      item.state = State::lost;
    } else if (verdict == Verdict::doubted) {
      item.state = State::doubted;
    } else if (!judge_.seen(i).there) {
      auto const failed = failures_.find(one.stamp);
      if (read_stamp(in_doubt(one.stamp))) {
        item.state = State::doubted;
        item.why = "the last run could not tell, the next one asks again";
      } else if (failed == failures_.end()) {
        item.state = State::missing;
      } else {
        item.state = State::failed;
        item.since = failed->second;
      }
    } else if (upon_[i] || judge_.unmade(i)) {
      item.state = State::rests;
    }
    return item;
  }

  void add(std::size_t i) {
    auto const& one = file_.claims[i];
    auto item = this->item(i);
    if (item.state == State::rests) status_.perhaps.push_back(one.title);
    if (item.state > State::rests) status_.runs.push_back(one.title);
    if (item.state > State::rests && item.state != State::doubted) status_.work = true;
    auto const place = std::string(place_of(one.stamp));
    if (place.empty()) {
      if (item.kind == "image") item.name = stem(one.stamp);
      if (one_of(item.kind, {"image", "task"})) merge(status_.shared, std::move(item));
      return;
    }
    if (one_of(item.kind, {"load", "push"})) loads_[stem(one.stamp)][shown(place)] = item.state == State::holds;
    if (one_of(item.kind, {"apply", "ready"})) {
      item.workload = workload(place, one.stamp);
      item.kind = "deployment";
    }
    if (one_of(item.kind, {"cluster", "deployment", "task", "test"})) merge(items_of(shown(place)), std::move(item));
  }

  /// "api@ci" of .e2e/images/api@ci.stamp: images of several profiles have one title.
  static std::string stem(std::string const& stamp) {
    auto name = stamp.substr(stamp.rfind('/') + 1);
    return name.substr(0, name.rfind('.'));
  }

  std::vector<Shown>& items_of(std::string const& name) {
    auto& all = status_.places;
    auto it = std::find_if(all.begin(), all.end(), [&](auto const& one) { return one.name == name; });
    if (it == all.end()) it = all.insert(all.end(), ShownPlace{name});
    return it->items;
  }

  /// Several claims may be of one thing.
  static void merge(std::vector<Shown>& items, Shown item) {
    auto const it = std::find_if(items.begin(), items.end(),
                                 [&](auto const& one) { return one.kind == item.kind && one.name == item.name; });
    if (it == items.end()) {
      items.push_back(std::move(item));
      return;
    }
    if (item.state > it->state) it->state = item.state, it->why = std::move(item.why);
    it->since = std::max(it->since, item.since);
    if (!it->workload) it->workload = item.workload;
  }

  /// Of those objects that an apply made, by their UIDs.
  std::optional<Workload> workload(std::string const& place, std::string const& path) const {
    auto const known = workloads_.find(place);
    auto const stamp = path.find("/deploy/") == path.npos ? std::nullopt : read_stamp_or_doubted(path);
    if (known == workloads_.end() || !stamp) return std::nullopt;
    std::optional<Workload> sum;
    for (auto const& uid : lines_of(stamp->result.text())) {
      auto const it = known->second.find(uid);
      if (it == known->second.end()) continue;
      if (!sum) sum.emplace();
      sum->ready += it->second.ready;
      sum->wanted += it->second.wanted;
      sum->restarts += it->second.restarts;
      sum->since = std::max(sum->since, it->second.since);
    }
    return sum;
  }

  claim::File const& file_;
  Judge judge_;
  std::vector<bool> upon_;
  std::map<std::string, double> failures_;
  std::map<std::string, std::map<std::string, Workload>> workloads_;
  std::map<std::string, std::map<std::string, bool>> loads_;  // image -> place
  Status status_;
};

}  // namespace

std::vector<std::string> places_in(claim::File const& file) {
  std::set<std::string> names;
  for (auto const& one : file.claims)
    if (auto const place = place_of(one.stamp); !place.empty()) {
      auto const name = shown(place);
      names.insert(name);
      names.insert(name.substr(0, name.find('/')));
    }
  return {names.begin(), names.end()};
}

claim::File part_of(claim::File file, std::string const& name, bool up) {
  std::unordered_map<std::string_view, std::size_t> index;
  for (std::size_t i = 0; i < file.claims.size(); ++i) index.emplace(file.claims[i].stamp, i);
  std::vector<bool> wanted(file.claims.size());
  std::vector<std::size_t> open;
  auto const want = [&](std::size_t i) {
    if (!wanted[i]) wanted[i] = true, open.push_back(i);
  };
  for (std::size_t i = 0; i < file.claims.size(); ++i) {
    auto const& one = file.claims[i];
    auto const place = place_of(one.stamp);
    if ((name.empty() || (!place.empty() && is_called(place, name))) && !(up && one.phase == "test")) want(i);
  }
  while (!open.empty()) {
    auto const& one = file.claims[open.back()];
    open.pop_back();
    for (auto const* paths : {&one.stamps, &one.after})
      for (auto const& path : *paths)
        if (auto const it = index.find(path); it != index.end()) want(it->second);
    // an image that was exported need not be in the store
    if (auto const it = index.find(one.backup); it != index.end()) want(it->second);
  }
  std::vector<claim::Claim> claims;
  for (std::size_t i = 0; i < file.claims.size(); ++i)
    if (wanted[i]) claims.push_back(std::move(file.claims[i]));
  file.claims = std::move(claims);
  return file;
}

Status status_of_file(claim::File const& file, std::string const& reads) {
  auto status = Telling(file).tell();
  status.ninja = file.ninja;
  try {
    status.compiles = read_file(reads).value_or("") != claim::reads_digest(file.reads, DiskFiles());
  } catch (Failure const&) {  // scan compiles nothing then, and who needs the file will tell
  }
  return status;
}

int exit_status(std::vector<Status> const& all) {
  bool const work = std::any_of(all.begin(), all.end(), [](auto const& one) { return one.compiles || one.work; });
  if (work) return 1;
  return std::all_of(all.begin(), all.end(), [](auto const& one) { return one.runs.empty(); }) ? 0 : 2;
}

}  // namespace e2e::step
