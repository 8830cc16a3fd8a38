#include "plan/resolve.h"

#include <fmt/format.h>

#include "catch.h"
#include "memory.h"

using namespace e2e;
using Strings = std::vector<std::string>;
using test::Compiler;

namespace {

constexpr char const* kService =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: e2e}\nspec:\n  template:\n    spec:\n"
    "      containers: [{name: web, image: localhost/web}]\n";

/// A workspace with two images, the second FROM the first, and a manifest that names the second.
Compiler workspace(std::string const& spec) {
  Compiler compiler;
  compiler.files.write("specs/s.yaml", spec);
  compiler.files.write("base/Containerfile", "FROM scratch\nCOPY rootfs /\n");
  compiler.files.write("web/Containerfile", "FROM localhost/base AS build\nCOPY . .\nFROM localhost/base AS runtime\n");
  compiler.files.write("web/src/main.go", "");
  compiler.files.write("k8s/web.yaml", kService);
  compiler.files.write("k8s/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
  compiler.files.write("kind.yaml", "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n");
  compiler.files.write("t", "");
  compiler.files.write("run.sh", "");
  return compiler;
}

std::string const kImages =
    "images:\n  base: {containerfile: base/Containerfile}\n  web: {containerfile: web/Containerfile}\n";

std::string errors_of(std::string const& spec) {
  auto compiler = workspace(spec);
  compiler.resolve();
  return compiler.errors();
}

}  // namespace

TEST_CASE("defaults are filled in", "[resolve]") {
  auto compiler = workspace(kImages + "cluster: {}\ndeployments: {web: {manifests: k8s/web.yaml}}\n");
  auto const plan = compiler.resolve();
  REQUIRE(compiler.errors().empty());
  CHECK(plan.builder->name == "builder/podman");
  auto const& web = plan.images.at(1);
  CHECK(web.ref == "localhost/web");
  CHECK(web.context == "web");
  CHECK(web.timeout == 900);
  CHECK(web.expected == 0);
  auto const& environment = plan.environments.at(0);
  CHECK(environment.name == "s");
  CHECK(environment.clusters.at(0).name == "s");
  CHECK(environment.clusters.at(0).timeout == 600);
  CHECK(environment.clusters.at(0).provider->name == "cluster/kind");
  CHECK(environment.deployments.at(0).timeout == 300);
}

TEST_CASE("FROM lines and manifests find the images of the spec", "[resolve]") {
  auto compiler = workspace(kImages + "cluster: {}\ndeployments: {web: {manifests: k8s/web.yaml}}\n");
  auto const plan = compiler.resolve();
  REQUIRE(plan.images.at(1).bases.size() == 1);
  CHECK(plan.images[1].bases[0].image == plan::ImageId{0});
  CHECK_FALSE(plan.images[0].loaded);
  CHECK(plan.images[1].loaded);
  auto const& deployment = plan.environments.at(0).deployments.at(0);
  CHECK(deployment.images.at("localhost/web") == plan::ImageId{1});
  CHECK(deployment.waits.at(0).object == "deployment/web");
}

TEST_CASE("an image of the spec is known by its own reference, and by its short name", "[resolve]") {
  auto compiler = workspace(
      "images: {other: {containerfile: base/Containerfile, ref: localhost/web}}\ncluster: {}\n"
      "deployments: {web: {manifests: k8s/web.yaml}}\n");
  compiler.files.write("k8s/web.yaml", test::replaced(kService, "localhost/web", "web:latest"));
  CHECK(compiler.resolve().images.at(0).loaded);
  CHECK(compiler.errors().empty());
}

TEST_CASE("a manifest means what is built here by any tag, but not by a digest", "[resolve]") {
  auto const named = [](std::string const& image) {
    auto compiler = workspace(
        "images:\n  base: {containerfile: base/Containerfile}\n"
        "  web: {ref: registry.example.com/web, containerfile: web/Containerfile}\n"
        "cluster: {}\ndeployments: {web: {manifests: k8s/web.yaml}}\n");
    compiler.files.write("k8s/web.yaml", test::replaced(kService, "localhost/web", image));
    auto const plan = compiler.resolve();
    CHECK(compiler.errors() == "");
    return plan.environments.at(0).deployments.at(0).images.contains(image);
  };
  CHECK(named("registry.example.com/web"));
  CHECK(named("registry.example.com/web:dev"));
  CHECK_FALSE(named("\"registry.example.com/web:dev@sha256:" + std::string(64, '0') + "\""));
  CHECK_FALSE(named("other.example.com/web:dev"));
}

