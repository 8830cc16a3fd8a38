#include "mutator.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace e2e::fuzz {

namespace {

/// What a spec is made of.
constexpr std::array kWords{
    // clang-format off
    "[", "]", "{", "}", ":", ": ", "- ", "\n", "\n  ", ", ", "\"", "'", "#", "&a ", "*a", "|", ">", "|\n", "!!str ",
    "~", "null", "\t", "---\n", "...\n", "? ", "%", "@", "\\", "$", "$$", "${x}", "\r\n", "\xef\xbb\xbf", "\xc3\xa4",
    "<<: *a", "images", "cluster", "deployments", "tasks", "tests", "include", "builder", "containerfile", "context",
    "target", "args", "command", "sources", "timeout", "expected", "ref", "name", "provider", "config", "node-image",
    "manifests", "needs", "inputs", "environment", "transport", "base", "gateway", "postgres", "localhost/base",
    "specs/bad/files/config.yaml", "specs/bad/files/base.Containerfile", "specs/fuzz.yaml", "../x", "/x", ".", "",
    "5m", "1h1h", "999999999999h", "podman", "kind", "a b", "A", "a|b", "a\nb", "0x10", "1e9"
    // clang-format on
};

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find('\n', at), text.size() - 1);
    lines.push_back(text.substr(at, end + 1 - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace

std::string Mutator::next() {
  auto text = seeds_[below(seeds_.size())];
  for (auto n = 1 + below(4); n > 0; --n) below(3) == 0 ? bytes(text) : below(2) == 0 ? tokens(text) : lines(text);
  if (text.size() > 100'000) text.resize(100'000);
  return text;
}

void Mutator::bytes(std::string& text) {
  auto const at = below(text.size() + 1);
  switch (below(4)) {
    case 0: text.insert(at, 1, static_cast<char>(below(256))); break;
    case 1: text.erase(at, 1 + below(8)); break;
    case 2:
      if (at < text.size()) text[at] = static_cast<char>(below(256));
      break;
    default: text.resize(at);
  }
}

void Mutator::tokens(std::string& text) {
  std::string_view const word = kWords[below(kWords.size())];
  auto const at = below(text.size() + 1);
  auto const is_word = [&](std::size_t i) {
    return i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) != 0 || text[i] == '-' ||
                               text[i] == '/' || text[i] == '.');
  };
  auto start = at, end = at;
  if (below(2) == 0) {
    while (start > 0 && is_word(start - 1)) --start;
    while (is_word(end)) ++end;
  }
  text.replace(start, end - start, word);
}

void Mutator::lines(std::string& text) {
  auto all = lines_of(text);
  if (all.empty()) return;
  auto const at = below(all.size());
  switch (below(6)) {
    case 0: all.erase(all.begin() + static_cast<std::ptrdiff_t>(at)); break;
    case 1: all.insert(all.begin() + static_cast<std::ptrdiff_t>(at), all[below(all.size())]); break;
    case 2: std::swap(all[at], all[below(all.size())]); break;
    case 3: all[at] = std::string(below(9), ' ') + all[at]; break;
    case 4: all[at].erase(0, all[at].find_first_not_of(' ')); break;
    default: {
      auto const other = lines_of(seeds_[below(seeds_.size())]);
      if (other.empty()) return;
      auto const from = below(other.size());
      auto const size = 1 + below(std::min<std::size_t>(8, other.size() - from));
      all.insert(all.begin() + static_cast<std::ptrdiff_t>(at), other.begin() + static_cast<std::ptrdiff_t>(from),
                 other.begin() + static_cast<std::ptrdiff_t>(from + size));
    }
  }
  text.clear();
  for (auto const& line : all) text += line;
}

}  // namespace e2e::fuzz
