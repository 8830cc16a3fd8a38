// What has to fit together across files: two specs, manifests and what they need, and what looks odd.
#include "catch.h"
#include "memory.h"
#include "plan/resolve.h"

using namespace e2e;
using test::Compiler;

namespace {

/// Two documents of one workspace.
plan::Plan both(Compiler& compiler) {
  return plan::resolve({compiler.load("specs/a.yaml"), compiler.load("specs/b.yaml")}, compiler.providers, {},
                       compiler.files, compiler.sources, compiler.diagnostics);
}

}  // namespace

TEST_CASE("an image that two specs have is one image; a profile makes another one, and of all that are FROM it",
          "[resolve]") {
  Compiler compiler;
  compiler.files.write("base/Containerfile", "FROM scratch\n");
  compiler.files.write("web/Containerfile", "FROM localhost/base\n");
  std::string const images =
      "images: {base: {containerfile: base/Containerfile}, web: {containerfile: web/Containerfile}}\n";
  compiler.files.write("specs/a.yaml",
                       images + "cluster: {name: a}\nprofiles: {p: {images: {base: {args: {X: y}}}}}\n");
  compiler.files.write("specs/b.yaml", images + "cluster: {name: b}\n");
  auto const plan = both(compiler);
  REQUIRE(compiler.errors() == "");
  CHECK(plan.images.size() == 2);
  CHECK(plan.environments.size() == 2);
  compiler.choices.profiles = {"p"};
  auto const changed = both(compiler);
  REQUIRE(compiler.errors() == "");
  REQUIRE(changed.images.size() == 4);
  for (auto const& image : changed.images)
    for (auto const& base : image.bases) CHECK(changed.image(base.image).variant == image.variant);
}

TEST_CASE("two specs that say different things of one image, and clusters of one name or port", "[resolve]") {
  Compiler compiler;
  compiler.files.write("x/Containerfile", "FROM scratch\n");
  compiler.files.write("specs/a.yaml",
                       "images: {x: {containerfile: x/Containerfile}}\ncluster: {name: c, ports: {80: 30080}}\n");
  compiler.files.write(
      "specs/b.yaml",
      "images: {x: {containerfile: x/Containerfile, target: t}}\ncluster: {name: c, ports: {80: 30080}}\n");
  both(compiler);
  auto const said = compiler.errors();
  CHECK(said.find("'x/Containerfile' has no stage 't'") != said.npos);
  CHECK(said.find("two specs have an image 'x', and not the same one") != said.npos);
  CHECK(said.find("two clusters are called 'c'") != said.npos);
  CHECK(said.find("two clusters take port 80 of the machine") != said.npos);
}

