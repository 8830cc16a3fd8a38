#include "step/render.h"

#include <filesystem>

#include "base/disk.h"
#include "catch.h"
#include "memory.h"

using namespace e2e;
namespace fs = std::filesystem;

namespace {

std::string with_ns(std::string const& text) {
  return step::rendered("m.yaml", text, {}, "shop");
}

}  // namespace

TEST_CASE("references get their tags, whatever they had before, and nothing else changes", "[render]") {
  step::ImageNames const images{{{"localhost/a", "t1"}, {"r.example.com:5000/b:7", "t2"}, {"c@sha256:00", "t3"}},
                                {{"c@sha256:00", "mirror/c"}}};
  CHECK(step::rendered("m.yaml",
                       "# image: localhost/a\nx:\n- image: localhost/a # why\n- image: \"r.example.com:5000/b:7\"\n"
                       "- {image: c@sha256:00}\n- image: localhost/ab\n",
                       images, "") ==
        "# image: localhost/a\nx:\n- image: localhost/a:t1 # why\n- image: \"r.example.com:5000/b:t2\"\n"
        "- {image: mirror/c:t3}\n- image: localhost/ab\n");
}

TEST_CASE("a node that has an image is not told to ask a registry for it", "[render]") {
  step::ImageNames const images{{{"localhost/a", "t1"}}, {}};
  CHECK(step::rendered("m.yaml",
                       "- image: localhost/a\n  imagePullPolicy: Always # why\n- {imagePullPolicy: \"Always\", image: "
                       "localhost/a}\n- image: other\n  imagePullPolicy: Always\n- image: localhost/a\n"
                       "  imagePullPolicy: Never\n",
                       images, "") ==
        "- image: localhost/a:t1\n  imagePullPolicy: IfNotPresent # why\n- {imagePullPolicy: \"IfNotPresent\", image: "
        "localhost/a:t1}\n- image: other\n  imagePullPolicy: Always\n- image: localhost/a:t1\n"
        "  imagePullPolicy: Never\n");
}

TEST_CASE("an image with an anchor or tag, and what stands for it elsewhere", "[render]") {
  step::ImageNames const images{{{"localhost/a", "t1"}}, {}};
  CHECK(step::rendered("m.yaml", "a:\n  image: &i localhost/a\nb: {image: *i}\nc: {image: !!str 'localhost/a'}\n",
                       images,
                       "") == "a:\n  image: &i localhost/a:t1\nb: {image: *i}\nc: {image: !!str 'localhost/a:t1'}\n");
  CHECK_THROWS_WITH(step::rendered("m.yaml", "image: \"localhost\\x2fa\"\n", images, ""),
                    "m.yaml: 'localhost/a' is written in a way that can't be given a tag: write it plainly");
}

TEST_CASE("objects that name no namespace get one, in their own style", "[render]") {
  CHECK(with_ns("kind: Service\nmetadata:\n  # mine\n  name: a\n  labels: {x: y}\n") ==
        "kind: Service\nmetadata:\n  # mine\n  namespace: shop\n  name: a\n  labels: {x: y}\n");
  CHECK(with_ns("kind: Service\nmetadata: {name: a}\n") == "kind: Service\nmetadata: {namespace: shop, name: a}\n");
  CHECK(with_ns("kind: Service\nmetadata: {name: a, namespace: b}\n") ==
        "kind: Service\nmetadata: {name: a, namespace: b}\n");
  CHECK(with_ns("kind: ClusterRole\nmetadata: {name: a}\n") == "kind: ClusterRole\nmetadata: {name: a}\n");
  CHECK(with_ns("kind: List\nitems:\n- kind: Pod\n  metadata:\n    name: a\n") ==
        "kind: List\nitems:\n- kind: Pod\n  metadata:\n    namespace: shop\n    name: a\n");
  CHECK(with_ns("kind: Pod\nmetadata: &m {name: a}\n") == "kind: Pod\nmetadata: &m {namespace: shop, name: a}\n");
  CHECK_THROWS_WITH(with_ns("kind: Pod\nmetadata: {&k name: a}\nspec: *k\n"),
                    "m.yaml: 'name' has an anchor or tag, and no namespace can be put before it: write it plainly");
  // only the object's own metadata
  CHECK(with_ns("kind: Deployment\nmetadata: {name: a}\nspec: {template: {metadata: {labels: {x: y}}}}\n") ==
        "kind: Deployment\nmetadata: {namespace: shop, name: a}\nspec: {template: {metadata: {labels: {x: y}}}}\n");
}

