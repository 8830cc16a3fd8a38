#include "base/yaml.h"

#include <chrono>

#include "yaml_read.h"

using namespace e2e;
using test::Parse;
using test::Read;

TEST_CASE("every node knows its place", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  Read const read("a: 1\nb:\n  - x\n  - \"y z\"\nc: {d: e}\n", parse);
  REQUIRE(read.errors().empty());
  auto const& root = read.root();
  REQUIRE(root.is_map());
  CHECK(read.at(root) == "f.yaml:1:1");
  CHECK(read.at(*root.find("a")) == "f.yaml:1:4");
  CHECK(root.find("a")->place.width == 1);
  auto const& b = *root.find("b");
  REQUIRE(b.is_sequence());
  CHECK(read.at(b.items[0]) == "f.yaml:3:5");
  CHECK(read.at(b.items[1]) == "f.yaml:4:5");
  CHECK(b.items[1].place.width == 5);
  CHECK(b.items[1].quoted);
  CHECK(read.at(*root.find("c")->find("d")) == "f.yaml:5:8");
  CHECK(root.entries[2].key.place == Place{0, 5, 1, 1});
  CHECK(root.find("nothing") == nullptr);
}

TEST_CASE("a scalar's offset is where it begins in the file", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  std::string const text = "# \xc3\xa4\na: x\nb: \"y\"\nc: 'z'\n";
  Read const read(text, parse);
  CHECK(text.substr(read.root().find("a")->offset, 1) == "x");
  CHECK(text.substr(read.root().find("b")->offset, 3) == "\"y\"");
  CHECK(text.substr(read.root().find("c")->offset, 3) == "'z'");
}

TEST_CASE("scalars stay the text that was written", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  Read const read("a: yes\nb: 010\nc: 1e3\nd: \"8080\"\ne: 2026-01-01\nf: true\n", parse);
  CHECK(read.root().find("a")->text == "yes");
  CHECK(read.root().find("b")->text == "010");
  CHECK(read.root().find("c")->text == "1e3");
  CHECK(read.root().find("d")->text == "8080");
  CHECK(read.root().find("d")->quoted);
  CHECK(read.root().find("e")->text == "2026-01-01");
  CHECK(read.root().find("f")->text == "true");
}

TEST_CASE("null, ~ and nothing are nothing; quoted they are texts", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  Read const read("a: null\nb: ~\nc:\nd: \"null\"\ne: ''\nf: x\n", parse);
  for (auto const* key : {"a", "b", "c"}) CHECK(read.root().find(key)->is_null());
  CHECK(read.root().find("d")->text == "null");
  CHECK(read.root().find("e")->is_scalar());
  CHECK(yaml::kind_name(*read.root().find("a")) == "nothing");
}

TEST_CASE("an empty value points at its key, not at what comes next", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  Read const read("a:\n\n\n# far\nb: 1\n", parse);
  CHECK(read.at(*read.root().find("a")) == "f.yaml:1:1");
}

TEST_CASE("a key that stands twice is an error with both places", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  Read const read("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", parse);
  CHECK(read.errors() ==
        "f.yaml:5:3: error: the key 'c' stands here twice\n"
        "    5 |   c: 3\n"
        "          ^\n"
        "f.yaml:3:3: note: the first one\n"
        "    3 |   c: 1\n"
        "          ^\n"
        "  help: merge the two, or rename one\n");
  CHECK(read.root().find("b")->find("c")->text == "1");
}

TEST_CASE("equal keys of different maps are none", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  CHECK(Read("a: {x: 1}\nb: {x: 1}\n", parse).errors().empty());
}

TEST_CASE("aliases stand for what they name, even in a merge of documents", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  Read const read("a: &x [1, 2]\nb: *x\n", parse);
  REQUIRE(read.errors().empty());
  CHECK(read.root().find("b")->items.size() == 2);
  CHECK(Read("a: *nothing\n", parse).errors().find("f.yaml:1:4: error: ") == 0);
}