TEST_CASE("what a manifest needs is found: CRDs of others, namespaces, folders, patterns, kustomizations",
          "[resolve]") {
  Compiler compiler;
  compiler.files.write(
      "m/crd.yaml",
      "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: orders.x.y}\n"
      "spec: {group: x.y, names: {kind: Order}}\n");
  compiler.files.write("m/order.yml", "apiVersion: x.y/v1\nkind: Order\nmetadata: {name: a}\n");
  compiler.files.write("m/notes.txt", "no manifest");
  compiler.files.write("k/kustomization.yaml", "resources: [../base]\n");
  compiler.files.write("k/kustomized", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n");
  compiler.files.write("specs/s.yaml",
                       "cluster: {name: c}\ndeployments:\n  orders: {manifests: \"m/*.yml\", namespace: shop}\n"
                       "  kinds: {manifests: m/crd.yaml}\n  all: {manifests: m, ready: none}\n"
                       "  k: {kustomize: k, ready: [manifests, service/e]}\n");
  auto const plan = compiler.resolve();
  REQUIRE(compiler.errors() == "");
  auto const& all = plan.environments.at(0).deployments;
  CHECK(all[0].manifests == std::vector<std::string>{"m/order.yml"});
  REQUIRE(all[0].needs.size() == 1);
  CHECK(all[0].needs[0].index == 1);
  CHECK(all[0].make_namespace);
  CHECK(all[1].crds.empty());  // there is nothing that could come too early
  CHECK(all[2].manifests == std::vector<std::string>{"m/crd.yaml", "m/order.yml"});
  CHECK(all[2].crds == std::vector<std::string>{"orders.x.y"});
  CHECK(all[2].waits.empty());
  REQUIRE(all[3].waits.size() == 2);
  CHECK(all[3].waits[0].object == "deployment/d");
  CHECK(all[3].waits[1].object == "endpoints/e");
}

TEST_CASE("a port of the machine leads to a NodePort or a port of a pod, or a warning tells", "[resolve]") {
  Compiler compiler;
  compiler.files.write(
      "m.yaml",
      "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80, nodePort: 30080}]}\n---\n"
      "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{ports: [{containerPort: 8, hostPort: "
      "80}]}]}\n"
      "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\n"
      "spec: {template: {spec: {hostNetwork: true, containers: [{ports: [{containerPort: 443}]}]}}}\n");
  std::string const cluster = "cluster: {name: c, ports: {8080: 30080, 80: 80, 443: 443, 9090: 30090}}\n";
  compiler.files.write("specs/s.yaml", cluster + "deployments: {m: {manifests: m.yaml}}\n");
  auto const plan = compiler.resolve();
  REQUIRE(plan.environments.at(0).clusters.at(0).host_ports.size() == 4);
  auto const said = compiler.warnings();
  INFO(said);
  CHECK(said.find("s.yaml:1:59: warning: port 9090 of the machine leads to 30090, where nothing answers") != said.npos);
  CHECK(said.find("warning", said.find("warning") + 1) == said.npos);
  // without manifests nothing is known of what answers
  Compiler bare;
  bare.files.write("specs/s.yaml", cluster + "tasks: {t: {command: [make]}}\n");
  bare.resolve();
  CHECK(bare.warnings().empty());
}

TEST_CASE("a configuration that is written in the spec has variables, which may be numbers", "[resolve]") {
  Compiler compiler;
  compiler.files.write("specs/s.yaml",
                       "variables: {PORT: 8080, ROLE: worker}\ncluster:\n  inline:\n    kind: Cluster\n    apiVersion: "
                       "kind.x-k8s.io/v1alpha4\n    nodes:\n    - role: ${ROLE}\n"
                       "      extraPortMappings:\n      - hostPort: ${PORT}\n        containerPort: 30080\n"
                       "        label: \"${PORT}\"\ntasks: {t: {command: [make]}}\n");
  auto const plan = compiler.resolve();
  REQUIRE(compiler.errors().empty());
  CHECK(
      plan.environments.at(0).clusters.at(0).inline_config ==
      R"({"kind":"Cluster","apiVersion":"kind.x-k8s.io/v1alpha4","nodes":[{"role":"worker","extraPortMappings":[{"hostPort":8080,"containerPort":30080,"label":"8080"}]}]})");
  CHECK(plan.environments.at(0).clusters.at(0).host_ports.at(0).port == "8080");
}

TEST_CASE("what looks odd is a warning, and only where nothing is wrong", "[resolve]") {
  Compiler compiler;
  compiler.files.write("x/Containerfile", "FROM scratch\n");
  compiler.files.write(
      "m.yaml",
      "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {app: none}}\n---\n"
      "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{image: r.example.com/a:1}]}\n");
  std::string const spec =
      "images: {x: {containerfile: x/Containerfile}}\ncluster: {name: c}\ndeployments: {m: {manifests: m.yaml}}\n";
  compiler.files.write("specs/s.yaml", spec);
  compiler.resolve();
  auto const said = compiler.warnings();
  CHECK(said.find("warning: the Service 's' finds no pod") != said.npos);
  CHECK(said.find("warning: the nodes pull 'r.example.com/a:1' by themselves") != said.npos);
  CHECK(said.find("warning: nothing uses the image 'x'") != said.npos);
  Compiler quiet;
  quiet.files = compiler.files;
  quiet.files.write("specs/s.yaml", spec + "external: [\"r.example.com/*\"]\n");
  quiet.resolve();
  CHECK(quiet.warnings().find("r.example.com") == std::string::npos);
}

TEST_CASE("a Service that finds its pods is no warning, and one that finds them elsewhere is", "[resolve]") {
  auto const warnings = [](std::string const& ns, std::string const& selector) {
    Compiler compiler;
    compiler.files.write("m.yaml",
                         "apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: " + ns +
                             "}\nspec: {selector: " + selector +
                             "}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: n}\n"
                             "spec: {template: {metadata: {labels: {app: web, tier: front}}}}\n");
    compiler.files.write("specs/s.yaml", "cluster: {name: c}\ndeployments: {m: {manifests: m.yaml}}\n");
    compiler.resolve();
    CHECK(compiler.errors() == "");
    return compiler.warnings();
  };
  CHECK(warnings("n", "{app: web}") == "");
  CHECK(warnings("n", "{app: web, tier: front}") == "");
  CHECK(warnings("n", "{}") == "");
  for (auto const& [ns, selector] :
       {std::pair("other", "{app: web}"), {"n", "{app: web, tier: back}"}, {"n", "{app: x}"}}) {
    INFO(ns << selector);
    CHECK(warnings(ns, selector).find("warning: the Service 's' finds no pod [") != std::string::npos);
  }
}

TEST_CASE("every file that a kustomization names is read, so that a change of it is seen", "[resolve]") {
  Compiler compiler;
  compiler.files.write("specs/s.yaml", "cluster: {name: c}\ndeployments: {m: {kustomize: over}}\n");
  compiler.files.write("over/kustomization.yaml",
                       "resources: [web.yaml, ../base]\npatches: [{path: patch.yaml}]\n"
                       "configMapGenerator: [{name: c, files: [key=conf/a.txt], envs: [\"\"]}]\n");
  compiler.files.write("over/kustomized", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
  compiler.files.write("base/kustomization.yml", "resources:\n- deep/db.yaml\n");
  compiler.resolve();
  CHECK(compiler.errors() == "");
  for (auto const* path : {"over/kustomization.yaml", "over/web.yaml", "over/patch.yaml", "over/conf/a.txt",
                           "base/kustomization.yml", "base/deep/db.yaml"}) {
    INFO(path);
    CHECK(compiler.files.asked().contains(path));
  }
}

TEST_CASE("specs of one Ninja file have one builder", "[resolve]") {
  Compiler compiler;
  for (auto const& one : compiler.providers)
    if (one.name == "builder/podman") {
      compiler.provide("builder/other", one.text);
      break;
    }
  compiler.files.write("specs/a.yaml", "builder: podman\ncluster: {name: a}\n");
  compiler.files.write("specs/b.yaml", "builder: other\ncluster: {name: b}\n");
  both(compiler);
  CHECK(compiler.errors().find("specs/b.yaml:1:10: error: specs of one Ninja file have one builder\n") == 0);
}

TEST_CASE("the cluster of each version knows its own line", "[resolve]") {
  Compiler compiler;
  compiler.files.write("specs/s.yaml",
                       "cluster:\n  name: c\n  versions:\n  - node:1\n  - node:2\ntasks: {t: {command: [make]}}\n");
  auto const plan = compiler.resolve();
  REQUIRE(compiler.errors() == "");
  REQUIRE(plan.environments.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(plan.environments[i].clusters.at(0).node_image == "node:" + std::to_string(i + 1));
    CHECK(compiler.sources.name(plan.environments[i].clusters.at(0).origin) ==
          "specs/s.yaml:" + std::to_string(i + 4) + ":5");
  }
}

namespace {

constexpr char const* kPod =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: localhost/x}]}\n";

