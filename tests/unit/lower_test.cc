#include "lower/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "catch.h"
#include "graph/check.h"
#include "memory.h"
#include "step/stamp.h"

using namespace e2e;
using test::Compiler;

namespace {

/// A deployment of each sort, a task between two of them, a suite with needs and one without.
Compiler workspace(std::string const& transport = "archive") {
  Compiler compiler;
  compiler.files.write("specs/s.yaml",
                       "images:\n"
                       "  base: {rootfs: [sh, base.sh], inputs: base.sh, expected: 1m}\n"
                       "  web: {containerfile: web/Containerfile, target: run, args: {A: 'x y'}}\n"
                       "  slow: {containerfile: slow/Containerfile, expected: 2m}\n"
                       "cluster: {name: c, config: kind.yaml, node-image: node, transport: " +
                           transport +
                           "}\n"
                           "deployments:\n"
                           "  web: {manifests: k8s/web.yaml, needs: seed, timeout: 1m}\n"
                           "  crd: {manifests: [k8s/crd.yaml, k8s/config.yaml]}\n"
                           "tasks:\n"
                           "  seed: {command: [sh, seed.sh], inputs: seed.sh, needs: crd, environment: {SEED: '1'}}\n"
                           "tests:\n"
                           "  smoke: {command: [sh, smoke.sh], needs: web}\n"
                           "  all: {command: [sh, all.sh]}\n");
  compiler.files.write("base.sh", "");
  compiler.files.write("seed.sh", "");
  compiler.files.write("kind.yaml", "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n");
  compiler.files.write("web/Containerfile", "FROM localhost/base AS run\nCOPY src /src\n");
  compiler.files.write("slow/Containerfile", "FROM scratch\n");
  compiler.files.write("k8s/web.yaml",
                       "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: n}\n"
                       "spec: {template: {spec: {containers: [{image: localhost/web}]}}}\n");
  compiler.files.write(
      "k8s/crd.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x.y.z}\n");
  compiler.files.write("k8s/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
  return compiler;
}

/// The build statements of a Ninja file, without the rules and without what every file has.
std::string statements(std::string const& ninja) {
  auto const start = ninja.find("\n# specs/s.yaml:");
  return start == ninja.npos ? ninja : ninja.substr(start + 1);
}

/// A line of JSON for each claim, its commands by the names of their rules; and the questions to the world.
std::string claims_of(graph::Graph const& graph) {
  claim::File file;
  for (auto const& edge : graph.edges())
    if (edge.claim) {
      auto& claim = file.claims.emplace_back(*edge.claim);
      claim.stamp = graph.path(edge.outputs.front());
      claim.phase = graph::phase_name(edge.phase);
    }
  auto text = claim::to_text(file);
  text.erase(0, text.find('\n') + 1);
  for (auto const& question : graph.questions) {
    text += fmt::format("{}: {}", question.name, question.rule);
    for (auto const& [name, words] : question.bindings) text += fmt::format(", {} = {}", name, shell_line(words));
    text += question.optional ? ", optional\n" : "\n";
  }
  return text;
}

graph::Edge const& edge_of(graph::Graph const& graph, std::string const& path) {
  auto const it = std::find_if(graph.edges().begin(), graph.edges().end(),
                               [&](auto const& edge) { return graph.path(edge.outputs.front()) == path; });
  REQUIRE(it != graph.edges().end());
  return *it;
}

}  // namespace

TEST_CASE("whatever things are called, no two make one file", "[lower]") {
  Compiler compiler;
  compiler.files.write(
      "specs/s.yaml",
      "cluster: {name: c}\n"
      "deployments:\n"
      "  a: {manifests: [k8s/crd.yaml, k8s/web.yaml, k8s/other.yaml], kustomize: over, namespace: mine}\n"
      "  a.first: {manifests: k8s/config.yaml}\n"
      "  a.namespace: {manifests: k8s/config2.yaml}\n"
      "  a.kustomized: {manifests: k8s/config3.yaml}\n"
      "tests:\n"
      "  a: {command: [sh, a.sh], shards: 2, junit: a.xml}\n"
      "  a-0: {command: [sh, b.sh]}\n"
      "  a.junit: {command: [sh, c.sh]}\n");
  compiler.files.write(
      "k8s/crd.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x.y.z}\n");
  auto const deployment = [](std::string const& name, std::string const& ns) {
    return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + ", namespace: " + ns + "}\n";
  };
  compiler.files.write("k8s/web.yaml", deployment("b", "n-deployment"));
  compiler.files.write("k8s/other.yaml", deployment("deployment-b", "n"));
  for (auto const* n : {"", "2", "3"})
    compiler.files.write(fmt::format("k8s/config{}.yaml", n),
                         fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{}}}\n", n));
  compiler.files.write("over/kustomization.yaml", "");
  compiler.files.write("over/kustomized", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: k}\n");
  auto const output = compiler.compile();
  REQUIRE(compiler.errors().empty());
  std::vector<std::string> paths, logs;
  for (auto const& [path, text] : output.texts) paths.push_back(path);
  for (auto const& one : output.claims) {
    paths.push_back(one.stamp);
    logs.push_back(step::flat_name(one.stamp));
    if (one.merge && one.title == "test a-0")
      paths.insert(paths.end(), one.merge->reports.begin(), one.merge->reports.end());
    if (one.render) paths.push_back(one.render->to);
    if (one.render && !one.render->first.empty()) paths.push_back(one.render->first);
  }
  for (auto* names : {&paths, &logs}) {
    std::sort(names->begin(), names->end());
    auto const twice = std::adjacent_find(names->begin(), names->end());
    CHECK((twice == names->end() ? "" : *twice) == "");
  }
  CHECK(paths.size() == 22);
  CHECK(step::flat_name(".e2e/env/a/deploy/task.x.stamp") != step::flat_name(".e2e/env/a.deploy/task/x.stamp"));
}

