// Who made the thing that a claim stands for. A cluster has a name that anybody can take; so what it consisted of when
// we made it is written down beside the stamp, and only that is ever deleted.
#pragma once

#include "claim/claim.h"

namespace e2e::step {

enum class Owner { nobody, us, others };

/// Asks the world. Throws Failure if it does not answer.
Owner owner_of(claim::Claim const& claim);

/// From now on the thing of that name is ours, however much of it there will be if we are killed.
void begin_owning(claim::Claim const& claim);
/// It is there now, and this is what it consists of.
void note_members(claim::Claim const& claim);
void end_owning(claim::Claim const& claim);

}  // namespace e2e::step
