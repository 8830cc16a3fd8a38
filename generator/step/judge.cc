#include "step/judge.h"

#include <algorithm>

#include "base/diagnostics.h"
#include "base/parallel.h"
#include "base/text.h"

namespace e2e::step {

namespace {

/// A thread costs about as much as reading so many stamps.
constexpr std::size_t kStampsOfAThread = 64;

bool has_noes(std::vector<Judge::Index> const& suspects, std::map<Judge::Index, int>& noes) {
  return std::any_of(suspects.begin(), suspects.end(), [&](auto i) { return noes[i] > 0; });
}

}  // namespace

Judge::Judge(claim::File const& file)
    : file_(file), cache_(".e2e/stat.cache"), stamps_(file.claims.size()), verdicts_(file.claims.size()) {
  for (std::size_t i = 0; i < file.claims.size(); ++i) index_.emplace(file.claims[i].stamp, i);
}

void Judge::judge() {
  for_each_index(stamps_.size(), kStampsOfAThread,
                 [&] { return [&](std::size_t i) { stamps_[i] = see_stamp(file_.claims[i].stamp); }; });
  for (bool const late : {false, true})
    for (Index i = 0; i < stamps_.size(); ++i)
      if (file_.claims[i].after.empty() != late && !(late && unmade(i))) judge_inputs(i);
  judge_world();
}

bool Judge::found_rest() const {
  return cache_.files_read() == 0 && rounds_ < 2 &&
         std::all_of(verdicts_.begin(), verdicts_.end(),
                     [](auto const& one) { return one.verdict == Verdict::stands; });
}

bool Judge::unmade(Index i) const {
  auto const& after = file_.claims[i].after;
  return stamps_[i].there && std::any_of(after.begin(), after.end(), [&](auto const& path) {
           auto const at = index_.find(path);
           return at == index_.end() || !stands(at->second);
         });
}

/// What can't be judged is that claim's trouble, and nobody else's.
void Judge::judge_inputs(Index i) try {
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

Results Judge::results(claim::Claim const& one) const {
  Results results;
  for (auto const& path : one.stamps)
    if (auto const at = index_.find(path); at != index_.end() && stamps_[at->second].stamp)
      results.emplace(path, stamp(at->second).result.text());
  return results;
}

/// Those claims that still stand are held against the world, each probe asked once for all. A no is believed when it
/// was heard twice; where nobody answers, those who rest on something that is gone anyhow don't ask for patience.
void Judge::judge_world() {
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
  auto const fallen = all_upon([&](Index i) { return of(i).verdict == Verdict::contradicted; });
  auto patient = suspects;
  std::erase_if(patient, [&](Index i) { return fallen[i]; });
  auto const left = suspected(patient, noes, true);
  for (auto const i : suspects)
    if (fallen[i] || std::find(left.begin(), left.end(), i) != left.end()) doubt(i, troubles_[file_.claims[i].probe]);
}

/// Asks about these, and returns those of which the world does not say that they are there, though they are needed.
std::vector<Judge::Index> Judge::suspected(std::vector<Index> const& asked, std::map<Index, int>& noes, bool patient) {
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
std::vector<Judge::Index> Judge::missed(std::vector<Index> const& gone) {
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
std::vector<Judge::Index> const& Judge::users(Index i) {
  if (users_.empty()) {
    users_.resize(stamps_.size());
    for (Index user = 0; user < stamps_.size(); ++user)
      for (auto const& path : file_.claims[user].stamps)
        if (auto const at = index_.find(path); at != index_.end()) users_[at->second].push_back(user);
  }
  return users_[i];
}

/// What was exported need not be in the store, nor if it is to be exported anew by a step that brings it back first.
bool Judge::backed_up(Index i) const {
  auto const at = index_.find(file_.claims[i].backup);
  if (at == index_.end() || !stamps_[at->second].stamp) return false;
  return stamp(at->second).result.text() == stamp(i).result.text() &&
         (stands(at->second) || restorable_.contains(at->second));
}

bool Judge::rests_on_lost(Index i) const {
  auto const& stamps = file_.claims[i].stamps;
  return std::any_of(stamps.begin(), stamps.end(), [&](auto const& path) {
    auto const at = index_.find(path);
    return at != index_.end() && lost_.contains(at->second) && !stands(at->second);
  });
}

}  // namespace e2e::step