TEST_CASE("namespaces and CRDs stand in a file of their own", "[render]") {
  test::TempFolder const folder;
  write_file(
      folder.path("m.yaml"),
      "kind: Order\n---\nkind: CustomResourceDefinition\nx: 1\n--- # that was it\nkind: Pod\n---\nkind: Namespace\n");
  step::render_manifests({.from = {folder.path("m.yaml")}, .to = folder.path("to"), .first = folder.path("first")});
  CHECK(read_file(folder.path("first")) ==
        std::optional<std::string>("---\nkind: CustomResourceDefinition\nx: 1\n---\nkind: Namespace\n"));
  // a manifest may hold a Secret
  for (auto const* name : {"to", "first"})
    CHECK((fs::status(folder.path(name)).permissions() & fs::perms::all) ==
          (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("references of an image are found anywhere where that is wanted", "[render]") {
  step::ImageNames const images{{{"localhost/a", "t1"}, {"localhost/b", "t2"}}, {}, {"localhost/a"}};
  CHECK(
      step::rendered("m.yaml",
                     "env: [{name: A, value: localhost/a}, {name: B, value: localhost/b}]\n"
                     "args:\n- --sidecar=localhost/a # why\n- \"--x=y=localhost/a\"\n- localhost/a/b\nlocalhost/a: c\n",
                     images, "") ==
      "env: [{name: A, value: localhost/a:t1}, {name: B, value: localhost/b}]\n"
      "args:\n- --sidecar=localhost/a:t1 # why\n- \"--x=y=localhost/a:t1\"\n- localhost/a/b\nlocalhost/a: c\n");
}

TEST_CASE("merged maps are edited where they are written, and once", "[render]") {
  step::ImageNames const images{{{"localhost/a", "t1"}}, {}};
  CHECK(step::rendered("m.yaml",
                       "kind: Pod\nmetadata:\n  <<: &m {labels: {x: y}}\n  name: a\nspec:\n  containers:\n"
                       "  - &c {image: localhost/a}\n  - {<<: *c, name: b}\n",
                       images, "shop") ==
        "kind: Pod\nmetadata:\n  namespace: shop\n  <<: &m {labels: {x: y}}\n  name: a\nspec:\n  containers:\n"
        "  - &c {image: localhost/a:t1}\n  - {<<: *c, name: b}\n");
}

TEST_CASE("a custom resource whose kind ends in List gets its namespace", "[render]") {
  CHECK(with_ns("apiVersion: e.com/v1\nkind: AllowList\nmetadata: {name: a}\n") ==
        "apiVersion: e.com/v1\nkind: AllowList\nmetadata: {namespace: shop, name: a}\n");
}

TEST_CASE("how many there are to be is said, where nobody says it", "[render]") {
  auto const with = [](std::string const& text) {
    return step::rendered("m.yaml", text, {}, "", {"deployment/scaled"});
  };
  std::string const head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n";
  CHECK(with(head + "spec:\n  # why\n  template: {}\n") == head + "spec:\n  # why\n  replicas: 1\n  template: {}\n");
  CHECK(with(head + "spec: {template: {}}\n") == head + "spec: {replicas: 1, template: {}}\n");
  CHECK(with("{\"apiVersion\": \"apps/v1\", \"kind\": \"StatefulSet\", \"metadata\": {\"name\": \"a\"}, \"spec\": "
             "{\"template\": {}}}") ==
        "{\"apiVersion\": \"apps/v1\", \"kind\": \"StatefulSet\", \"metadata\": {\"name\": \"a\"}, \"spec\": "
        "{\"replicas\": 1, \"template\": {}}}");
  for (auto const& as_it_is :
       {head + "spec:\n  replicas: 0\n", head + "spec: {}\n", head,
        std::string("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec: {template: {}}\n"),
        std::string("apiVersion: x.io/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {}}\n"),
        std::string("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: scaled}\nspec: {template: {}}\n")})
    CHECK(with(as_it_is) == as_it_is);
}
