#include "step/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/parallel.h"
#include "base/text.h"
#include "claim/claim.h"
#include "claim/reads.h"
#include "step/look.h"
#include "step/report.h"
#include "step/rest.h"
#include "step/stamp.h"
#include "step/trace.h"
#include "step/withdraw.h"
#include "step/world.h"

namespace e2e::step {

namespace {

/// A thread costs about as much as reading so many stamps.
constexpr std::size_t kStampsOfAThread = 64;

class Scan {
 public:
  explicit Scan(claim::File const& file)
      : file_(file), cache_(".e2e/stat.cache"), stamps_(file.claims.size()), verdicts_(file.claims.size()) {
    for (std::size_t i = 0; i < file.claims.size(); ++i) index_.emplace(file.claims[i].stamp, i);
  }

  void run() {
    for_each_index(stamps_.size(), kStampsOfAThread,
                   [&] { return [&](std::size_t i) { stamps_[i] = see_stamp(file_.claims[i].stamp); }; });
    for (bool const late : {false, true})
      for (Index i = 0; i < stamps_.size(); ++i)
        if (file_.claims[i].after.empty() != late && !(late && unmade(i))) judge_inputs(i);
    judge_world();
    carry_out();
    cache_.save();
  }

  /// Whether nothing was read anew, each question was asked once, and nothing was found to be wrong.
  bool found_rest() const {
    return cache_.files_read() == 0 && rounds_ < 2 &&
           std::all_of(verdicts_.begin(), verdicts_.end(),
                       [](auto const& one) { return one.verdict == Verdict::stands; });
  }
  std::vector<Heard> const& heard() const { return heard_; }

 private:
  using Index = std::size_t;
  enum class Verdict { stands, contradicted, doubted };
  struct Judgement {
    Verdict verdict = Verdict::stands;
    std::string why = {};
  };

  void contradict(Index i, std::string why) { verdicts_[i] = {Verdict::contradicted, std::move(why)}; }
  void doubt(Index i, std::string why) { verdicts_[i] = {Verdict::doubted, std::move(why)}; }
  bool stands(Index i) const { return stamps_[i].stamp && verdicts_[i].verdict == Verdict::stands; }
  Stamp const& stamp(Index i) const { return *stamps_[i].stamp; }

  /// Whether what it rests on is still to be made, by a step that comes first: then its own judges, which Ninja runs
  /// after that one.
  bool unmade(Index i) const {
    auto const& after = file_.claims[i].after;
    return stamps_[i].there && std::any_of(after.begin(), after.end(), [&](auto const& path) {
             auto const at = index_.find(path);
             return at == index_.end() || !stands(at->second);
           });
  }

  /// What can't be judged is that claim's trouble, and nobody else's.
  void judge_inputs(Index i) try {
    auto const& one = file_.claims[i];
    if (!stamps_[i].stamp) {
      // a stamp that can't be read claims nothing, and must not look like one to Ninja
      if (stamps_[i].there) contradict(i, "its stamp is damaged");
      return;
    }
    bool const whole = products_hold(one, stamp(i), cache_);
    if (auto const changed = differences(stamp(i).key, key_of(one, results(one), cache_, stamp(i).narrowed));
        !changed.empty()) {
      contradict(i, join(changed, ", ") + " changed");
      if (whole && !one.restores.empty()) restorable_.insert(i);
    } else if (!whole) {
      contradict(i, "its files are gone or changed");
    }
  } catch (Failure const& failure) {
    doubt(i, failure.what());
  }

  Results results(claim::Claim const& one) const {
    Results results;
    for (auto const& path : one.stamps)
      if (auto const at = index_.find(path); at != index_.end() && stamps_[at->second].stamp)
        results.emplace(path, stamp(at->second).result.text());
    return results;
  }

