#include "spec/format.h"

#include "base/disk.h"
#include "catch.h"
#include "memory.h"

using namespace e2e;

namespace {

/// Formatted; twice changes nothing more. "!..." where it is refused.
std::string formatted(std::string const& text) {
  Sources sources;
  Diagnostics diagnostics;
  auto const once = spec::formatted("s.yaml", text, sources, diagnostics);
  if (!once) return "!" + diagnostics.render(sources, false);
  CHECK(spec::formatted("s.yaml", *once, sources, diagnostics) == *once);
  return *once;
}

}  // namespace

TEST_CASE("sections and keys come in the order of the tables, names in theirs", "[format]") {
  CHECK(formatted("cluster:\n  config: kind.yaml\n  name: x\n"
                  "images:\n  b:\n    context: .\n    containerfile: b\n  a: {context: ., containerfile: a}\n") ==
        "images:\n  b:\n    containerfile: b\n    context: .\n  a: {context: ., containerfile: a}\n\n"
        "cluster:\n  name: x\n  config: kind.yaml\n");
}

TEST_CASE("comments stay with the key below them", "[format]") {
  CHECK(formatted("# The shop.\n\n# where it runs\ncluster:\n  # the file\n  config: kind.yaml # here\n\n"
                  "  # the name\n  name: x\n  # nodes: 2\n\n\n# what it is\nimages:\n  a:\n    target: x\n"
                  "    # context: .\n    containerfile: a\n      # deeper\n\n# the end\n") ==
        "# The shop.\n\n# what it is\nimages:\n  a:\n    # context: .\n    containerfile: a\n      # deeper\n"
        "    target: x\n\n# where it runs\ncluster:\n  # the name\n  name: x\n  # the file\n"
        "  config: kind.yaml # here\n  # nodes: 2\n\n# the end\n");
}

TEST_CASE("a comment with which the file begins stays there", "[format]") {
  CHECK(formatted("# The shop.\ncluster: {name: x}\nimages: {}\n") ==
        "# The shop.\nimages: {}\n\ncluster: {name: x}\n");
  CHECK(formatted("---\ncluster: {name: x}\nimages: {}\n") == "---\nimages: {}\n\ncluster: {name: x}\n");
}

TEST_CASE("blanks at the ends of lines and lines at the end go", "[format]") {
  CHECK(formatted("images: {}  \n\n\n\ncluster:\t\r\n  name: x \n\n\n") == "images: {}\n\ncluster:\n  name: x\n");
  CHECK(formatted("\xef\xbb\xbf"
                  "cluster: {name: x}\nimages: {}\n") == "images: {}\n\ncluster: {name: x}\n");
  CHECK(formatted("cluster: {name: x}") == "cluster: {name: x}\n");
  CHECK(formatted("cluster:\n  name: |\n    x") == "cluster:\n  name: |\n    x");
}

TEST_CASE("profiles are put in order as a spec is", "[format]") {
  CHECK(formatted(
            "profiles:\n  p:\n    cluster:\n      nodes: 2\n      name: y\n    images:\n      a:\n        target: t\n"
            "        ref: r\n") ==
        "profiles:\n  p:\n    images:\n      a:\n        ref: r\n        target: t\n    cluster:\n      name: y\n"
        "      nodes: 2\n");
}

TEST_CASE("lists, texts of several lines and unknown keys stay as they are", "[format]") {
  std::string const text =
      "images:\n  a:\n    rootfs:\n      - sh\n      # not a key\n      - -c\n      - |\n        # no comment\n"
      "        x: y\n    inputs: [b,\n      a]\n    strange: 1\n\ncluster: {name: x}\n";
  CHECK(formatted(text) == text);
}

