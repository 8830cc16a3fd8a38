// A command in a process group of its own that ends with us: what run_child and ask start.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/disk.h"

namespace e2e::step {

class Process {
 public:
  struct Setup {
    std::vector<std::string> const& command;
    std::map<std::string, std::string> const& environment;  // added to our own
    bool errors_apart = false;                              // or both streams are one
    std::chrono::milliseconds grace;                        // between SIGTERM and SIGKILL, if we are killed
    sigset_t const* mask = nullptr;                         // what it is to block; none: what we do
    int inherited = -1;                                     // a descriptor that it keeps
  };

  /// Forks, and makes sure that all of the group ends if we are killed; until start() nothing of the command runs.
  /// Throws Failure if there can't be another process.
  explicit Process(Setup const& setup);
  Process(Process const&) = delete;
  Process& operator=(Process const&) = delete;
  ~Process();

  /// Lets it become the command. Returns errno if that fails, 0 if it runs.
  int start();
  /// To all of the group.
  void signal(int signal) const;
  /// Becomes readable when the first process of the group has ended; reap() does not wait then.
  int end() const { return end_.get(); }
  struct Ended {
    int exit;      // exit code; 128 + signal
    long peak_kb;  // of the largest process among it and those that it waited for
  };
  Ended reap();

  Descriptor out, err;  // what it says, without waiting

 private:
  void guard(std::chrono::milliseconds grace);

  pid_t pid_ = -1;
  bool reaped_ = false;
  pid_t guardian_ = -1;
  Descriptor end_;
  Descriptor hold_;
};

/// Reads what is there, as much as a pipe holds; closes it at its end. Returns what was read: nothing also if there is
/// nothing now.
std::string read_some(Descriptor& from);

}  // namespace e2e::step