TEST_CASE("each thing of a spec becomes its edges", "[lower]") {
  auto compiler = workspace();
  auto const output = compiler.compile();
  REQUIRE(compiler.errors().empty());
  CHECK(statements(output.ninja) == R"(# specs/s.yaml:4:3
build .e2e/images/slow.stamp: image_build
  name = slow
  containerfile = slow/Containerfile
  context = slow
  ref = localhost/slow

# specs/s.yaml:2:3
build .e2e/images/base.stamp: image_import
  name = base
  run = sh base.sh
  ref = localhost/base

# specs/s.yaml:3:3
build .e2e/images/web.stamp: image_build .e2e/images/base.stamp
  name = web
  containerfile = web/Containerfile
  context = web
  target = --target=run
  args = '--build-arg=A=x y'
  bases = '--build-context=localhost/base=container-image://%{.e2e/images/base.stamp}'
  ref = localhost/web

# specs/s.yaml:3:3
build .e2e/images/web.archive.stamp: image_archive .e2e/images/web.stamp
  name = web
  image = '%{.e2e/images/web.stamp}'
  reference = 'localhost/web:%{.e2e/images/web.stamp#tag}'
  archive = .e2e/images/web.tar

# specs/s.yaml:5:17
build .e2e/env/s/cluster.stamp: cluster_create || .e2e/images/base.stamp .e2e/images/web.stamp .e2e/images/slow.stamp
  cluster = c
  kubeconfig = .e2e/env/s/kubeconfig
  owner = .e2e/env/s/cluster.stamp.ours
  config = --config=kind.yaml
  node_image = --image=node

# specs/s.yaml:3:3
build .e2e/env/s/load/web.stamp: image_load .e2e/images/web.archive.stamp .e2e/env/s/cluster.stamp
  cluster = c
  kubeconfig = .e2e/env/s/kubeconfig
  owner = .e2e/env/s/cluster.stamp.ours
  name = web
  archive = .e2e/images/web.tar

# specs/s.yaml:8:3
build .e2e/env/s/deploy/crd.stamp: apply_crds_first .e2e/env/s/cluster.stamp
  name = crd
  kubeconfig = .e2e/env/s/kubeconfig
  manifests = --filename=.e2e/env/s/deploy/crd.yaml
  files = .e2e/env/s/deploy/crd.yaml
  how = --force
  first = --filename=.e2e/env/s/first/crd.yaml
  crds = crd/x.y.z

# specs/s.yaml:8:3
build .e2e/env/s/ready/crd/default/crd-x.y.z.stamp: condition .e2e/env/s/deploy/crd.stamp
  name = crd
  kubeconfig = .e2e/env/s/kubeconfig
  object = crd/x.y.z
  namespace = default
  patience = 300s
  condition = condition=Established
  fact = established

# specs/s.yaml:10:3
build .e2e/env/s/task/seed.stamp: run .e2e/env/s/cluster.stamp .e2e/env/s/ready/crd/default/crd-x.y.z.stamp
  what = task
  name = seed
  run = sh seed.sh

# specs/s.yaml:7:3
build .e2e/env/s/deploy/web.stamp: apply .e2e/env/s/cluster.stamp .e2e/env/s/load/web.stamp || .e2e/env/s/task/seed.stamp
  name = web
  kubeconfig = .e2e/env/s/kubeconfig
  manifests = --filename=.e2e/env/s/deploy/web.yaml
  files = .e2e/env/s/deploy/web.yaml
  how = --force

# specs/s.yaml:7:3
build .e2e/env/s/ready/web/n/deployment-web.stamp: rollout .e2e/env/s/deploy/web.stamp
  name = web
  kubeconfig = .e2e/env/s/kubeconfig
  object = deployment/web
  namespace = n
  patience = 60s
  fact = rolled-out

# specs/s.yaml:12:3
build .e2e/env/s/test/smoke.stamp: run .e2e/env/s/cluster.stamp .e2e/env/s/ready/web/n/deployment-web.stamp
  what = test
  name = smoke
  run = sh smoke.sh
  live = --live
  pool = console

# specs/s.yaml:13:3
build .e2e/env/s/test/all.stamp: run .e2e/env/s/cluster.stamp .e2e/env/s/ready/web/n/deployment-web.stamp .e2e/env/s/ready/crd/default/crd-x.y.z.stamp .e2e/env/s/task/seed.stamp
  what = test
  name = all
  run = sh all.sh
  live = --live
  pool = console

# specs/s.yaml:5:17
build .e2e/env/s/down: cluster_down
  cluster = c
  kubeconfig = .e2e/env/s/kubeconfig
  owner = .e2e/env/s/cluster.stamp.ours
  state = .e2e/env/s/

# specs/s.yaml:5:17
build .e2e/env/s/logs: cluster_logs
  cluster = c
  kubeconfig = .e2e/env/s/kubeconfig
  owner = .e2e/env/s/cluster.stamp.ours
  folder = .e2e/env/s/exported-logs

build test/smoke: phony .e2e/env/s/test/smoke.stamp
build test/all: phony .e2e/env/s/test/all.stamp
build deploy/web: phony .e2e/env/s/ready/web/n/deployment-web.stamp
build deploy/crd: phony .e2e/env/s/ready/crd/default/crd-x.y.z.stamp
build task/seed: phony .e2e/env/s/task/seed.stamp
build image/base: phony .e2e/images/base.stamp
build image/web: phony .e2e/images/web.stamp
build image/slow: phony .e2e/images/slow.stamp
build images: phony .e2e/images/base.stamp .e2e/images/web.stamp .e2e/images/slow.stamp
build cluster: phony .e2e/env/s/cluster.stamp
build load: phony .e2e/env/s/load/web.stamp
build deploy: phony .e2e/env/s/ready/web/n/deployment-web.stamp .e2e/env/s/ready/crd/default/crd-x.y.z.stamp .e2e/env/s/task/seed.stamp
build up: phony .e2e/images/base.stamp .e2e/images/web.stamp .e2e/images/slow.stamp .e2e/env/s/cluster.stamp .e2e/env/s/load/web.stamp .e2e/env/s/ready/web/n/deployment-web.stamp .e2e/env/s/ready/crd/default/crd-x.y.z.stamp .e2e/env/s/task/seed.stamp
build test: phony .e2e/env/s/test/smoke.stamp .e2e/env/s/test/all.stamp
build logs: phony .e2e/env/s/logs
build down: phony .e2e/env/s/down

default up
)");
}