/// What is said of a spec with the image x, and this manifest.
std::string said_of(std::string const& manifest, std::string const& more, std::string const& keys = "") {
  Compiler compiler;
  compiler.files.write("x/Containerfile", "FROM scratch\n");
  compiler.files.write("m.yaml", manifest);
  compiler.files.write("specs/s.yaml",
                       "images: {x: {containerfile: x/Containerfile}}\ncluster: {name: c}\n"
                       "deployments: {m: {manifests: m.yaml" +
                           keys + "}}\n" + more);
  compiler.resolve();
  return compiler.diagnostics.render(compiler.sources, false);
}

bool has(std::string const& text, std::string const& part) {
  INFO(text);
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("what a spec names of the manifests has to be there, unless somebody else may make it", "[resolve]") {
  std::string const ready = ", ready: [deployment/p]";
  std::string const none = "no manifest makes the deployment 'p' in the namespace 'default'";
  CHECK(has(said_of(kPod, "", ready), "error: " + none));
  CHECK(has(said_of(kPod, "tasks: {t: {command: [make]}}\n", ready), "warning: " + none));
  CHECK(has(said_of(std::string(kPod) + "---\napiVersion: e.com/v1\nkind: Shop\nmetadata: {name: s}\n", "", ready),
            "warning: " + none));
  CHECK(said_of(kPod, "tests: {t: {command: [make], forward: {A: \"service/kubernetes:443\"}}}\n") == "");
  CHECK(said_of(kPod, "tests: {t: {command: [make], pod: store-0}}\n") == "");
}

TEST_CASE("Services are told only where it is known that they find nothing", "[resolve]") {
  std::string const service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {app: a}}\n";
  CHECK(has(said_of(kPod + service, ""), "the Service 's' finds no pod"));
  CHECK(said_of(kPod + service + "---\napiVersion: e.com/v1\nkind: Shop\nmetadata: {name: s}\n", "") == "");
  CHECK(
      said_of(kPod + service +
                  "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec: {jobTemplate: {spec: "
                  "{template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: localhost/x}]}}}}}\n",
              "") == "");
}

