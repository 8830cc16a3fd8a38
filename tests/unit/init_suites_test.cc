// Test suites become tests of the spec, where it is certain how they run; tests of units never do.
#include "init_repository.h"

using namespace e2e;
using test::deployment;
using test::Repository;

namespace {

std::string const kUsesCluster = "package e2e\nimport \"k8s.io/client-go/kubernetes\"\n";

/// One deployment of an image that is built, and the module that all is in.
Repository shop(std::initializer_list<std::pair<std::string, std::string>> more) {
  Repository out{{"api/Containerfile", "FROM x:1\n"},
                 {"k8s/api.yaml", deployment("api", "localhost/api")},
                 {"go.mod", "module example.com/shop\n\ngo 1.22\n"}};
  for (auto const& [path, text] : more) out.write(path, text);
  return out;
}

std::string tests_of(Repository& repository) {
  auto const text = repository.spec();
  auto const at = text.find("\n\n# Without `needs`");
  return at == text.npos ? "" : text.substr(at + 2);
}

}  // namespace

TEST_CASE("a folder of end-to-end tests is a suite, with what it imports and the tags that it wants", "[init]") {
  auto repository = shop(
      {{"test/e2e/api_test.go", "//go:build e2e && linux\n\n" + kUsesCluster + "import \"example.com/shop/test/u\"\n"},
       {"test/u/u.go", "package u\nimport \"example.com/shop/pkg/model\"\n"},
       {"test/u/u_test.go", "package u\n"},
       {"pkg/model/model.go", "package model\n"},
       {"pkg/other/other.go", "package other\n"},
       {"pkg/other/other_test.go", "package other\nimport _ \"k8s.io/client-go/kubernetes\"\n"}});
  CHECK(tests_of(repository) ==
        "# Without `needs` a test waits for all deployments.\ntests:\n  e2e:\n"
        "    command: [go, test, \"-count=1\", \"-tags=e2e\", ./test/e2e]\n"
        "    go: test/e2e\n");
}

TEST_CASE("each folder of a root without tests is a suite of its own; what helps is none", "[init]") {
  auto repository = shop({{"tests/e2e/orders/a_test.go", kUsesCluster},
                          {"tests/e2e/orders/more/b_test.go", kUsesCluster},
                          {"tests/e2e/carts/c_test.go", kUsesCluster},
                          {"tests/e2e/utils/d_test.go", kUsesCluster}});
  auto const text = tests_of(repository);
  CHECK_THAT(text, ContainsText("  carts:\n    command: [go, test, \"-count=1\", ./tests/e2e/carts]\n"));
  CHECK_THAT(text,
             ContainsText("  orders:\n    command: [go, test, \"-count=1\", \"-p=1\", ./tests/e2e/orders/...]\n"));
  CHECK(text.find("utils") == text.npos);
}

TEST_CASE("a Makefile says how a suite is run", "[init]") {
  auto repository =
      shop({{"Makefile",
             "GINKGO ?= bin/ginkgo\nunit:\n\tgo test ./...\n"
             "test-e2e: $(GINKGO)\n\tREGION=eu KUBECONFIG=$(K) $(GINKGO) -v --tags=slow --timeout=30m "
             "--label-filter='!upgrade' ./test/e2e/...\n"},
            {"test/e2e/suite_test.go", "//go:build e2e\n" + kUsesCluster + "var r = os.Getenv(\"REGION\")\n"}});
  CHECK_THAT(tests_of(repository),
             ContainsText("tests:\n  # from Makefile, test-e2e\n  e2e:\n"
                          "    command: [go, test, \"-count=1\", \"-tags=e2e,slow\", \"-timeout=30m\", ./test/e2e, "
                          "\"-ginkgo.label-filter=!upgrade\"]\n    go: test/e2e\n"
                          "    environment: {REGION: eu}\n    timeout: 30m\n"));
}

