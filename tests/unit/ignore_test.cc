#include "step/ignore.h"

#include "base/diagnostics.h"
#include "catch.h"
#include "step/glob.h"

using e2e::step::clean_path;
using e2e::step::glob_is_valid;
using e2e::step::glob_matches;
using e2e::step::IgnoreRules;

namespace {

bool ignores(std::string_view text, std::string_view path) {
  return IgnoreRules::parse(text).ignores(path);
}

}  // namespace

TEST_CASE("a pattern starts at the root and matches all below", "[ignore]") {
  CHECK(ignores("a", "a"));
  CHECK(ignores("a", "a/b/c"));
  CHECK_FALSE(ignores("a", "ab"));
  CHECK_FALSE(ignores("a", "b/a"));
  CHECK(ignores("b/a", "b/a/x"));
  CHECK(ignores("*.log", "x.log"));
  CHECK_FALSE(ignores("*.log", "b/x.log"));
  CHECK(ignores("*/x.log", "b/x.log"));
  CHECK_FALSE(ignores("*/x.log", "b/c/x.log"));
  CHECK(ignores("*", ".hidden/x"));
}

TEST_CASE("two stars cross folders, none included", "[ignore]") {
  CHECK(ignores("**/x", "x"));
  CHECK(ignores("**/x", "a/b/x/y"));
  CHECK_FALSE(ignores("**/x", "a/bx"));
  CHECK(ignores("a/**", "a/b"));
  CHECK_FALSE(ignores("a/**", "a"));
  CHECK(ignores("a/**/z", "a/z"));
  CHECK(ignores("a/**/z", "a/b/c/z"));
  CHECK(ignores("**", "a/b"));
  CHECK(ignores("a**b", "ab"));
  CHECK(ignores("a**b", "a/c/b"));
  CHECK_FALSE(ignores("a**b", "acb"));
  CHECK(ignores("**/*.go", "a/b/c.go"));
}

TEST_CASE("signs of a pattern", "[ignore]") {
  CHECK(ignores("a?c", "abc"));
  CHECK(ignores("a?c",
                "a\xc3\xa4"
                "c"));
  CHECK_FALSE(ignores("a?c", "a/c"));
  CHECK(ignores("[a-c]x", "bx"));
  CHECK_FALSE(ignores("[^a-c]x", "bx"));
  CHECK(ignores("[!a]x", "!x"));
  CHECK(ignores("\\*x", "*x"));
  CHECK_FALSE(ignores("\\*x", "ax"));
  CHECK(ignores("a.b$c", "a.b$c"));
  CHECK_FALSE(ignores("a.b", "axb"));
  CHECK(ignores("a{b}", "a{b}"));
}

TEST_CASE("podman lets the signs of a regular expression through", "[ignore]") {
  CHECK(ignores("a+b", "aab"));
  CHECK_FALSE(ignores("a+b", "a+b"));
  CHECK(ignores("(a|b)c", "bc"));
  CHECK(ignores("x|y", "has/y"));
  CHECK(ignores("\\d", "7"));
  CHECK_FALSE(ignores("\\a", "a"));
  CHECK_THROWS_AS(IgnoreRules::parse("libstdc++"), e2e::Failure);
  CHECK_THROWS_AS(IgnoreRules::parse("a(b"), e2e::Failure);
}

TEST_CASE("lines of an ignore file", "[ignore]") {
  CHECK_FALSE(ignores("#a", "#a"));
  CHECK(ignores(" #a", "#a"));
  CHECK(ignores("/a/", "a"));
  CHECK(ignores("./a", "a"));
  CHECK(ignores("a \t\r\nb", "a"));
  CHECK(ignores("a\nb", "b"));
  CHECK_FALSE(ignores(" /a", "a"));
  CHECK(ignores("x/../a", "a"));
  CHECK(
      ignores("\xef\xbb\xbf"
              "a",
              "a"));
  CHECK_FALSE(ignores("\n\n  \n/\n", "a"));
}

TEST_CASE("the last match wins", "[ignore]") {
  CHECK_FALSE(ignores("*\n!a", "a"));
  CHECK(ignores("!a\n*", "a"));
  CHECK_FALSE(ignores("*\n!/a", "a/b"));
  CHECK_FALSE(ignores("*\n!./a", "a"));
  CHECK(ignores("*\n! a", "a"));
  CHECK(ignores("*\n!a\na/b", "a/b/c"));
  CHECK_THROWS_AS(IgnoreRules::parse("!"), e2e::Failure);
  CHECK_THROWS_AS(IgnoreRules::parse("[a"), e2e::Failure);
  CHECK_THROWS_AS(IgnoreRules::parse("a\\"), e2e::Failure);
}

TEST_CASE("only a negation that begins with the folder's name makes podman look into it", "[ignore]") {
  auto const rules = IgnoreRules::parse("*\n!abc/x\n!**/*.go");
  CHECK(rules.may_reinclude_below("abc"));
  CHECK(rules.may_reinclude_below("ab"));
  CHECK_FALSE(rules.may_reinclude_below("b"));
  CHECK(rules.may_reinclude_below_source("abc"));
  CHECK_FALSE(rules.may_reinclude_below_source("ab"));
  CHECK_FALSE(IgnoreRules::parse("*").may_reinclude_below("a"));
}

TEST_CASE("many wildcards don't take forever", "[ignore]") {
  CHECK_FALSE(ignores("**/*a*a*a*a*a*a*a*a*a*b", std::string(200, 'a') + "/" + std::string(50, 'a')));
}

TEST_CASE("Go's patterns and paths", "[ignore]") {
  CHECK(glob_matches("a*", "abc"));
  CHECK(glob_matches("*", ".x"));
  CHECK_FALSE(glob_matches("a*", "a/c"));
  CHECK(glob_matches("a\\*", "a*"));
  CHECK(glob_matches("[^x]*b?", "abc"));
  CHECK_FALSE(glob_is_valid("[]"));
  CHECK_FALSE(glob_is_valid("[a-]"));
  CHECK_FALSE(glob_is_valid("a\\"));
  CHECK(clean_path("") == ".");
  CHECK(clean_path("a/./b/../c//") == "a/c");
  CHECK(clean_path("../a/../..") == "../..");
  CHECK(clean_path("/../a") == "/a");
  CHECK(clean_path("/") == "/");
}
