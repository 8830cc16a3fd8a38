#include "plan/manifest.h"

#include "catch.h"

using namespace e2e;

namespace {

struct Parsed {
  Sources sources;
  Diagnostics diagnostics;
  plan::Manifest manifest;

  explicit Parsed(std::string text, plan::Values const& values = {}) {
    auto const file = sources.add("m.yaml", std::move(text));
    manifest = plan::parse_manifest(sources, file, "default", false, values, diagnostics);
  }
  std::string errors() const { return diagnostics.render(sources, false); }
};

std::string object(std::string const& version, std::string const& kind, std::string const& more = "") {
  return "apiVersion: " + version + "\nkind: " + kind + "\nmetadata: {name: x" + more + "}\n";
}

}  // namespace

TEST_CASE("each kind that takes time has its wait", "[manifest]") {
  struct Case {
    char const *version, *kind, *object, *condition;
  };
  for (auto const& [version, kind, name, condition] : {
           Case{"apps/v1", "Deployment", "deployment/x", ""},
           Case{"apps/v1", "StatefulSet", "statefulset/x", ""},
           Case{"apps/v1", "DaemonSet", "daemonset/x", ""},
           Case{"batch/v1", "Job", "job/x", "condition=Complete"},
           Case{"apiextensions.k8s.io/v1", "CustomResourceDefinition", "crd/x", "condition=Established"},
           Case{"apiregistration.k8s.io/v1", "APIService", "apiservice/x", "condition=Available"},
       }) {
    INFO(kind);
    Parsed const parsed(object(version, kind, ", namespace: n"));
    REQUIRE(parsed.errors().empty());
    REQUIRE(parsed.manifest.waits.size() == 1);
    CHECK(parsed.manifest.waits[0].object == name);
    CHECK(parsed.manifest.waits[0].condition == condition);
    CHECK(parsed.manifest.waits[0].ns == "n");
    CHECK(parsed.manifest.waits[0].place.line == 1);
  }
}

TEST_CASE("other kinds are there as soon as they are applied", "[manifest]") {
  Parsed const parsed(object("v1", "ConfigMap") + "---\n" + object("v1", "Service") + "---\n" +
                      object("batch/v1", "CronJob"));
  CHECK(parsed.errors().empty());
  CHECK(parsed.manifest.objects == 3);
  CHECK(parsed.manifest.waits.empty());
}

TEST_CASE("without a namespace it is default", "[manifest]") {
  CHECK(Parsed(object("apps/v1", "Deployment")).manifest.waits.at(0).ns == "default");
}

TEST_CASE("images are found wherever they stand, with their places", "[manifest]") {
  Parsed const parsed(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  template:\n    spec:\n"
      "      initContainers:\n        - image: localhost/init\n      containers:\n        - image: \"localhost/main\"\n"
      "        - image: {repository: not-a-reference}\n");
  REQUIRE(parsed.manifest.images.size() == 2);
  CHECK(parsed.manifest.images[0].ref == "localhost/init");
  CHECK(parsed.manifest.images[0].place == Place{0, 8, 18, 14});
  CHECK(parsed.manifest.images[1].ref == "localhost/main");
  CHECK(parsed.manifest.images[1].place == Place{0, 10, 18, 16});
}

TEST_CASE("a list is its items", "[manifest]") {
  Parsed const parsed(
      "apiVersion: v1\nkind: List\nitems:\n"
      "  - {apiVersion: batch/v1, kind: Job, metadata: {name: a}}\n"
      "  - {apiVersion: v1, kind: ConfigMapList, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]}\n");
  CHECK(parsed.errors().empty());
  CHECK(parsed.manifest.objects == 2);
  CHECK(parsed.manifest.waits.at(0).object == "job/a");
}

TEST_CASE("empty documents between objects don't matter", "[manifest]") {
  Parsed const parsed("---\n---\n" + object("v1", "ConfigMap") + "---\n# nothing\n---\n");
  CHECK(parsed.errors().empty());
  CHECK(parsed.manifest.objects == 1);
}

