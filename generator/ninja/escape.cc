#include "ninja/escape.h"

#include <fmt/format.h>

#include "base/diagnostics.h"
#include "base/text.h"

namespace e2e::ninja {

namespace {

/// With "$" before each of `special`. Ninja has no escape for `impossible`: a spec can't bring them here, names of
/// folders and options can.
std::string escaped(std::string_view raw, Characters const& special, Characters const& impossible) {
  std::string out;
  std::size_t written = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (impossible.has(raw[i]))
      throw Failure(
          fmt::format("a Ninja file can't hold '{}': there is a line break or a '|' in it\n"
                      "  help: rename the file or folder: Ninja has no way to write that",
                      raw));
    if (!special.has(raw[i])) continue;
    out.append(raw, written, i - written) += '$';
    written = i;
  }
  return out.append(raw, written);
}

}  // namespace

std::string path(std::string_view raw) {
  static constexpr Characters kSpecial("$ :"), kImpossible(std::string_view("|\n\r\0", 4));
  return escaped(raw, kSpecial, kImpossible);
}

std::string value(std::string_view raw) {
  static constexpr Characters kSpecial("$"), kImpossible(std::string_view("\n\r\0", 3));
  // a leading blank of a value would be taken for indentation
  return (raw.starts_with(' ') ? "$" : "") + escaped(raw, kSpecial, kImpossible);
}

std::string words(std::vector<std::string> const& raw) {
  return shell_line(raw);
}

}  // namespace e2e::ninja
