// What tasks write, in manifests and logs.
#include "step/values.h"

#include <random>

#include "base/disk.h"
#include "base/text.h"
#include "base/yaml.h"
#include "catch.h"
#include "memory.h"
#include "step/mask.h"
#include "step/render.h"

using namespace e2e;

namespace {

yaml::Node parsed(std::string const& text) {
  Sources sources;
  Diagnostics diagnostics;
  auto documents = yaml::parse_manifest(sources, sources.add("m.yaml", text), diagnostics);
  INFO(text);
  REQUIRE(diagnostics.render(sources, false) == "");
  REQUIRE(documents.size() == 1);
  return documents.front();
}

std::string with(std::string const& text, std::map<std::string, std::string> const& values) {
  return step::with_values("m.yaml", text, values);
}

/// Letters that mean something to YAML, to a shell or to us, and a few others.
std::string odd_text(std::mt19937& random, std::size_t most) {
  static std::vector<std::string> const kLetters{"\"",
                                                 "'",
                                                 "\\",
                                                 "\n",
                                                 "\r",
                                                 "\t",
                                                 "\x01",
                                                 "\x7f",
                                                 ": ",
                                                 " #",
                                                 "- ",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ",",
                                                 "&a",
                                                 "*a",
                                                 "!",
                                                 "%",
                                                 "@",
                                                 "`",
                                                 "|",
                                                 ">",
                                                 "?",
                                                 "---",
                                                 "...",
                                                 "\xc2\x85",
                                                 "\xe2\x80\xa8",
                                                 "a",
                                                 "\xc3\xbc",
                                                 "1e5",
                                                 "~",
                                                 "$",
                                                 "${",
                                                 "$$",
                                                 "null",
                                                 "true",
                                                 "\xef\xbb\xbf",
                                                 " ",
                                                 "<<",
                                                 "=",
                                                 "\x1b",
                                                 "\xf0\x9f\x98\x80"};
  std::string out;
  for (auto n = random() % (most + 1); n > 0; --n) out += kLetters[random() % kLetters.size()];
  return out;
}

/// The same tree, with values in its texts.
void fill(yaml::Node& node, std::map<std::string, std::string> const& values) {
  for (auto& item : node.items) fill(item, values);
  for (auto& [key, value] : node.entries) fill(key, values), fill(value, values);
  if (node.is_scalar())
    node.text = fill_holes(node.text, [&](auto const& name) { return std::optional(values.at(name)); });
}

bool alike(yaml::Node const& a, yaml::Node const& b) {
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size() || a.entries.size() != b.entries.size())
    return false;
  for (std::size_t i = 0; i < a.items.size(); ++i)
    if (!alike(a.items[i], b.items[i])) return false;
  for (std::size_t i = 0; i < a.entries.size(); ++i)
    if (!alike(a.entries[i].key, b.entries[i].key) || !alike(a.entries[i].value, b.entries[i].value)) return false;
  return true;
}

}  // namespace

TEST_CASE("a text in double quotes is that text to whatever reads YAML", "[values]") {
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    auto const text = odd_text(random, 8);
    CAPTURE(text);
    CHECK(parsed("a: " + yaml::quoted(text) + "\n").text_at("a") == text);
    Sources sources;
    Diagnostics diagnostics;
    auto const file = sources.add("s.yaml", "a: " + yaml::quoted(text) + "\n");
    auto const documents = yaml::parse(sources, file, diagnostics);
    REQUIRE(documents.size() == 1);
    CHECK(documents.front().text_at("a") == text);
  }
  CHECK_THROWS_AS(yaml::quoted("\xff"), Failure);
}

TEST_CASE("values take their places, and whatever is in them changes nothing else", "[values]") {
  auto const text =
      "# ${NOT} here\nplain: a ${A} b # why ${NOT}\nsingle: 'it''s ${A}'\ndouble: \"\\t${A}\"\nkept: !!int ${B}\n"
      "block: |\n  first\n  x = ${A}\n\nfolded: >-\n  ${A}\n  and\n  ${B}\nanchored: &x ${A}\nalias: *x\n"
      "long: one\n  ${A}\n  three\nflow: {a: '${A}', \"${B}\": [\"${A}${B}\", '$${A}']}\nmerged:\n  <<: {y: '${A}'}\n  "
      "z: 1\n"
      "${B}: at the end\nlast: |+\n  ${A}\n\n";
  auto const simple = with(text, {{"A", "v"}, {"B", "5"}});
  CHECK(simple ==
        "# ${NOT} here\nplain: \"a v b\" # why ${NOT}\nsingle: \"it's v\"\ndouble: \"\\x09v\"\nkept: !!int \"5\"\n"
        "block: \"first\\nx = v\\n\"\nfolded: \"v and 5\"\nanchored: &x \"v\"\nalias: *x\n"
        "long: \"one v three\"\nflow: {a: \"v\", \"5\": [\"v5\", \"${A}\"]}\nmerged:\n  <<: {y: \"v\"}\n  z: 1\n"
        "\"5\": at the end\nlast: \"v\\n\\n\"\n");
  std::mt19937 random(2);
  for (int i = 0; i < 1000; ++i) {
    std::map<std::string, std::string> const values{{"A", odd_text(random, 6)}, {"B", "b" + odd_text(random, 3)}};
    auto expected = parsed(text);
    fill(expected, values);
    CAPTURE(values.at("A"), values.at("B"));
    CHECK(alike(parsed(with(text, values)), expected));
  }
  CHECK_THROWS_WITH(with("a: 1\nb: ${C}\n", {{"A", "v"}}), "m.yaml:2:4: no value is called 'C'");
}

