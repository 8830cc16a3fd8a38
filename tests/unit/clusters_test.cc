// Several clusters in one environment: which is meant, and that nothing of one gets into another.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "catch.h"
#include "graph/check.h"
#include "lower/lower.h"
#include "memory.h"
#include "spec/format.h"
#include "step/stamp.h"

using namespace e2e;
using test::Compiler;

namespace {

using Strings = std::vector<std::string>;
using Numbers = std::vector<std::size_t>;

/// An image in each cluster and one in both, a CRD in each, needs across them; `hub` and `spoke`: keys of these.
Compiler fleet(std::string const& hub = "", std::string const& spoke = "") {
  Compiler compiler;
  std::string images = "images:\n", deployments = "deployments:\n";
  for (auto const* name : {"near", "far", "both"}) {
    images += fmt::format("  {0}: {{containerfile: {0}/Containerfile}}\n", name);
    compiler.files.write(fmt::format("{}/Containerfile", name), "FROM scratch\n");
  }
  compiler.files.write("specs/s.yaml",
                       images + "clusters:\n  hub: {default: true" + hub + "}\n  spoke: {name: far-away" + spoke +
                           "}\n"
                           "deployments:\n"
                           "  near: {manifests: m/near.yaml, namespace: n}\n"
                           "  far: {manifests: m/far.yaml, namespace: n, cluster: spoke, needs: [near, seed]}\n"
                           "  kinds: {manifests: m/crd.yaml}\n"
                           "  far-kinds: {manifests: m/crd.yaml, cluster: spoke}\n"
                           "tasks:\n"
                           "  seed: {command: [sh], needs: near}\n"
                           "  join: {command: [sh], cluster: [spoke, hub], images: near}\n"
                           "tests:\n"
                           "  all: {command: [sh]}\n"
                           "  far: {command: [sh], cluster: spoke, shards: 2, junit: far.xml, needs: far}\n");
  for (auto const* name : {"near", "far"})
    compiler.files.write(
        fmt::format("m/{}.yaml", name),
        fmt::format(
            "apiVersion: x.y/v1\nkind: Order\nmetadata: {{name: o}}\n---\n"
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {0}}}\n"
            "spec: {{type: NodePort, ports: [{{port: 80, nodePort: 30080}}]}}\n---\n"
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {0}}}\n"
            "spec: {{template: {{spec: {{containers: [{{image: localhost/{0}}}, {{image: localhost/both}}]}}}}}}\n",
            name));
  compiler.files.write("m/crd.yaml",
                       "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
                       "metadata: {name: orders.x.y}\nspec: {group: x.y, names: {kind: Order}}\n");
  return compiler;
}

constexpr std::string_view kHub = ".e2e/env/s/clusters/hub/", kSpoke = ".e2e/env/s/clusters/spoke/";

bool mentions(std::string const& text, std::string_view part) {
  return text.find(part) != text.npos;
}

Strings alias(graph::Graph const& graph, std::string const& name) {
  auto const it =
      std::find_if(graph.aliases.begin(), graph.aliases.end(), [&](auto const& one) { return one.name == name; });
  REQUIRE(it != graph.aliases.end());
  Strings paths;
  for (auto const node : it->nodes) paths.push_back(graph.path(node));
  std::sort(paths.begin(), paths.end());
  return paths;
}

claim::Claim const& claim_of(ninja::Output const& output, std::string const& stamp) {
  auto const it =
      std::find_if(output.claims.begin(), output.claims.end(), [&](auto const& one) { return one.stamp == stamp; });
  REQUIRE(it != output.claims.end());
  return *it;
}

}  // namespace

TEST_CASE("each deployment, task and test is for the clusters that it names, or for the default", "[clusters]") {
  auto compiler = fleet();
  auto const plan = compiler.resolve();
  REQUIRE(compiler.errors() == "");
  auto const& environment = plan.environments.at(0);
  REQUIRE(environment.clusters.size() == 2);
  CHECK(environment.clusters[0].key == "hub");
  CHECK(environment.clusters[0].name == "s-hub");
  CHECK(environment.clusters[1].name == "far-away");
  Numbers of;
  for (auto const& one : environment.deployments) of.push_back(one.cluster);
  CHECK(of == Numbers{0, 1, 0, 1});
  CHECK(environment.tasks[0].clusters == Numbers{0});
  CHECK(environment.tasks[1].clusters == Numbers{1, 0});
  CHECK(environment.suites[0].clusters == Numbers{0});
  CHECK(environment.suites[1].clusters == Numbers{1});
}