TEST_CASE("each step claims what it rests on and what the world has of it", "[lower]") {
  auto compiler = workspace();
  CHECK(
      claims_of(compiler.lower()) ==
      R"~({"stamp":".e2e/env/s/cluster.stamp","title":"cluster c","phase":"cluster","files":["kind.yaml"],"result":2,"identify":"cluster_identity","probe":"s/cluster","products":[".e2e/env/s/kubeconfig"],"timeout":600,"undo":"cluster_delete","names":"cluster_names","name":"c","members":"cluster_members"}
{"stamp":".e2e/env/s/deploy/crd.stamp","title":"apply crd","phase":"deploy","files":["k8s/crd.yaml","k8s/config.yaml"],"result":2,"identify":"applied","probe":"s/objects","timeout":300,"render":{"from":["k8s/crd.yaml","k8s/config.yaml"],"to":".e2e/env/s/deploy/crd.yaml","first":".e2e/env/s/first/crd.yaml"}}
{"stamp":".e2e/env/s/deploy/web.stamp","title":"apply web","phase":"deploy","files":["k8s/web.yaml"],"result":2,"identify":"applied","probe":"s/objects","timeout":60,"render":{"from":["k8s/web.yaml"],"to":".e2e/env/s/deploy/web.yaml","images":{"localhost/web":".e2e/images/web.stamp"}}}
{"stamp":".e2e/env/s/load/web.stamp","title":"load web","phase":"cluster","result":3,"probe":"s/images","timeout":900}
{"stamp":".e2e/env/s/ready/crd/default/crd-x.y.z.stamp","title":"ready crd (crd/x.y.z)","phase":"deploy","files":[".e2e/env/s/deploy/crd.yaml"],"identify":"ready","probe":"s/objects","timeout":330,"explain":"explain"}
{"stamp":".e2e/env/s/ready/web/n/deployment-web.stamp","title":"ready web (deployment/web)","phase":"deploy","files":[".e2e/env/s/deploy/web.yaml"],"identify":"ready","probe":"s/objects","timeout":90,"explain":"explain"}
{"stamp":".e2e/env/s/task/seed.stamp","title":"task seed","phase":"deploy","files":["seed.sh"],"timeout":600,"environment":{"E2E_CLUSTER":"c","E2E_ENVIRONMENT":"s","E2E_NAMESPACE":"default","KUBECONFIG":"%{workspace}/.e2e/env/s/kubeconfig","SEED":"1"}}
{"stamp":".e2e/env/s/test/all.stamp","title":"test all","phase":"test","timeout":600,"environment":{"E2E_CLUSTER":"c","E2E_ENVIRONMENT":"s","E2E_NAMESPACE":"default","KUBECONFIG":"%{workspace}/.e2e/env/s/kubeconfig"}}
{"stamp":".e2e/env/s/test/smoke.stamp","title":"test smoke","phase":"test","timeout":600,"environment":{"E2E_CLUSTER":"c","E2E_ENVIRONMENT":"s","E2E_NAMESPACE":"default","KUBECONFIG":"%{workspace}/.e2e/env/s/kubeconfig"}}
{"stamp":".e2e/images/base.stamp","title":"image base","phase":"build","files":["base.sh"],"result":1,"probe":"images","until_used":true,"ledger":"localhost/base","timeout":900}
{"stamp":".e2e/images/slow.stamp","title":"image slow","phase":"build","context":{"root":"slow","containerfile":"slow/Containerfile"},"result":1,"probe":"images","until_used":true,"ledger":"localhost/slow","timeout":900}
{"stamp":".e2e/images/web.archive.stamp","title":"archive web","phase":"archive","result":3,"products":[".e2e/images/web.tar"],"timeout":900}
{"stamp":".e2e/images/web.stamp","title":"image web","phase":"build","context":{"root":"web","containerfile":"web/Containerfile","sources":["src"]},"result":1,"probe":"images","backup":".e2e/images/web.archive.stamp","until_used":true,"ledger":"localhost/web","timeout":900}
images: images_stored, images = '%{wanted}'
gc/images: image_inventory, optional
gc/image: image_remove, image = '%{image}', optional
s/cluster: cluster_identity, cluster = c, kubeconfig = .e2e/env/s/kubeconfig, owner = .e2e/env/s/cluster.stamp.ours
s/images: images_loaded, cluster = c, kubeconfig = .e2e/env/s/kubeconfig, owner = .e2e/env/s/cluster.stamp.ours
s/gc/images: node_image_inventory, cluster = c, kubeconfig = .e2e/env/s/kubeconfig, owner = .e2e/env/s/cluster.stamp.ours, optional
s/gc/image: node_image_remove, cluster = c, kubeconfig = .e2e/env/s/kubeconfig, owner = .e2e/env/s/cluster.stamp.ours, image = '%{image}', optional
s/objects: objects, kubeconfig = .e2e/env/s/kubeconfig, files = .e2e/env/s/deploy/web.yaml .e2e/env/s/deploy/crd.yaml
s/workloads: workloads, kubeconfig = .e2e/env/s/kubeconfig, optional
)~");
}

