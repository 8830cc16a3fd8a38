#include "step/ownership.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/text.h"
#include "step/child.h"
#include "step/stamp.h"

namespace e2e::step {

namespace {

constexpr int kQuestionTimeout = 60;

std::string mark(claim::Claim const& claim) {
  return claim.stamp + ".ours";
}

std::vector<std::string> answer(std::string const& command) {
  auto const said = ask({command}, kQuestionTimeout).front();
  if (said.exit != 0)
    throw Failure(
        fmt::format("whose cluster it is can't be asked: '{}' failed with {}\n{}", command, said.exit, said.err));
  return lines_of(said.out);
}

bool is_in(std::string const& one, std::vector<std::string> const& all) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

Owner owner_of(claim::Claim const& claim) {
  if (!is_in(claim.name, answer(claim.names))) return Owner::nobody;
  auto const noted = read_file(mark(claim));
  if (!noted) return Owner::others;
  auto const made = lines_of(*noted);
  if (made.empty() || claim.members.empty()) return Owner::us;  // begun, and never finished
  auto const there = answer(claim.members);
  return std::any_of(made.begin(), made.end(), [&](auto const& one) { return is_in(one, there); }) ? Owner::us
                                                                                                   : Owner::others;
}

void begin_owning(claim::Claim const& claim) {
  write_file(mark(claim), "");
}

void note_members(claim::Claim const& claim) {
  if (!claim.members.empty()) write_file(mark(claim), join(answer(claim.members), "\n") + "\n");
}

void end_owning(claim::Claim const& claim) {
  remove_file(mark(claim));
}

}  // namespace e2e::step
