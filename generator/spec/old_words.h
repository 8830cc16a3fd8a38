// Words that keys had before: they are understood, with a warning that says the new one, and `e2egen fmt` rewrites
// them.
#pragma once

#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "base/yaml.h"
#include "spec/document.h"

namespace e2e::spec {

/// What the key `old` of an entry of that section is called now; empty if it is no old word.
std::string_view new_word(std::string_view section, std::string_view old);

/// Warns of such a key.
void tell_old_word(Place const& place, std::string_view section, std::string_view old, std::string_view now,
                   Diagnostics& diagnostics);

/// Puts what old words said into the place of the new ones, once profiles are laid over it: `endpoints` of deployments,
/// and `sources` of an image for what is not in place of COPY and ADD.
void understand_old_words(Document& document, Diagnostics& diagnostics);

/// The text of the spec with the new words for the old ones, where that is a matter of words alone.
std::string in_new_words(yaml::Node const& spec, std::string text);

}  // namespace e2e::spec
