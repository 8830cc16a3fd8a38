#include "step/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <span>

#include "base/disk.h"
#include "base/text.h"
#include "step/stamp.h"

namespace e2e::step {

namespace {

constexpr std::size_t kMostFiles = 5;
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

/// What the texts in the log mean.
std::vector<std::string> hints(claim::File const& file, std::string const& log) {
  std::vector<std::string> texts, meanings;
  for (auto const& hint : file.hints) texts.push_back(hint.text);
  auto const found = found_in(log, 0, texts);
  for (auto const& hint : file.hints)
    if (std::find(found.begin(), found.end(), hint.text) != found.end()) meanings.push_back(hint.meaning);
  return meanings;
}

}  // namespace

std::string first_of(std::vector<std::string> const& files) {
  auto const shown = std::min<std::size_t>(files.size(), kMostFiles);
  auto const text = join(std::span(files).first(shown), ", ");
  return shown == files.size() ? text : fmt::format("{} and {} more", text, files.size() - shown);
}

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
        fmt::format("{}: {} ended well, but {} changed while it ran, so it claims nothing\n{}  help: run ninja again\n",
                    claim.origin, claim.title, report.changed,
                    report.written.empty() ? "" : fmt::format("  written to meanwhile: {}\n", first_of(report.written)))
            .c_str(),
        stderr);
    return;
  }
  auto text = fmt::format("{}: {} {}\n", claim.origin, claim.title, ending(report, claim.timeout));
  for (auto const& what : report.undermined) text += fmt::format("  the world changed under it: {}\n", what);
  if (!report.end.interrupted) {
    // an explanation follows what it explains, and is shown whole
    auto const explained = lines_of(report.explanation).size();
    for (auto const& line : tail_of(log, explained > 0 ? explained + kTailBeforeExplanation : kTail))
      text += fmt::format("  | {}\n", line);
  }
  if (report.end.exit == 127)
    if (auto const missing = missing_tools(file); !missing.empty())
      text += fmt::format("  help: install {}\n", missing);
  if (!report.undermined.empty()) text += "  help: run ninja again: it mends that first\n";
  for (auto const& meaning : hints(file, log)) text += fmt::format("  help: {}\n", meaning);
  text += fmt::format("  log: {}\n", log);
  std::fputs(text.c_str(), stderr);
}

void report_trouble(claim::Claim const& claim, std::string_view trouble) {
  std::fputs(
      fmt::format("{}: {}: {}{}", claim.origin, claim.title, trouble, trouble.ends_with('\n') ? "" : "\n").c_str(),
      stderr);
}

void report_lost(claim::Claim const& claim, Log const& log) {
  if (!log.lost().empty()) std::fputs(fmt::format("{}: {}: {}", claim.origin, claim.title, log.lost()).c_str(), stderr);
}

std::string foreign(claim::Claim const& claim) {
  return fmt::format(
      "the name '{}' is taken, and not by this workspace\n  help: give it another name in the spec, or delete the "
      "other "
      "one: {}",
      claim.name, claim.undo);
}

}  // namespace e2e::step
