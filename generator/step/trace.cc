#include "step/trace.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/disk.h"

namespace e2e::step {

namespace {

constexpr char const* kRun = ".e2e/run";

nlohmann::ordered_json line(claim::Claim const& claim, char const* event) {
  return {{"run", read_file(kRun).value_or("")},
          {"event", event},
          {"step", claim.title},
          {"phase", claim.phase},
          {"origin", claim.origin},
          {"stamp", claim.stamp}};
}

void append(nlohmann::ordered_json const& json) {
  append_file(kTrace, json.dump() + "\n");
}

}  // namespace

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void begin_run() {
  write_file(kRun, fmt::format("{:.3f}-{}", now(), ::getpid()));
}

void record(claim::Claim const& claim, StepRecord const& r) {
  auto json = line(claim, r.tries == 0 ? "held" : "ran");
  json["start"] = r.start;
  json["end"] = r.end;
  json["tries"] = r.tries;
  json["exit"] = r.exit;
  json["peak_kb"] = r.peak_kb;
  json["why"] = r.why;
  append(json);
}

void record_deletion(claim::Claim const& claim, std::string const& why) {
  auto json = line(claim, "deleted");
  json["start"] = now();
  json["why"] = why;
  append(json);
}

}  // namespace e2e::step
