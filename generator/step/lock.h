// One step at a time for each stamp, whoever started it.
#pragma once

#include <string>

#include "base/disk.h"

namespace e2e::step {

/// Holds an exclusive flock until it ends; the kernel lets go of it when the process dies. The file stays: removing it
/// would let two processes lock two files of one name.
class Lock {
 public:
  enum class Wait { yes, no };
  /// Waits for whoever holds it, unless told not to. Throws Failure if the file can't be made, or can't be locked.
  explicit Lock(std::string const& path, Wait wait = Wait::yes);
  /// False if somebody else holds it.
  bool held() const { return held_; }

 private:
  Descriptor file_;
  bool held_ = true;
};

}  // namespace e2e::step
