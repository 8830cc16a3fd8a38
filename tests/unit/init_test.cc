// A repository becomes a spec that compiles.
#include "catch.h"
#include "init/names.h"
#include "init_repository.h"

using namespace e2e;
using test::deployment;
using test::Repository;

TEST_CASE("an empty repository becomes a cluster", "[init]") {
  Repository repository{};
  auto const text = repository.spec();
  CHECK(text.starts_with("# yaml-language-server: $schema=../.e2e/schema.json\n"));
  CHECK_THAT(text, ContainsText("cluster:\n  name: shop-e2e\n"));
  CHECK_THAT(text, ContainsText("# No manifest was found."));
}

TEST_CASE("the context is the folder in which the sources are", "[init]") {
  Repository repository{{"docker/api.Dockerfile", "FROM x:1\nCOPY go.mod .\nCOPY cmd/api cmd/api\n"},
                        {"go.mod", ""},
                        {"cmd/api/main.go", ""},
                        {"web/Containerfile", "FROM x:1\nCOPY page.txt /\n"},
                        {"web/page.txt", ""},
                        {"build.d/Dockerfile", "FROM x:1\nCOPY . /src\n"},
                        {"jobs/Dockerfile.dev", "FROM x:1\nCOPY made.bin /\n"}};
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("  api:\n    containerfile: docker/api.Dockerfile\n    context: .\n"));
  CHECK_THAT(text, ContainsText("  web:\n    containerfile: web/Containerfile\n\n") ||
                       ContainsText("  web:\n    containerfile: web/Containerfile\n  "));
  CHECK_THAT(text, ContainsText("  build.d:\n    containerfile: build.d/Dockerfile\n"));
  CHECK_THAT(text, ContainsText("# made.bin is not in the context: does something make it before?\n  jobs-dev:\n"));
}

TEST_CASE("manifests say what an image is called, with any tag", "[init]") {
  Repository repository{{"api/Containerfile", "FROM x:1\n"},
                        {"k8s/api.yaml", deployment("api", "registry.example.com/team/api:dev")}};
  CHECK_THAT(repository.spec(),
             ContainsText("  api:\n    ref: registry.example.com/team/api\n    containerfile: api/Containerfile\n"));
  CHECK(repository.compiler.warnings() == "");
}

TEST_CASE("a short name in a manifest finds the image too", "[init]") {
  Repository repository{{"api/Containerfile", "FROM x:1\n"},
                        {"web/Containerfile", "FROM x:1\n"},
                        {"k8s/api.yaml", deployment("api", "api:dev")},
                        {"k8s/web.yaml", deployment("web", "web")}};
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("  # the 'api:dev' of a manifest is taken for it, not for a registry's\n"
                                "  api:\n    ref: api\n    containerfile: api/Containerfile\n"));
  CHECK_THAT(text, ContainsText("  web:\n    containerfile: web/Containerfile\n"));
  CHECK(repository.compiler.warnings() == "");
}

TEST_CASE("what nobody here builds is pulled", "[init]") {
  Repository repository{
      {"k8s/store.yaml", deployment("store", "redis:7")},
      {"k8s/mail.yaml", deployment("mail", "registry.example.com/mail@sha256:" + std::string(64, 'a'))},
      {"k8s/fresh.yaml", deployment("fresh", "quay.io/x/fresh:1\n          imagePullPolicy: Always")}};
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("  redis:\n    ref: redis:7\n    image: docker.io/library/redis:7\n"));
  CHECK_THAT(text, ContainsText("  mail:\n    image: registry.example.com/mail@sha256:aaa"));
  CHECK_THAT(text, ContainsText("external: [quay.io/x/fresh:1]\n"));
  CHECK(repository.compiler.warnings() == "");
}

TEST_CASE("what can't be made stays a comment, with all that needs it", "[init]") {
  Repository repository{{"api/Containerfile", "FROM localhost/nowhere\n"},
                        {"k8s/api.yaml", deployment("api", "localhost/api")},
                        {"k8s/web.yaml", deployment("web", "localhost/web")},
                        {"tool/Containerfile", "FROM x:1\n"}};
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("  # left out: it is FROM localhost/nowhere, and nothing here makes that\n"
                                "  # api:\n  #   containerfile: api/Containerfile\n"));
  CHECK_THAT(text, ContainsText("  # left out: it names localhost/api, which is left out above\n"
                                "  # api:\n  #   manifests: [k8s/api.yaml]\n"));
  CHECK_THAT(text, ContainsText("it names localhost/web, and nothing here makes that"));
  // what nothing names is built all the same: the repository has it
  CHECK_THAT(text, ContainsText("  tool:\n    containerfile: tool/Containerfile\n"));
}

