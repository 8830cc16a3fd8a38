#include "spec/indent.h"

#include <fmt/format.h>

#include <random>

#include "base/disk.h"
#include "catch.h"
#include "memory.h"
#include "spec/format.h"

using namespace e2e;

namespace {

/// Indented; twice changes nothing more, and it says the same.
std::string indented(std::string const& text) {
  auto const once = spec::text_of(spec::indented(spec::lines_of(text)));
  CHECK(spec::text_of(spec::indented(spec::lines_of(once))) == once);
  Sources sources;
  Diagnostics diagnostics;
  auto const before = yaml::parse(sources, sources.add("before", text), diagnostics);
  auto const after = yaml::parse(sources, sources.add("after", once), diagnostics);
  INFO(text);
  CHECK(diagnostics.render(sources, false).empty());
  REQUIRE(before.size() == after.size());
  for (std::size_t i = 0; i < before.size(); ++i) CHECK(spec::same_meaning(before[i], after[i]));
  return once;
}

std::string formatted(std::string const& text) {
  Sources sources;
  Diagnostics diagnostics;
  auto const out = spec::formatted("s.yaml", text, sources, diagnostics);
  return out ? *out : "!" + diagnostics.render(sources, false);
}

std::vector<std::string> specs() {
  std::vector<std::string> texts;
  for (std::string const folder : {"specs", "tests/e2e/language/specs", "tests/e2e/workspace/specs", "tests/fuzz"})
    for (auto const& name : names_in(test::source_folder() + "/" + folder))
      if (name.ends_with(".yaml"))
        texts.push_back(read_file(fmt::format("{}/{}/{}", test::source_folder(), folder, name)).value());
  return texts;
}

/// Writes a map with a line for each key, now with these widths, now with others.
class Scribe {
 public:
  explicit Scribe(unsigned seed) : random_(seed) {}

  std::string write(yaml::Node const& map) {
    out_.clear();
    entries(map, chance(4) ? 2 : 0, "");
    return out_;
  }

 private:
  bool chance(unsigned of) { return random_() % of == 0; }
  std::size_t width() { return 1 + random_() % 6; }

  void entries(yaml::Node const& map, std::size_t column, std::string first) {
    for (auto const& [key, value] : map.entries) {
      auto const start = first.empty() ? std::string(column, ' ') : std::exchange(first, "");
      out_ += fmt::format("{}\"{}\":", start, key.text);
      body(value, column, true);
    }
  }

  void items(yaml::Node const& list, std::size_t column) {
    for (auto const& item : list.items) {
      auto const start = std::string(column, ' ') + "-";
      if (item.is_map() && !item.entries.empty()) {
        auto const behind = std::string(width(), ' ');
        entries(item, column + 1 + behind.size(), start + behind);
      } else {
        out_ += start;
        body(item, column, false);
      }
    }
  }

  void body(yaml::Node const& value, std::size_t column, bool of_key) {
    if (value.is_map() && !value.entries.empty()) {
      out_ += "\n";
      entries(value, column + width(), "");
    } else if (value.is_sequence() && !value.items.empty()) {
      out_ += "\n";
      items(value, of_key && chance(2) ? column : column + width());
    } else {
      scalar(value, column);
    }
  }

  void scalar(yaml::Node const& value, std::size_t column) {
    bool const bare = !value.is_scalar() || !value.quoted;
    if (value.text.find('\n') != value.text.npos && bare) {
      auto const start = std::string(column + width(), ' ');
      out_ += value.text.ends_with('\n') ? " |\n" : " |-\n";
      std::istringstream text(value.text);
      for (std::string line; std::getline(text, line);) out_ += line.empty() ? "\n" : start + line + "\n";
    } else {
      out_ += " " + (bare && value.is_scalar() ? value.text : yaml::to_json(value)) + "\n";
    }
  }

  std::mt19937 random_;
  std::string out_;
};

}  // namespace

TEST_CASE("two blanks for each level, lists below their keys", "[indent]") {
  CHECK(indented("a:\n    b:\n        c: 1\n    d:\n    - x\n    -   e: 1\n        f: 2\n    -\n      - y\n    - - z\n "
                 "     - z\n") ==
        "a:\n  b:\n    c: 1\n  d:\n    - x\n    - e: 1\n      f: 2\n    -\n      - y\n    - - z\n      - z\n");
  CHECK(indented("a:\n- b:\n  - c\n  d: 1\ne: 1\n") == "a:\n  - b:\n      - c\n    d: 1\ne: 1\n");
  CHECK(indented("  a: 1\n  b:\n   c: 1\n") == "a: 1\nb:\n  c: 1\n");
  CHECK(indented("a:\n      long words\nb:\n   'c'\nd:\n - e\nf:\n\n\n\n  g: 1") ==
        "a:\n  long words\nb:\n  'c'\nd:\n  - e\nf:\n\n  g: 1\n");
}

TEST_CASE("brackets, quotes and words over several lines move as one", "[indent]") {
  CHECK(indented("a:\n    b: [x,\n        y, # it's [one\n\n      'z\n        w'  \n    ]   # end\n    c: {d: e,\n  f: "
                 "g}\n") ==
        "a:\n  b: [x,\n      y, # it's [one\n\n    'z\n      w'\n  ]   # end\n  c: {d: e,\nf: g}\n");
  CHECK(indented("a:\n    b: words\n     that go on\n\n\n      and on # done\n    c: \"x \n  y: z\n    \\\" - w\"\n") ==
        "a:\n  b: words\n   that go on\n\n\n    and on # done\n  c: \"x \ny: z\n  \\\" - w\"\n");
  CHECK(indented("a:\n        far\n  near\n") == "a:\n  far\n near\n");
  CHECK(indented("a:\n    - it's: [b'c, 'd: [', !x \"]\"]\n      \"e: f\": {g: h}\n    - \"k\": l\n") ==
        "a:\n  - it's: [b'c, 'd: [', !x \"]\"]\n    \"e: f\": {g: h}\n  - \"k\": l\n");
}

