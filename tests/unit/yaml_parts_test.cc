// Long specs, which are read in parts.
#include <algorithm>

#include "base/yaml.h"
#include "catch.h"
#include "yaml_read.h"

using namespace e2e;
using test::Read;

namespace {

bool same(yaml::Node const& a, yaml::Node const& b) {
  auto const entries = [](yaml::Entry const& x, yaml::Entry const& y) {
    return same(x.key, y.key) && same(x.value, y.value);
  };
  return a.kind == b.kind && a.place == b.place && a.text == b.text && a.quoted == b.quoted && a.offset == b.offset &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same) &&
         std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(), entries);
}

/// A text long enough to be read in parts.
std::string long_map(std::string const& between = "") {
  std::string text = "# a comment\nimages:\n";
  for (int i = 0; i < 500; ++i) text += "  s" + std::to_string(i) + ": {context: \"svc/\xc3\xa4\", flags: [a, 'b']}\n";
  text += between + "empty:\ntasks:\n# far left\n  t:\n    command: |\n      x: y\n\n      z\n";
  for (int i = 0; i < 500; ++i) text += "  t" + std::to_string(i) + ":\n    command: [sh, -c]\n";
  return text;
}

}  // namespace

TEST_CASE("a long map is read in parts, and is what it is when read at once", "[yaml]") {
  Read const parts(long_map());
  REQUIRE(parts.errors().empty());
  // an anchor makes it one part
  Read const whole(long_map() + "last: &x 1\n");
  REQUIRE(whole.errors().empty());
  auto expected = whole.root();
  expected.entries.pop_back();
  CHECK(same(parts.root(), expected));
  REQUIRE(parts.root().entries.size() == 3);
  CHECK(parts.at(parts.root().entries[2].key) == "f.yaml:504:1");
}

TEST_CASE("what goes on in the first column is no entry of its own", "[yaml]") {
  for (auto const* odd :
       {"a: \"open\nb: c\"\n", "a: 'open\nb: c'\n", "a: [1,\nb]\n", "a: {b: 1,\nc: 2}\n", "a:\nb\n", "a: b\nc\n",
        "a: |\nb: c\n", "a: 1 # '\nb: '\n", "a: {}\n", "a: 1\n...\n", "'a': 1\n", "A: 1\n"}) {
    INFO(odd);
    Read const parts(long_map(odd)), whole(long_map(odd) + "# &\n");
    CHECK(parts.errors() == whole.errors());
    REQUIRE(parts.documents.size() == whole.documents.size());
    for (std::size_t i = 0; i < parts.documents.size(); ++i) CHECK(same(parts.documents[i], whole.documents[i]));
  }
}

TEST_CASE("what stands before the first entry of a long map is not passed over", "[yaml]") {
  for (auto const* first : {" text\n", "  a: 1\n", "- a\n", "\"a\": 1\n", "---\n"}) {
    INFO(first);
    Read const parts(first + long_map()), whole(first + long_map("# &\n"));
    CHECK(parts.errors().empty() == whole.errors().empty());
    CHECK(parts.documents.size() == whole.documents.size());
  }
}

TEST_CASE("an error in a long map is told as if it had been read at once", "[yaml]") {
  for (auto const* wrong : {"a:\n  b: 1\n  c\n", "a: [1, 2\n", "a: \"open\n", "a: b: c\n", "a:\n   b: 1\n  c: 2\n",
                            "images: 1\n", "a\n", "- a\n", "a: }\n", "---\na: 1\n", "\ta: 1\n"}) {
    INFO(wrong);
    auto const parts = Read(long_map(wrong)).errors();
    CHECK(parts == Read(long_map(wrong) + "# &\n").errors());
    CHECK(parts.empty() == std::string(wrong).starts_with("---"));
  }
}
