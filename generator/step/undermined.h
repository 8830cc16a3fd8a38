// What the world took away from under a command while it ran.
#pragma once

#include <string>
#include <vector>

#include "claim/claim.h"

namespace e2e::step {

/// After a task or a test has failed: of the cluster, the objects and the pods that it rests on, by however many steps,
/// those that the world contradicts now, in the words of scan: "task seed: pod/store-1 is not there any more".
/// `ground`: facts as they were before its command. Asks once, and of a no once more, each time for some seconds at
/// most; who gives no answer is not spoken of. Never throws: the failure is told in any case.
std::vector<std::string> undermined(std::string const& claims, claim::Claim const& claim,
                                    std::vector<std::string> const& ground) noexcept;

}  // namespace e2e::step