TEST_CASE("a suite in a module of its own is run there", "[init]") {
  auto repository = shop({{"tests/go.mod", "module example.com/shop/tests\n"},
                          {"tests/go.sum", ""},
                          {"tests/e2e/a_test.go", kUsesCluster}});
  CHECK_THAT(tests_of(repository), ContainsText("    command: [go, test, \"-C\", tests, \"-count=1\", ./e2e]\n"
                                                "    go: tests/e2e\n"));
}

TEST_CASE("a suite of which it isn't certain that it runs stays a comment", "[init]") {
  auto const [source, reason] = GENERATE(table<std::string, std::string>(
      {{"exec.Command(\"kind\", \"create\", \"cluster\")", "it makes a cluster of its own"},
       {"exec.Command(\"make\", \"docker-build\")", "it builds images by itself"},
       {"utils.LoadImageToKindClusterWithName(image)", "it loads images by itself"},
       {"exec.Command(\"helm\", \"install\", \"shop\")", "it deploys what it tests by itself"},
       {"http.Get(\"http://localhost:8080/\")", "it looks for what it tests at localhost:8080"},
       {"os.Getenv(\"SHOP_REGION\")", "it reads SHOP_REGION, and nothing here tells how it is run"}}));
  auto repository = shop({{"test/e2e/a_test.go", kUsesCluster + "var x = " + source + "\n"}});
  auto const text = tests_of(repository);
  CHECK_THAT(text, ContainsText("# tests:\n  # left out: " + reason));
  CHECK_THAT(text, ContainsText("\n  # e2e:\n  #   command: [go, test, \"-count=1\", ./test/e2e]\n"));
}

TEST_CASE("what a suite's helpers do, it does", "[init]") {
  auto repository =
      shop({{"test/e2e/a_test.go", kUsesCluster + "import \"example.com/shop/test/infra\"\n"},
            {"test/infra/kind.go", "package infra\nvar c = exec.Command(\"kind\", \"create\", \"cluster\")\n"}});
  CHECK_THAT(tests_of(repository), ContainsText("# left out: it makes a cluster of its own"));
}

TEST_CASE("a suite that tells of no cluster, or has nothing to test, stays a comment", "[init]") {
  auto repository = shop({{"test/e2e/a_test.go", "package e2e\n"}});
  CHECK_THAT(tests_of(repository), ContainsText("# left out: nothing in it tells how it comes to the cluster"));
  Repository none{{"go.mod", "module x\n"}, {"test/e2e/a_test.go", kUsesCluster}};
  CHECK_THAT(tests_of(none), ContainsText("# left out: nothing is deployed here that it could test"));
  auto broken = shop({{"test/e2e/a_test.go", kUsesCluster},
                      {"more/Containerfile", "FROM localhost/nowhere\n"},
                      {"k8s/more.yaml", deployment("more", "localhost/more")}});
  CHECK_THAT(tests_of(broken), ContainsText("# left out: it may test more, which is left out"));
}

TEST_CASE("a port that the cluster's configuration leads to the machine is no address to look for", "[init]") {
  auto repository = shop({{"kind.yaml",
                           "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n"
                           "  extraPortMappings: [{containerPort: 30080, hostPort: 8080}]\n"},
                          {"test/e2e/a_test.go", kUsesCluster + "var x = \"http://localhost:8080\"\n"}});
  CHECK_THAT(tests_of(repository), ContainsText("\ntests:\n  e2e:\n"));
}

TEST_CASE("tests of units and of parts are no suites", "[init]") {
  auto repository =
      shop({{"api/main_test.go", kUsesCluster},
            {"test/integration/db_test.go", "package db\nimport \"github.com/testcontainers/x\"\n"},
            {"test/integration/env_test.go", "package db\n// envtest.Environment with client-go\n"},
            {"tests/conftest.py", ""},
            {"tests/test_units.py", "import kubernetes\n"},
            {"tests/integration/test_parts.py", "import requests\n"},
            {"web/package.json", "{\"scripts\": {\"test\": \"jest\", \"test:unit\": \"vitest\"}}"},
            {"Makefile", "test:\n\tgo test ./...\ne2e-setup:\n\tkubectl apply -f x\nbuild-e2e:\n\tgo build\n"}});
  CHECK_THAT(repository.spec(), ContainsText("# No suite was found that tests a cluster."));
}

