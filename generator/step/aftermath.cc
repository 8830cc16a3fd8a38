#include "step/aftermath.h"

#include <fmt/format.h>

#include <vector>

#include "base/machine.h"
#include "base/text.h"
#include "step/child.h"
#include "step/log.h"
#include "step/report.h"
#include "step/stamp.h"
#include "step/values.h"

namespace e2e::step {

namespace {

constexpr std::size_t kTail = 5;

/// Returns whether nobody interrupted it.
bool follow(claim::Claim const& claim, std::string const& what, std::vector<std::string> command,
            std::map<std::string, std::string> const& environment) {
  for (auto& word : command) machine::fill_in(word);
  Log log(fmt::format(".e2e/logs/{}.{}.log", flat_name(claim.stamp), what));
  log.begin_anew();
  log.say(fmt::format("# {} of {} ({})\n$ {}\n", what, claim.title, claim.origin, shell_line(command)));
  auto const end = run_child({.command = command,
                              .environment = environment,
                              .log = log,
                              .timeout = claim.timeout,
                              .hidden = secrets_of(claim)});
  if (end.exit != 0 && !end.interrupted) {
    auto text = end.timed_out ? fmt::format("its '{}' hung: stopped after {} s", what, claim.timeout)
                              : fmt::format("its '{}' failed with exit code {}", what, end.exit);
    for (auto const& line : tail_of(log.path(), kTail)) text += fmt::format("\n  | {}", line);
    report_trouble(claim, fmt::format("{}\n  log: {}", text, log.path()));
  }
  return !end.interrupted;
}

}  // namespace

bool run_aftermath(claim::Claim const& claim, std::map<std::string, std::string> environment, bool failed) {
  environment["E2E_OUTCOME"] = failed ? "failed" : "passed";
  if (failed && !claim.on_failure.empty() && !follow(claim, "on-failure", claim.on_failure, environment)) return false;
  return claim.finally.empty() || follow(claim, "finally", claim.finally, environment);
}

}  // namespace e2e::step
