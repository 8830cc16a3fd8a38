#include "ninja/escape.h"

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

}  // namespace

std::string path(std::string_view raw) {
  return escaped(raw, "$ :|");
}

std::string value(std::string_view raw) {
  // a leading blank of a value would be taken for indentation
  return raw.starts_with(' ') ? "$" + escaped(raw, "$") : escaped(raw, "$");
}

std::string words(std::vector<std::string> const& raw) {
  return shell_line(raw);
}

}  // namespace e2e::ninja
