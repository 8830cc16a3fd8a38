// .containerignore and .dockerignore, read as podman reads them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace e2e::step {

/// The rules of an ignore file, as podman 4.3 (buildah 1.28, containers/storage 1.43) has them. They are not git's:
/// every pattern starts at the root, `**` crosses folders, a pattern matches what lies below it too, the last match
/// wins.
///
/// podman turns a pattern into a regular expression and forgets to escape most of its signs, so `a+` means "one or more
/// a". The few patterns that have such signs become a std::regex here; all others are compiled to something faster.
class IgnoreRules {
 public:
  IgnoreRules() = default;
  /// Throws Failure for a pattern at which podman fails the build.
  static IgnoreRules parse(std::string_view text);

  /// Of a path relative to the context.
  bool ignores(std::string_view path) const;
  /// Whether podman looks into an ignored folder that it meets on its way: yes, if its path is how some negated pattern
  /// begins. A negated pattern that begins with a wildcard brings nothing back from an ignored folder.
  bool may_reinclude_below(std::string_view folder) const;
  /// The same for an ignored folder that COPY names itself. There podman compares whole names, "a" isn't in "ab/c".
  bool may_reinclude_below_source(std::string_view folder) const;

 private:
  struct Token {
    enum class Kind { text, any, set, star, deep, rest } kind;
    std::string text = {};                                   // of Kind::text
    std::vector<std::pair<char32_t, char32_t>> ranges = {};  // of Kind::set
    bool negated = false;
  };
  struct Rule {
    bool negated = false;
    std::string pattern;        // as cleaned by podman, without the "!"
    std::vector<Token> tokens;  // matched one after another, then the end or a slash and anything
    std::function<bool(std::string_view)> regex = {};  // takes the place of the tokens
    int wildcards = 0;

    bool matches(std::string_view path) const;
  };
  class Match;

  static bool compile(Rule& rule);
  std::vector<Rule> rules_;
  bool negations_ = false;
};

}  // namespace e2e::step
