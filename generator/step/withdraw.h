// How a stamp that does not hold is taken from the disk, while steps may be at work on it.
#pragma once

#include <optional>
#include <string>

#include "claim/claim.h"
#include "step/stamp.h"
#include "step/statcache.h"

namespace e2e::step {

/// A stamp as it was when it was read, and which file that was.
struct SeenStamp {
  std::optional<Stamp> stamp = {};
  bool there = false;  // a file is, whether it is a stamp or not
  FileKey file = {};
};
SeenStamp see_stamp(std::string const& path);

enum class Withdrawal { deleted, doubted };

/// Under the lock of its step, and only if the file is still the one that was seen: what a step has written meanwhile
/// was judged by nobody yet, and what is gone needs nothing. Returns whether it was withdrawn.
bool withdraw(claim::Claim const& claim, SeenStamp const& seen, Withdrawal how, StatCache& cache);

}  // namespace e2e::step
