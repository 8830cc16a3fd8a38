#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace e2e {

namespace {

/// Letters to add, drop, change or swap with their neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> closest(std::string_view word, std::span<std::string const> candidates) {
  std::optional<std::string> best;
  if (word.size() > 64) return best;
  // of a reference only the last part counts: "localhost/web" is not near "localhost/base"
  auto const length = word.size() - (word.rfind('/') + 1);  // npos + 1 is 0
  auto least = std::max<std::size_t>(1, length / 3) + 1;
  for (auto const& candidate : candidates)
    if (auto const d = distance(word, candidate); d < least) {
      least = d;
      best = candidate;
    }
  return best;
}

std::string suggestion(std::string_view word, std::span<std::string const> candidates, std::string_view otherwise) {
  if (auto const near = closest(word, candidates)) return fmt::format("did you mean '{}'?", *near);
  if (candidates.empty()) return std::string(otherwise);
  return fmt::format("known here: {}", join(candidates, ", "));
}

std::string join(std::span<std::string const> parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string shell_word(std::string_view word) {
  static constexpr Characters kPlain("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,");
  if (!word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return kPlain.has(c); }))
    return std::string(word);
  std::string out = "'";
  for (char const c : word) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string shell_line(std::span<std::string const> words) {
  std::string out;
  for (auto const& word : words) out += (out.empty() ? "" : " ") + shell_word(word);
  return out;
}

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = pattern.npos, from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

std::string without_tag(std::string ref) {
  ref.resize(std::min(ref.find('@'), ref.size()));
  auto const colon = ref.rfind(':');
  if (colon != ref.npos && ref.find('/', colon) == ref.npos) ref.resize(colon);
  return ref;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    auto const end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    while (line.ends_with(' ') || line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

std::string fill_holes(std::string_view text,
                       std::function<std::optional<std::string>(std::string const& name)> const& meaning) {
  std::string out;
  for (auto at = text.find("${"); at != text.npos; at = text.find("${")) {
    bool const literal = at > 0 && text[at - 1] == '$';
    auto const end = text.find('}', at);
    auto const name = std::string(text.substr(at + 2, end == text.npos ? 0 : end - at - 2));
    auto const length = literal || end == text.npos ? 2 : end + 1 - at;
    out += text.substr(0, literal ? at - 1 : at);
    auto const value = literal ? std::nullopt : meaning(name);
    out += value ? *value : std::string(text.substr(at, length));
    text.remove_prefix(at + length);
  }
  return out.append(text);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

std::string as_variable(std::string_view name) {
  std::string out;
  for (char const c : name) {
    bool const small = c >= 'a' && c <= 'z';
    out += c == '-' || c == '.' ? '_' : small ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

bool is_variable_name(std::string_view text) {
  static constexpr Characters kGood("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
         std::all_of(text.begin(), text.end(), [](char c) { return kGood.has(c); });
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), text) != all.end();
}

bool is_yaml(std::string_view path) {
  return path.ends_with(".yaml") || path.ends_with(".yml");
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  std::string_view rest = "kMGTPE";
  for (value /= 1000; value >= 999.5 && rest.size() > 1; value /= 1000) rest.remove_prefix(1);
  return value < 9.95 ? fmt::format("{:.1f} {}B", value, rest.front()) : fmt::format("{:.0f} {}B", value, rest.front());
}

std::optional<std::size_t> not_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    auto const lead = static_cast<unsigned char>(text[i]);
    std::size_t const size = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
    if (size == 0 || size > text.size() - i) return i;
    for (std::size_t k = 1; k < size; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return i;
    // neither longer than needed, nor half of a pair, nor past the last letter
    auto const second = size > 1 ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
        (lead == 0xf4 && second > 0x8f))
      return i;
    i += size;
  }
  return std::nullopt;
}

int parse_port(std::string_view text) {
  int port = 0;
  for (char const c : text) {
    if (c < '0' || c > '9' || port > 99999) return 0;
    port = port * 10 + (c - '0');
  }
  return port;
}

std::optional<int> parse_duration(std::string_view text) {
  long total = 0;
  if (text.empty()) return std::nullopt;
  std::string_view units = "hms";
  while (!text.empty()) {
    long number = 0;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && digits < 7)
      number = number * 10 + (text[digits++] - '0');
    if (digits == 0 || digits == text.size()) return std::nullopt;
    auto const unit = units.find(text[digits]);
    if (unit == units.npos) return std::nullopt;
    total += number * (units[unit] == 'h' ? 3600 : units[unit] == 'm' ? 60 : 1);
    units.remove_prefix(unit + 1);
    text.remove_prefix(digits + 1);
  }
  if (total > 7L * 24 * 3600) return std::nullopt;
  return static_cast<int>(total);
}

}  // namespace e2e
