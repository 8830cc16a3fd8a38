#include "plan/provider.h"

#include "app/builtin_templates.h"
#include "catch.h"
#include "memory.h"
#include "ninja/rules.h"

using namespace e2e;
using Strings = std::vector<std::string>;

namespace {

struct Parsed {
  Sources sources;
  Diagnostics diagnostics;
  plan::Provider provider;

  explicit Parsed(std::string text) {
    auto const file = sources.add("templates/x.ninja", std::move(text));
    provider = plan::parse_provider("x", sources, file, diagnostics);
  }
  std::string errors() const { return diagnostics.render(sources, false); }
};

}  // namespace

TEST_CASE("traits are read from anywhere in a template", "[provider]") {
  Parsed const parsed(
      "# A comment\n#: role = builder\n#: offers = layers archive\n#: accepts =  a \n#: tool t = from x = y\n"
      "#: words args = --arg={name}={value}\n#: retry r = one text\n#: retry r = another\n"
      "rule r\n  command = x\n#: hint no space = the disk is full\n");
  CHECK(parsed.errors().empty());
  auto const& provider = parsed.provider;
  CHECK(provider.role == "builder");
  CHECK(provider.offers == Strings{"layers", "archive"});
  CHECK(provider.accepts == Strings{"a"});
  CHECK(provider.tools.at("t") == "from x = y");
  CHECK(provider.formats.at("args") == "--arg={name}={value}");
  CHECK(provider.retries.count("r") == 2);
  CHECK(provider.hints.at(0) == std::pair<std::string, std::string>("no space", "the disk is full"));
  CHECK(provider.text == parsed.sources.text(0));
}

TEST_CASE("a list becomes words by its format, and without one is refused", "[provider]") {
  plan::Provider provider{.name = "x", .text = ""};
  provider.formats["args"] = "--arg={name}={value}{other}";
  CHECK(provider.words("args", {{"A", "1"}, {"B", "{name}"}}) == Strings{"--arg=A=1{other}", "--arg=B={name}{other}"});
  CHECK_THROWS_WITH(provider.words("none", {{"A", "1"}}),
                    "the template 'x' has no words for 'none'\n  help: add '#: words none = ...' to it; see "
                    "docs/providers.md");
  CHECK(provider.words("none", {}).empty());
  CHECK(provider.words("args", {}).empty());
}

TEST_CASE("a bad trait is told with its line", "[provider]") {
  CHECK(Parsed("#: role = builder\n#: ofers = archive\n").errors() ==
        "templates/x.ninja:2:1: error: no trait is called 'ofers'\n"
        "    2 | #: ofers = archive\n        ^~~~~~~~~~~~~~~~~~\n"
        "  help: did you mean 'offers'?\n");
  CHECK(Parsed("#: role = builder\n#: offers: archive\n").errors() ==
        "templates/x.ninja:2:1: error: a trait without ' = '\n"
        "    2 | #: offers: archive\n        ^~~~~~~~~~~~~~~~~~\n"
        "  help: write it as '#: trait = value'\n");
  CHECK(Parsed("rule x\n  command = y\n").errors() ==
        "templates/x.ninja:1:1: error: the template 'x' has no role\n"
        "    1 | rule x\n        ^\n"
        "  help: it begins with '#: role = builder' or '#: role = cluster'\n");
}

// A provider is one file: whatever stands in templates/ is tried here, by nobody's name.
TEST_CASE("every template has its traits, and the rules that the compiler asks for", "[provider]") {
  std::map<std::string, Strings> const wanted{
      {"common",
       {"generate", "scan", "apply", "apply_crds_first", "objects", "kustomize", "endpoints", "rollout", "condition",
        "explain", "run", "run_in_pod", "run_with_ports"}},
      {"builder", {"image_build", "image_import", "image_pull", "image_prebuilt", "images_stored"}},
      {"cluster", {"cluster_create", "cluster_identity", "cluster_down", "cluster_logs"}}};
  std::map<std::string, Strings> const of_transport{
      {"layers", {"layers_load", "images_loaded"}}, {"archive", {"image_load", "images_loaded"}}, {"registry", {}}};
  test::Compiler compiler;
  REQUIRE(compiler.errors().empty());
  REQUIRE(compiler.providers.size() >= 3);
  for (auto const& provider : compiler.providers) {
    INFO(provider.name);
    CHECK(provider.name.starts_with(provider.role));
    if (provider.role == "builder") CHECK_FALSE(provider.offers.empty());
    if (provider.role == "cluster") CHECK_FALSE(provider.accepts.empty());
    CHECK_FALSE(provider.tools.empty());
    auto const rules = ninja::read_rules(provider.text).commands;
    auto needed = wanted.at(provider.role);
    for (auto const& transport : provider.accepts)
      needed.insert(needed.end(), of_transport.at(transport).begin(), of_transport.at(transport).end());
    for (auto const& rule : needed) {
      INFO(rule);
      CHECK(rules.contains(rule));
    }
    for (auto const& [rule, text] : provider.retries) CHECK(rules.contains(rule));
  }
}