TEST_CASE("a document that is no object is told, and the others are still read", "[manifest]") {
  Parsed const parsed("name: x\n---\n- a\n---\n" + object("batch/v1", "Job"));
  CHECK(parsed.errors() ==
        "m.yaml:1:1: error: not a Kubernetes object: it has no kind or no apiVersion\n"
        "    1 | name: x\n        ^\n"
        "  help: each document of a manifest begins with 'apiVersion:' and 'kind:'\n"
        "m.yaml:3:1: error: not a Kubernetes object: it is a list\n"
        "    3 | - a\n        ^\n"
        "  help: each document of a manifest begins with 'apiVersion:' and 'kind:'\n");
  CHECK(parsed.manifest.waits.size() == 1);
}

TEST_CASE("a manifest of nothing is told", "[manifest]") {
  CHECK(Parsed("# nothing\n").errors() ==
        "m.yaml:1:1: error: the manifest holds no object\n"
        "    1 | # nothing\n        ^\n"
        "  help: leave it out of 'manifests', or fill it\n");
  CHECK(Parsed("a: [\n").diagnostics.count() == 1);
}

TEST_CASE("an object that is waited for has to have a name", "[manifest]") {
  CHECK(Parsed("apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: x-}\n").errors() ==
        "m.yaml:1:1: error: this Job has no name\n"
        "    1 | apiVersion: batch/v1\n        ^\n"
        "  help: give it 'metadata: {name: ...}': what has no name of its own can't be waited for\n");
  CHECK(Parsed("apiVersion: apps/v1\nkind: Deployment\n").diagnostics.count() == 1);
}

TEST_CASE("an object that is waited for has a name that files and commands can take", "[manifest]") {
  for (auto const* bad : {"a b", "a|b", "\"a\\nb\"", "A", "a/b", "$x"}) {
    INFO(bad);
    Parsed const name(std::string("apiVersion: batch/v1\nkind: Job\nmetadata: {name: ") + bad + "}\n");
    CHECK(name.errors().find("can't be the name of a Kubernetes object\n") != std::string::npos);
    Parsed const space(std::string("apiVersion: batch/v1\nkind: Job\nmetadata: {name: x, namespace: ") + bad + "}\n");
    CHECK(space.errors().find("can't be the name of a Kubernetes object\n") != std::string::npos);
  }
  // others are not waited for, and may be called what Kubernetes allows them to be
  CHECK(Parsed("apiVersion: v1\nkind: ClusterRole\nmetadata: {name: 'system:a'}\n").errors().empty());
}

TEST_CASE("a list is what has items, and no kind that only ends in List", "[manifest]") {
  Parsed const custom(object("example.com/v1", "AllowList") + "spec: {image: localhost/a}\n");
  CHECK(custom.errors().empty());
  CHECK(custom.manifest.objects == 1);
  CHECK(custom.manifest.custom);
  CHECK(custom.manifest.images.size() == 1);
  // kubectl gives the items of a typed list their kind
  Parsed const typed("apiVersion: batch/v1\nkind: JobList\nitems: [{metadata: {name: a}}]\n");
  CHECK(typed.errors().empty());
  CHECK(typed.manifest.waits.at(0).object == "job/a");
  CHECK(Parsed("apiVersion: v1\nkind: List\nitems: [a]\n").diagnostics.count() == 1);
}

TEST_CASE("maps are merged as kubectl merges them", "[manifest]") {
  auto const image = [](std::string const& containers) {
    Parsed const parsed(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {<<: {name: x}, labels: &l {a: b}}\n"
        "spec:\n  template:\n    metadata: {labels: {<<: *l, c: d}}\n    spec:\n      containers:\n" +
        containers);
    CHECK(parsed.errors() == "");
    REQUIRE(parsed.manifest.waits.size() == 1);
    CHECK(parsed.manifest.waits[0].object == "deployment/x");
    REQUIRE(parsed.manifest.pods.size() == 1);
    CHECK(parsed.manifest.pods[0].second == std::map<std::string, std::string>{{"a", "b"}, {"c", "d"}});
    return parsed.manifest.images.back().ref;
  };
  CHECK(image("      - &c {name: a, image: localhost/a}\n      - {<<: *c, name: b}\n") == "localhost/a");
  CHECK(image("      - &c {name: a, image: localhost/a}\n      - {<<: *c, image: localhost/b}\n") == "localhost/b");
  CHECK(image("      - &c {name: a, image: localhost/a}\n      - {image: localhost/b, <<: *c}\n") == "localhost/a");
  CHECK(image("      - &c {image: localhost/a}\n      - &d {image: localhost/d}\n      - {<<: [*d, *c]}\n") ==
        "localhost/d");
}