  /// Those claims that still stand are held against the world, each probe asked once for all. A no is believed when it
  /// was heard twice; where nobody answers, those who rest on something that is gone anyhow don't ask for patience.
  void judge_world() {
    std::map<Index, int> noes;
    std::vector<Index> all(stamps_.size());
    for (Index i = 0; i < all.size(); ++i) all[i] = i;
    auto suspects = suspected(all, noes, false);
    for (int round = 0; round < 2 && has_noes(suspects, noes); ++round) {
      pause_before_believing_a_no();
      suspects = suspected(suspects, noes, false);
      std::erase_if(suspects, [&](Index i) {
        bool const gone = noes[i] > 1;
        if (gone) contradict(i, lost_[i]);
        return gone;
      });
    }
    if (suspects.empty()) return;
    auto const fallen = all_upon([](auto const& one) { return one.verdict == Verdict::contradicted; });
    auto patient = suspects;
    std::erase_if(patient, [&](Index i) { return fallen[i]; });
    auto const left = suspected(patient, noes, true);
    for (auto const i : suspects)
      if (fallen[i] || std::find(left.begin(), left.end(), i) != left.end()) doubt(i, troubles_[file_.claims[i].probe]);
  }

  bool has_noes(std::vector<Index> const& suspects, std::map<Index, int>& noes) const {
    return std::any_of(suspects.begin(), suspects.end(), [&](Index i) { return noes[i] > 0; });
  }

  /// Asks about these, and returns those of which the world does not say that they are there, though they are needed.
  std::vector<Index> suspected(std::vector<Index> const& asked, std::map<Index, int>& noes, bool patient) {
    Wanted wanted;
    for (auto const i : asked)
      if (!file_.claims[i].probe.empty() && stands(i)) add_wanted(wanted, file_.claims[i], stamp(i));
    if (wanted.empty()) return {};
    auto const answers = testimonies(file_.probes, wanted, patient);
    ++rounds_;
    for (auto const& [probe, testimony] : answers)
      heard_.insert(heard_.end(), testimony.heard.begin(), testimony.heard.end());
    std::vector<Index> out;
    for (auto const i : asked) {
      auto const answer = answers.find(file_.claims[i].probe);
      if (answer == answers.end() || !stands(i)) continue;
      auto const& [probe, testimony] = *answer;
      if (auto const others = moved(stamp(i).bases, testimony.ids); !others.empty()) {
        contradict(i, join(others, ", ") + " changed");
        continue;
      }
      auto const said = testimony.of(stamp(i));
      if (said == Said::yes || backed_up(i)) continue;
      if (said == Said::no) ++noes[i], lost_[i] = testimony.what_is_gone(stamp(i));
      if (said == Said::nothing) troubles_[probe] = testimony.trouble;
      out.push_back(i);
    }
    return missed(out);
  }

  /// Of those that are gone, the ones that something still needs: an image need not be in the store while all that is
  /// FROM it stands. What is missed may make others missed: the base of an image that is to be built.
  std::vector<Index> missed(std::vector<Index> const& gone) {
    if (gone.empty()) return {};
    std::set<Index> missed;
    auto const needed = [&](Index i) {
      auto const& all = users(i);
      return !file_.claims[i].until_used || all.empty() ||
             std::any_of(all.begin(), all.end(), [&](Index user) { return !stands(user) || missed.contains(user); });
    };
    for (bool more = true; more;) {
      more = false;
      for (auto const i : gone)
        if (needed(i)) more |= missed.insert(i).second;
    }
    return {missed.begin(), missed.end()};
  }

  /// Those that rest on this one.
  std::vector<Index> const& users(Index i) {
    if (users_.empty()) {
      users_.resize(stamps_.size());
      for (Index user = 0; user < stamps_.size(); ++user)
        for (auto const& path : file_.claims[user].stamps)
          if (auto const at = index_.find(path); at != index_.end()) users_[at->second].push_back(user);
    }
    return users_[i];
  }

  /// All that rests, by however many steps, on claims of which `is` is true.
  template <class Is>
  std::vector<bool> all_upon(Is const& is) {
    std::vector<bool> upon(stamps_.size());
    std::vector<Index> open;
    for (Index one = 0; one < stamps_.size(); ++one)
      if (is(verdicts_[one])) open.push_back(one);
    while (!open.empty()) {
      auto const one = open.back();
      open.pop_back();
      for (auto const user : users(one))
        if (!upon[user]) upon[user] = true, open.push_back(user);
    }
    return upon;
  }

  /// What was exported need not be in the store, nor if it is to be exported anew by a step that brings it back first.
  bool backed_up(Index i) const {
    auto const at = index_.find(file_.claims[i].backup);
    if (at == index_.end() || !stamps_[at->second].stamp) return false;
    return stamp(at->second).result.text() == stamp(i).result.text() &&
           (stands(at->second) || restorable_.contains(at->second));
  }

