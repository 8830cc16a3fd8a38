#include "base/diagnostics.h"

#include "catch.h"

using namespace e2e;

namespace {

struct Page {
  Sources sources;
  Diagnostics diagnostics;
  std::int32_t file;

  explicit Page(std::string text) : file(sources.add("specs/s.yaml", std::move(text))) {}
  std::string render(bool colour = false) const { return diagnostics.render(sources, colour); }
};

}  // namespace

TEST_CASE("a diagnostic shows place, line, caret and help", "[diagnostics]") {
  Page page("images:\n  gateway: 7\n");
  page.diagnostics.add({{page.file, 2, 3, 7}, "no such thing", "do this"});
  CHECK(page.render() ==
        "specs/s.yaml:2:3: error: no such thing\n"
        "    2 |   gateway: 7\n"
        "          ^~~~~~~\n"
        "  help: do this\n");
}

TEST_CASE("a note shows a second place, before the help", "[diagnostics]") {
  Page page("a: 1\na: 2\n");
  page.diagnostics.add({{page.file, 2, 1, 1}, "twice", "keep one", {{{page.file, 1, 1, 1}, "the first one"}}});
  CHECK(page.render() ==
        "specs/s.yaml:2:1: error: twice\n"
        "    2 | a: 2\n"
        "        ^\n"
        "specs/s.yaml:1:1: note: the first one\n"
        "    1 | a: 1\n"
        "        ^\n"
        "  help: keep one\n");
}

TEST_CASE("diagnostics are sorted by path and place, and each is shown once", "[diagnostics]") {
  Page page("a\nb\nc\n");
  auto const other = page.sources.add("a.yaml", "x\n");
  page.diagnostics.add({{page.file, 3, 1, 1}, "third"});
  page.diagnostics.add({{page.file, 1, 1, 1}, "second"});
  page.diagnostics.add({{page.file, 3, 1, 1}, "third"});
  page.diagnostics.add({{other, 1, 1, 1}, "first"});
  CHECK(page.diagnostics.count() == 4);
  CHECK(page.render() ==
        "a.yaml:1:1: error: first\n    1 | x\n        ^\n"
        "specs/s.yaml:1:1: error: second\n    1 | a\n        ^\n"
        "specs/s.yaml:3:1: error: third\n    3 | c\n        ^\n");
}

TEST_CASE("warnings of one name stand together, and have their name", "[diagnostics]") {
  Page page("a\nb\nc\nd\ne\nf\ng\nh\n");
  for (int line = 8; line > 0; --line)
    page.diagnostics.add({{page.file, line, 1, 1}, "odd " + std::to_string(line), "help", {}, "odd-thing"});
  page.diagnostics.add({{page.file, 2, 1, 1}, "other", {}, {}, "other-thing"});
  page.diagnostics.add({{page.file, 2, 1, 1}, "odd 2", "help", {}, "odd-thing"});
  CHECK_FALSE(page.diagnostics.any());
  CHECK(
      page.render() ==
      "specs/s.yaml:1:1: warning: odd 1 [odd-thing]\n    1 | a\n        ^\n  help: help\n"
      "  likewise: specs/s.yaml:2:1: odd 2\n  likewise: specs/s.yaml:3:1: odd 3\n  likewise: specs/s.yaml:4:1: odd 4\n"
      "  likewise: specs/s.yaml:5:1: odd 5\n  likewise: specs/s.yaml:6:1: odd 6\n  and 2 more\n"
      "specs/s.yaml:2:1: warning: other [other-thing]\n    2 | b\n        ^\n");
  CHECK(page.diagnostics.drop_warnings([](auto const& one) { return one.warning == "odd-thing"; }) == 9);
  CHECK(page.diagnostics.warnings() == std::vector<std::string>{"other-thing: other"});
}

TEST_CASE("an error without a place, or without a line, shows no excerpt", "[diagnostics]") {
  Page page("a\n\n");
  page.diagnostics.add({{}, "nowhere"});
  page.diagnostics.add({{page.file, 0, 0, 1}, "somewhere in it"});
  page.diagnostics.add({{page.file, 2, 1, 1}, "on an empty line"});
  page.diagnostics.add({{page.file, 99, 1, 1}, "past the end"});
  CHECK(page.render() ==
        "e2egen: error: nowhere\n"
        "specs/s.yaml: error: somewhere in it\n"
        "specs/s.yaml:2:1: error: on an empty line\n"
        "specs/s.yaml:99:1: error: past the end\n");
}

TEST_CASE("the caret stays below the line, however wide its place", "[diagnostics]") {
  Page page("ab: c\r\n");
  page.diagnostics.add({{page.file, 1, 5, 99}, "wide"});
  page.diagnostics.add({{page.file, 1, 40, 3}, "behind"});
  CHECK(page.render() ==
        "specs/s.yaml:1:5: error: wide\n    1 | ab: c\n            ^\n"
        "specs/s.yaml:1:40: error: behind\n    1 | ab: c\n             ^\n");
}

TEST_CASE("of a very long line the stretch around the column is shown", "[diagnostics]") {
  Page page(std::string(500, 'a') + "X" + std::string(500, 'b') + "\n");
  page.diagnostics.add({{page.file, 1, 501, 1}, "here"});
  CHECK(page.render() == "specs/s.yaml:1:501: error: here\n    1 | " + std::string(80, 'a') + "X" +
                             std::string(79, 'b') + "\n        " + std::string(80, ' ') + "^\n");
}

TEST_CASE("a spec can't write control characters to the terminal", "[diagnostics]") {
  Page page("a: \x1b[31mred\tend\x07\n");
  page.diagnostics.add({{page.file, 1, 4, 1}, "bad \x1b[2J name", "not \x1b this"});
  auto const text = page.render();
  CHECK(text.find('\x1b') == text.npos);
  CHECK(text.find('\x07') == text.npos);
  CHECK(text.find("    1 | a:  [31mred end \n           ^\n") != text.npos);
}

TEST_CASE("the caret stands below its character in a line with letters of several bytes", "[diagnostics]") {
  Page page("\xc3\xa4\xc3\xb6: x\n");
  page.diagnostics.add({{page.file, 1, 7, 1}, "here"});
  CHECK(page.render() ==
        "specs/s.yaml:1:7: error: here\n"
        "    1 | \xc3\xa4\xc3\xb6: x\n"
        "            ^\n");
}

TEST_CASE("colours come only where they are asked for", "[diagnostics]") {
  Page page("a\n");
  page.diagnostics.add({{page.file, 1, 1, 1}, "bad", "fix"});
  CHECK(page.render(false).find('\x1b') == std::string::npos);
  CHECK(page.render(true) ==
        "\x1b[1mspecs/s.yaml:1:1\x1b[0m: \x1b[1;31merror:\x1b[0m bad\n"
        "\x1b[2m    1 | \x1b[0ma\n"
        "        \x1b[1;31m^\x1b[0m\n"
        "  \x1b[1;32mhelp:\x1b[0m fix\n");
}

TEST_CASE("lines of a source, with any line ends", "[diagnostics]") {
  Sources sources;
  auto const file = sources.add("f", "one\r\ntwo\n\nlast");
  CHECK(sources.line({file, 1, 1, 1}) == "one");
  CHECK(sources.line({file, 2, 1, 1}) == "two");
  CHECK(sources.line({file, 3, 1, 1}) == "");
  CHECK(sources.line({file, 4, 1, 1}) == "last");
  CHECK(sources.line({file, 5, 1, 1}) == "");
  CHECK(sources.line({}) == "");
}