TEST_CASE("what fits together does so within a cluster: CRDs, namespaces, NodePorts", "[clusters]") {
  auto compiler = fleet();
  auto const plan = compiler.resolve();
  REQUIRE(compiler.errors() == "");
  auto const& [near, far, kinds, far_kinds] =
      std::tie(plan.environments[0].deployments[0], plan.environments[0].deployments[1],
               plan.environments[0].deployments[2], plan.environments[0].deployments[3]);
  CHECK(near.make_namespace);
  CHECK(far.make_namespace);
  // the CRDs that are beside them
  REQUIRE(near.needs.size() == 1);
  CHECK(near.needs[0].index == 2);
  REQUIRE(far.needs.size() == 3);
  CHECK(far.needs[2].index == 3);
  CHECK(plan.environments[0].clusters[0].services.at(0).name == "near");
  CHECK(plan.environments[0].clusters[1].services.at(0).name == "far");
  CHECK(plan.environments[0].clusters[1].services.size() == 1);
}

TEST_CASE("a port leads to the Services of its own cluster; without deployments nothing is known", "[clusters]") {
  auto const warnings = [](std::string const& hub, std::string const& spoke) {
    auto compiler = fleet(hub, spoke);
    compiler.resolve();
    CHECK(compiler.errors() == "");
    return compiler.warnings();
  };
  CHECK(warnings(", ports: {8080: 30080}", ", ports: {8081: 30080}") == "");
  CHECK(mentions(warnings("", ", ports: {8081: 30081}"), "port 8081 of the machine leads to 30081"));
  Compiler compiler;
  compiler.files.write("m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n");
  compiler.files.write(
      "specs/s.yaml",
      "clusters: {a: {}, b: {ports: {8080: 30080}}}\ndeployments: {m: {manifests: m.yaml, cluster: a}}\n"
      "tests: {t: {command: [sh], cluster: b}}\n");
  compiler.resolve();
  CHECK(compiler.errors() == "");
  CHECK(compiler.warnings() == "");
}

TEST_CASE("what is of one cluster knows nothing of another", "[clusters]") {
  auto compiler = fleet();
  auto const output = compiler.compile();
  REQUIRE(compiler.errors() == "");
  int count = 0;
  std::set<std::string> asked{""};
  for (auto const& one : output.probes) asked.insert(one.name);
  for (auto const& one : output.claims) {
    CAPTURE(one.stamp);
    CHECK(asked.count(one.probe) == 1);
    bool const hub = one.stamp.starts_with(kHub), spoke = one.stamp.starts_with(kSpoke);
    CHECK(hub + spoke + one.stamp.starts_with(".e2e/images/") == 1);
    // these are about both
    if (!(hub || spoke) || one.title == "task join" || one.title == "test all") continue;
    ++count;
    claim::File file;
    file.claims = {one};
    CHECK_FALSE(mentions(claim::to_text(file), hub ? kSpoke : kHub));
  }
  CHECK(count == 19);
  Strings probes;
  for (auto const& one : output.probes) {
    if (!one.name.starts_with("s/")) continue;  // of the image store
    probes.push_back(one.name);
    CHECK_FALSE(mentions(one.command, mentions(one.name, "hub") ? kSpoke : kHub));
  }
  std::sort(probes.begin(), probes.end());
  CHECK(probes == Strings{"s/clusters/hub/cluster", "s/clusters/hub/gc/image", "s/clusters/hub/gc/images",
                          "s/clusters/hub/images", "s/clusters/hub/objects", "s/clusters/hub/workloads",
                          "s/clusters/spoke/cluster", "s/clusters/spoke/gc/image", "s/clusters/spoke/gc/images",
                          "s/clusters/spoke/images", "s/clusters/spoke/objects", "s/clusters/spoke/workloads"});
  std::set<std::string> titles;
  for (auto const& one : output.claims) CHECK(titles.insert(one.title).second);
}