TEST_CASE("a folder of one thing that runs is one deployment, else each file is one", "[init]") {
  Repository repository{
      {"k8s/api/deployment.yaml", deployment("api", "x/api:1", "shop")},
      {"k8s/api/service.yaml",
       "apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\nspec:\n  selector: {app: api}\n"},
      {"k8s/ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"},
      {"many/a.yaml", deployment("a", "x/api:1", "other")},
      {"many/b.yaml",
       deployment("b", "x/api:1") + "          envFrom: [{configMapRef: {name: b}}, {secretRef: {name: key}}]\n"},
      {"many/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: default}\n"}};
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("  api:\n    manifests: [k8s/api/deployment.yaml, k8s/api/service.yaml]\n"
                                "    needs: [ns]\n"));
  CHECK_THAT(text, ContainsText("# no manifest makes the namespace 'other'\n  a:\n    manifests: [many/a.yaml]\n"
                                "    namespace: other\n"));
  CHECK_THAT(text, ContainsText("# it refers to the Secret/default/key, which no manifest makes: a task may\n"
                                "  b:\n    manifests: [many/b.yaml, many/settings.yaml]\n"));
}

TEST_CASE("CRDs come before what has rights on them", "[init]") {
  Repository repository{
      {"k8s/crd.yaml",
       "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.x.example.com}\n"
       "spec: {group: x.example.com, names: {kind: A}}\n"},
      {"k8s/one.yaml", deployment("one", "x/one:1") +
                           "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: "
                           "{name: one}\nrules: [{apiGroups: [x.example.com], resources: [as], verbs: [get]}]\n"}};
  CHECK_THAT(repository.spec(), ContainsText("  one:\n    manifests: [k8s/one.yaml]\n    needs: [crd]\n"));
}

TEST_CASE("an object of a kind that no cluster has by itself wants its CRD", "[init]") {
  Repository repository{
      {"k8s/monitor.yaml", "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: m}\n"},
      {"k8s/api.yaml", deployment("api", "x/api:1")}};
  CHECK_THAT(repository.spec(),
             ContainsText("  # left out: it has a monitoring.coreos.com/ServiceMonitor, and no CRD of that is here\n"));
}

TEST_CASE("two files that make one object are not both deployed", "[init]") {
  Repository repository{{"deploy/prod/api.yaml", deployment("api", "x/api:1")},
                        {"deploy/dev/api.yaml", deployment("api", "x/api:1")}};
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("manifests: [deploy/dev/api.yaml]"));
  CHECK_THAT(text,
             ContainsText("# - deploy/prod/api.yaml: has the Deployment/default/api that deploy/dev/api.yaml has"));
}

TEST_CASE("a compose file says how images are built", "[init]") {
  Repository repository{
      {"svc/Dockerfile.prod", "FROM x:1 AS run\nARG A\nCOPY main.txt /\nFROM run AS debug\n"},
      {"svc/main.txt", ""},
      {"compose.yaml",
       "services:\n  api:\n    image: registry.example.com/api:1\n    build:\n      context: svc\n"
       "      dockerfile: Dockerfile.prod\n      target: run\n      args: [\"A=${A:-one, two}\", B=$C]\n"
       "  cache:\n    image: redis:7\n"},
      {"k8s/api.yaml", deployment("api", "registry.example.com/api:1")}};
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("    ref: registry.example.com/api\n    containerfile: svc/Dockerfile.prod\n"
                                "    target: run\n    args: {A: \"one, two\"}\n"));
  CHECK_THAT(text, ContainsText("compose.yaml gives the build argument B a value that is not known here"));
  CHECK_THAT(text,
             ContainsText("# - compose.yaml: the service 'cache' is redis:7: a deployment of it wants a manifest"));
}

TEST_CASE("skaffold says what is built and deployed", "[init]") {
  Repository repository{{"backend/Dockerfile", "FROM x:1\nCOPY main.txt /\n"},
                        {"backend/main.txt", ""},
                        {"skaffold.yaml",
                         "apiVersion: skaffold/v4beta6\nkind: Config\nbuild:\n  artifacts:\n"
                         "    - image: registry.example.com/shop/server\n      context: backend\n"
                         "    - image: other\n      ko: {}\nmanifests:\n  rawYaml: [\"k8s/*.yaml\"]\n"},
                        {"k8s/server.yaml", deployment("server", "registry.example.com/shop/server")},
                        {"old/server.yaml", deployment("old", "registry.example.com/shop/server")}};
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("  # from skaffold.yaml\n  server:\n    ref: registry.example.com/shop/server\n"
                                "    containerfile: backend/Dockerfile\n"));
  CHECK_THAT(text, ContainsText("# - old/server.yaml: skaffold does not deploy it"));
  CHECK_THAT(text, ContainsText("'other' is built by ko, not from a Containerfile"));
  CHECK_THAT(text, ContainsText("  server:\n    manifests: [k8s/server.yaml]\n"));
}

