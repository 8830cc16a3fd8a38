// The one place where words become text that a shell and Ninja read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace e2e::ninja {

/// A path in a build line. Throws Failure for what Ninja can't write, as value() does.
std::string path(std::string_view raw);
/// The value of a variable, from text that the shell may already read.
std::string value(std::string_view raw);
/// Words, quoted for the shell; not yet escaped for Ninja.
std::string words(std::vector<std::string> const& raw);

}  // namespace e2e::ninja
