// ConfigMaps and Secrets roll their readers: a digest of what a pod's template reads stands in its annotations.
#pragma once

#include <string>
#include <vector>

#include "claim/claim.h"

namespace e2e::step {

/// `texts`: what the manifests of `render.from` have become; the templates of those that read something of
/// `render.configs` get the annotation "e2egen/config". Writes `render.tells`, if that is wanted. Throws Failure.
void roll_readers(claim::Render const& render, std::vector<std::string>& texts);

}  // namespace e2e::step
