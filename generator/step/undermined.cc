#include "step/undermined.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "base/disk.h"
#include "step/stamp.h"
#include "step/world.h"

namespace e2e::step {

namespace {

/// Somebody waits for the report.
constexpr int kSeconds = 10;

/// What lives in a cluster; that an image is in the store is of no use to a command that runs.
bool lives(std::string_view probe) {
  return probe.ends_with("/cluster") || probe.ends_with("/objects") || probe.ends_with("/stores");
}

struct Resting {
  claim::Claim const* claim;
  Stamp stamp;
};

/// Each claim below this one that has a stamp, the nearest last.
std::vector<Resting> below(claim::File const& file, claim::Claim const& claim) {
  std::map<std::string_view, claim::Claim const*> by_stamp;
  for (auto const& one : file.claims) by_stamp.emplace(one.stamp, &one);
  std::set<claim::Claim const*> seen;
  std::vector<claim::Claim const*> open{&claim};
  std::vector<Resting> out;
  while (!open.empty()) {
    auto const* one = open.back();
    open.pop_back();
    for (auto const& path : one->stamps) {
      auto const it = by_stamp.find(path);
      if (it == by_stamp.end() || !seen.insert(it->second).second) continue;
      open.push_back(it->second);
      if (auto stamp = read_stamp(path); stamp && lives(it->second->probe))
        out.push_back({it->second, std::move(*stamp)});
    }
  }
  return out;
}

/// Keeps those of which the world says that they are no more, and fills in what it says.
void keep_lost(std::vector<Resting>& all, claim::File const& file, std::map<claim::Claim const*, std::string>& why) {
  Wanted wanted;
  for (auto const& one : all) add_wanted(wanted, *one.claim, one.stamp);
  auto const answers = testimonies(file.probes, wanted, false, kSeconds);
  std::erase_if(all, [&](auto const& one) {
    auto const& testimony = answers.at(one.claim->probe);
    if (testimony.of(one.stamp) != Said::no) return true;
    why[one.claim] = testimony.what_is_gone(one.stamp);
    return false;
  });
}

}  // namespace

std::vector<std::string> undermined(std::string const& claims, claim::Claim const& claim,
                                    std::vector<std::string> const& ground) noexcept try {
  auto const file = claim::parse(MappedFile(claims).text());
  auto lost = below(file, claim);
  if (!ground.empty()) lost.push_back({&claim, {{}, Result("none yet"), {}, {}, {}, ground}});
  std::map<claim::Claim const*, std::string> why;
  if (!lost.empty()) keep_lost(lost, file, why);
  if (lost.empty()) return {};
  pause_before_believing_a_no();
  keep_lost(lost, file, why);
  std::map<std::string_view, std::string_view> gone;  // stamp -> probe
  for (auto const& one : lost) gone.emplace(one.claim->stamp, one.claim->probe);
  std::vector<std::string> out;
  for (auto const& one : lost) {
    // what was waited for is gone with what was applied: that is said once; a pod is another thing than its workload
    auto const& broken = *one.claim;
    if (std::any_of(broken.stamps.begin(), broken.stamps.end(), [&](auto const& path) {
          auto const it = gone.find(path);
          return it != gone.end() && it->second == broken.probe;
        }))
      continue;
    out.push_back(fmt::format("{}: {}", broken.title, why[one.claim]));
  }
  std::sort(out.begin(), out.end());
  return out;
} catch (...) {
  return {};
}

}  // namespace e2e::step