TEST_CASE("images from elsewhere are left alone", "[resolve]") {
  auto compiler = workspace("images: {web: {containerfile: web/Containerfile}}\n");
  compiler.files.write("web/Containerfile", "FROM registry.test/base:1\nCOPY --from=registry.test/tools /t /t\n");
  CHECK(compiler.resolve().images.at(0).bases.empty());
  CHECK(compiler.errors().empty());
}

TEST_CASE("an image that nobody makes is told where it is named", "[resolve]") {
  auto compiler =
      workspace("images:\n  web: {containerfile: web/Containerfile}\n  bas: {containerfile: base/Containerfile}\n");
  compiler.resolve();
  CHECK(compiler.errors() ==
        "web/Containerfile:3:1: error: no image of the spec is 'localhost/base'\n"
        "    3 | FROM localhost/base AS runtime\n        ^\n"
        "specs/s.yaml:2:3: note: needed by this image\n"
        "    2 |   web: {containerfile: web/Containerfile}\n          ^~~\n"
        "  help: did you mean 'localhost/bas'?\n");
}

TEST_CASE("what a manifest names and nobody makes is told in the manifest", "[resolve]") {
  CHECK(errors_of("images:\n  base: {containerfile: base/Containerfile}\ncluster: {}\n"
                  "deployments:\n  web: {manifests: k8s/web.yaml}\n") ==
        "k8s/web.yaml:7:39: error: no image of the spec is 'localhost/web'\n"
        "    7 |       containers: [{name: web, image: localhost/web}]\n"
        "                                              ^~~~~~~~~~~~~\n"
        "specs/s.yaml:5:3: note: deployed by this\n"
        "    5 |   web: {manifests: k8s/web.yaml}\n          ^~~\n"
        "  help: known here: localhost/base\n");
}

TEST_CASE("needs are deployments and tasks, of whatever order", "[resolve]") {
  auto compiler =
      workspace(kImages +
                "cluster: {}\ndeployments:\n  web: {manifests: k8s/web.yaml, needs: [seed]}\n"
                "  config: {manifests: k8s/config.yaml}\ntasks:\n  seed: {command: [sh, run.sh], needs: config}\n"
                "tests:\n  t: {command: [sh, run.sh], needs: [web, seed]}\n");
  auto const plan = compiler.resolve();
  REQUIRE(compiler.errors().empty());
  auto const& environment = plan.environments.at(0);
  CHECK(environment.deployments[0].needs.at(0).task);
  CHECK_FALSE(environment.tasks[0].needs.at(0).task);
  CHECK(environment.tasks[0].needs[0].index == 1);
  CHECK(environment.suites[0].needs.size() == 2);
}

TEST_CASE("an unknown need is told with the nearest name; an image has its own help", "[resolve]") {
  CHECK(errors_of(kImages + "cluster: {}\ndeployments:\n  postgres: {manifests: k8s/config.yaml}\n"
                            "  web: {manifests: k8s/web.yaml, needs: [postgers, base]}\n") ==
        "specs/s.yaml:7:42: error: no deployment or task is called 'postgers'\n"
        "    7 |   web: {manifests: k8s/web.yaml, needs: [postgers, base]}\n"
        "                                                 ^~~~~~~~\n"
        "  help: did you mean 'postgres'?\n"
        "specs/s.yaml:7:52: error: 'base' is an image: 'needs' speaks of deployments and tasks\n"
        "    7 |   web: {manifests: k8s/web.yaml, needs: [postgers, base]}\n"
        "                                                           ^~~~\n"
        "  help: an image comes by itself, where a manifest or a FROM line names it\n");
}

TEST_CASE("a circle of needs is told with its way", "[resolve]") {
  CHECK(errors_of("cluster: {}\ndeployments:\n  a: {manifests: k8s/config.yaml, needs: c}\ntasks:\n"
                  "  b: {command: x, needs: a}\n  c: {command: x, needs: b}\n") ==
        "specs/s.yaml:3:3: error: 'a' needs itself\n"
        "    3 |   a: {manifests: k8s/config.yaml, needs: c}\n          ^\n"
        "  help: the needs go round in a circle: a -> c -> b -> a; take one out\n");
}

