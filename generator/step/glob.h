// File name patterns and paths as Go has them: COPY uses them, and ignore files are made of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace e2e::step {

struct Rune {
  char32_t value;
  std::size_t width;
};

/// The character at the start of a text that isn't empty.
Rune decode(std::string_view text);

/// What "[...]" in a pattern stands for.
struct Set {
  std::vector<std::pair<char32_t, char32_t>> ranges;
  bool negated = false;

  bool has(char32_t c) const {
    bool in = false;
    for (auto const& [low, high] : ranges) in = in || (low <= c && c <= high);
    return in != negated;
  }
};

/// Takes "[...]" off the front of the pattern; nothing if it is malformed.
std::optional<Set> take_set(std::string_view& pattern);

/// Go's filepath.Match, for one name or a path. False if the pattern is malformed.
bool glob_matches(std::string_view pattern, std::string_view name);
/// Whether Go reads the pattern without an error.
bool glob_is_valid(std::string_view pattern);
/// Whether Go takes it for a pattern at all.
bool glob_has_wildcard(std::string_view pattern);

/// Go's filepath.Clean: "." for nothing, no "." and inner "..", no slash at the end; ".." stays at the front of a
/// relative path and goes from that of an absolute one.
std::string clean_path(std::string_view path);

}  // namespace e2e::step
