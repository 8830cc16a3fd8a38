#include "step/roll.h"

#include "base/disk.h"
#include "base/pod.h"
#include "catch.h"
#include "memory.h"

using namespace e2e;
using Catch::Matchers::Contains;

namespace {

std::string const kConfig = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata: {a: b}\n";

std::string reader(std::string const& pods) {
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  template:\n" + pods;
}

std::string const kReader = reader("    spec: {volumes: [{configMap: {name: s}}]}\n");

/// What becomes of the last text.
std::string rolled(std::vector<std::string> texts, std::map<std::string, std::string> const& configs = {
                                                       {"configmap/shop/s", ""}, {"secret/shop/s", ""}}) {
  claim::Render render{.ns = "shop", .configs = configs};
  for (std::size_t i = 0; i < texts.size(); ++i) render.from.push_back("m" + std::to_string(i) + ".yaml");
  step::roll_readers(render, texts);
  return texts.back();
}

std::string digest(std::string const& text) {
  auto const at = text.find("e2egen/config");
  if (at == text.npos) return {};
  auto const begin = text.find(": \"", at) + 3;
  return text.substr(begin, text.find('"', begin) - begin);
}

std::set<std::pair<std::string, std::string>> read_by(std::string const& text) {
  Sources sources;
  Diagnostics diagnostics;
  auto const documents = yaml::parse_manifest(sources, sources.add("m", text), diagnostics);
  return yaml::configs_read_by(documents.at(0));
}

}  // namespace

TEST_CASE("what pods read: volumes, projected ones, envFrom and valueFrom", "[roll]") {
  CHECK(read_by(
            "spec:\n  volumes:\n  - configMap: {name: a}\n  - secret: {secretName: b}\n  - emptyDir: {}\n"
            "  - projected: {sources: [{configMap: {name: c}}, {secret: {name: d}}, {serviceAccountToken: {}}]}\n"
            "  initContainers:\n  - envFrom: [{configMapRef: {name: e}}, {secretRef: {name: f}}]\n"
            "  containers:\n  - env: [{name: X, valueFrom: {configMapKeyRef: {name: g, key: k}}}, {name: Y, value: z},"
            " {name: Z, valueFrom: {secretKeyRef: {name: h, key: k}}}]\n") ==
        std::set<std::pair<std::string, std::string>>{{"configmap", "a"},
                                                      {"secret", "b"},
                                                      {"configmap", "c"},
                                                      {"secret", "d"},
                                                      {"configmap", "e"},
                                                      {"secret", "f"},
                                                      {"configmap", "g"},
                                                      {"secret", "h"}});
  CHECK(read_by("spec: [1]\n").empty());
}

TEST_CASE("a reader is annotated by what it reads, and by nothing else", "[roll]") {
  auto const before = rolled({kConfig, kReader});
  CHECK(digest(before).size() == 32);
  CHECK(before == reader("    metadata: {\"annotations\": {\"e2egen/config\": \"" + digest(before) +
                         "\"}}\n    spec: {volumes: [{configMap: {name: s}}]}\n"));
  // its labels and comments are not what pods see
  CHECK(rolled({"# why\n" + kConfig, kReader}) == before);
  CHECK(rolled({kConfig + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: t}\ndata: {a: c}\n", kReader}) ==
        before);
  auto changed = kConfig;
  changed.replace(changed.find("a: b"), 4, "a: c");
  CHECK(rolled({changed, kReader}) != before);
  CHECK(digest(rolled({changed, kReader})).size() == 32);
  // in a list too
  CHECK(digest(rolled({"kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: s}, "
                       "data: {a: b}}\n",
                       kReader})) == digest(before));
}

TEST_CASE("who reads nothing of these stays as it is", "[roll]") {
  for (auto const& text :
       {reader("    spec: {volumes: [{configMap: {name: other}}]}\n"), reader("    spec: {containers: []}\n"),
        reader("    spec: {volumes: [{secret: {secretName: s}}]}\n"),
        std::string("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x, namespace: far}\nspec: {template: "
                    "{spec: {volumes: "
                    "[{configMap: {name: s}}]}}}\n"),
        std::string("apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\nspec: {template: {spec: {volumes: "
                    "[{configMap: {name: s}}]}}}\n")})
    CHECK(rolled({kConfig, text}) == text);
  CHECK(rolled({kConfig, kReader}, {}) == kReader);
}

TEST_CASE("annotations that are there, empty or written elsewhere", "[roll]") {
  auto const with = [](std::string const& metadata) {
    auto const text =
        rolled({kConfig, reader("    metadata:" + metadata + "\n    spec: {volumes: [{configMap: {name: s}}]}\n")});
    auto const end = text.find("\n    spec:"), begin = text.find("    metadata:") + 13;
    auto out = text.substr(begin, end - begin);
    auto const at = out.find(digest(text));
    return at == out.npos ? out : out.replace(at, 32, "D");
  };
  CHECK(with("\n      annotations:\n        a: b") ==
        "\n      annotations:\n        e2egen/config: \"D\"\n        a: b");
  CHECK(with(" {annotations: {a: b}}") == " {annotations: {e2egen/config: \"D\", a: b}}");
  CHECK(with(" {labels: {a: b}}") == " {annotations: {\"e2egen/config\": \"D\"}, labels: {a: b}}");
  CHECK(with(" {labels: {a: b}, annotations: { }}") == " {labels: {a: b}, annotations: {\"e2egen/config\": \"D\" }}");
  CHECK(with("\n      annotations: # none\n      labels: {a: b}") ==
        "\n      annotations: {\"e2egen/config\": \"D\"} # none\n      labels: {a: b}");
  CHECK(with("") == " {\"annotations\": {\"e2egen/config\": \"D\"}}");
  CHECK_THROWS_WITH(with(" {annotations: null}"), Contains("'annotations' is empty in an odd way"));
  CHECK_THROWS_WITH(rolled({kConfig,
                            "x: &m {labels: {a: b}}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: "
                            "{template: {metadata: *m, spec: {volumes: [{configMap: {name: s}}]}}}\n"}),
                    Contains("is an alias: write it out, or 'roll: false' in the spec"));
}

TEST_CASE("what another deployment makes is known by its digests", "[roll]") {
  test::InFolder const folder;
  std::vector<std::string> texts{kConfig +
                                 "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: far}\n"
                                 "stringData: {password: hunter-2}\n"};
  step::roll_readers({.from = {"m.yaml"}, .ns = "shop", .tells = "digests"}, texts);
  auto const told = read_file("digests").value();
  CHECK_THAT(told, Contains("configmap/shop/s ") && Contains("secret/far/s ") && !Contains("hunter"));
  CHECK(digest(rolled({kReader}, {{"configmap/shop/s", "digests"}})) == digest(rolled({kConfig, kReader})));
  CHECK_THROWS_WITH(rolled({kReader}, {{"configmap/shop/s", "gone"}}), Contains("gone is missing"));
  // one that it does not make any more
  CHECK(rolled({kReader}, {{"configmap/shop/t", "digests"}}) == kReader);
}