TEST_CASE("images that are FROM each other are told", "[resolve]") {
  auto compiler = workspace(kImages);
  compiler.files.write("base/Containerfile", "FROM localhost/web\n");
  compiler.resolve();
  CHECK(compiler.errors() ==
        "specs/s.yaml:2:3: error: the image 'base' is FROM itself\n"
        "    2 |   base: {containerfile: base/Containerfile}\n          ^~~~\n"
        "  help: the FROM lines go round in a circle: base -> web -> base; one has to name another image\n");
}

TEST_CASE("a builder and a cluster have to agree on how images travel", "[resolve]") {
  auto compiler = workspace(kImages + "cluster: {provider: carrier}\n");
  compiler.provide("cluster/carrier", "#: role = cluster\n#: accepts = pigeon raven\n");
  compiler.resolve();
  CHECK(compiler.errors() ==
        "specs/s.yaml:4:1: error: builder/podman offers images as layers or archive or registry, cluster/carrier "
        "accepts pigeon or raven\n"
        "    4 | cluster: {provider: carrier}\n        ^~~~~~~\n"
        "  help: choose another builder or another provider\n");
}

TEST_CASE("images travel the first way that both know, or the one that the spec wants", "[resolve]") {
  auto const chosen = [](std::string const& accepts, std::string const& wanted) {
    auto compiler = workspace(kImages + "cluster: {provider: carrier" + wanted + "}\n");
    compiler.provide("cluster/carrier", "#: role = cluster\n#: accepts = " + accepts + "\n");
    auto const plan = compiler.resolve();
    return compiler.errors() + std::string(plan::transport_name(plan.environments.at(0).clusters.at(0).transport));
  };
  CHECK(chosen("archive layers", "") == "layers");
  CHECK(chosen("pigeon archive", "") == "archive");
  CHECK(chosen("archive layers", ", transport: archive") == "archive");
  auto compiler = workspace(kImages + "cluster: {provider: carrier, transport: layer}\n");
  compiler.provide("cluster/carrier", "#: role = cluster\n#: accepts = layers archive\n");
  compiler.resolve();
  CHECK(
      compiler.errors() ==
      "specs/s.yaml:4:41: error: images can't go from builder/podman to cluster/carrier as 'layer'\n"
      "    4 | cluster: {provider: carrier, transport: layer}\n                                                ^~~~~\n"
      "  help: did you mean 'layers'?\n");
}

TEST_CASE("a provider is one template more, and nobody else's business", "[resolve]") {
  auto compiler = workspace(kImages + "cluster: {provider: other}\n");
  auto const kind = std::find_if(compiler.providers.begin(), compiler.providers.end(),
                                 [](auto const& one) { return one.name == "cluster/kind"; });
  compiler.provide("cluster/other", std::string(kind->text));
  CHECK(compiler.resolve().environments.at(0).clusters.at(0).provider->name == "cluster/other");
  CHECK(compiler.errors().empty());
}

TEST_CASE("an unknown provider is told with those there are", "[resolve]") {
  CHECK(errors_of(kImages + "builder: podmann\ncluster: {provider: minikube}\n") ==
        "specs/s.yaml:4:10: error: no template is called 'podmann'\n"
        "    4 | builder: podmann\n                 ^~~~~~~\n"
        "  help: did you mean 'podman'?\n"
        "specs/s.yaml:5:21: error: no template is called 'minikube'\n"
        "    5 | cluster: {provider: minikube}\n                            ^~~~~~~~\n"
        "  help: known here: existing, kind\n");
}

TEST_CASE("the sources of an image are those that its Containerfile names, or the spec's", "[resolve]") {
  auto compiler = workspace(
      "images:\n  base: {containerfile: base/Containerfile}\n"
      "  web: {containerfile: web/Containerfile, sources: [web/src]}\n");
  auto const plan = compiler.resolve();
  REQUIRE(compiler.errors().empty());
  CHECK(plan.images[0].sources == Strings{"rootfs"});
  CHECK(plan.images[1].sources == Strings{"src"});
  CHECK(errors_of("images:\n  base: {containerfile: base/Containerfile, sources: [web/src]}\n")
            .find("error: 'web/src' is outside of the context 'base'\n") != std::string::npos);
}

