#include "step/trace.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/diagnostics.h"
#include "base/disk.h"

namespace e2e::step {

namespace {

constexpr char const* kRun = ".e2e/run";

std::string run_id() try { return read_file(kRun).value_or(""); } catch (Failure const&) {
  return {};
}

nlohmann::ordered_json line(claim::Claim const& claim, char const* event) {
  return {{"run", run_id()},      {"event", event},         {"step", claim.title},
          {"phase", claim.phase}, {"origin", claim.origin}, {"stamp", claim.stamp}};
}

void append(nlohmann::ordered_json const& json) try {
  // names of files need not be UTF-8
  append_file(kTrace, json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
} catch (Failure const&) {
}

}  // namespace

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void begin_run() try { write_file(kRun, fmt::format("{:.3f}-{}", now(), ::getpid())); } catch (Failure const&) {
}

void record(claim::Claim const& claim, StepRecord const& r) {
  auto json = line(claim, r.held ? "held" : "ran");
  json["start"] = r.start;
  json["end"] = r.end;
  json["tries"] = r.tries;
  json["exit"] = r.exit;
  json["peak_kb"] = r.peak_kb;
  json["why"] = r.why;
  append(json);
}

void record_withdrawal(claim::Claim const& claim, char const* how, std::string const& why) {
  auto json = line(claim, how);
  json["start"] = now();
  json["why"] = why;
  append(json);
}

}  // namespace e2e::step
