// What follows a command, whatever came of it.
#pragma once

#include <map>
#include <string>

#include "claim/claim.h"

namespace e2e::step {

/// Runs `on_failure` of the claim if its command failed, then `finally`, with E2E_OUTCOME (passed, failed) beside the
/// command's own environment. Each has the step's time-out, and a log of its own. What goes wrong with them is told and
/// changes nothing: the outcome is the command's. Returns false if a signal ended one of them.
bool run_aftermath(claim::Claim const& claim, std::map<std::string, std::string> environment, bool failed);

}  // namespace e2e::step
