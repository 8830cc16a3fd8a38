#include "step/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "claim/claim.h"
#include "claim/reads.h"
#include "step/judge.h"
#include "step/look.h"
#include "step/report.h"
#include "step/rest.h"
#include "step/trace.h"
#include "step/withdraw.h"

namespace e2e::step {

namespace {

/// Takes the stamps of what does not hold from the disk, and says so.
class Acts {
 public:
  Acts(claim::File const& file, Judge& judge) : file_(file), judge_(judge) {}

  void carry_out() {
    // of all that can't be judged for the same reason, that is said on which the others rest
    auto const upon = judge_.all_upon([&](auto i) { return judge_.of(i).verdict != Verdict::stands; });
    for (std::size_t i = 0; i < file_.claims.size(); ++i) {
      auto const& one = file_.claims[i];
      auto const& [verdict, why] = judge_.of(i);
      if (verdict == Verdict::contradicted && withdraw(one, judge_.seen(i), Withdrawal::deleted, judge_.cache())) {
        record_withdrawal(one, "deleted", why);
        if (!judge_.rests_on_lost(i)) std::fputs(fmt::format("{}: {}\n", one.title, why).c_str(), stdout);
      }
      if (verdict == Verdict::doubted && withdraw(one, judge_.seen(i), Withdrawal::doubted, judge_.cache())) {
        record_withdrawal(one, "doubted", why);
        if (!upon[i]) say_doubt(one, why);
      }
    }
  }

 private:
  void say_doubt(claim::Claim const& one, std::string const& why) {
    if (!said_.insert(why).second) return;
    auto const missing = missing_tools(file_);
    std::fputs(fmt::format("{}: it can't be told whether this still holds: {}\n{}", one.title, why,
                           missing.empty() ? "" : fmt::format("  help: install {}\n", missing))
                   .c_str(),
               stdout);
  }

  claim::File const& file_;
  Judge& judge_;
  std::set<std::string> said_;
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
  Judge judge(*file);
  judge.judge();
  Acts(*file, judge).carry_out();
  judge.cache().save();
  note_reads(reads, file->reads);
  if (judge.found_rest()) note_rest(rest, looks, judge.heard(), began);
  return 0;
}

}  // namespace e2e::step
