// Which claims hold, by the disk and by the world. Nothing is changed by it: scan acts on what it finds, status tells
// it.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "claim/claim.h"
#include "step/stamp.h"
#include "step/statcache.h"
#include "step/withdraw.h"
#include "step/world.h"

namespace e2e::step {

enum class Verdict { stands, contradicted, doubted };

struct Judgement {
  Verdict verdict = Verdict::stands;  // of a claim without a stamp too: it says nothing
  std::string why = {};
};

class Judge {
 public:
  /// Of a claim, by its place in the file.
  using Index = std::size_t;

  /// `file` has to outlive it.
  explicit Judge(claim::File const& file);
  /// Reads all stamps, and what they rest on, and asks the world: at most twice, and more often only where it is
  /// silent.
  void judge();

  Judgement const& of(Index i) const { return verdicts_[i]; }
  SeenStamp const& seen(Index i) const { return stamps_[i]; }
  /// Whether there is a stamp that nothing speaks against.
  bool stands(Index i) const { return stamps_[i].stamp && verdicts_[i].verdict == Verdict::stands; }
  /// Whether what it rests on is still to be made, by a step that comes first: then its own judges, which Ninja runs
  /// after that one.
  bool unmade(Index i) const;
  /// What was waited for is gone with what was applied: that is said once.
  bool rests_on_lost(Index i) const;

  /// All that rests, by however many steps, on claims of which `is` is true.
  template <class Is>
  std::vector<bool> all_upon(Is const& is) {
    std::vector<bool> upon(stamps_.size());
    std::vector<Index> open;
    for (Index one = 0; one < stamps_.size(); ++one)
      if (is(one)) open.push_back(one);
    while (!open.empty()) {
      auto const one = open.back();
      open.pop_back();
      for (auto const user : users(one))
        if (!upon[user]) upon[user] = true, open.push_back(user);
    }
    return upon;
  }

  /// Whether nothing was read anew, each question was asked once, and nothing was found to be wrong.
  bool found_rest() const;
  /// In all rounds.
  std::vector<Heard> const& heard() const { return heard_; }
  StatCache& cache() { return cache_; }

 private:
  void contradict(Index i, std::string why) { verdicts_[i] = {Verdict::contradicted, std::move(why)}; }
  void doubt(Index i, std::string why) { verdicts_[i] = {Verdict::doubted, std::move(why)}; }
  Stamp const& stamp(Index i) const { return *stamps_[i].stamp; }
  void judge_inputs(Index i);
  Results results(claim::Claim const& one) const;
  void judge_world();
  std::vector<Index> suspected(std::vector<Index> const& asked, std::map<Index, int>& noes, bool patient);
  std::vector<Index> missed(std::vector<Index> const& gone);
  std::vector<Index> const& users(Index i);
  bool backed_up(Index i) const;

  claim::File const& file_;
  StatCache cache_;
  std::vector<SeenStamp> stamps_;  // by the place of the claim in the file
  std::vector<Judgement> verdicts_;
  std::unordered_map<std::string_view, Index> index_;
  std::set<Index> restorable_;  // of the contradicted the ones whose steps can still get at what they made
  std::vector<std::vector<Index>> users_;
  std::map<std::string, std::string> troubles_;  // probe -> why it said nothing
  std::map<Index, std::string> lost_;            // what of it the world lacked
  int rounds_ = 0;
  std::vector<Heard> heard_;
};

}  // namespace e2e::step