  void carry_out() {
    // of all that can't be judged for the same reason, that is said on which the others rest
    auto const upon = all_upon([](auto const& one) { return one.verdict != Verdict::stands; });
    for (Index i = 0; i < stamps_.size(); ++i) {
      auto const& one = file_.claims[i];
      auto const& [verdict, why] = verdicts_[i];
      if (verdict == Verdict::contradicted && withdraw(one, stamps_[i], Withdrawal::deleted, cache_)) {
        record_withdrawal(one, "deleted", why);
        if (!rests_on_lost(one)) std::fputs(fmt::format("{}: {}\n", one.title, why).c_str(), stdout);
      }
      if (verdict == Verdict::doubted && withdraw(one, stamps_[i], Withdrawal::doubted, cache_)) {
        record_withdrawal(one, "doubted", why);
        if (!upon[i]) say_doubt(one, why);
      }
    }
  }

  /// What was waited for is gone with what was applied: that is said once.
  bool rests_on_lost(claim::Claim const& one) const {
    return std::any_of(one.stamps.begin(), one.stamps.end(), [&](auto const& path) {
      auto const at = index_.find(path);
      return at != index_.end() && lost_.contains(at->second) && !stands(at->second);
    });
  }

  void say_doubt(claim::Claim const& one, std::string const& why) {
    if (!said_.insert(why).second) return;
    auto const missing = missing_tools(file_);
    std::fputs(fmt::format("{}: it can't be told whether this still holds: {}\n{}", one.title, why,
                           missing.empty() ? "" : fmt::format("  help: install {}\n", missing))
                   .c_str(),
               stdout);
  }

  claim::File const& file_;
  StatCache cache_;
  std::vector<SeenStamp> stamps_;  // by the place of the claim in the file
  std::vector<Judgement> verdicts_;
  std::unordered_map<std::string_view, Index> index_;
  std::set<Index> restorable_;  // of the contradicted the ones whose steps can still get at what they made
  std::vector<std::vector<Index>> users_;
  std::map<std::string, std::string> troubles_;  // probe -> why it said nothing
  std::map<Index, std::string> lost_;            // what of it the world lacked
  std::set<std::string> said_;
  int rounds_ = 0;
  std::vector<Heard> heard_;  // in all rounds
};

/// What the compiler reads, looked at.
class LookedAt : public DiskFiles {
 public:
  std::optional<std::string> read(std::string const& path) const override {
    return is_folder(path) ? std::nullopt : read_looked_at(path);
  }
  bool is_folder(std::string const& path) const override {
    auto const status = status_of(path, 0);
    return status && S_ISDIR(status->st_mode);
  }
  std::vector<std::string> list(std::string const& path) const override {
    std::vector<std::string> names;
    if (auto const folder = open_folder(path, 0))
      while (auto const* entry = next_entry(folder.get(), path)) names.emplace_back(entry->d_name);
    std::sort(names.begin(), names.end());
    return names;
  }
};

/// Nothing if the file is lost, damaged, or another version's.
std::optional<claim::File> known(std::string const& claims) {
  try {
    if (auto const text = read_looked_at(claims)) return claim::parse(*text);
  } catch (Failure const& failure) {
    std::fputs(fmt::format("{}: {}\n", claims, failure.what()).c_str(), stdout);
  }
  return std::nullopt;
}

/// What can't be read now is no reason to compile anew: the steps that need it will tell.
void note_reads(std::string const& reads, std::vector<std::string> const& paths) try {
  write_if_changed(reads, claim::reads_digest(paths, LookedAt()));
  status_of(reads, 0);
} catch (Failure const& failure) {
  std::fputs(fmt::format("whether a spec has changed can't be told: {}\n", failure.what()).c_str(), stdout);
}

}  // namespace

int scan(std::string const& claims) {
  auto const name = claims.substr(0, claims.rfind('.'));
  auto const reads = name + ".reads", rest = name + ".rest";
  begin_run();
  if (at_rest(rest)) return 0;
  auto const began = file_time_now();
  Looks looks;
  auto const file = known(claims);
  if (!file) {
    // other reads than any: Ninja runs the compiler, which writes the claims anew, and then comes back here
    write_file(reads, "the claims were lost\n");
    return 0;
  }
  Scan scan(*file);
  scan.run();
  note_reads(reads, file->reads);
  if (scan.found_rest()) note_rest(rest, looks, scan.heard(), began);
  return 0;
}

}  // namespace e2e::step