TEST_CASE("aliases that multiply are stopped in time", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j ? ", *a" : "*a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  auto const start = std::chrono::steady_clock::now();
  Read const read(bomb, parse);
  CHECK(read.errors().find("error: more than 2000000 values\n") != std::string::npos);
  CHECK(read.errors().find("  help: aliases multiply what they stand for: use fewer\n") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("an alias inside of itself is an error", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  CHECK(Read("a: &x [*x]\n", parse).errors() ==
        "f.yaml:1:8: error: an alias inside the value it stands for\n"
        "    1 | a: &x [*x]\n"
        "               ^\n"
        "  help: give the value in full\n");
}

TEST_CASE("depth is limited, and short of it nothing is lost", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  auto const nested = [](std::size_t depth) {
    return "a: " + std::string(depth, '[') + std::string(depth, ']') + "\n";
  };
  CHECK(Read(nested(150), parse).errors().empty());
  CHECK(Read(nested(300), parse).errors().find("f.yaml:1:203: error: lists and maps nested more than 200 deep\n") == 0);
  std::string blocks;
  for (int i = 0; i < 300; ++i) blocks += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK(Read(blocks, parse).errors().find("error: lists and maps nested more than 200 deep\n") != std::string::npos);
}

TEST_CASE("ten megabytes of brackets are told at once", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  auto const start = std::chrono::steady_clock::now();
  auto const errors = Read(std::string(10 << 20, '['), parse).errors();
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  CHECK(errors.find("f.yaml:1:4001: error: brackets nested far too deep\n") == 0);
  CHECK(errors.size() < 1000);
}

TEST_CASE("many flow maps nested in many flow lists do not break the stack", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  std::string text;
  for (int i = 0; i < 1999; ++i) text += "[{a: ";
  CHECK_FALSE(Read(text, parse).errors().empty());
  CHECK(Read(std::string(3000, '?'), parse).errors().empty());
  std::string dashes;
  for (int i = 0; i < 3000; ++i) dashes += "- ";
  CHECK_FALSE(Read(dashes + "x\n", parse).errors().empty());
  std::string questions;
  for (int i = 0; i < 3000; ++i) questions += "? ";
  CHECK_FALSE(Read(questions + "x\n", parse).errors().empty());
}

TEST_CASE("a tab in the indentation is told as such, and no other tab", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  CHECK(Read("a:\n \tb: 1\n", parse).errors() ==
        "f.yaml:2:2: error: not YAML: a tab in the indentation\n"
        "    2 |   b: 1\n"
        "         ^\n"
        "  help: indent with spaces: YAML does not allow tabs\n");
  CHECK(Read("a:\tb\n", parse).errors().empty());
  CHECK(Read("a: [1,\t2\nb: 3\n", parse).errors().find("tab") == std::string::npos);
}

TEST_CASE("a binary file is told as such, with the place of the first odd byte", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  using namespace std::string_literals;
  CHECK(Read("a: b\nc: \0x\n"s, parse).errors() ==
        "f.yaml:2:4: error: not a text: a byte of value 0\n"
        "    2 | c:  x\n"
        "           ^\n"
        "  help: is this the right file? It may be binary, or in another encoding than UTF-8\n");
  // yaml-cpp would take it for the end of the file
  CHECK(Read("a: 1\n\x04 b: 2\n", parse).errors().find("f.yaml:2:1: error: not a text: a byte of value 4\n") == 0);
  CHECK_FALSE(Read("\x1f\x8b\x08", parse).errors().empty());
  CHECK(Read("a: 1\nb: gr\xfc\xdf\n", parse).errors().find("f.yaml:2:6: error: not a text: this is not UTF-8\n") == 0);
}

TEST_CASE("a quote that is not closed is told where it opens", "[yaml]") {
  CHECK(Read("a: 1\nb: \"open\nc: 3\n").errors() ==
        "f.yaml:2:4: error: not YAML: this quote is not closed\n"
        "    2 | b: \"open\n"
        "           ^\n"
        "  help: close it, or put the whole value into single quotes\n");
  for (auto const* open : {"a: 'x", "a: 'it''s", "a: 'it''", "a: \"x\\\"", "\"a: b\n", "[ 'x"}) {
    INFO(open);
    CHECK_FALSE(Read(open).errors().empty());
  }
  for (auto const* closed : {"a: 'x'", "a: 'it''s'", "a: ''", "a: ''''", "a: \"\\\"\"", "a: \"x\\\\\"", "a: it's",
                             "a: |\n  'x", "a: >\n  \"x", "'a': b", "a: &x 'y'", "a: !!str 'y'",
                             "\xef\xbb\xbf"
                             "a: 'y'"}) {
    INFO(closed);
    CHECK(Read(closed).errors().empty());
  }
}

TEST_CASE("offsets count from the beginning of the file, with a byte order mark too", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  std::string const text =
      "\xef\xbb\xbf"
      "a: x\nb: y\n";
  Read const read(text, parse);
  CHECK(text.substr(read.root().find("a")->offset, 1) == "x");
  CHECK(text.substr(read.root().find("b")->offset, 1) == "y");
}

TEST_CASE("a file beyond the limit is not read at all", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  CHECK(Read(std::string(33 << 20, ' '), parse).errors() ==
        "f.yaml:1:1: error: the file has 33 MiB; the limit is 32\n  help: is this the right file?\n");
}

TEST_CASE("a sign that begins no value is told at once", "[yaml]") {
  CHECK(Read("# why\n, a\n").errors() ==
        "f.yaml:2:1: error: not YAML: no value begins with this\n"
        "    2 | , a\n"
        "        ^\n"
        "  help: quote it if it is one, or take it out\n");
  CHECK_FALSE(Read(", a\n", yaml::parse_manifest).errors().empty());
}

TEST_CASE("all documents of a file are read", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  Read const read("a: 1\n---\nb: 2\n---\n---\n- x\n", parse);
  REQUIRE(read.errors().empty());
  REQUIRE(read.documents.size() == 4);
  CHECK(read.documents[0].find("a"));
  CHECK(read.at(read.documents[1]) == "f.yaml:3:1");
  CHECK(read.documents[2].is_null());
  CHECK(read.documents[3].is_sequence());
}

TEST_CASE("nothing, a comment and a byte order mark are no document", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  CHECK(Read("", parse).documents.empty());
  CHECK(Read("# only this\n", parse).documents.empty());
  CHECK(Read("\n\n", parse).documents.empty());
  Read const marked(
      "\xef\xbb\xbf"
      "a: 1\n",
      parse);
  CHECK(marked.root().find("a"));
}

TEST_CASE("a key that is no text is an error", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  CHECK(Read("? [a, b]\n: c\n", parse).errors().find("f.yaml:1:3: error: a key must be a text, this is a list\n") == 0);
  CHECK(Read("~: c\n", parse).errors().find("f.yaml:1:1: error: a key must be a text, this is nothing\n") == 0);
}

TEST_CASE("what is not YAML has a place and a cure", "[yaml]") {
  struct Case {
    char const *text, *place, *help;
  };
  for (auto const& [text, place, help] : {
           Case{"a: [1, 2\nb: 3\n", "f.yaml:2:2:", "f.yaml:1:4: note: opened here\n"},
           Case{"a: [1, 2\nb: 3\n", "f.yaml:2:2:", "  help: a '[' is not closed, or a ',' is missing\n"},
           Case{"a: {b: 1\nc: 3\n", "f.yaml:2:2:", "  help: a '{' is not closed, or a ',' is missing\n"},
           Case{"a: b: c\n", "f.yaml:1:5:", "  help: a second ': ' on one line: quote the value\n"},
           Case{"a: 1\n b: 2\n", "f.yaml:2:3:", "  help: check the indentation of this line, and whether"},
           Case{"a:\n  b\n  c: 2\n", "f.yaml:3:4:", "  help: check the indentation of this line, and whether"},
           Case{"a:\n   b: 1\n  c: 2\n", "f.yaml:3:3:", "  help: check the indentation of this line and"},
           Case{"a: }\n", "f.yaml:1:4:", "  help: a ']' or '}' too many, or its partner stands in quotes\n"},
           Case{"a: \"\\q\"\n", "f.yaml:1:", "  help: write the backslash twice, or use single quotes\n"},
           Case{"a: *x\n", "f.yaml:1:4:", "  help: write '&name' before the value that is meant"},
           Case{"a: %x\n", "f.yaml:1:4:", "  help: YAML keeps this sign for itself: quote the value\n"},
           Case{"a: @x\n", "f.yaml:1:4:", "  help: YAML keeps this sign for itself: quote the value\n"},
           Case{"a: `x`\n", "f.yaml:1:4:", "  help: YAML keeps this sign for itself: quote the value\n"},
       }) {
    INFO(text);
    auto const errors = Read(text).errors();
    INFO(errors);
    CHECK(errors.find(place) == 0);
    CHECK(errors.find(" error: not YAML: ") != errors.npos);
    CHECK(errors.find(help) != errors.npos);
  }
}

TEST_CASE("lines may end as on Windows", "[yaml]") {
  Read const read("a: 1\r\nb:\r\n  - x\r\n");
  CHECK(read.errors().empty());
  CHECK(read.root().find("a")->text == "1");
  CHECK(read.root().find("b")->items[0].text == "x");
}

TEST_CASE("what is not YAML in a manifest has a place, a cure, and where it began", "[yaml]") {
  struct Case {
    char const *text, *place, *help;
  };
  for (auto const& [text, place, help] : {
           Case{"a: [1, 2\nb: 3\n", "f.yaml:2:2:", "  help: a '[' is not closed, or a ',' is missing\n"},
           Case{"a: {b: 1\nc: 3\n", "f.yaml:2:", "  help: a '{' is not closed, or a ',' is missing\n"},
           Case{"a: b: c\n", "f.yaml:1:5:", "  help: a second ': ' on one line: quote the value\n"},
           Case{"a: 1\n b: 2\n", "f.yaml:2:3:", "  help: check the indentation of this line, and whether"},
           Case{"a:\n   b: 1\n  c: 2\n", "f.yaml:3:3:", "  help: check the indentation of this line and"},
           Case{"a:\n   b: 1\n  c: 2\n", "f.yaml:3:3:", "f.yaml:1:1: note: while parsing a block mapping\n"},
           Case{"a:\n- 1\n b: 2\n", "f.yaml:3:3:", "  help: check the indentation of this line"},
           Case{"a: }\n", "f.yaml:1:4:", "  help: a ']' or '}' too many, or a value is missing\n"},
           Case{"a: \"\\q\"\n", "f.yaml:1:", "  help: write the backslash twice, or use single quotes\n"},
           Case{"a: \"open\nb: 1\n", "f.yaml:3:1:", "f.yaml:1:4: note: while scanning a quoted scalar\n"},
           Case{"a: *x\n", "f.yaml:1:4:", "  help: write '&name' before the value that is meant"},
           Case{"a: %x\n", "f.yaml:1:4:", "  help: YAML keeps this sign for itself: quote the value\n"},
           Case{"a: @x\n", "f.yaml:1:4:", "  help: YAML keeps this sign for itself: quote the value\n"},
       }) {
    INFO(text);
    auto const errors = Read(text, yaml::parse_manifest).errors();
    INFO(errors);
    CHECK(errors.find(place) == 0);
    CHECK(errors.find("error: not YAML: ") != std::string::npos);
    CHECK(errors.find(help) != std::string::npos);
  }
}

TEST_CASE("libyaml counts characters and odd line ends, places and offsets do not", "[yaml]") {
  std::string const text = "# \xe2\x82\xac\na: \xc3\xa4\nb: [\"\xe2\x80\xa8\", \xc2\x85 x]\nc: &n !!str z\n";
  for (auto const parse : {&yaml::parse, &yaml::parse_manifest}) {
    Read const read(text, parse);
    REQUIRE(read.errors().empty());
    CHECK(text.substr(read.root().find("a")->offset, 2) == "\xc3\xa4");
    CHECK(read.at(*read.root().find("c")) == "f.yaml:4:4");
    CHECK(text.substr(read.root().find("c")->offset, 1) == "z");
  }
}

TEST_CASE("an anchor that stands again means the new value from there on", "[yaml]") {
  auto const parse = GENERATE(values<Parse>({yaml::parse, yaml::parse_manifest}));
  Read const read("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", parse);
  REQUIRE(read.errors().empty());
  CHECK(read.root().text_at("b") == "1");
  CHECK(read.root().text_at("d") == "2");
  CHECK_FALSE(Read("a: &x 1\n---\nb: *x\n", yaml::parse_manifest).errors().empty());
}

TEST_CASE("a question mark within a word is a letter", "[yaml]") {
  for (auto const parse : {&yaml::parse, &yaml::parse_manifest}) {
    Read const read("a: [curl, http://x/y?z=1, is it?, 'b?c']\nd?: {e: f?g}\n", parse);
    CHECK(read.errors() == "");
    auto const& root = read.root();
    CHECK(yaml::texts(root.find("a")) == std::vector<std::string>{"curl", "http://x/y?z=1", "is it?", "b?c"});
    CHECK(yaml::text_at(&root, {"d?", "e"}) == "f?g");
  }
  // what it is hidden as is nobody's
  CHECK(Read("a: \"x?\\x01\"\n").root().text_at("a") == "x?\x01");
}

TEST_CASE("maps are merged, in a manifest where << stands, in a spec with what is missing", "[yaml]") {
  std::string const text = "a: &x {b: c}\nd: {b: own, <<: *x}\ne: {<<: *x, b: own}\n";
  Read const manifest(text, yaml::parse_manifest), spec(text);
  CHECK(manifest.root().find("d")->text_at("b") == "c");
  CHECK(spec.root().find("d")->text_at("b") == "own");
  CHECK(manifest.root().find("e")->text_at("b") == "own");
  CHECK(spec.root().find("e")->text_at("b") == "own");
  Read const read("a: &x {b: c}\nd: {<<: *x}\ne: {\"<<\": *x}\n", yaml::parse_manifest);
  CHECK(read.root().find("d")->text_at("b") == "c");
  CHECK(read.root().find("e")->find("b") == nullptr);
  Read const wrong("a: {<<: [{}, b]}\n", yaml::parse_manifest);
  CHECK(wrong.errors().find("error: '<<' wants a map or a list of maps") != std::string::npos);
}