TEST_CASE("each step of a richer spec claims what it rests on, too", "[lower]") {
  Compiler compiler;
  compiler.files.write(
      "specs/s.yaml",
      "images:\n"
      "  base: {image: registry.test/base:1, platform: linux/arm64}\n"
      "  app: {containerfile: app/Containerfile, go: app/cmd, volumes: ['cache:/cache'], timeout: 1m}\n"
      "  pre-built.2: {containerfile: app/Containerfile, prebuilt: registry.test/app:1}\n"
      "cluster: {name: c, provider: existing, registry: 'registry.test:5000', kubeconfig: kubeconfig, context: x}\n"
      "deployments:\n"
      "  app: {manifests: [k8s/app.yaml, k8s/crd.yaml], namespace: n, ready: [manifests, service/app]}\n"
      "tasks:\n"
      "  seed: {command: [sh, seed.sh], pod: deployment/app, images: [app, pre-built.2], retries: 2, outputs: seeded}\n"
      "tests:\n"
      "  all: {command: [sh, all.sh], shards: 2, junit: all.xml, forward: {PORT: 'service/app:80'}}\n");
  compiler.files.write("app/Containerfile", "FROM registry.test/base:1\nFROM other.test/x\nCOPY . .\n");
  compiler.files.write("app/cmd/main.go", "");
  compiler.files.write("k8s/app.yaml",
                       "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\n"
                       "spec: {template: {spec: {containers: [{image: localhost/app}]}}}\n");
  compiler.files.write(
      "k8s/crd.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x.y.z}\n");
  auto const graph = compiler.lower();
  auto const text = claims_of(graph);
  CHECK(compiler.errors() == "");
  std::map<std::string, std::vector<std::string>> bindings;
  for (auto const& [name, words] : edge_of(graph, ".e2e/env/s/cluster.stamp").bindings) bindings[name] = words;
  CHECK(bindings["from"] == std::vector<std::string>{"--kubeconfig=%{workspace}/kubeconfig"});
  CHECK(bindings["context"] == std::vector<std::string>{"--context=x"});
  CHECK(
      text ==
      R"~({"stamp":".e2e/env/s/cluster.stamp","title":"cluster c","phase":"cluster","result":2,"identify":"cluster_identity","probe":"s/cluster","products":[".e2e/env/s/kubeconfig"],"timeout":600,"undo":"cluster_delete","names":"cluster_names","name":"c","members":"cluster_members"}
{"stamp":".e2e/env/s/deploy/app.stamp","title":"apply app","phase":"deploy","files":[".e2e/env/s/made/app/namespace.yaml","k8s/app.yaml","k8s/crd.yaml"],"result":2,"identify":"applied","probe":"s/objects","timeout":300,"render":{"from":[".e2e/env/s/made/app/namespace.yaml","k8s/app.yaml","k8s/crd.yaml"],"to":".e2e/env/s/deploy/app.yaml","images":{"localhost/app":".e2e/images/app.stamp"},"names":{"localhost/app":"registry.test:5000/app"},"ns":"n","first":".e2e/env/s/first/app.yaml"}}
{"stamp":".e2e/env/s/load/app.stamp","title":"push app","phase":"cluster","result":2,"identify":"image_pushed","probe":"s/images","timeout":60}
{"stamp":".e2e/env/s/load/pre-built.2.stamp","title":"push pre-built.2","phase":"cluster","result":2,"identify":"image_pushed","probe":"s/images","timeout":900}
{"stamp":".e2e/env/s/ready/app/n/crd-x.y.z.stamp","title":"ready app (crd/x.y.z)","phase":"deploy","files":[".e2e/env/s/deploy/app.yaml"],"identify":"ready","probe":"s/objects","timeout":330,"explain":"explain"}
{"stamp":".e2e/env/s/ready/app/n/deployment-app.stamp","title":"ready app (deployment/app)","phase":"deploy","files":[".e2e/env/s/deploy/app.yaml"],"identify":"ready","probe":"s/objects","timeout":330,"explain":"explain"}
{"stamp":".e2e/env/s/ready/app/n/endpoints-app.stamp","title":"ready app (endpoints/app)","phase":"deploy","files":[".e2e/env/s/deploy/app.yaml"],"timeout":330,"explain":"explain"}
{"stamp":".e2e/env/s/task/seed.stamp","title":"task seed","phase":"deploy","products":["seeded"],"timeout":600,"retries":2,"environment":{"E2E_CLUSTER":"c","E2E_ENVIRONMENT":"s","E2E_NAMESPACE":"default","IMAGE_APP":"registry.test:5000/app:%{.e2e/images/app.stamp#tag}","IMAGE_PRE_BUILT_2":"registry.test:5000/pre-built.2:%{.e2e/images/pre-built.2.stamp#tag}","KUBECONFIG":"%{workspace}/.e2e/env/s/kubeconfig"}}
{"stamp":".e2e/env/s/test/all/0.stamp","title":"test all-0","phase":"test","products":[".e2e/env/s/test/all/0.xml"],"timeout":600,"environment":{"E2E_CLUSTER":"c","E2E_ENVIRONMENT":"s","E2E_JUNIT":"%{workspace}/.e2e/env/s/test/all/0.xml","E2E_NAMESPACE":"default","E2E_SHARD":"0","E2E_SHARDS":"2","KUBECONFIG":"%{workspace}/.e2e/env/s/kubeconfig"},"merge":{"into":"all.xml","reports":[".e2e/env/s/test/all/0.xml",".e2e/env/s/test/all/1.xml"]}}
{"stamp":".e2e/env/s/test/all/1.stamp","title":"test all-1","phase":"test","products":[".e2e/env/s/test/all/1.xml"],"timeout":600,"environment":{"E2E_CLUSTER":"c","E2E_ENVIRONMENT":"s","E2E_JUNIT":"%{workspace}/.e2e/env/s/test/all/1.xml","E2E_NAMESPACE":"default","E2E_SHARD":"1","E2E_SHARDS":"2","KUBECONFIG":"%{workspace}/.e2e/env/s/kubeconfig"},"merge":{"into":"all.xml","reports":[".e2e/env/s/test/all/0.xml",".e2e/env/s/test/all/1.xml"]}}
{"stamp":".e2e/env/s/test/all/junit.stamp","title":"report all","phase":"test","files":[".e2e/env/s/test/all/0.xml",".e2e/env/s/test/all/1.xml"],"products":["all.xml"]}
{"stamp":".e2e/images/app.stamp","title":"image app","phase":"build","context":{"root":"app","containerfile":"app/Containerfile","sources":["."]},"narrow":"go_sources","bases":["other.test/x"],"result":1,"probe":"images","until_used":true,"ledger":"localhost/app","timeout":60,"folders":["%{workspace}/cache"]}
{"stamp":".e2e/images/base.stamp","title":"image base","phase":"build","result":1,"probe":"images","until_used":true,"ledger":"registry.test/base:1","timeout":900}
{"stamp":".e2e/images/pre-built.2.stamp","title":"image pre-built.2","phase":"build","context":{"root":"app","containerfile":"app/Containerfile","sources":["."]},"bases":["other.test/x"],"result":1,"probe":"images","until_used":true,"ledger":"localhost/pre-built.2","timeout":900}
images: images_stored, images = '%{wanted}'
gc/images: image_inventory, optional
gc/image: image_remove, image = '%{image}', optional
s/cluster: cluster_identity, cluster = c, kubeconfig = .e2e/env/s/kubeconfig, owner = .e2e/env/s/cluster.stamp.ours
s/images: images_pushed, references = '%{wanted}'
s/gc/images: node_image_inventory, cluster = c, kubeconfig = .e2e/env/s/kubeconfig, owner = .e2e/env/s/cluster.stamp.ours, optional
s/gc/image: node_image_remove, cluster = c, kubeconfig = .e2e/env/s/kubeconfig, owner = .e2e/env/s/cluster.stamp.ours, image = '%{image}', optional
s/objects: objects, kubeconfig = .e2e/env/s/kubeconfig, files = .e2e/env/s/deploy/app.yaml
s/workloads: workloads, kubeconfig = .e2e/env/s/kubeconfig, optional
)~");
}

