// One step at a time for each stamp, whoever started it.
#pragma once

#include <string>

namespace e2e::step {

/// Holds an exclusive flock until it ends; the kernel lets go of it when the process dies. The file stays: removing it
/// would let two processes lock two files of one name.
class Lock {
 public:
  /// Waits for whoever holds it. Throws Failure if the file can't be made, or can't be locked.
  explicit Lock(std::string const& path);
  Lock(Lock const&) = delete;
  Lock& operator=(Lock const&) = delete;
  ~Lock();

 private:
  int fd_;
};

}  // namespace e2e::step