TEST_CASE("images go to the clusters whose manifests and commands name them", "[clusters]") {
  auto compiler = fleet();
  auto const graph = compiler.lower();
  REQUIRE(compiler.errors() == "");
  auto const loads = [](std::string_view state, Strings const& names) {
    Strings paths;
    for (auto const& name : names) paths.push_back(fmt::format("{}load/{}.stamp", state, name));
    return paths;
  };
  CHECK(alias(graph, "load/hub") == loads(kHub, {"both", "near"}));
  CHECK(alias(graph, "load/spoke") == loads(kSpoke, {"both", "far", "near"}));
}

TEST_CASE("a command of several has the kubeconfig of the first, and one for each", "[clusters]") {
  auto compiler = fleet();
  auto const output = compiler.compile();
  auto const environment = claim_of(output, std::string(kSpoke) + "task/join.stamp").environment;
  auto const kubeconfig = [](std::string_view state) { return fmt::format("%{{workspace}}/{}kubeconfig", state); };
  CHECK(environment.at("KUBECONFIG") == kubeconfig(kSpoke));
  CHECK(environment.at("KUBECONFIG_SPOKE") == kubeconfig(kSpoke));
  CHECK(environment.at("KUBECONFIG_HUB") == kubeconfig(kHub));
  CHECK(environment.at("E2E_CLUSTER") == "far-away");
  CHECK(environment.at("E2E_CLUSTER_HUB") == "s-hub");
  CHECK(environment.at("E2E_CLUSTER_SPOKE") == "far-away");
  CHECK(environment.at("E2E_ENVIRONMENT") == "s");
  auto const stamps = claim_of(output, std::string(kSpoke) + "task/join.stamp").stamps;
  for (auto const* one : {"cluster", "load/near"})
    for (auto const state : {kHub, kSpoke})
      CHECK(std::find(stamps.begin(), stamps.end(), fmt::format("{}{}.stamp", state, one)) != stamps.end());
  CHECK(claim_of(output, std::string(kHub) + "test/all.stamp").environment.count("KUBECONFIG_SPOKE") == 0);
}

TEST_CASE("there is one target for all clusters, and one for each", "[clusters]") {
  auto compiler = fleet();
  auto const graph = compiler.lower();
  for (auto const* what : {"cluster", "load", "down", "logs"}) {
    auto both = alias(graph, std::string(what) + "/hub");
    for (auto& path : alias(graph, std::string(what) + "/spoke")) both.push_back(path);
    std::sort(both.begin(), both.end());
    CHECK(alias(graph, what) == both);
  }
  for (auto const& path : alias(graph, "up/spoke")) CHECK(path.starts_with(kSpoke));
  CHECK(alias(graph, "up/spoke").size() == 6);  // the cluster, three loads, a rollout, a CRD
  // with another environment beside it, its name comes first
  compiler.files.write("specs/t.yaml", "cluster: {name: t}\ntasks: {t: {command: [sh]}}\n");
  auto const plan = plan::resolve({compiler.load("specs/s.yaml"), compiler.load("specs/t.yaml")}, compiler.providers,
                                  {}, compiler.files, compiler.sources, compiler.diagnostics);
  REQUIRE(compiler.errors() == "");
  auto const two = lower::lower(plan);
  CHECK(alias(two, "s/down/hub") == Strings{std::string(kHub) + "down"});
  CHECK(alias(two, "s/down").size() == 2);
  CHECK(alias(two, "down").size() == 3);
}

TEST_CASE("both clusters come after all builds, and the laws hold", "[clusters]") {
  auto compiler = fleet();
  auto const graph = compiler.lower();
  graph::check(graph, compiler.diagnostics);
  CHECK(compiler.errors() == "");
  for (auto const& edge : graph.edges())
    if (edge.rule == "cluster_create") CHECK(edge.order_only.size() == 3);
}

TEST_CASE("whatever clusters and deployments are called, no two make one file", "[clusters]") {
  Compiler compiler;
  compiler.files.write("m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n");
  Strings const names{"deploy", "load", "clusters", "gc", "cluster", "a", "a.b"};
  std::string clusters = "clusters:\n", deployments = "deployments:\n", tasks = "tasks:\n";
  for (auto const& name : names) {
    clusters += fmt::format("  {}: {{}}\n", name);
    deployments += fmt::format("  d{0}: {{manifests: m.yaml, cluster: {0}}}\n", name);
    tasks += fmt::format("  {0}: {{command: [sh], cluster: {0}}}\n", name);
  }
  compiler.files.write("specs/s.yaml", clusters + deployments + tasks);
  auto const output = compiler.compile();
  REQUIRE(compiler.errors() == "");
  std::set<std::string> stamps, logs, probes;
  for (auto const& one : output.claims) {
    CHECK(stamps.insert(one.stamp).second);
    CHECK(logs.insert(step::flat_name(one.stamp)).second);
  }
  for (auto const& one : output.probes) CHECK(probes.insert(one.name).second);
  CHECK(probes.size() == names.size() * 6 + 3);  // and those of the image store
}

