#include "step/edits.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostics.h"

namespace e2e::step {

void put_first(yaml::Node const& map, std::string_view key, std::string_view value, std::string const& name,
               std::string const& text, Edits& edits) {
  auto const& first = map.entries.front().key;
  auto const start = first.offset;
  auto const column = start - (text.rfind('\n', start) + 1) + 1;  // npos + 1 is 0
  if (column != static_cast<std::size_t>(first.place.column))
    throw Failure(fmt::format("{}: '{}' has an anchor or tag, and no {} can be put before it: write it plainly", name,
                              first.text, key));
  auto const before = text.find_last_not_of(" \t\n\r", start == 0 ? 0 : start - 1);
  // as JSON, keys have quotes
  bool const flow = before != text.npos && text[before] == '{', json = text[start] == '"';
  auto const written = fmt::format("{0}{1}{0}: {2}", json ? "\"" : "", key, value);
  auto const indent = std::string(static_cast<std::size_t>(std::max(1, first.place.column)) - 1, ' ');
  edits[start] = {0, flow ? fmt::format("{}, ", written) : fmt::format("{}\n{}", written, indent)};
}

std::string edited(std::string const& text, Edits const& edits) {
  std::string out;
  std::size_t copied = 0;
  for (auto const& [start, edit] : edits) {
    out += text.substr(copied, start - copied) + edit.text;
    copied = start + edit.length;
  }
  return out + text.substr(copied);
}

}  // namespace e2e::step
