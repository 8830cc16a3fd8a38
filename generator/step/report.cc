#include "step/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "base/disk.h"
#include "base/text.h"
#include "step/stamp.h"

namespace e2e::step {

namespace {

constexpr std::size_t kTail = 20, kTailBeforeExplanation = 5;

std::string ending(FailureReport const& report, int timeout) {
  auto const& end = report.end;
  if (end.interrupted) return fmt::format("was interrupted after {:.1f} s", end.seconds);
  if (end.timed_out) return fmt::format("hung: stopped after {} s, its timeout", timeout);
  auto const tries = report.tries > 1 ? fmt::format(", {} tries", report.tries) : "";
  if (end.exit == 127) return fmt::format("could not be started: a program is missing");
  if (end.exit == 128 + SIGKILL)
    return fmt::format("was killed after {:.1f} s{}: out of memory? (peak {} MB)", end.seconds, tries,
                       end.peak_kb / 1024);
  return fmt::format("failed with exit code {} after {:.1f} s{}", end.exit, end.seconds, tries);
}

}  // namespace

std::string missing_tools(claim::File const& file) {
  std::vector<std::string> missing;
  for (auto const& [tool, from] : file.tools)
    if (!on_path(tool)) missing.push_back(fmt::format("{} ({})", tool, from));
  return join(missing, ", ");
}

void report_failure(claim::File const& file, claim::Claim const& claim, std::string const& log,
                    FailureReport const& report) {
  if (!report.changed.empty()) {
    std::fputs(
        fmt::format("{}: {} ended well, but {} changed while it ran, so it claims nothing\n  help: run ninja again\n",
                    claim.origin, claim.title, report.changed)
            .c_str(),
        stderr);
    return;
  }
  auto text = fmt::format("{}: {} {}\n", claim.origin, claim.title, ending(report, claim.timeout));
  auto const whole = read_file(log).value_or("");
  if (!report.end.interrupted) {
    auto const lines = lines_of(whole);
    // an explanation follows what it explains, and is shown whole
    auto const explained = lines_of(report.explanation).size();
    auto const tail = std::min(lines.size(), explained > 0 ? explained + kTailBeforeExplanation : kTail);
    for (auto i = lines.size() - tail; i < lines.size(); ++i) text += fmt::format("  | {}\n", lines[i]);
  }
  if (report.end.exit == 127)
    if (auto const missing = missing_tools(file); !missing.empty())
      text += fmt::format("  help: install {}\n", missing);
  for (auto const& hint : file.hints)
    if (whole.find(hint.text) != whole.npos) text += fmt::format("  help: {}\n", hint.meaning);
  text += fmt::format("  log: {}\n", log);
  std::fputs(text.c_str(), stderr);
}

void report_foreign(claim::Claim const& claim) {
  std::fputs(fmt::format(
                 "{}: {}: the name '{}' is taken, and not by this workspace\n  help: give it another name in the spec, "
                 "or delete the other one: {}\n",
                 claim.origin, claim.title, claim.name, claim.undo)
                 .c_str(),
             stderr);
}

}  // namespace e2e::step