TEST_CASE("integration tests that speak to a cluster are a suite, if somebody runs it", "[init]") {
  auto repository = shop({{"integration/a_test.go", kUsesCluster}});
  CHECK_THAT(tests_of(repository), ContainsText("  # left out: nothing here tells how it is run\n  # integration:\n"));
  repository.write("Makefile", "integration:\n\tgo test ./integration\n");
  CHECK_THAT(tests_of(repository), ContainsText("\ntests:\n  # from Makefile, integration\n  integration:\n"
                                                "    command: [go, test, \"-count=1\", ./integration]\n"));
}

TEST_CASE("files that want different build tags are no one suite, unless somebody runs them so", "[init]") {
  auto repository = shop({{"test/e2e/a_test.go", "//go:build fast\n" + kUsesCluster},
                          {"test/e2e/b_test.go", "//go:build fast || slow\n" + kUsesCluster}});
  CHECK_THAT(tests_of(repository), ContainsText("\ntests:\n  e2e:\n") && ContainsText("\"-tags=fast\""));
  repository.write("test/e2e/c_test.go", "//go:build slow\n" + kUsesCluster);
  CHECK_THAT(tests_of(repository), ContainsText("# left out: its files want different build tags\n"));
}

TEST_CASE("a folder of pytest is a suite if it is configured, or somebody runs it", "[init]") {
  auto repository = shop({{"pytest.ini", "[pytest]\n"},
                          {"tests/e2e/test_api.py", "from kubernetes import client\n"},
                          {"tests/e2e/requirements.txt", "kubernetes\n"}});
  CHECK_THAT(tests_of(repository), ContainsText("\ntests:\n  # it wants what tests/e2e/requirements.txt names\n  e2e:\n"
                                                "    command: [python3, \"-m\", pytest, tests/e2e]\n"
                                                "    inputs: [tests/e2e, pytest.ini]\n"));
  auto run = shop({{"orders/e2e/test_api.py", "import subprocess  # kubectl\n"},
                   {".github/workflows/ci.yml",
                    "jobs:\n  a:\n    steps:\n      - run: |\n          ENV=ci poetry run pytest -x orders/e2e\n"}});
  CHECK_THAT(tests_of(run), ContainsText("\ntests:\n  # from .github/workflows/ci.yml\n  orders:\n"
                                         "    command: [poetry, run, pytest, \"-x\", orders/e2e]\n"
                                         "    inputs: [orders/e2e]\n    environment: {ENV: ci}\n"));
  auto bare = shop({{"tests/e2e/test_api.py", "from kubernetes import client\n"}});
  CHECK(tests_of(bare).empty());
}

TEST_CASE("a script of npm that is called so is a suite", "[init]") {
  auto repository = shop({{"e2e/package.json", "{\"scripts\": {\"test\": \"node --test\"}}"},
                          {"e2e/api.test.mjs", "// kubectl get pods\n"},
                          {"e2e/node_modules/x/index.js", ""}});
  CHECK_THAT(tests_of(repository), ContainsText("\ntests:\n  # from e2e/package.json: node --test\n  e2e:\n"
                                                "    command: [npm, \"--prefix\", e2e, run, test]\n"
                                                "    inputs: [e2e/api.test.mjs, e2e/package.json]\n"));
  auto installs = shop(
      {{"web/package.json", "{\"scripts\": {\"test:e2e\": \"mocha e2e\"}, \"devDependencies\": {\"mocha\": \"1\"}}"},
       {"web/package-lock.json", "{}"},
       {"web/e2e/api.js", "const k8s = require('@kubernetes/client-node')\n"},
       {"web/src/app.js", ""}});
  CHECK_THAT(tests_of(installs), ContainsText("    command: [sh, \"-c\", \"npm ci --prefix web && npm --prefix web run "
                                              "test:e2e\"]\n    inputs: [web/e2e, web/package-lock.json, "
                                              "web/package.json]\n"));
  auto browser = shop({{"web/package.json", "{\"scripts\": {\"e2e\": \"playwright test\"}}"}});
  CHECK_THAT(tests_of(browser), ContainsText("# left out: playwright wants a browser"));
  auto none = shop({{"web/package.json", "{\"scripts\": ["}});
  CHECK(tests_of(none).empty());
}

