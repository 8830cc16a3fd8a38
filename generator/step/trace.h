// The trace: a line of JSON for each step that ran, and for each stamp that was deleted, with the why.
#pragma once

#include <string>

#include "claim/claim.h"

namespace e2e::step {

inline constexpr char const* kTrace = ".e2e/trace.jsonl";

struct StepRecord {
  double start = 0, end = 0;  // seconds since 1970
  int tries = 0;              // 0: the claim held, nothing was run
  int exit = 0;
  long peak_kb = 0;
  std::string why;  // what made it run
};

double now();
/// A new run: what is recorded from now on carries its id, by whichever process.
void begin_run();
void record(claim::Claim const& claim, StepRecord const& record);
/// A stamp was deleted because the world contradicts it.
void record_deletion(claim::Claim const& claim, std::string const& why);

}  // namespace e2e::step