TEST_CASE("build arguments reach the FROM lines", "[resolve]") {
  auto compiler = workspace(kImages + "");
  compiler.files.write("specs/s.yaml",
                       "images:\n  base: {containerfile: base/Containerfile}\n"
                       "  web: {containerfile: web/Containerfile, args: {FLAVOUR: base}}\n");
  compiler.files.write("web/Containerfile", "ARG FLAVOUR=none\nFROM localhost/${FLAVOUR}\n");
  CHECK(compiler.resolve().images.at(1).bases.size() == 1);
  CHECK(compiler.errors().empty());
}

TEST_CASE("the command line's node image wins", "[resolve]") {
  auto compiler = workspace(kImages + "cluster: {node-image: written}\n");
  auto const document = compiler.load();
  CHECK(plan::resolve({document}, compiler.providers, {}, compiler.files, compiler.sources, compiler.diagnostics)
            .environments.at(0)
            .clusters.at(0)
            .node_image == "written");
  CHECK(plan::resolve({document}, compiler.providers, {"given"}, compiler.files, compiler.sources, compiler.diagnostics)
            .environments.at(0)
            .clusters.at(0)
            .node_image == "given");
}

TEST_CASE("a broken file that is used twice is told once", "[resolve]") {
  auto compiler = workspace(
      kImages + "cluster: {}\ndeployments:\n  a: {manifests: k8s/bad.yaml}\n  b: {manifests: k8s/bad.yaml}\n");
  compiler.files.write("k8s/bad.yaml", "a: [\n");
  compiler.resolve();
  auto const errors = compiler.errors();
  CHECK(errors.find("k8s/bad.yaml:2:1: error: not YAML") == 0);
  CHECK(errors.find("error:", 40) == errors.npos);
}

TEST_CASE("names that Kubernetes or a file system would not take are told", "[resolve]") {
  for (auto const* bad : {"Web", "a_b", "-a", "a-", ".a", "a b", "a/b", "..", "\xc3\xa4"}) {
    INFO(bad);
    CHECK(errors_of(std::string("images:\n  \"") + bad + "\": {containerfile: base/Containerfile}\n")
              .find("can't be the name of an image\n") != std::string::npos);
  }
  auto const longest = std::string(50, 'a');
  CHECK(errors_of("images:\n  " + longest + ": {containerfile: base/Containerfile}\n").empty());
  CHECK_FALSE(errors_of("images:\n  " + longest + "a: {containerfile: base/Containerfile}\n").empty());
}

TEST_CASE("a RUN that mounts what the image does not have is a warning", "[resolve]") {
  for (auto const& [run, keys, help] : {
           std::tuple("type=ssh", "", "add 'ssh: default' to it"),
           {"type=ssh", "ssh: default", ""},
           {"type=ssh", "ssh: default=~/.ssh/k", ""},
           {"type=ssh", "flags: [--ssh=default]", ""},
           {"type=ssh,id=k", "ssh: default", "add 'ssh: k=PATH' to it"},
           {"type=ssh,id=$K", "", ""},
           {"type=secret,id=token", "secrets: {tokens: t}", "add 'secrets: {token: PATH}' to it"},
           {"type=secret,id=token", "secrets: {token: t}", ""},
           {"type=secret,target=/t", "", ""},
       }) {
    Compiler compiler;
    compiler.files.write("t", "");
    compiler.files.write("x/Containerfile", std::string("FROM scratch\nRUN --mount=") + run + " make\n");
    compiler.files.write("specs/s.yaml", std::string("images: {x: {containerfile: x/Containerfile, ") + keys +
                                             "}}\ncluster: {name: c}\n");
    compiler.resolve();
    INFO(run << ", " << keys);
    REQUIRE(compiler.errors() == "");
    auto const said = compiler.warnings();
    CHECK((said.find("for this RUN") != said.npos) == (*help != '\0'));
    CHECK(said.find(help) != said.npos);
  }
}