TEST_CASE("images whose way to the end is longest stand first", "[lower]") {
  auto compiler = workspace();
  auto const graph = compiler.lower();
  std::vector<std::string> first;
  for (std::size_t i = 0; i < 3; ++i) first.push_back(graph.path(graph.edges()[i].outputs.front()));
  CHECK(first == std::vector<std::string>{".e2e/images/slow.stamp", ".e2e/images/base.stamp", ".e2e/images/web.stamp"});
}

TEST_CASE("a cluster follows every image, also one that nobody deploys", "[lower]") {
  auto compiler = workspace();
  auto const graph = compiler.lower();
  auto const& cluster = edge_of(graph, ".e2e/env/s/cluster.stamp");
  CHECK(cluster.after_builds);
  CHECK(cluster.order_only.size() == 3);
}

TEST_CASE("only what a manifest names is archived and loaded", "[lower]") {
  auto compiler = workspace();
  auto const graph = compiler.lower();
  std::vector<std::string> loads;
  for (auto const& edge : graph.edges())
    if (edge.rule == "image_load" || edge.rule == "image_archive") loads.push_back(graph.path(edge.outputs.front()));
  CHECK(loads == std::vector<std::string>{".e2e/images/web.archive.stamp", ".e2e/env/s/load/web.stamp"});
}