TEST_CASE("images of a deployment are found elsewhere than as an image", "[resolve]") {
  std::string const manifest =
      "apiVersion: e.com/v1\nkind: Shop\nmetadata: {name: x}\nspec: {run: 'localhost/x:dev'}\n";
  CHECK(has(said_of(manifest, ""), "nothing uses the image 'x'"));
  CHECK(said_of(manifest, "", ", images: [x]") == "");
  CHECK(has(said_of(kPod, "", ", images: [x]"), "no manifest of 'm' names 'localhost/x' elsewhere than as an 'image'"));
}

TEST_CASE("a node reads redis as docker.io/library/redis, and so does a manifest", "[resolve]") {
  for (auto const* const in_spec : {"redis:7", "docker.io/redis:7", "docker.io/library/redis:7"})
    for (auto const* const in_manifest : {"redis:7", "docker.io/redis:7", "docker.io/library/redis:7"}) {
      INFO(in_spec << " " << in_manifest);
      Compiler compiler;
      compiler.files.write("m.yaml", test::replaced(kPod, "localhost/x", "\"" + std::string(in_manifest) + "\""));
      compiler.files.write("specs/s.yaml", "images: {r: {image: \"" + std::string(in_spec) +
                                               "\"}}\ncluster: {name: c}\ndeployments: {m: {manifests: m.yaml}}\n");
      compiler.resolve();
      CHECK(compiler.diagnostics.render(compiler.sources, false) == "");
    }
}

TEST_CASE("an image that the nodes would pull may be meant to be one that is built here", "[resolve]") {
  CHECK(has(said_of(test::replaced(kPod, "localhost/x", "registry.example.com/shop/x"), ""),
            "if that is the image 'x', give it 'ref: registry.example.com/shop/x'"));
}