TEST_CASE("one of the clusters may be somebody's, fed by a registry", "[clusters]") {
  auto compiler = fleet("", ", provider: existing, registry: \"localhost:5000\"");
  auto const graph = compiler.lower();
  REQUIRE(compiler.errors() == "");
  std::map<std::string, graph::Edge const*> edges;
  for (auto const& edge : graph.edges()) edges[graph.path(edge.outputs.front())] = &edge;
  auto const edge = [&](std::string_view state, std::string const& name) -> graph::Edge const& {
    return *edges.at(fmt::format("{}{}.stamp", state, name));
  };
  CHECK(edge(kHub, "cluster").rule == "cluster_create.kind");
  CHECK(edge(kSpoke, "cluster").rule == "cluster_create.existing");
  CHECK(edge(kHub, "load/both").rule == "layers_load.kind");
  CHECK(edge(kSpoke, "load/both").rule == "image_push");
  CHECK(edge(kHub, "deploy/near").claim->render->names.empty());
  CHECK(edge(kSpoke, "deploy/far").claim->render->names.at("localhost/far") == "localhost:5000/far");
  // the name by which the first one has it
  CHECK(edge(kSpoke, "task/join").claim->environment.at("IMAGE_NEAR").starts_with("localhost:5000/near:"));
}

TEST_CASE("a profile changes one of the clusters, or adds one; variables are filled in", "[clusters]") {
  Compiler compiler;
  compiler.files.write(
      "specs/s.yaml",
      "variables: {N: '2'}\nclusters: {a: {nodes: \"${N}\"}, b: {}}\ntests: {t: {command: [sh], cluster: "
      "a}}\nprofiles: {p: {clusters: {b: {nodes: 3}, c: {}}, tests: {t: {cluster: [b, c]}}}}\n");
  compiler.choices.profiles = {"p"};
  auto const plan = compiler.resolve();
  REQUIRE(compiler.errors() == "");
  auto const& clusters = plan.environments.at(0).clusters;
  REQUIRE(clusters.size() == 3);
  CHECK(clusters[0].nodes == "2");
  CHECK(clusters[1].nodes == "3");
  CHECK(clusters[2].name == "s-c");
  CHECK(plan.environments[0].suites[0].clusters == Numbers{1, 2});
}

TEST_CASE("one cluster with a name is the default, and the clusters of an included spec do not count", "[clusters]") {
  Compiler compiler;
  compiler.files.write("specs/base.yaml", "clusters: {x: {}, y: {}}\ntasks: {one: {command: [sh]}}\n");
  compiler.files.write("specs/s.yaml", "include: [base.yaml]\nclusters: {only: {}}\ntests: {t: {command: [sh]}}\n");
  auto const plan = compiler.resolve();
  REQUIRE(compiler.errors() == "");
  REQUIRE(plan.environments.at(0).clusters.size() == 1);
  CHECK(plan.environments[0].tasks.at(0).clusters == Numbers{0});
}

TEST_CASE("the command line's node image is that of all clusters", "[clusters]") {
  auto compiler = fleet(", node-image: a");
  auto const plan = plan::resolve({compiler.load()}, compiler.providers, {"given"}, compiler.files, compiler.sources,
                                  compiler.diagnostics);
  for (auto const& cluster : plan.environments.at(0).clusters) CHECK(cluster.node_image == "given");
}

TEST_CASE("clusters are formatted as one is", "[clusters]") {
  Sources sources;
  Diagnostics diagnostics;
  CHECK(spec::formatted("s.yaml",
                        "tests:\n  t: {command: x}\nclusters:\n  b:\n    default: true\n    nodes: 2\n    name: x\n"
                        "  a: {}\n",
                        sources, diagnostics) ==
        "clusters:\n  b:\n    name: x\n    nodes: 2\n    default: true\n  a: {}\n\ntests:\n  t: {command: x}\n");
}
