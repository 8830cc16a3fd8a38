// What runs inside a Ninja edge: the policy that Ninja lacks, around somebody else's command.
#pragma once

#include <string>
#include <vector>

namespace e2e::step {

struct RunOptions {
  std::string claims;                // the claims file
  std::string stamp;                 // which claim
  std::vector<std::string> command;  // %{STAMP} and %{STAMP#tag} in it stand for an image that is built by now
  bool live = false;
};

/// Guard, lock, ownership, retries, log, trace, stamp. Returns the exit status: 0 if the claim held or holds now; 1
/// after a message that names cause, spec line and log; 128 + signal if interrupted. Throws Failure if the disk does
/// not do its part.
int run(RunOptions const& options);

}  // namespace e2e::step