TEST_CASE("the content of a file is a value without the line breaks at its end", "[values]") {
  test::TempFolder const folder;
  write_file(folder.path("a"), "one\ntwo\r\n\n");
  CHECK(step::content_of(folder.path("a")) == "one\ntwo");
  write_file(folder.path("a"), "\n");
  CHECK(step::content_of(folder.path("a")).empty());
  write_file(folder.path("a"), "\xff");
  CHECK_THROWS_WITH(step::content_of(folder.path("a")), Catch::Contains("is no text"));
  CHECK_THROWS_WITH(step::content_of(folder.path("b")), Catch::Contains("no file"));

  write_file(folder.path("from.yaml"), "kind: Pod\na: ${T}\nimage: localhost/${V}\n");
  write_file(folder.path("a"), "x: {y}\n");
  write_file(folder.path("i.stamp"), "{\"result\": \"sha256:0123456789abcdef\", \"key\": {}}");
  step::render_manifests({.from = {folder.path("from.yaml")},
                          .to = folder.path("to"),
                          .images = {{"localhost/i", folder.path("i.stamp")}},
                          .values = {{"V", "i"}},
                          .outputs = {{"T", folder.path("a")}}});
  CHECK(read_file(folder.path("to")).value_or("") ==
        "---\n# from " + folder.path("from.yaml") +
            "\nkind: Pod\na: \"x: {y}\"\nimage: \"localhost/i:e2e-0123456789ab\"\n");
}

TEST_CASE("a mask hides texts wherever what is said is cut", "[values]") {
  std::vector<std::string> const texts{"aab", "aabaa", "bb", "aaaa"};
  std::mt19937 random(3);
  for (int i = 0; i < 3000; ++i) {
    std::string all, said;
    step::Mask mask(texts), whole(texts);
    for (auto n = random() % 20; n > 0; --n) {
      std::string piece;
      for (auto m = random() % 4; m > 0; --m) piece += "ab."[random() % 3];
      all += piece;
      said += mask.take(piece);
    }
    said += mask.rest();
    CAPTURE(all);
    for (auto const& text : texts) CHECK(said.find(text) == said.npos);
    auto const at_once = whole.take(all);
    CHECK(said == at_once + whole.rest());
  }
  step::Mask nothing({});
  CHECK(nothing.take("all of it") == "all of it");
}

TEST_CASE("a deployment needs the task that writes its values, and rests on the file", "[values]") {
  test::Compiler compiler;
  compiler.files.write("m.yaml",
                       "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: '${NAME}'}\nx: '${TOKEN}'\n"
                       "spec: {template: {spec: {containers: [{image: 'registry.example.com/${NAME}:1'}]}}}\n");
  compiler.files.write("specs/s.yaml",
                       "variables: {NAME: web}\ncluster: {name: c}\nexternal: [registry.example.com/web*]\n"
                       "deployments:\n  d: {manifests: m.yaml, values: {TOKEN: {output: ./out/t}, NAME: '${NAME}'}}\n"
                       "tasks:\n  t: {command: make, outputs: out/t}\n"
                       "tests:\n  s: {command: make, environment: {T: {output: out/t}}}\n");
  auto const plan = compiler.resolve();
  CHECK(compiler.errors() == "");
  CHECK(compiler.warnings() == "");
  auto const& deployment = plan.environments.at(0).deployments.at(0);
  CHECK(deployment.values == std::map<std::string, std::string>{{"NAME", "web"}});
  CHECK(deployment.outputs == std::map<std::string, std::string>{{"TOKEN", "out/t"}});
  REQUIRE(deployment.needs.size() == 1);
  CHECK(deployment.needs.at(0).task);
  CHECK(deployment.waits.at(0).object == "deployment/web");  // a variable is known, what a task writes is not

  auto const output = compiler.compile();
  CHECK(
      output.ninja.find("build .e2e/env/s/deploy/d.stamp: apply .e2e/env/s/cluster.stamp | .e2e/env/s/task/t.stamp") !=
      output.ninja.npos);
  CHECK(output.ninja.find("build .e2e/env/s/test/s.stamp: run .e2e/env/s/cluster.stamp .e2e/env/s/task/t.stamp") !=
        output.ninja.npos);
  for (auto const& claim : output.claims)
    if (claim.title == "apply d" || claim.title == "test s")
      CHECK(std::find(claim.files.begin(), claim.files.end(), "out/t") != claim.files.end());
}