TEST_CASE("block scalars keep each blank of theirs", "[indent]") {
  CHECK(indented("a:\n    - |\n       # text\n         deeper  \n\n       \n          \n    -   b: >-\n             x: "
                 "y\n\n\n        c: 1\n") ==
        "a:\n  - |\n    # text\n      deeper  \n\n\n       \n  - b: >-\n      x: y\n\n    c: 1\n");
  CHECK(indented("a:\n    b: |2\n        two more\n      text\n    c: |1-\n      x\n# end\n") ==
        "a:\n  b: |2\n      two more\n    text\n  c: |1-\n    x\n# end\n");
  CHECK(indented("a:\n   b: |+ # kept\n     x\n\n\n   c: |\nd: >\n e\n") ==
        "a:\n  b: |+ # kept\n    x\n\n\n  c: |\nd: >\n  e\n");
  CHECK(indented("a:\n- |\n first\n- >\n\n\n  second\n- |-\n  third\n") ==
        "a:\n  - |\n    first\n  - >\n\n\n    second\n  - |-\n    third\n");
}

TEST_CASE("comments go with what they belong to", "[indent]") {
  CHECK(indented("# top\n   # deeper\na:\n# of b\n    b:\n          # of c\n        c: 1\n         # behind c\n        "
                 "# of a.b\n      # odd\n    # of a\nd: 1\n") ==
        "# top\n  # deeper\na:\n  # of b\n  b:\n    # of c\n    c: 1\n      # behind c\n    # of a.b\n  # odd\n  # "
        "of a\nd: 1\n");
  CHECK(indented("a:\n- x\n# of y\n- y\n  # behind y\n# of b\nb:\n    c: 1\n  \n    # end of b\n# end\n") ==
        "a:\n  - x\n  # of y\n  - y\n    # behind y\n# of b\nb:\n  c: 1\n\n  # end of b\n# end\n");
  CHECK(indented("a:\n    # nothing yet\nb: #\n    c: 1\n") == "a:\n  # nothing yet\nb: #\n  c: 1\n");
}

TEST_CASE("anchors, tags, aliases and markers", "[indent]") {
  CHECK(indented("%YAML 1.2\n--- # one\na: &a\n    b: &b [x,\n      y]\nc: *a\nd:\n    - *b\n    - &e\n      f: 1\n    "
                 "- &g h: 1\n      i: 2\n...\n") ==
        "%YAML 1.2\n--- # one\na: &a\n  b: &b [x,\n    y]\nc: *a\nd:\n  - *b\n  - &e\n    f: 1\n  - &g h: 1\n    i: "
        "2\n...\n");
  CHECK(indented("a: !!map\n    b: !!str \"c\"\n    !!str d: e\n") == "a: !!map\n  b: !!str \"c\"\n  !!str d: e\n");
}

TEST_CASE("what looks like a directive in the middle is a word", "[indent]") {
  CHECK(formatted("include: [a.yaml]\n%: {name: shop}\n").starts_with("include: [a.yaml]\n"));
  CHECK(formatted("include:\n    - a.yaml\n%x: y\n").find("  - a.yaml\n") != std::string::npos);
}

TEST_CASE("line ends of other systems, other alphabets, and tabs between words", "[indent]") {
  CHECK(indented("a:\r\n    b: |\r\n        c \r\n\r\n    d: [e,\r\n      f]\r\n") ==
        "a:\n  b: |\n    c \n\n  d: [e,\n    f]\n");
  CHECK(indented("größe:\n    - ключ: 值 # ü\n      \"π: \": x\n") == "größe:\n  - ключ: 值 # ü\n    \"π: \": x\n");
  CHECK(indented("a:\tb \t\nc: [d,\n\te]\n") == "a:\tb\nc: [d,\n\te]\n");
}

TEST_CASE("the specs, indented in any other way, come out as they are", "[indent]") {
  std::mt19937 random(7);
  for (auto const& text : specs()) {
    auto const wanted = formatted(text);
    CHECK(formatted(wanted) == wanted);
    for (int round = 0; round < 20; ++round) {
      std::vector<std::size_t> columns{0};
      for (int depth = 0; depth < 20; ++depth) columns.push_back(columns.back() + 2 + random() % 6);
      auto lines = spec::lines_of(wanted);
      for (auto& line : lines) {
        auto const depth = line.column / 2;
        line.column = columns[depth] + line.column % 2;
        if (line.text.starts_with("- ")) line.text.insert(1, columns[depth + 1] - columns[depth] - 2, ' ');
      }
      INFO(spec::text_of(lines));
      CHECK(formatted(spec::text_of(lines)) == wanted);
    }
  }
}

TEST_CASE("the specs, written by two hands, come out alike", "[indent]") {
  for (auto const& text : specs()) {
    Sources sources;
    Diagnostics diagnostics;
    auto const map = yaml::parse(sources, sources.add("", text), diagnostics).at(0);
    auto const wanted = formatted(Scribe(0).write(map));
    CHECK_FALSE(wanted.starts_with("!"));
    for (unsigned seed = 1; seed < 20; ++seed) {
      auto const other = Scribe(seed).write(map);
      INFO(other);
      CHECK(formatted(other) == wanted);
    }
  }
}
