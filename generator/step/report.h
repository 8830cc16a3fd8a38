// What a user sees when a step fails: the cause, the spec line, the log.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "claim/claim.h"
#include "step/child.h"

namespace e2e::step {

struct FailureReport {
  ChildEnd end = {};
  int tries = 1;
  std::string changed = {};               // the step ended well, but this changed while it ran
  std::vector<std::string> written = {};  // files of its build context that were written to meanwhile
  std::string explanation = {};
  std::vector<std::string> undermined = {};  // what it rests on and the world contradicts by now
};

/// On standard error, which Ninja shows below the step's description.
void report_failure(claim::File const& file, claim::Claim const& claim, std::string const& log,
                    FailureReport const& report);
/// What kept a step from doing its work, or from saying what came of it. The help, if any, stands in its last line.
void report_trouble(claim::Claim const& claim, std::string_view trouble);
/// What of its output was not logged or not shown, if any.
void report_lost(claim::Claim const& claim, Log const& log);

/// "a, b, c and 4 more".
std::string first_of(std::vector<std::string> const& files);
/// The trouble with a name that a thing of somebody else has.
std::string foreign(claim::Claim const& claim);

/// "podman (Debian package podman)" of each tool that is not on PATH.
std::string missing_tools(claim::File const& file);

}  // namespace e2e::step
