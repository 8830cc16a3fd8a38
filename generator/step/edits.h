// Changes of a text that leave every other byte as it is.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/yaml.h"

namespace e2e::step {

/// What takes the place of so many bytes of a text.
struct Edit {
  std::size_t length = 0;
  std::string text;
};
using Edits = std::map<std::size_t, Edit>;  // by offset

/// Before the first key of a map that has one, in its own style. `name`: of the text. Throws Failure where that can't
/// be told from its place.
void put_first(yaml::Node const& map, std::string_view key, std::string_view value, std::string const& name,
               std::string const& text, Edits& edits);

std::string edited(std::string const& text, Edits const& edits);

}  // namespace e2e::step
