// The trace: a line of JSON for each step that ran, and for each stamp that was deleted, with the why.
#pragma once

#include <string>

#include "claim/claim.h"

namespace e2e::step {

inline constexpr char const* kTrace = ".e2e/trace.jsonl";

struct StepRecord {
  double start = 0, end = 0;  // seconds since 1970
  bool held = false;          // the claim held, nothing was run
  int tries = 0;
  int exit = 0;
  long peak_kb = 0;
  std::string why;  // what made it run
};

double now();
/// None of these stops anything: where they can't be written, on a full disk, say, they are missing.
/// A new run: what is recorded from now on carries its id, by whichever process.
void begin_run();
void record(claim::Claim const& claim, StepRecord const& record);
/// A stamp was taken away: "deleted" because it is contradicted, "doubted" because nobody can say whether it is.
void record_withdrawal(claim::Claim const& claim, char const* how, std::string const& why);

}  // namespace e2e::step