TEST_CASE("layers: every image is exported, what a manifest names is loaded", "[lower]") {
  auto compiler = workspace("layers");
  auto const graph = compiler.lower();
  REQUIRE(compiler.errors().empty());
  std::vector<std::string> loads;
  for (auto const& edge : graph.edges())
    if (edge.rule == "layers_load" || edge.rule == "image_layers") loads.push_back(graph.path(edge.outputs.front()));
  // what is loaded comes first: a cluster waits for it
  CHECK(loads == std::vector<std::string>{".e2e/images/web.layers.stamp", ".e2e/images/base.layers.stamp",
                                          ".e2e/images/slow.layers.stamp", ".e2e/env/s/load/web.stamp"});
}

TEST_CASE("layers: an image that only the layout has comes back when a build or an export wants it", "[lower]") {
  auto compiler = workspace("layers");
  auto const output = compiler.compile();
  auto const claim_of = [&](std::string const& stamp) {
    auto const it = std::find_if(output.claims.begin(), output.claims.end(),
                                 [&](auto const& claim) { return claim.stamp == stamp; });
    REQUIRE(it != output.claims.end());
    return *it;
  };
  for (auto const* image : {"base", "web", "slow"})
    CHECK(claim_of(fmt::format(".e2e/images/{}.stamp", image)).backup ==
          fmt::format(".e2e/images/{}.layers.stamp", image));
  auto const& restores = claim_of(".e2e/images/web.stamp").restores;
  REQUIRE(restores.size() == 1);
  CHECK(restores[0].stamp == ".e2e/images/base.layers.stamp");
  CHECK(restores[0].command ==
        "podman image exists '%{.e2e/images/base.stamp}' || skopeo copy --quiet --src-shared-blob-dir .e2e/oci/blobs "
        "oci:.e2e/oci/images/base:'localhost/base:%{.e2e/images/base.stamp#tag}' "
        "containers-storage:'localhost/base:%{.e2e/images/base.stamp#tag}'");
  auto const exported = claim_of(".e2e/images/web.layers.stamp");
  REQUIRE(exported.restores.size() == 1);
  CHECK(exported.restores[0].stamp == exported.stamp);
  CHECK(claim_of(".e2e/images/slow.stamp").restores.empty());
}