TEST_CASE("a policy asks for a RUN line, and no other line will do", "[resolve]") {
  auto const errors = [](std::string const& containerfile) {
    auto compiler = workspace("policy: {run: dnf update}\nimages: {base: {containerfile: base/Containerfile}}\n");
    compiler.files.write("base/Containerfile", containerfile);
    compiler.resolve();
    return compiler.errors();
  };
  CHECK(errors("FROM scratch\nRUN dnf update -y\n").empty());
  CHECK(errors("FROM scratch\nRUN true\nRUN true && \\\n  dnf update\n").empty());
  for (auto const* other :
       {"FROM scratch\n", "FROM scratch\n# RUN dnf update\n", "FROM scratch\nENV A=\"dnf update\"\n",
        "FROM scratch\nCMD dnf update\n", "FROM scratch\nRUN dnf upgrade\n"}) {
    INFO(other);
    CHECK(errors(other).find("error: no RUN line of 'base/Containerfile' has 'dnf update'\n") != std::string::npos);
  }
}

// What is not compared would be that of whichever spec comes first.
TEST_CASE("an image that two specs define in two ways is refused, whatever the difference", "[resolve]") {
  auto const errors = [](std::string const& one, std::string const& other) {
    Compiler compiler;
    for (auto const& [name, image] : {std::pair("one", one), std::pair("other", other)})
      compiler.files.write(std::string("specs/") + name + ".yaml",
                           "images: {base: {containerfile: base/Containerfile}, web: {" + image + "}}\n");
    for (auto const* path : {"base/Containerfile", "web/Containerfile", "web/Other"})
      compiler.files.write(path, "FROM scratch AS run\nFROM scratch AS also\nCOPY a b /\n");
    for (auto const* path : {"web/a", "web/b", "base/b", "go/main.go", "web/go/main.go"})
      compiler.files.write(path, "");
    std::vector<spec::Document> const documents{compiler.load("specs/one.yaml"), compiler.load("specs/other.yaml")};
    REQUIRE(compiler.errors() == "");
    plan::resolve(documents, compiler.providers, {}, compiler.files, compiler.sources, compiler.diagnostics);
    return compiler.errors();
  };
  std::string const built = "containerfile: web/Containerfile";
  CHECK(errors(built, built) == "");
  CHECK(errors(built, built + ", expected: 5m") == "");
  for (auto const* more :
       {"args: {A: '1'}", "secrets: {a: web/a}", "volumes: ['/a:/b']", "flags: [--squash]", "target: run",
        "platform: linux/arm64", "pull: always", "network: host", "memory: 1g", "ssh: default", "ref: other/web",
        "sources: web/a", "go: web/go", "timeout: 1m", "context: .", "prebuilt: quay.io/x"}) {
    INFO(more);
    CHECK(errors(built, built + ", " + more).find("two specs have an image 'web', and not the same one") !=
          std::string::npos);
  }
  auto const differ = [&](std::string const& one, std::string const& other) {
    INFO(one << " and " << other);
    CHECK(errors(one, other).find("and not the same one") != std::string::npos);
    CHECK(errors(one, one) == "");
  };
  differ(built + ", args: {A: '1'}", built + ", args: {A: '2'}");
  differ(built + ", args: {A: '1'}", built + ", args: {B: '1'}");
  differ(built + ", secrets: {a: web/a}", built + ", secrets: {a: web/b}");
  differ(built + ", volumes: ['/a:/b']", built + ", volumes: ['/a:/c']");
  differ(built + ", flags: [--a]", built + ", flags: [--b]");
  differ(built + ", ssh: default", built + ", ssh: other");
  differ(built + ", go: web/go, beside-go: web/a", built + ", go: web/go, beside-go: web/b");
  differ(built, "containerfile: web/Other");
  differ("image: redis", "image: 'redis:7'");
  differ("rootfs: [a], inputs: web/a", "rootfs: [b], inputs: web/a");
  differ("rootfs: [a], inputs: web/a", "rootfs: [a], inputs: web/b");
}

TEST_CASE("a policy against whatever is the latest wants a tag or a digest, and another tag", "[resolve]") {
  auto const refused = [](std::string const& base) {
    auto compiler = workspace("policy: {latest: false}\nimages: {base: {containerfile: base/Containerfile}}\n");
    compiler.files.write("base/Containerfile", "FROM " + base + "\n");
    compiler.resolve();
    return compiler.errors().find(fmt::format("error: '{}' is whatever is the latest\n", base)) != std::string::npos;
  };
  for (auto const* base : {"registry.test/base", "registry.test/base:latest", "registry.test:5000/base"})
    CHECK(refused(base));
  for (auto const* base : {"registry.test/base:1", "registry.test/base@sha256:0", "registry.test:5000/base:latest-1"})
    CHECK_FALSE(refused(base));
}

