#include "spec/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/disk.h"
#include "base/text.h"

namespace e2e::spec {

namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 4 && text[0] != '0' &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); }) &&
         (text.size() < 4 || text == "1000");
}

bool is_size(std::string_view text) {
  if (text.size() < 2 || std::string_view("bkmg").find(text.back()) == std::string_view::npos) return false;
  text.remove_suffix(1);
  return text.size() <= 12 && text[0] != '0' &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

}  // namespace

bool good_value(Text const& text, std::string_view key, Shape shape, std::span<std::string const> choices,
                Diagnostics& diagnostics) {
  auto const& value = text.value;
  auto const wrong = [&](std::string message, std::string help) {
    diagnostics.add({text.place, std::move(message), std::move(help)});
    return false;
  };
  if (value.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos)
    return wrong(fmt::format("'{}' has a line break in it", key),
                 "write it on one line; a longer command belongs into a script");
  if (shape == Shape::duration && !parse_duration(value))
    return wrong(fmt::format("'{}' is not a duration", value),
                 "write it with its unit: 90s, 15m, 1h30m; a week at most");
  if (shape == Shape::number && !is_number(value))
    return wrong(fmt::format("'{}' is not a number from 1 to 1000", value), "write it in digits");
  if (shape == Shape::size && !is_size(value))
    return wrong(fmt::format("'{}' is not a size", value), "write it with its unit: 512m, 2g");
  if (shape == Shape::flag && value != "true" && value != "false")
    return wrong(fmt::format("'{}' is neither true nor false", value), "write true or false");
  if ((shape == Shape::path || shape == Shape::paths) && !inside_workspace(value))
    return wrong(fmt::format("'{}' leaves the workspace", value),
                 "paths are relative to the folder in which e2egen runs, and stay in it");
  if (!choices.empty() && std::find(choices.begin(), choices.end(), value) == choices.end())
    return wrong(fmt::format("'{}' can't be '{}'", key, value), fmt::format("it is {}", join(choices, ", ")));
  return true;
}

}  // namespace e2e::spec