TEST_CASE("what never becomes ready is told with its wait", "[manifest]") {
  auto const why = [](std::string const& version, std::string const& kind, std::string const& spec) {
    Parsed const parsed(object(version, kind) + "spec: " + spec + "\n");
    auto const& wait = parsed.manifest.waits.at(0);
    return wait.never + (wait.surely ? ", surely" : "");
  };
  CHECK(why("apps/v1", "StatefulSet", "{updateStrategy: {type: OnDelete}}") ==
        "with OnDelete its pods stay until somebody deletes them, surely");
  CHECK(why("apps/v1", "StatefulSet", "{updateStrategy: {type: RollingUpdate}}") == "");
  CHECK(why("batch/v1", "Job", "{suspend: true}") == "it is suspended");
  CHECK(why("batch/v1", "Job", "{ttlSecondsAfterFinished: 0}") == "it is deleted as soon as it is done");
  CHECK(why("batch/v1", "Job", "{ttlSecondsAfterFinished: 60, suspend: false}") == "");
  CHECK(why("apps/v1", "Deployment", "{paused: true}") == "it is paused");
}

TEST_CASE("a template is told as such, and not by what YAML makes of it", "[manifest]") {
  CHECK(
      Parsed("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}\n").errors() ==
      "m.yaml:4:9: error: not YAML: it looks like a template\n    4 |   name: {{ .Values.name }}\n                ^~\n"
      "  help: name the folder of its chart by 'helm: {chart: FOLDER}'\n");
  CHECK(Parsed(object("v1", "ConfigMap") + "data: {a: '{{ x }}'}\n").errors().empty());
}

TEST_CASE("where the data of workloads lies, and what autoscalers scale", "[manifest]") {
  auto const of = [](std::string const& text) {
    Sources sources;
    Diagnostics diagnostics;
    auto manifest = plan::parse_manifest(sources, sources.add("m.yaml", text), "shop", false, {}, diagnostics);
    CHECK_FALSE(diagnostics.any());
    return manifest;
  };
  auto const store = [&](std::string const& kind, std::string const& volumes, std::string const& more = "") {
    auto const stores = of("apiVersion: apps/v1\nkind: " + kind +
                           "\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: a}}\n" + more +
                           "  template:\n    metadata: {labels: {app: a}}\n    spec: {volumes: [" + volumes + "]}\n")
                            .stores;
    return stores.empty() ? "" : std::string(stores[0].where) + " " + stores[0].ns + " " + stores[0].labels.at("app");
  };
  CHECK(store("Deployment", "") == "container shop a");
  CHECK(store("Deployment", "{name: c, configMap: {name: c}}") == "container shop a");
  CHECK(store("Deployment", "{name: d, emptyDir: {}}") == "pod shop a");
  CHECK(store("Deployment", "{name: d, persistentVolumeClaim: {claimName: d}}, {name: t, emptyDir: {}}").empty());
  CHECK(store("StatefulSet", "", "  volumeClaimTemplates: [{metadata: {name: data}}]\n") ==
        "persistentvolumeclaim shop a");
  CHECK(store("Job", "").empty());
  auto const pod =
      of("apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: p}}\nspec: {containers: []}\n").stores;
  REQUIRE(pod.size() == 1);
  CHECK(pod[0].labels.at("app") == "p");
  CHECK(of("apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n"
           "spec: {scaleTargetRef: {kind: Deployment, name: api}}\n")
            .autoscaled == std::set<std::string>{"deployment/api"});
}
