#include "base/text.h"

#include <fmt/format.h>

#include "catch.h"
#include "memory.h"

using namespace e2e;

TEST_CASE("durations have units, from long to short, each once", "[text]") {
  CHECK(parse_duration("90s") == 90);
  CHECK(parse_duration("15m") == 900);
  CHECK(parse_duration("1h30m") == 5400);
  CHECK(parse_duration("1h2m3s") == 3723);
  CHECK(parse_duration("0s") == 0);
  CHECK(parse_duration("168h") == 604800);
  for (auto const* bad : {"", "5", "m", "5 m", "5M", "30m1h", "1m1m", "-5s", "1.5h", "5ms", "5s ", "169h", "9999999h",
                          "99999999s", "99999999999999999999s", "s5", "\xd9\xa5s"}) {
    INFO(bad);
    CHECK(parse_duration(bad) == std::nullopt);
  }
}

TEST_CASE("a typing mistake finds the word that was meant", "[text]") {
  std::vector<std::string> const words{"containerfile", "context", "target", "args"};
  CHECK(closest("contianerfile", words) == "containerfile");
  CHECK(closest("contex", words) == "context");
  CHECK(closest("arg", words) == "args");
  CHECK(closest("agrs", words) == "args");
  CHECK(closest("dockerfile", words) == std::nullopt);
  CHECK(closest("", words) == std::nullopt);
  CHECK(closest("x", {}) == std::nullopt);
  CHECK(closest("localhost/web", std::vector<std::string>{"localhost/base"}) == std::nullopt);
  CHECK(closest("localhost/bsae", std::vector<std::string>{"localhost/base"}) == "localhost/base");
  CHECK(closest(std::string(100000, 'c'), words) == std::nullopt);
}

TEST_CASE("a suggestion is a near word, or all there are", "[text]") {
  std::vector<std::string> const words{"postgres", "redis"};
  CHECK(suggestion("postgre", words) == "did you mean 'postgres'?");
  CHECK(suggestion("gateway", words) == "known here: postgres, redis");
  CHECK(suggestion("gateway", {}, "make one") == "make one");
}

TEST_CASE("words are quoted only where the shell wants it", "[text]") {
  CHECK(shell_word("plain-1_2./:=@%+,") == "plain-1_2./:=@%+,");
  CHECK(shell_word("--flag=a/b") == "--flag=a/b");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("$HOME") == "'$HOME'");
  CHECK(shell_word("~") == "'~'");
  CHECK(shell_word("a\nb") == "'a\nb'");
  CHECK(shell_line(std::vector<std::string>{}).empty());
  CHECK(shell_line(std::vector<std::string>{"a", "", "b c"}) == "a '' 'b c'");
}

TEST_CASE("the shell reads back every word as it was", "[text]") {
  std::vector<std::string> const words{
      "plain", "",         "a b",          "it's",     "''",        "\"",      "$HOME", "`id`",  "a\\b", "\\",
      "*",     "?",        "[a]",          "{a,b}",    "~",         "~root/x", "-n",    "--",    "a=~b", "#x",
      "!x",    "a;b",      "a&b",          "a|b",      "<x>",       "(x)",     "a\nb",  "\n",    "a\tb", "=x",
      "%s\\n", "\xc3\xa4", "\xe2\x82\xac", "\xff\xfe", "trailing ", " lead",   "a'b'c", "'lead", "end'", "\x01",
      "+x",    "x:~/y"};
  std::string expected;
  for (auto const& word : words) expected += word + "\x02";
  CHECK(test::run_shell("printf '%s\\002' " + shell_line(words)).output == expected);
}

TEST_CASE("an assignment's value is not expanded either", "[text]") {
  CHECK(test::run_shell("X=" + shell_word("~root") + "; printf %s \"$X\"").output == "~root");
  // a plain word is never one that the shell would expand behind '=' or ':'
  CHECK(shell_word("a=~/b") == "'a=~/b'");
}

TEST_CASE("what is not UTF-8 is found", "[text]") {
  for (auto const* good :
       {"", "abc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}) {
    INFO(good);
    CHECK(not_utf8(good) == std::nullopt);
  }
  for (auto const* bad : {"ab\xff", "ab\x80", "ab\xc3", "ab\xc0\xaf", "ab\xe0\x80\x80", "ab\xed\xa0\x80", "ab\xe2\x82",
                          "ab\xf4\x90\x80\x80", "ab\xf5\x80\x80\x80", "ab\xc3(", "ab\xf0\x80\x80\x80"}) {
    INFO(bad);
    CHECK(not_utf8(bad) == 2);
  }
}
