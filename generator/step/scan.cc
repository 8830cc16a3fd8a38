#include "step/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <set>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/text.h"
#include "claim/claim.h"
#include "claim/reads.h"
#include "step/child.h"
#include "step/report.h"
#include "step/stamp.h"
#include "step/trace.h"

namespace e2e::step {

namespace {

constexpr int kProbeTimeout = 60, kMostTries = 4;
constexpr std::size_t kMostWanted = 200;

class Scan {
 public:
  explicit Scan(claim::File const& file) : file_(file), cache_(".e2e/stat.cache") {}

  void run() {
    begin_run();
    for (auto const& one : file_.claims)
      if (auto stamp = read_stamp(one.stamp)) stamps_[one.stamp] = std::move(*stamp);
    judge_inputs();
    judge_world();
    for (auto const& one : file_.claims) {
      auto const why = contradicted_.find(one.stamp);
      if (why == contradicted_.end()) continue;
      if (auto const it = stamps_.find(one.stamp); it != stamps_.end()) remove_damaged(one, it->second, cache_);
      remove_file(one.stamp);
      record_deletion(one, why->second);
      std::fputs(fmt::format("{}: {}\n", one.title, why->second).c_str(), stdout);
    }
    cache_.save();
  }

 private:
  void judge_inputs() {
    for (auto const& one : file_.claims) {
      auto const it = stamps_.find(one.stamp);
      if (it == stamps_.end()) {
        // a stamp that can't be read claims nothing, and must not look like one to Ninja
        if (read_file(one.stamp)) contradicted_[one.stamp] = "its stamp is damaged";
        continue;
      }
      bool const whole = products_hold(one, it->second, cache_);
      if (auto const changed = differences(it->second.key, key_of(one, cache_, it->second.narrowed));
          !changed.empty()) {
        contradicted_[one.stamp] = join(changed, ", ") + " changed";
        if (whole && !one.restores.empty()) restorable_.insert(one.stamp);
      } else if (!whole) {
        contradicted_[one.stamp] = "its files are gone or changed";
      }
    }
  }

  /// Those claims that still stand are held against the world, each probe asked once for all.
  void judge_world() {
    auto doubts = doubted(probes_of_standing());
    if (doubts.empty()) return;
    // podman has been seen to miss an image that is there: ask twice before believing an absence
    std::set<std::string> again;
    for (auto const* one : doubts) again.insert(one->probe);
    for (auto const* one : missed(doubted(again))) contradicted_[one->stamp] = "it is not there any more";
  }

  /// Of those that are gone, the ones that something still needs: an image need not be in the store while all that is
  /// FROM it stands. What is missed may make others missed: the base of an image that is to be built.
  std::vector<claim::Claim const*> missed(std::vector<claim::Claim const*> const& gone) const {
    std::map<std::string_view, std::vector<claim::Claim const*>> users;
    for (auto const& one : file_.claims)
      for (auto const& path : one.stamps) users[path].push_back(&one);
    std::set<claim::Claim const*> missed;
    auto const needed = [&](claim::Claim const& one) {
      auto const& all = users[one.stamp];
      return !one.until_used || all.empty() || std::any_of(all.begin(), all.end(), [&](auto const* user) {
        return !stands(*user) || missed.contains(user);
      });
    };
    for (bool more = true; more;) {
      more = false;
      for (auto const* one : gone)
        if (needed(*one)) more |= missed.insert(one).second;
    }
    return {missed.begin(), missed.end()};
  }

  bool stands(claim::Claim const& one) const {
    return stamps_.contains(one.stamp) && !contradicted_.contains(one.stamp);
  }

  std::set<std::string> probes_of_standing() const {
    std::set<std::string> names;
    for (auto const& one : file_.claims)
      if (!one.probe.empty() && stands(one)) names.insert(one.probe);
    return names;
  }

  /// Asks, and returns the standing claims whose results are not in the answers.
  std::vector<claim::Claim const*> doubted(std::set<std::string> const& names) {
    auto const answers = answers_of(names);
    judge_bases(answers);
    std::vector<claim::Claim const*> out;
    for (auto const& one : file_.claims) {
      if (!names.contains(one.probe) || !stands(one)) continue;
      auto const& there = answers.at(one.probe);
      auto const wanted = lines_of(stamps_.at(one.stamp).result);
      if (!std::all_of(wanted.begin(), wanted.end(), [&](auto const& line) { return there.contains(line); }) &&
          !backed_up(one))
        out.push_back(&one);
    }
    return out;
  }

