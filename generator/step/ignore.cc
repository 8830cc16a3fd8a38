// GCC 12 takes the inside of std::regex for uninitialized when sanitizers are on.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "step/ignore.h"

#include <fmt/format.h>

#include <cctype>
#include <regex>
#include <utility>

#include "base/diagnostics.h"
#include "step/glob.h"

namespace e2e::step {

namespace {

bool is_space(char32_t c) {
  return (c >= '\t' && c <= '\r') || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

std::string_view without_spaces(std::string_view text) {
  while (!text.empty() && is_space(decode(text).value)) text.remove_prefix(decode(text).width);
  while (!text.empty()) {
    auto start = text.size() - 1;
    while (start > 0 && text.size() - start < 4 && (static_cast<unsigned char>(text[start]) & 0xc0) == 0x80) --start;
    auto const rune = decode(text.substr(start));
    if (start + rune.width != text.size() || !is_space(rune.value)) break;
    text = text.substr(0, start);
  }
  return text;
}

std::string_view without_slashes(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// The pattern as podman translates it, sign by sign. podman adds no more escapes than these.
std::string translate(std::string_view pattern) {
  std::string out = "^";
  // Go allows "^+", which means "^"; C++ doesn't.
  while (pattern.starts_with('+')) pattern.remove_prefix(1);
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char const c = pattern[i];
    if (c == '*' && pattern.substr(i + 1).starts_with('*')) {
      i += pattern.substr(i + 2).starts_with('/') ? 2u : 1u;
      out += i + 1 == pattern.size() ? ".*" : "(.*/)?";
    } else if (c == '*') {
      out += "[^/]*";
    } else if (c == '?') {
      out += "[^/]";
    } else if (c == '.' || c == '$') {
      out += {'\\', c};
    } else if (pattern.substr(i).starts_with("\\a")) {
      out += "\\x07";  // to Go the bell, to C++ an "a"
      ++i;
    } else if (c == '\\' && i + 1 < pattern.size()) {
      out += {'\\', pattern[++i]};
    } else if (c == '{' || c == '}') {
      // Go takes a brace that is no {count} for itself. A count in a file name is a rarity that isn't read here.
      out += {'\\', c};
    } else {
      out += c;
    }
  }
  return out + "(/.*)?$";
}

}  // namespace

// ---- matching

/// One attempt at one path. Remembers dead ends only where there are enough wildcards for them to pile up.
class IgnoreRules::Match {
 public:
  Match(Rule const& rule, std::string_view path) : tokens_(rule.tokens), path_(path) {
    if (rule.wildcards > 2) dead_.resize(tokens_.size() * (path_.size() + 1));
  }

  bool from(std::size_t token, std::size_t at) {
    for (; token < tokens_.size(); ++token) {
      auto const& now = tokens_[token];
      if (now.kind == Token::Kind::text) {
        if (!path_.substr(at).starts_with(now.text)) return false;
        at += now.text.size();
      } else if (now.kind == Token::Kind::any || now.kind == Token::Kind::set) {
        if (at == path_.size()) return false;
        auto const [value, width] = decode(path_.substr(at));
        if (now.kind == Token::Kind::any ? value == '/' : !Set{now.ranges, now.negated}.has(value)) return false;
        at += width;
      } else {
        return wildcard(token, at);
      }
    }
    return at == path_.size() || (path_[at] == '/' && one_line(at));
  }

 private:
  bool wildcard(std::size_t token, std::size_t at) {
    auto const kind = tokens_[token].kind;
    if (kind == Token::Kind::rest) return one_line(at);
    auto const place = token * (path_.size() + 1) + at;
    if (!dead_.empty() && dead_[place]) return false;
    if (kind == Token::Kind::star ? star(token, at) : deep(token, at)) return true;
    if (!dead_.empty()) dead_[place] = true;
    return false;
  }

  /// [^/]*
  bool star(std::size_t token, std::size_t at) {
    for (;;) {
      if (from(token + 1, at)) return true;
      if (at == path_.size() || path_[at] == '/') return false;
      at += decode(path_.substr(at)).width;
    }
  }

  /// (.*/)?
  bool deep(std::size_t token, std::size_t at) {
    if (from(token + 1, at)) return true;
    for (; at < path_.size() && path_[at] != '\n'; ++at)
      if (path_[at] == '/' && from(token + 1, at + 1)) return true;
    return false;
  }

