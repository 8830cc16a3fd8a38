// Manifests as they are applied: the text that was written, with a tag after each reference to an image of the spec.
#pragma once

#include <map>
#include <string>

#include "claim/claim.h"

namespace e2e::step {

/// `text` with each scalar under a key `image` that is a key of `tags` followed by ":" and that tag; every other byte,
/// comments too, stays. Throws Failure if the text is not YAML.
std::string with_tags(std::string const& name, std::string const& text, std::map<std::string, std::string> const& tags);

/// Writes `render.to`. Throws Failure if a manifest or the stamp of an image is missing.
void render_manifests(claim::Render const& render);

}  // namespace e2e::step