  /// An image that no claim makes may be gone: what is FROM it holds on. Another one by its name contradicts.
  void judge_bases(std::map<std::string, std::set<std::string>> const& answers) {
    for (auto const& one : file_.claims) {
      auto const answer = answers.find(one.probe);
      if (one.bases.empty() || answer == answers.end() || !stands(one)) continue;
      std::vector<std::string> const lines(answer->second.begin(), answer->second.end());
      auto const others = moved(stamps_.at(one.stamp).bases, bases_in(lines, one.bases));
      if (!others.empty()) contradicted_[one.stamp] = join(others, ", ") + " changed";
    }
  }

  /// What was exported need not be in the store, nor if it is to be exported anew by a step that brings it back first.
  bool backed_up(claim::Claim const& one) const {
    auto const it = stamps_.find(one.backup);
    return it != stamps_.end() && it->second.result == stamps_.at(one.stamp).result &&
           (!contradicted_.contains(one.backup) || restorable_.contains(one.backup));
  }

  std::map<std::string, std::set<std::string>> answers_of(std::set<std::string> const& names) const {
    std::vector<claim::Probe const*> probes;
    std::vector<std::string> commands;
    for (auto const& probe : file_.probes)
      if (names.contains(probe.name))
        for (auto& command : questions(probe)) {
          probes.push_back(&probe);
          commands.push_back(std::move(command));
        }
    auto const answers = ask(commands, kProbeTimeout);
    std::map<std::string, std::set<std::string>> out;
    for (auto const& name : names) out[name];
    for (std::size_t i = 0; i < probes.size(); ++i) {
      auto const answer = answers[i].exit != 0 && probes[i]->must_answer ? asked_again(commands[i]) : answers[i];
      auto const lines = lines_of(answer.out);
      out[probes[i]->name].insert(lines.begin(), lines.end());
    }
    return out;
  }

  /// One command, or as many as it takes to name all that is wanted: a command line has an end.
  std::vector<std::string> questions(claim::Probe const& probe) const {
    if (asked_for(probe.command, {}) == probe.command) return {probe.command};
    std::set<std::string> wanted;
    for (auto const& one : file_.claims) {
      if (one.probe != probe.name || !stands(one)) continue;
      auto const& stamp = stamps_.at(one.stamp);
      for (auto& line : lines_of(stamp.result)) wanted.insert(std::move(line));
      for (auto const& [name, id] : stamp.bases) wanted.insert(name);
    }
    std::vector<std::string> commands;
    for (auto it = wanted.begin(); it != wanted.end();) {
      std::vector<std::string> some;
      for (; it != wanted.end() && some.size() < kMostWanted; ++it) some.push_back(*it);
      commands.push_back(asked_for(probe.command, some));
    }
    return commands;
  }

  /// A failure that stays is the user's to mend.
  Answer asked_again(std::string const& command) const {
    for (int tries = 2;; ++tries) {
      auto answer = ask({command}, kProbeTimeout).front();
      if (answer.exit == 0) return answer;
      if (tries < kMostTries) continue;
      auto const missing = missing_tools(file_);
      throw Failure(fmt::format("the world can't be asked: '{}' failed with {}\n{}{}", command, answer.exit, answer.err,
                                missing.empty() ? "" : "  help: install " + missing));
    }
  }

  claim::File const& file_;
  StatCache cache_;
  std::map<std::string, Stamp> stamps_;
  std::map<std::string, std::string> contradicted_;  // stamp -> why
  std::set<std::string> restorable_;                 // of those the ones whose steps can still get at what they made
};

/// Nothing if the file is lost, damaged, or another version's.
std::optional<claim::File> known(std::string const& claims) {
  try {
    if (auto const text = read_file(claims)) return claim::parse(*text);
  } catch (Failure const& failure) {
    std::fputs(fmt::format("{}: {}\n", claims, failure.what()).c_str(), stdout);
  }
  return std::nullopt;
}

}  // namespace

int scan(std::string const& claims) {
  auto const reads = claims.substr(0, claims.rfind('.')) + ".reads";
  auto const file = known(claims);
  if (!file) {
    // other reads than any: Ninja runs the compiler, which writes the claims anew, and then comes back here
    write_file(reads, "the claims were lost\n");
    return 0;
  }
  Scan(*file).run();
  write_if_changed(reads, claim::reads_digest(file->reads, DiskFiles()));
  return 0;
}

}  // namespace e2e::step
