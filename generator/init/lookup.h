// What stands where in YAML that others wrote, and may be anything.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace e2e::init {

bool one_of(std::string_view text, std::initializer_list<std::string_view> all);

/// "" where there is no map, or no text by that key.
std::string text_at(yaml::Node const* map, std::string_view key);
/// nullptr where one of the keys is missing.
yaml::Node const* at(yaml::Node const* node, std::initializer_list<std::string_view> path);
/// A text, or the texts of a list.
std::vector<std::string> texts(yaml::Node const* node);

}  // namespace e2e::init
