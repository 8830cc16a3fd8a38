// Who made the thing that a claim stands for. A cluster has a name that anybody can take; so what we make carries a
// token that nobody else knows, and only what carries it is ever deleted.
#pragma once

#include <string>
#include <string_view>

namespace e2e::claim {
struct Claim;
}

namespace e2e::step {

enum class Owner { nobody, us, others };

/// Asks the world. Throws Failure if it does not answer.
Owner owner_of(claim::Claim const& claim);

/// What is made from now on, all of it or the half of it, carries a token of its own. It stands in the file beside the
/// stamp that the template's rules know as $owner.
void begin_owning(claim::Claim const& claim);
void end_owning(claim::Claim const& claim);

}  // namespace e2e::step
