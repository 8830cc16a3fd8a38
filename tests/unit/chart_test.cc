// Charts: what becomes of the text that helm writes.
#include "catch.h"
#include "memory.h"
#include "plan/rendered.h"

using namespace e2e;

namespace {

std::string object(std::string const& kind, std::string const& name, std::string const& annotations = "") {
  return "---\n# Source: c/templates/x.yaml\napiVersion: v1\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n" +
         (annotations.empty() ? "" : "  annotations: {" + annotations + "}\n");
}

std::vector<std::string> names(std::vector<plan::ChartHook> const& hooks) {
  std::vector<std::string> out;
  for (auto const& hook : hooks) out.push_back(hook.object);
  return out;
}

std::string hook(std::string const& events, std::string const& weight = "", std::string const& policies = "") {
  return "helm.sh/hook: '" + events + "'" + (weight.empty() ? "" : ", helm.sh/hook-weight: '" + weight + "'") +
         (policies.empty() ? "" : ", helm.sh/hook-delete-policy: '" + policies + "'");
}

}  // namespace

TEST_CASE("hooks are told apart by what they are for, and ordered by weight", "[chart]") {
  auto const text = "# a comment\n" + object("CustomResourceDefinition", "a.b") +
                    object("Job", "late", hook("pre-install", "5")) +
                    object("ServiceAccount", "early",
                           hook("post-install, pre-install,pre-upgrade", "-1", "hook-failed, hook-succeeded")) +
                    object("Job", "same", hook("pre-install")) + object("Pod", "t", hook("test")) +
                    object("Pod", "d", hook("pre-delete,post-delete,post-rollback,post-upgrade,test-success")) +
                    object("ConfigMap", "c", "other: x") + "---\n# nothing\n";
  auto const chart = plan::parse_chart(text, "shop");
  CHECK(chart.text == object("CustomResourceDefinition", "a.b") + object("ConfigMap", "c", "other: x"));
  CHECK(names(chart.before) ==
        std::vector<std::string>{":shop:crd/a.b", "hook-failed,hook-succeeded:shop:serviceaccount/early",
                                 "before-hook-creation:shop:job/same", "before-hook-creation:shop:job/late"});
  CHECK(names(chart.after) == std::vector<std::string>{"hook-failed,hook-succeeded:shop:serviceaccount/early"});
  CHECK(plan::parse_chart(object("CustomResourceDefinition", "a.b"), "shop").before.empty());
}

TEST_CASE("the version of a cluster is known by its node image", "[chart]") {
  CHECK(plan::version_of("registry.example.com:5000/node:v1.31.2@sha256:00") == "1.31.2");
  CHECK(plan::version_of("localhost/kind-node:1.20.2") == "1.20.2");
  CHECK(plan::version_of("node:latest").empty());
  CHECK(plan::version_of("").empty());
}

TEST_CASE("a chart is a deployment with steps for its hooks, each with the images that it names", "[chart]") {
  test::Compiler compiler;
  compiler.files.write("a/Containerfile", "FROM scratch\n");
  compiler.files.write("c/Chart.yaml", "name: c\n");
  compiler.files.write(
      "c/charted",
      "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{image: 'localhost/a:dev'}]}\n"
      "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j, annotations: {helm.sh/hook: 'pre-install'}}\n"
      "spec: {template: {spec: {containers: [{image: 'localhost/b:dev', env: [{value: '${T}'}]}]}}}\n"
      "---\napiVersion: v1\nkind: Pod\nmetadata: {name: q, annotations: {helm.sh/hook: 'post-install'}}\n");
  compiler.files.write("specs/s.yaml",
                       "images:\n  a: {containerfile: a/Containerfile}\n  b: {containerfile: a/Containerfile}\n"
                       "cluster: {name: c, versions: ['node:v1.30.1', 'node:v1.31.1']}\n"
                       "deployments:\n  d: {helm: {chart: ./c, set: {x: y}, namespace: n}, values: {T: t}}\n"
                       "profiles: {p: {deployments: {d: {helm: {set: {z: '1'}, release: r}}}}}\n");
  compiler.choices.profiles = {"p"};
  auto const document = compiler.load();
  CHECK(compiler.errors() == "");
  REQUIRE(document.deployments.at(0).helm);
  CHECK(document.deployments.at(0).helm->set.size() == 2);
  CHECK(document.deployments.at(0).helm->chart->value == "./c");
  auto const output = compiler.compile();
  CHECK(compiler.errors() == "");
  CHECK(compiler.warnings() == "");
  auto const has = [&](std::string const& text) { return output.ninja.find(text) != output.ninja.npos; };
  CHECK(has("build .e2e/env/s-1/hooks/d/before.stamp: hooks .e2e/env/s-1/cluster.stamp .e2e/env/s-1/load/b.stamp\n"));
  CHECK(
      has("build .e2e/env/s-2/deploy/d.stamp: apply .e2e/env/s-2/cluster.stamp .e2e/env/s-2/load/a.stamp || "
          ".e2e/env/s-2/hooks/d/before.stamp\n"));
  CHECK(has("build .e2e/env/s-1/hooks/d/after.stamp: hooks .e2e/env/s-1/deploy/d.stamp"));
  CHECK(has("objects = :default:namespace/n before-hook-creation:n:job/j\n"));
  CHECK(output.texts.at(".e2e/env/s-1/made/d/before-0.yaml").find("localhost/b:dev") != std::string::npos);
}
