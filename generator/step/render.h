// Manifests as they are applied: the text that was written, with a tag after each reference to an image of the spec.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "claim/claim.h"

namespace e2e::step {

/// By the reference as it is written.
struct ImageNames {
  std::map<std::string, std::string> tags;
  std::map<std::string, std::string> names;  // what it is called instead, without a tag; not for all of them
  std::vector<std::string> anywhere = {};    // those that get it wherever they stand, also behind a '='
};

/// `text` with values for each ${NAME} in its texts and names, in double quotes, so that a value is one text whatever
/// is in it; `name` is its file's, for messages. Throws Failure if there is no such value, or if the text is not YAML.
std::string with_values(std::string const& name, std::string const& text,
                        std::map<std::string, std::string> const& values);

/// `text` with a tag, and another name if there is one, for each scalar under a key `image` that has one, or that is
/// one of `images.anywhere`, and with the namespace `ns`, if it is not empty, for each object that names none and
/// could, and with `replicas: 1` for each Deployment and StatefulSet that says nothing of that and is not one of
/// `autoscaled`; every other byte, comments too, stays. Throws Failure if the text is not YAML.
std::string rendered(std::string const& name, std::string const& text, ImageNames const& images, std::string const& ns,
                     std::vector<std::string> const& autoscaled = {});

/// Writes `render.to` and `render.first`, for their owner alone: a manifest may hold a Secret. Throws Failure if a
/// manifest or the stamp of an image is missing.
void render_manifests(claim::Render const& render);

}  // namespace e2e::step