TEST_CASE("a target of a Makefile is a suite if all that it does is known", "[init]") {
  auto script =
      shop({{"Makefile", "e2e: tools\n\tsh test/run.sh\ntools:\n\ttrue\n"}, {"test/run.sh", "kubectl get pods\n"}});
  CHECK_THAT(tests_of(script), ContainsText("\ntests:\n  e2e:\n    command: [make, e2e]\n"
                                            "    inputs: [Makefile, test/run.sh]\n"));
  auto clusters = shop({{"Makefile", "e2e: cluster\n\tkubectl get pods\ncluster:\n\tkind create cluster\n"}});
  CHECK_THAT(tests_of(clusters), ContainsText("# left out: it makes a cluster of its own\n  # e2e:\n"));
  auto unknown = shop({{"Makefile", "e2e-test:\n\tkubectl get pods\n\tgo run ./tests/all.go\n"}});
  CHECK_THAT(tests_of(unknown), ContainsText("# left out: what go run ./tests/all.go does is not known here\n"));
}

TEST_CASE("tools that read what they do from files", "[init]") {
  auto repository =
      shop({{"Makefile", "e2e:\n\tchainsaw test --test-dir tests/e2e\n"},
            {"tests/e2e/a/chainsaw-test.yaml", "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\n"}});
  CHECK_THAT(tests_of(repository), ContainsText("\ntests:\n  # from Makefile\n  e2e:\n"
                                                "    command: [chainsaw, test, \"--test-dir\", tests/e2e]\n"
                                                "    inputs: [tests/e2e]\n"));
  auto own = shop(
      {{"Makefile", "e2e: bin/chainsaw\n\tbin/chainsaw test --test-dir tests/e2e\nbin/chainsaw:\n\tgo install x\n"},
       {"tests/e2e/a/chainsaw-test.yaml", "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\n"}});
  CHECK_THAT(tests_of(own), ContainsText("    command: [make, e2e]\n"));
}

TEST_CASE("suites that keep apart what they test get a spec each, and one of what they share", "[init]") {
  auto repository = shop({{"test/e2e/orders/a_test.go", kUsesCluster},
                          {"test/e2e/orders/kind.yaml", "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n"},
                          {"test/e2e/orders/k8s/orders.yaml", deployment("orders", "localhost/orders")},
                          {"test/e2e/orders/k8s/cache.yaml", deployment("cache", "localhost/cache")},
                          {"test/e2e/carts/a_test.go", kUsesCluster},
                          {"test/e2e/carts/kustomization.yaml", "resources: [carts.yaml]\n"},
                          {"test/e2e/carts/carts.yaml", ""},
                          {"test/e2e/carts/kustomized",
                           deployment("carts", "localhost/carts") + "---\n" + deployment("cache", "localhost/cache")},
                          {"test/e2e/health/a_test.go", kUsesCluster},
                          {"orders/Containerfile", "FROM localhost/base\n"},
                          {"carts/Containerfile", "FROM x:1\n"},
                          {"cache/Containerfile", "FROM x:1\n"},
                          {"base/Containerfile", "FROM x:1\n"}});
  auto const specs = repository.specs();
  REQUIRE(specs.size() == 3);
  auto const names = [](std::string const& text) {
    auto const begin = text.find("\nimages:\n") + 9, end = text.find("\n\ncluster:");
    std::string out;
    for (auto at = text.find("\n  ", begin - 1); at < end; at = text.find("\n  ", at + 1))
      if (text[at + 3] != ' ' && text[at + 3] != '#') out += text.substr(at + 3, text.find(':', at) - at - 2);
    return out;
  };
  CHECK(specs[0].path == "specs/shop.yaml");
  CHECK(names(specs[0].text) == "api:cache:");
  CHECK_THAT(specs[0].text, ContainsText("deployments:\n  api:\n") && ContainsText("\ntests:\n  health:\n"));
  CHECK(specs[1].path == "specs/carts.yaml");
  CHECK(names(specs[1].text) == "carts:");
  CHECK_THAT(specs[1].text, ContainsText("\ninclude: [shop.yaml]\n") && ContainsText("  name: carts-e2e\n") &&
                                ContainsText("deployments:\n  carts:\n    kustomize: test/e2e/carts\n\n") &&
                                ContainsText("\ntests:\n  carts:\n"));
  CHECK(specs[2].path == "specs/orders.yaml");
  CHECK(names(specs[2].text) == "base:orders:");
  CHECK_THAT(specs[2].text, ContainsText("  config: test/e2e/orders/kind.yaml\n") &&
                                ContainsText("manifests: [test/e2e/orders/k8s/cache.yaml]") &&
                                ContainsText("\ntests:\n  orders:\n"));
}