TEST_CASE("a short name in a manifest becomes the name by which the nodes have the image", "[lower]") {
  auto const names = [](std::string const& image) {
    auto compiler = workspace();
    compiler.files.write(
        "specs/s.yaml",
        test::replaced(compiler.files.read("specs/s.yaml").value(), "slow: {containerfile",
                       "other: {ref: other:1, image: docker.io/library/other:1}\n  slow: {containerfile"));
    compiler.files.write("k8s/web.yaml",
                         test::replaced(compiler.files.read("k8s/web.yaml").value(), "localhost/web", image));
    auto const graph = compiler.lower();
    CHECK(compiler.errors() == "");
    return edge_of(graph, ".e2e/env/s/deploy/web.stamp").claim->render->names;
  };
  using Names = std::map<std::string, std::string>;
  CHECK(names("localhost/web") == Names{});
  CHECK(names("localhost/web:latest") == Names{});
  CHECK(names("web") == Names{{"web", "localhost/web"}});
  CHECK(names("'other:1'") == Names{{"other:1", "localhost/other"}});
}

TEST_CASE("archive: a base has no backup", "[lower]") {
  auto compiler = workspace();
  auto const graph = compiler.lower();
  CHECK(edge_of(graph, ".e2e/images/base.stamp").claim->backup.empty());
  CHECK(edge_of(graph, ".e2e/images/web.stamp").claim->backup == ".e2e/images/web.archive.stamp");
}

TEST_CASE("every edge knows its line of the spec", "[lower]") {
  auto compiler = workspace();
  auto const graph = compiler.lower();
  CHECK(graph.edges().size() > 10);
  for (auto const& edge : graph.edges()) {
    INFO(graph.path(edge.outputs.front()));
    CHECK(compiler.sources.name(edge.origin).find("specs/s.yaml:") == 0);
  }
}

TEST_CASE("the laws hold, and an edge that breaks the phase law in this graph is found", "[lower]") {
  auto compiler = workspace();
  auto graph = compiler.lower();
  graph::check(graph, compiler.diagnostics);
  CHECK(compiler.errors().empty());
  graph.add({.rule = "image_build",
             .outputs = {graph.node(".e2e/images/late.stamp")},
             .order_only = {graph.node(".e2e/env/s/cluster.stamp")},
             .origin = edge_of(graph, ".e2e/images/web.stamp").origin});
  graph::check(graph, compiler.diagnostics);
  CHECK(compiler.errors().find("specs/s.yaml:3:3: error: '.e2e/images/late.stamp' of phase build depends on "
                               "'.e2e/env/s/cluster.stamp' of the later phase cluster\n") != std::string::npos);
}

TEST_CASE("a spec of images alone has no cluster", "[lower]") {
  Compiler compiler;
  compiler.files.write("specs/s.yaml", "images: {a: {containerfile: Containerfile}}\n");
  compiler.files.write("Containerfile", "FROM scratch\n");
  auto const graph = compiler.lower();
  CHECK(compiler.errors().empty());
  CHECK(graph.edges().size() == 1);
}

TEST_CASE("paths to keys and agents are found from the home folder and from the workspace", "[lower]") {
  for (auto const& [written, word] : {std::pair<std::string, std::string>("default", "default"),
                                      {"k=~/.ssh/k", "k=%{home}/.ssh/k"},
                                      {"k=keys/a,/run/agent,~/b", "k=%{workspace}/keys/a,/run/agent,%{home}/b"}}) {
    Compiler compiler;
    compiler.files.write("specs/s.yaml", "images: {a: {containerfile: Containerfile, ssh: '" + written + "'}}\n");
    compiler.files.write("Containerfile", "FROM scratch\n");
    auto const graph = compiler.lower();
    REQUIRE(compiler.errors().empty());
    for (auto const& [name, words] : edge_of(graph, ".e2e/images/a.stamp").bindings)
      if (name == "options") CHECK(words == std::vector{"--ssh=" + word});
  }
}

TEST_CASE("each step has its phase", "[lower]") {
  auto compiler = workspace();
  std::map<std::string, std::string> phases;
  for (auto const& claim : compiler.compile().claims) phases[claim.title] = claim.phase;
  CHECK(phases == std::map<std::string, std::string>{{"image base", "build"},
                                                     {"image web", "build"},
                                                     {"image slow", "build"},
                                                     {"archive web", "archive"},
                                                     {"cluster c", "cluster"},
                                                     {"load web", "cluster"},
                                                     {"apply crd", "deploy"},
                                                     {"apply web", "deploy"},
                                                     {"ready crd (crd/x.y.z)", "deploy"},
                                                     {"ready web (deployment/web)", "deploy"},
                                                     {"task seed", "deploy"},
                                                     {"test smoke", "test"},
                                                     {"test all", "test"}});
  auto const graph = compiler.lower();
  CHECK(edge_of(graph, ".e2e/env/s/cluster.stamp").after_builds);
  for (auto const* name : {"down", "logs"})
    CHECK(edge_of(graph, fmt::format(".e2e/env/s/{}", name)).phase == graph::Phase::test);
}

