#include "ninja/escape.h"

#include <fmt/format.h>

#include "base/diagnostics.h"
#include "base/text.h"

namespace e2e::ninja {

namespace {

std::string escaped(std::string_view raw, std::string_view special) {
  std::string out;
  for (char const c : raw) {
    if (special.find(c) != special.npos) out += '$';
    out += c;
  }
  return out;
}

/// Ninja has no escape for these. A spec can't bring them here; names of folders and options can.
void must_hold(std::string_view raw, std::string_view impossible) {
  if (raw.find_first_of(impossible) != raw.npos)
    throw Failure(fmt::format("a Ninja file can't hold '{}': there is a line break or a '|' in it", raw));
}

}  // namespace

std::string path(std::string_view raw) {
  must_hold(raw, std::string_view("|\n\r\0", 4));
  return escaped(raw, "$ :");
}

std::string value(std::string_view raw) {
  must_hold(raw, std::string_view("\n\r\0", 3));
  // a leading blank of a value would be taken for indentation
  return raw.starts_with(' ') ? "$" + escaped(raw, "$") : escaped(raw, "$");
}

std::string words(std::vector<std::string> const& raw) {
  return shell_line(raw);
}

}  // namespace e2e::ninja