  /// Go's "." is anything but a newline.
  bool one_line(std::size_t at) const { return path_.find('\n', at) == std::string_view::npos; }

  std::vector<Token> const& tokens_;
  std::string_view path_;
  std::vector<bool> dead_;
};

bool IgnoreRules::Rule::matches(std::string_view path) const {
  if (regex) return regex(path);
  return Match(*this, path).from(0, 0);
}

bool IgnoreRules::ignores(std::string_view path) const {
  // The last match decides, so the first one from behind does.
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule)
    if (rule->matches(path)) return !rule->negated;
  return false;
}

bool IgnoreRules::may_reinclude_below(std::string_view folder) const {
  if (!negations_) return false;
  for (auto const& rule : rules_)
    if (rule.negated && fmt::format("{}/", without_slashes(rule.pattern)).starts_with(without_slashes(folder)))
      return true;
  return false;
}

bool IgnoreRules::may_reinclude_below_source(std::string_view folder) const {
  auto const prefix = fmt::format("{}/", folder);
  for (auto const& rule : rules_)
    if (rule.negated && rule.pattern.starts_with(prefix)) return true;
  return false;
}

// ---- reading

/// Fills the rule's tokens; false if the pattern has a sign that means something to a regular expression.
bool IgnoreRules::compile(Rule& rule) {
  using Kind = Token::Kind;
  std::string_view rest = rule.pattern;
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);  // Go's scanner skips a byte order mark
  auto const text = [&](char c) {
    if (rule.tokens.empty() || rule.tokens.back().kind != Kind::text) rule.tokens.push_back({.kind = Kind::text});
    rule.tokens.back().text += c;
  };
  while (!rest.empty()) {
    char const c = rest[0];
    if (rest.starts_with("**")) {
      rest.remove_prefix(rest.starts_with("**/") ? 3 : 2);
      rule.tokens.push_back({.kind = rest.empty() ? Kind::rest : Kind::deep});
      ++rule.wildcards;
      continue;
    }
    if (c == '[') {
      auto const whole = rest;
      auto set = take_set(rest);
      if (!set) return false;
      if (whole.substr(1, whole.size() - rest.size() - 2).find_first_of("[*?\\") != std::string_view::npos)
        return false;
      for (auto const& [low, high] : set->ranges)
        if (low > high) return false;
      rule.tokens.push_back({.kind = Kind::set, .ranges = std::move(set->ranges), .negated = set->negated});
      continue;
    }
    rest.remove_prefix(1);
    if (c == '*') {
      rule.tokens.push_back({.kind = Kind::star});
      ++rule.wildcards;
    } else if (c == '?') {
      rule.tokens.push_back({.kind = Kind::any});
    } else if (c == '\\') {
      if (rest.empty() || is_word(rest[0])) return false;
      text(rest[0]);
      rest.remove_prefix(1);
    } else if (std::string_view("+()|^").find(c) != std::string_view::npos) {
      return false;
    } else {
      text(c);
    }
  }
  return true;
}

IgnoreRules IgnoreRules::parse(std::string_view text) {
  IgnoreRules rules;
  while (!text.empty()) {
    auto const end = text.find('\n');
    auto line = text.substr(0, end);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
    if (line.starts_with('#')) continue;
    // In podman's order: slashes, spaces, Clean; so "/a" is "a", but " /a" stays "/a", which matches nothing.
    line = without_spaces(without_slashes(line));
    if (line.empty()) continue;

    Rule rule;
    rule.pattern = clean_path(line);
    auto const refuse = [&] { throw Failure(fmt::format("podman refuses the pattern '{}'", line)); };
    if (rule.pattern.starts_with('!')) {
      if (rule.pattern.size() == 1) refuse();
      rule.negated = rules.negations_ = true;
      rule.pattern = clean_path(rule.pattern.substr(1));
      if (rule.pattern.starts_with('/')) rule.pattern.erase(0, 1);
    }
    if (!glob_is_valid(rule.pattern)) refuse();
    if (!compile(rule)) try {
        // libstdc++ would take a repeated repetition, Go doesn't.
        static std::regex const repeated(R"((^|[^\\])[+*]\+)");
        if (std::regex_search(rule.pattern, repeated)) refuse();
        rule.regex = [regex = std::regex(translate(rule.pattern))](std::string_view path) {
          return std::regex_search(path.begin(), path.end(), regex);
        };
      } catch (std::regex_error const&) {
        refuse();
      }
    rules.rules_.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace e2e::step