TEST_CASE("targets of a Makefile say which images a suite tests", "[init]") {
  auto repository = shop({{"Makefile",
                           "e2e-orders: image-orders image-base\n\tgo test ./test/e2e/orders\n"
                           "e2e-carts: image-carts image-base\n\tgo test ./test/e2e/carts\n"
                           "image-%:\n\tdocker build -t $* -f $*/Dockerfile $*\n"
                           "all:\n\tdocker build -t carts carts\n"
                           "image-carts:\n\tdocker build -t carts carts\n"
                           "image-base:\n\tdocker build -t base base\n"},
                          {"orders/Dockerfile", "FROM x:1\n"},
                          {"carts/Dockerfile", "FROM x:1\n"},
                          {"base/Dockerfile", "FROM x:1\n"},
                          {"test/e2e/orders/a_test.go", kUsesCluster},
                          {"test/e2e/carts/a_test.go", kUsesCluster}});
  auto const specs = repository.specs();
  REQUIRE(specs.size() == 3);
  CHECK_THAT(specs[0].text, ContainsText("  base:\n    containerfile: base/Dockerfile\n"));
  CHECK(specs[0].text.find("orders") == std::string::npos);
  CHECK_THAT(specs[1].text,
             ContainsText("images:\n  # from Makefile\n  carts:\n    containerfile: carts/Dockerfile\n\n"));
  CHECK_THAT(specs[2].text,
             ContainsText("images:\n  # from Makefile\n  orders:\n    containerfile: orders/Dockerfile\n\n"));
}

TEST_CASE("what the deployments of a suite need from another one is shared; one suite alone is no reason", "[init]") {
  std::string const ns = "apiVersion: v1\nkind: Namespace\nmetadata: {name: carts}\n";
  auto repository = shop({{"test/e2e/orders/a_test.go", kUsesCluster},
                          {"test/e2e/orders/orders.yaml", deployment("orders", "localhost/api", "carts")},
                          {"test/e2e/carts/a_test.go", kUsesCluster},
                          {"test/e2e/carts/carts.yaml", deployment("carts", "localhost/api", "carts")},
                          {"test/e2e/carts/space.yaml", ns}});
  auto const specs = repository.specs();
  REQUIRE(specs.size() == 3);
  CHECK_THAT(specs[0].text, ContainsText("    manifests: [test/e2e/carts/space.yaml]\n"));
  CHECK_THAT(specs[2].text, ContainsText("    needs: [space]\n"));
  auto one = shop({{"test/e2e/orders/a_test.go", kUsesCluster},
                   {"test/e2e/orders/orders.yaml", deployment("orders", "localhost/api")},
                   {"test/e2e/carts/a_test.go", kUsesCluster}});
  CHECK(one.specs().size() == 1);
}
