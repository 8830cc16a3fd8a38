// Words that other tools have for what a spec says.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace e2e::spec {

/// What to write instead of that key of a part of a spec (the section that it is in, or "spec"), which has the `known`
/// ones; empty if it is nobody's word. Capitals, - and _ make no difference.
std::string in_our_words(std::string_view part, std::string_view key, std::span<std::string const> known);

}  // namespace e2e::spec