TEST_CASE("of the overlays of one base, one is deployed", "[init]") {
  Repository repository{{"config/base/kustomization.yaml", "resources: [api.yaml]\n"},
                        {"config/base/api.yaml", deployment("api", "x/api:1")}};
  for (auto const* name : {"prod", "e2e"}) {
    auto const folder = std::string("config/overlays/") + name;
    repository.write(folder + "/kustomization.yaml", "resources: [../../base]\npatches: [{path: patch.yaml}]\n");
    repository.write(folder + "/patch.yaml", "apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 2}\n");
    repository.write(folder + "/kustomized", deployment("api", "x/api:1"));
  }
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("    kustomize: config/overlays/e2e\n"));
  CHECK_THAT(text, ContainsText("# - config/overlays/prod: a kustomization of config"));
  CHECK(text.find("patch.yaml") == text.npos);
  CHECK(text.find("base/api.yaml") == text.npos);
}

TEST_CASE("charts are deployed, unless what is there already has their images or objects", "[init]") {
  Repository repository{{"charts/shop/Chart.yaml", "name: shop\nversion: 1.0.0\n"},
                        {"charts/shop/templates/api.yaml", "{{ no yaml"},
                        {"charts/shop/charted", deployment("api", "x/api:1")},
                        {"charts/parts/Chart.yaml", "name: parts\ntype: library\n"},
                        {"charts/more/Chart.yaml", "name: more\n"},
                        {"charts/more/charted", deployment("other", "y/api:2")},
                        {"api/Dockerfile", "FROM scratch\n"}};
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("  # left out: it has the image api that charts/more has\n"
                                "  # shop:\n  #   helm: {chart: charts/shop}\n"));
  CHECK_THAT(text, ContainsText("\n  more:\n    helm: {chart: charts/more}\n"));
  CHECK(text.find("parts") == text.npos);
  repository.write("k8s/api.yaml", deployment("api", "z/api"));
  CHECK_THAT(repository.spec(), ContainsText("  # left out: it has the image api that k8s/api.yaml has\n  # more:\n"));
  repository.write("charts/shop/charted", "no objects");
  CHECK_THAT(repository.spec(), ContainsText("  # left out: the chart can't be rendered: "));
}

TEST_CASE("one Containerfile for many services, and a script that makes a base", "[init]") {
  Repository repository{{"docker/service.Dockerfile", "FROM localhost/base\nARG SERVICE\nCOPY cmd/$SERVICE /src\n"},
                        {"cmd/orders/main.go", ""},
                        {"base/rootfs.sh", ""},
                        {"k8s/orders.yaml", deployment("orders", "localhost/orders")}};
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("  orders:\n    containerfile: docker/service.Dockerfile\n    context: .\n"
                                "    args: {SERVICE: orders}\n"));
  CHECK_THAT(text, ContainsText("  base:\n    rootfs: [sh, base/rootfs.sh]\n    inputs: [base]\n"));
  CHECK(text.find("  service:") == text.npos);
}

TEST_CASE("what is no manifest of ours is left out", "[init]") {
  Repository repository{{"node_modules/x/k8s.yaml", deployment("a", "x/a:1")},
                        {".github/k8s.yaml", deployment("b", "x/a:1")},
                        {"chart/Chart.yaml", "apiVersion: v2\nname: c\ntype: library\n"},
                        {"chart/templates/d.yaml", "apiVersion: v1\nkind: {{ .Kind }}\n"},
                        {"tpl/d.yaml", "apiVersion: v1\nkind: {{ .Kind }}\n"},
                        {"kubeconfig.yaml", "apiVersion: v1\nkind: Config\nclusters: []\n"},
                        {"kind.yaml", "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n"},
                        {"e2e/kind.yaml", "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n"}};
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("# - tpl/d.yaml: a template, not a manifest"));
  CHECK_THAT(text, ContainsText("  # there are others: kind.yaml; if all are up at once, they are 'clusters', by "
                                "name\n  config: e2e/kind.yaml\n"));
  CHECK_THAT(text, ContainsText("# No manifest was found."));
}

