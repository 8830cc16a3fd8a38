#include "step/glob.h"

#include <algorithm>

namespace e2e::step {

namespace {

constexpr char32_t kInvalid = 0xfffd;  // what Go puts in place of a byte that is no UTF-8

/// One character of a [set] of Go's Match, maybe after a backslash, and not the set's last sign.
std::optional<char32_t> take_from_set(std::string_view& pattern) {
  if (pattern.empty() || pattern[0] == '-' || pattern[0] == ']') return std::nullopt;
  if (pattern[0] == '\\') pattern.remove_prefix(1);
  if (pattern.empty()) return std::nullopt;
  auto const [value, width] = decode(pattern);
  pattern.remove_prefix(width);
  if ((value == kInvalid && width == 1) || pattern.empty()) return std::nullopt;
  return value;
}

bool glob_from(std::string_view pattern, std::string_view name) {
  while (!pattern.empty()) {
    if (pattern[0] == '*') {
      while (pattern.starts_with('*')) pattern.remove_prefix(1);
      for (;; name.remove_prefix(1)) {
        if (glob_from(pattern, name)) return true;
        if (name.empty() || name[0] == '/') return false;
      }
    }
    if (name.empty()) return false;
    auto const [value, width] = decode(name);
    if (pattern[0] == '[') {
      auto const set = take_set(pattern);
      if (!set || !set->has(value)) return false;
      name.remove_prefix(width);
    } else if (pattern[0] == '?') {
      if (value == '/') return false;
      pattern.remove_prefix(1);
      name.remove_prefix(width);
    } else {
      if (pattern[0] == '\\') pattern.remove_prefix(1);
      if (pattern[0] != name[0]) return false;
      pattern.remove_prefix(1);
      name.remove_prefix(1);
    }
  }
  return name.empty();
}

}  // namespace

Rune decode(std::string_view text) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto const first = byte(0);
  if (first < 0x80) return {first, 1};
  std::size_t const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < width) return {kInvalid, 1};
  char32_t value = first & (0x7fu >> width);
  for (std::size_t i = 1; i < width; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {kInvalid, 1};
    value = (value << 6) | (byte(i) & 0x3f);
  }
  bool const overlong = (width == 3 && value < 0x800) || (width == 4 && value < 0x10000);
  if (overlong || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return {kInvalid, 1};
  return {value, width};
}

std::optional<Set> take_set(std::string_view& pattern) {
  pattern.remove_prefix(1);
  Set set;
  set.negated = pattern.starts_with('^');
  if (set.negated) pattern.remove_prefix(1);
  while (set.ranges.empty() || !pattern.starts_with(']')) {
    auto const low = take_from_set(pattern);
    if (!low) return std::nullopt;
    auto high = low;
    if (pattern.starts_with('-')) {
      pattern.remove_prefix(1);
      high = take_from_set(pattern);
      if (!high) return std::nullopt;
    }
    set.ranges.emplace_back(*low, *high);
  }
  pattern.remove_prefix(1);
  return set;
}

bool glob_has_wildcard(std::string_view pattern) {
  return pattern.find_first_of("*?[\\") != std::string_view::npos;
}

bool glob_is_valid(std::string_view pattern) {
  while (!pattern.empty()) {
    if (pattern[0] == '[') {
      if (!take_set(pattern)) return false;
      continue;
    }
    if (pattern[0] == '\\') pattern.remove_prefix(1);
    if (pattern.empty()) return false;
    pattern.remove_prefix(1);
  }
  return true;
}

bool glob_matches(std::string_view pattern, std::string_view name) {
  return glob_is_valid(pattern) && glob_from(pattern, name);
}

std::string clean_path(std::string_view path) {
  bool const absolute = path.starts_with('/');
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= path.size();) {
    auto const end = std::min(path.find('/', start), path.size());
    auto const part = path.substr(start, end - start);
    start = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!absolute) {
      parts.push_back(part);
    }
  }
  std::string out = absolute ? "/" : "";
  for (auto const part : parts) {
    if (out.size() > 1 || (!absolute && !out.empty())) out += '/';
    out += part;
  }
  return out.empty() ? "." : out;
}

}  // namespace e2e::step
