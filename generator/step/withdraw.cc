#include "step/withdraw.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "step/lock.h"
#include "step/look.h"

namespace e2e::step {

SeenStamp see_stamp(std::string const& path) {
  auto const status = status_of(path, 0);
  if (!status) return {};
  return {read_stamp(path), true, FileKey::of(*status)};
}

bool withdraw(claim::Claim const& claim, SeenStamp const& seen, Withdrawal how, StatCache& cache) {
  for (;;) {
    // a step that works has taken its stamp away: there is nothing to wait for
    auto const status = status_of(claim.stamp, 0);
    if (!status || FileKey::of(*status) != seen.file) return false;
    // one that has not begun to work, or is about to end, lets go of it in a moment
    Lock const lock(lock_file(claim.stamp), Lock::Wait::no);
    if (!lock.held()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    auto const now = status_of(claim.stamp, 0);
    if (!now || FileKey::of(*now) != seen.file) return false;
    if (how == Withdrawal::doubted) return std::rename(claim.stamp.c_str(), in_doubt(claim.stamp).c_str()) == 0;
    if (seen.stamp) remove_damaged(claim, *seen.stamp, cache);
    remove_stamp(claim.stamp);
    return true;
  }
}

}  // namespace e2e::step