TEST_CASE("patches, vendored code, documents and spikes are passed over", "[init]") {
  Repository repository{{"api/Containerfile", "FROM x:1\n"}, {"dispatch/api.yaml", deployment("api", "x/api:1")}};
  for (auto const* folder : {"vendor", "third_party", "web/node_modules", "docs", "doc", "spike", "tools/spikes", "poc",
                             "examples", "samples", "testdata", "test/fixtures"}) {
    repository.write(std::string(folder) + "/x/Dockerfile", "FROM y:1\n");
    repository.write(std::string(folder) + "/x/all.yaml", deployment("x", "x/y:1"));
    repository.write(std::string(folder) + "/x/test/e2e/conftest.py", "");
    repository.write(std::string(folder) + "/x/test/e2e/test_x.py", "import kubernetes");
  }
  auto const patched = deployment("patched", "x/y:1");
  for (auto const* path : {"k8s/patch.yaml", "k8s/web-patch.yaml", "k8s/patch_tls.yaml", "k8s/patches/all.yaml"})
    repository.write(path, patched);
  repository.write("k8s/resources.yaml",
                   "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n"
                   "      containers: [{name: a, resources: {}}]\n");
  repository.write("k8s/replicas.yaml",
                   "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 2}\n");
  repository.write("k8s/webhook_in_as.yaml",
                   "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.x.io}\n"
                   "spec: {conversion: {strategy: Webhook}}\n");
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("\ndeployments:\n  api:\n    manifests: [dispatch/api.yaml]\n\n"));
  CHECK_THAT(text, ContainsText("# - k8s/patch.yaml: a patch, by its name"));
  CHECK_THAT(text, ContainsText("# - k8s/patches/all.yaml: a patch, by its name"));
  CHECK_THAT(text, ContainsText("# - k8s/resources.yaml: a patch, by what it lacks"));
  CHECK_THAT(text, ContainsText("# - tools/spikes: passed over, by its name"));
  CHECK(text.find("/x/") == text.npos);
  CHECK(text.find("\n  x:") == text.npos);
}

TEST_CASE("what is built twice is one image, though its stage is a guess", "[init]") {
  Repository repository{{"api/Dockerfile", "FROM x:1 AS production\nFROM x:1 AS development\n"},
                        {"Makefile", "all:\n\tdocker build -t api api\nagain:\n\tdocker build -t api:2 api\n"}};
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("  api:\n    containerfile: api/Dockerfile\n    target: production\n"));
  CHECK(text.find("api-2") == text.npos);
}

TEST_CASE("variants that are FROM one another by a tag are told of", "[init]") {
  Repository repository{{"debian/bookworm/curl/Dockerfile", "FROM debian:bookworm\n"},
                        {"debian/bookworm/Dockerfile", "FROM example.com/shop:bookworm-curl\n"},
                        {"debian/trixie/curl/Dockerfile", "FROM debian:trixie\n"},
                        {"other/Dockerfile", "FROM shop:nowhere-curl\n"}};
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("  # it is FROM 'example.com/shop:bookworm-curl', which 'curl' seems to make"));
  CHECK(text.find("nowhere") == text.npos);
}

TEST_CASE("an image that is FROM its own name is told from it", "[init]") {
  Repository repository{{"nginx/Dockerfile", "FROM nginx\n"}};
  CHECK_THAT(repository.spec(), ContainsText("    ref: localhost/shop/nginx\n"));
}

TEST_CASE("a free name is found among hundreds that are alike as far as names go", "[init]") {
  std::string const alike(60, 'a');
  std::set<std::string> taken;
  for (int i = 0; i < 1200; ++i) {
    auto const name = init::free_name(taken, alike + std::to_string(i), alike + "b");
    INFO(name);
    CHECK(name.size() <= 40);
    CHECK(name == init::good_name(name));
    CHECK(taken.insert(name).second);
  }
  CHECK(taken.contains(std::string(38, 'a') + "-2"));
  CHECK(taken.contains(std::string(35, 'a') + "-1200"));
  CHECK(init::free_name({"a"}, "A", "b.") == "b");
  CHECK(init::free_name({"a", "b"}, "A", "b.") == "a-2");
  CHECK(init::free_name({std::string(40, 'a')}, std::string(37, 'a') + "-bb") == std::string(37, 'a') + "-bb");
}

TEST_CASE("files and images with long names that are alike all get a name", "[init]") {
  Repository repository{};
  std::string const alike(50, 'x');
  for (int i = 0; i < 150; ++i) {
    auto const name = alike + std::to_string(i);
    repository.write("k8s/" + name + ".yaml", deployment(name, "registry.example.com/" + name + ":1"));
    repository.write(name + "/Containerfile", "FROM x:1\n");
  }
  auto const text = repository.spec();
  CHECK_THAT(text, ContainsText("manifests: [k8s/" + alike + "149.yaml]"));
  CHECK_THAT(text, ContainsText("containerfile: " + alike + "149/Containerfile"));
}
