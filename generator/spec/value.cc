#include "spec/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <vector>

#include "base/disk.h"
#include "base/text.h"

namespace e2e::spec {

namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

/// In digits as one writes them, without a 0 in front.
bool is_number(std::string_view text, int least, int most) {
  if (!is_digits(text) || text.size() > 5 || (text[0] == '0' && text.size() > 1)) return false;
  auto const number = parse_port(text);
  return number >= least && number <= most;
}

bool is_size(std::string_view text) {
  if (text.size() < 2 || std::string_view("bkmg").find(text.back()) == std::string_view::npos) return false;
  text.remove_suffix(1);
  return text.size() <= 12 && text[0] != '0' && is_digits(text);
}

bool is_platform(std::string_view text) {
  static std::regex const all(platform_pattern());
  return std::regex_match(text.begin(), text.end(), all);
}

std::string platform_help() {
  return fmt::format("write SYSTEM/ARCHITECTURE, such as linux/arm64 or linux/arm/v7; architectures are {}",
                     fmt::join(architectures(), ", "));
}

/// What a value of that shape has to be, in words.
struct Rule {
  Shape shape;
  bool (*good)(std::string_view);
  std::string_view what;
  std::string help;
};

std::span<Rule const> rules() {
  static std::vector<Rule> const all{
      {Shape::duration, [](std::string_view text) { return parse_duration(text).has_value(); }, "is not a duration",
       "write it with its unit: 90s, 15m, 1h30m; a week at most"},
      {Shape::number, [](std::string_view text) { return is_number(text, 1, 1000); }, "is not a number from 1 to 1000",
       "write it in digits"},
      {Shape::count, [](std::string_view text) { return is_number(text, 0, 1000); }, "is not a number from 0 to 1000",
       "write it in digits"},
      {Shape::port, [](std::string_view text) { return is_number(text, 1, 65535); }, "is not a port",
       "a port is a number from 1 to 65535"},
      {Shape::size, is_size, "is not a size", "write it with its unit: 512m, 2g"},
      {Shape::flag,
       [](std::string_view text) {
         return one_of(text, {"true", "false"});
       },
       "is neither true nor false", "write true or false"},
      {Shape::platform, is_platform, "is not a platform", platform_help()},
      {Shape::path, inside_workspace, "leaves the workspace",
       "paths are relative to the folder in which e2egen runs, and stay in it"},
  };
  return all;
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
  for (auto const& rule : rules())
    if (rule.shape == shape && !rule.good(value)) return wrong(fmt::format("'{}' {}", value, rule.what), rule.help);
  if (!choices.empty() && std::find(choices.begin(), choices.end(), value) == choices.end())
    return wrong(fmt::format("'{}' can't be '{}'", key, value),
                 closest(value, choices) ? suggestion(value, choices) : fmt::format("it is {}", join(choices, ", ")));
  return true;
}

}  // namespace e2e::spec