TEST_CASE("what a deployment is ready with is KIND/NAME", "[resolve]") {
  auto const accepted = [](std::string const& object) {
    // a task may make what no manifest does
    return errors_of(kImages + "cluster: {}\ntasks: {t: {command: [make]}}\n" +
                     "deployments: {web: {manifests: k8s/web.yaml, ready: ['" + object + "']}}\n")
        .empty();
  };
  for (auto const* object : {"deployment/web", "statefulset/web-0.x", "deployment/w"}) CHECK(accepted(object));
  for (auto const* object :
       {"web", "/web", "deployment/", "deployment/web/x", "-d/web", "deployment/a b", "deployment/$x"}) {
    INFO(object);
    CHECK_FALSE(accepted(object));
  }
}

TEST_CASE("what is waited for is looked for where the manifests make it", "[resolve]") {
  std::string const shop =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n---\n"
      "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {ports: [{port: 80}]}\n---\n"
      "apiVersion: e.com/v1\nkind: Proxy\nmetadata: {name: p, namespace: shop}\n";
  auto const waits = [&](std::string const& manifest, std::string const& keys) {
    Compiler compiler;
    compiler.files.write("m.yaml", manifest);
    compiler.files.write(
        "specs/s.yaml",
        "cluster: {}\ntasks: {t: {command: [make]}}\ndeployments: {m: {manifests: m.yaml" + keys + "}}\n");
    auto const plan = compiler.resolve();
    CHECK(compiler.errors() == "");
    std::string text = compiler.warnings();
    for (auto const& wait : plan.environments.at(0).deployments.at(0).waits) text += wait.ns + ":" + wait.object + " ";
    return text;
  };
  CHECK(waits(shop, ", ready: [deploy/web=Available, service/web]") == "shop:deploy/web shop:endpoints/web ");
  CHECK(waits(shop, ", ready: [proxies.e.com/p=Ready]") == "shop:proxies.e.com/p ");
  CHECK(waits(shop + "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: b}\n", ", ready: svc/web") ==
        "b:endpoints/web shop:endpoints/web ");
  // what an operator makes is looked for where all the rest is
  CHECK(waits(shop, ", ready: [pod/p=Ready]") == "shop:pod/p ");
  CHECK(waits(shop, ", namespace: n, ready: [pod/p=Ready]") == "n:pod/p ");
  CHECK(waits("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n", ", ready: service/web") ==
        "default:endpoints/web ");
  CHECK(waits(shop, ", ready: [manifests, service/web]") == "shop:deployment/web shop:endpoints/web ");
}

TEST_CASE("the folders of the workspace that a cluster's configuration mounts are known", "[resolve]") {
  std::string const config =
      "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n  extraMounts:\n"
      "  - {hostPath: ./cover/a, containerPath: /a}\n  - {hostPath: /var/run/docker.sock, containerPath: /b}\n"
      "- role: worker\n  extraMounts: [{hostPath: cover/b, containerPath: /a}, {hostPath: ../c, containerPath: /c}]\n";
  for (bool const inlined : {false, true}) {
    Compiler compiler;
    compiler.files.write("kind.yaml", config);
    auto in = "\n" + config;
    for (auto at = in.find('\n'); at != in.npos && at + 1 < in.size(); at = in.find('\n', at + 1))
      in.insert(at + 1, "    ");
    compiler.files.write("specs/s.yaml", "cluster:\n  " +
                                             (inlined ? "inline:" + in : std::string("config: kind.yaml\n")) +
                                             "tasks: {t: {command: [make]}}\n");
    auto const plan = compiler.resolve();
    REQUIRE(compiler.errors() == "");
    CHECK(plan.environments.at(0).clusters.at(0).folders == std::vector<std::string>{"cover/a", "cover/b"});
  }
}

TEST_CASE("a reference may have every letter and digit", "[resolve]") {
  CHECK(errors_of("images: {x: {containerfile: base/Containerfile, ref: localhost/abz.a-z_09}}\n") == "");
}