// Whatever a spec says of a step, but does not stand in its command, is in its recipe.
TEST_CASE("a change of what the spec gives a step is another recipe", "[lower]") {
  auto const recipe = [](std::string const& stamp, std::string const& from, std::string const& to) {
    auto compiler = workspace();
    for (auto const* path : {"specs/s.yaml", "k8s/web.yaml"})
      compiler.files.write(path, test::replaced(compiler.files.read(path).value(), from, to));
    auto const output = compiler.compile();
    CHECK(compiler.errors() == "");
    for (auto const& claim : output.claims)
      if (claim.stamp == stamp) return claim.recipe;
    return std::string("none");
  };
  auto const apply = ".e2e/env/s/deploy/web.stamp", seed = ".e2e/env/s/task/seed.stamp";
  auto const same = recipe(apply, "nothing of it", "");
  CHECK(same.size() == 64);
  CHECK(recipe(apply, "timeout: 1m", "timeout: 2m") == same);
  CHECK(recipe(apply, "needs: seed,", "needs: seed, namespace: n,") != same);
  CHECK(recipe(apply, "needs: seed,", "needs: seed, namespace: n,") !=
        recipe(apply, "needs: seed,", "needs: seed, namespace: other,"));
  CHECK(recipe(apply, "image: localhost/web", "image: localhost/web:1") != same);
  CHECK(recipe(apply, "image: localhost/web", "image: web") != recipe(apply, "image: localhost/web", "image: web:1"));
  CHECK(recipe(seed, "SEED: '1'", "SEED: '2'") != recipe(seed, "nothing of it", ""));
  CHECK(recipe(seed, "SEED: '1'", "SOWN: '1'") != recipe(seed, "nothing of it", ""));
  CHECK(recipe(seed, "sh, seed.sh", "dash, seed.sh") != recipe(seed, "nothing of it", ""));
}

TEST_CASE("a long chain of needs is lowered, its first link first", "[lower]") {
  Compiler compiler;
  std::string spec = "cluster: {name: c}\ntasks:\n";
  constexpr int kLinks = 3'000;
  for (int i = 0; i < kLinks; ++i)
    spec += fmt::format("  t{}: {{command: [make]{}}}\n", i, i + 1 < kLinks ? fmt::format(", needs: t{}", i + 1) : "");
  compiler.files.write("specs/s.yaml", spec);
  auto const graph = compiler.lower();
  REQUIRE(compiler.errors() == "");
  std::vector<std::string> tasks;
  for (auto const& edge : graph.edges())
    if (edge.rule == "run") tasks.push_back(edge.claim->title);
  REQUIRE(tasks.size() == kLinks);
  CHECK(tasks.front() == fmt::format("task t{}", kLinks - 1));
  CHECK(tasks.back() == "task t0");
}

TEST_CASE("images in a long chain, the base last, stand in the order of their FROM lines", "[lower]") {
  Compiler compiler;
  std::string spec = "images:\n";
  constexpr int kLinks = 300;
  for (int i = 0; i < kLinks; ++i) {
    spec += fmt::format("  i{0}: {{containerfile: f{0}, context: src}}\n", i);
    compiler.files.write(fmt::format("f{}", i),
                         i + 1 < kLinks ? fmt::format("FROM localhost/i{}\n", i + 1) : "FROM scratch\n");
  }
  compiler.files.write("specs/s.yaml", spec);
  compiler.files.write("src/x", "");
  auto const graph = compiler.lower();
  REQUIRE(compiler.errors() == "");
  CHECK(graph.path(graph.edges().front().outputs.front()) == fmt::format(".e2e/images/i{}.stamp", kLinks - 1));
  CHECK(graph.path(graph.edges().back().outputs.front()) == ".e2e/images/i0.stamp");
}

TEST_CASE("a configuration that is written in the spec is a file that the cluster is made with", "[lower]") {
  Compiler compiler;
  compiler.files.write("specs/s.yaml",
                       "cluster: {name: c, inline: {apiVersion: kind.x-k8s.io/v1alpha4, kind: Cluster}}\ntasks: {t: "
                       "{command: [make]}}\n");
  auto const graph = compiler.lower();
  REQUIRE(compiler.errors() == "");
  REQUIRE(graph.texts.size() == 1);
  auto const& [path, text] = *graph.texts.begin();
  CHECK(text == "{\"apiVersion\":\"kind.x-k8s.io/v1alpha4\",\"kind\":\"Cluster\"}\n");
  auto const& cluster = edge_of(graph, ".e2e/env/s/cluster.stamp");
  CHECK(cluster.claim->files == std::vector{path});
  auto const named = std::any_of(cluster.bindings.begin(), cluster.bindings.end(), [&](auto const& binding) {
    return binding.name == "config" && binding.words == std::vector{"--config=" + path};
  });
  CHECK(named);
}

TEST_CASE("a step knows the texts that make a failure worth another try", "[lower]") {
  auto compiler = workspace();
  auto const output = compiler.compile();
  for (auto const& claim : output.claims)
    if (claim.title == "image web") CHECK_FALSE(claim.retry.empty());
}