TEST_CASE("block scalars go where their key goes, with each blank of theirs", "[format]") {
  CHECK(formatted("cluster:\n    config: |+\n     # x \n\n    name: >\n     y\n# of images\nimages: {}\n") ==
        "# of images\nimages: {}\n\ncluster:\n  name: >\n    y\n  config: |+\n    # x \n\n");
  std::string const kept = "images:\n  a:\n    ref: |+\n      x\n\ncluster: {name: x}\n";
  CHECK(formatted(kept) == kept);
}

TEST_CASE("what would say something else is refused", "[format]") {
  CHECK_THAT(formatted("cluster: {name: &n x}\nimages:\n  a: {ref: *n}\n"),
             ContainsText("it would say something else"));
  // empty lines at the end of this text count, and an empty line stands between images and what comes behind them
  CHECK_THAT(formatted("cluster: {inline: {}}\nimages:\n  a:\n    ref: |+\n      x\n"),
             ContainsText("it would say something else"));
  CHECK_THAT(formatted("a: b\n---\nc: d\n"), ContainsText("is no spec"));
  CHECK_THAT(formatted("- a\n"), ContainsText("is no spec"));
  CHECK_THAT(formatted("a: [\n"), ContainsText("not YAML"));
  CHECK_THAT(formatted(""), ContainsText("is no spec"));
}

TEST_CASE("the same meaning in another order", "[format]") {
  Sources sources;
  Diagnostics diagnostics;
  auto const node = [&](std::string const& text) {
    return yaml::parse(sources, sources.add("", text), diagnostics).at(0);
  };
  CHECK(spec::same_meaning(node("{a: 1, b: [x, {c: d}]}"), node("{b: [x, {c: d}], a: 1}")));
  CHECK_FALSE(spec::same_meaning(node("{a: 1}"), node("{a: \"1\"}")));
  CHECK_FALSE(spec::same_meaning(node("[a, b]"), node("[b, a]")));
  CHECK_FALSE(spec::same_meaning(node("{a: 1}"), node("{a: 1, b: 2}")));
}

TEST_CASE("each bad spec is formatted or refused, never changed in meaning", "[format]") {
  auto const folder = test::source_folder() + "/specs/bad";
  for (auto const& name : names_in(folder))
    if (name.ends_with(".yaml")) {
      INFO(name);
      CHECK_FALSE(formatted(read_file(folder + "/" + name).value()).empty());
    }
}

TEST_CASE("old words become the new ones", "[format]") {
  CHECK(formatted("images:\n  a:\n    sources: [s]\n    command: [sh, x]\n  b: {containerfile: x, go: g, sources: s}\n"
                  "  c: {containerfile: x, sources: [s]}\n"
                  "deployments:\n  d:\n    endpoints: # both\n      - one\n      - \"two\"\n    manifests: m\n"
                  "  e: {manifests: m, endpoints: [one, two]}\n  f: {manifests: m, endpoints: one}\n"
                  "  g: {manifests: m, ready: job/j, endpoints: one}\n"
                  "profiles: {p: {images: {a: {command: x}}}}\n") ==
        "images:\n  a:\n    rootfs: [sh, x]\n    inputs: [s]\n  b: {containerfile: x, go: g, beside-go: s}\n"
        "  c: {containerfile: x, sources: [s]}\n\n"
        "deployments:\n  d:\n    manifests: m\n    ready: # both\n      - manifests\n      - service/one\n"
        "      - service/two\n  e: {manifests: m, ready: [manifests, service/one, service/two]}\n"
        "  f: {manifests: m, ready: [manifests, service/one]}\n"
        "  g: {manifests: m, ready: job/j, endpoints: one}\n\n"
        "profiles: {p: {images: {a: {rootfs: x}}}}\n");
}

TEST_CASE("what has anchors stands above the rest, and maps stay merged", "[format]") {
  CHECK(
      formatted("cluster: {name: x}\nx-go: &go\n  args: {A: a}\nimages:\n  a:\n    <<: *go\n    containerfile: x\n") ==
      "x-go: &go\n  args: {A: a}\n\nimages:\n  a:\n    <<: *go\n    containerfile: x\n\ncluster: {name: x}\n");
}
