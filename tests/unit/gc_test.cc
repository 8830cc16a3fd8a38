#include "step/gc.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "catch.h"
#include "memory.h"
#include "step/gc_images.h"
#include "step/stamp.h"

using namespace e2e;
namespace fs = std::filesystem;
using step::DoomedImage;

namespace {

std::vector<std::string> ids(std::vector<DoomedImage> const& images) {
  std::vector<std::string> out;
  for (auto const& one : images) out.push_back(one.id);
  return out;
}

using Words = std::vector<std::string>;

/// A store with two versions of an image, both FROM a base, the layers between, and others' images.
constexpr char const* kStore = R"(
sha256:base - 100 0 localhost/base:latest
sha256:step1 base 110 0
sha256:old step1 120 0 localhost/web:e2e-old
sha256:step2 base 111 0
sha256:new step2 130 0 localhost/web:e2e-new localhost/web:latest
sha256:other - 500 0 example.org/other:1
sha256:stray base 105 0
sha256:nobodys - 50 0
)";

step::Ledger ledger() {
  return step::parse_ledger("sha256:base localhost/base\nsha256:old localhost/web\nsha256:new localhost/web\n");
}

std::vector<DoomedImage> doomed(std::string const& store, std::set<std::string> const& current, bool cache = false) {
  return step::doomed_images(step::parse_inventory(store), ledger(), current, cache);
}

}  // namespace

TEST_CASE("what no stamp refers to goes, with the steps that it alone was built from", "[gc]") {
  auto const gone = doomed(kStore, {"base", "new"});
  CHECK(ids(gone) == Words{"old", "step1"});
  CHECK(gone[0].words == Words{"localhost/web:e2e-old"});
  CHECK(gone[0].bytes == 10);  // without what it is FROM
  CHECK(gone[0].why == "no spec refers to this image of localhost/web");
  CHECK(gone[1].words == Words{"step1"});
}

TEST_CASE("what is FROM another image goes before it, and what stays upholds its base", "[gc]") {
  CHECK(ids(doomed(kStore, {"new"})) == Words{"old", "step1"});  // the base is upheld
  auto const all = ids(doomed(kStore, {}));
  auto const at = [&](char const* id) { return std::find(all.begin(), all.end(), id) - all.begin(); };
  CHECK(at("new") < at("step2"));
  CHECK(std::count(all.begin(), all.end(), "base") == 0);  // a stray image is FROM it, and may be anybody's
}

TEST_CASE("an image that a container uses stays, and so does all below it", "[gc]") {
  std::string const used = "sha256:base - 100 0 localhost/base:latest\nsha256:old base 120 1 localhost/web:e2e-old\n";
  CHECK(doomed(used, {}).empty());
}

TEST_CASE("an image that somebody else gave a name stays", "[gc]") {
  CHECK(doomed("sha256:old - 9 0 localhost/web:e2e-old localhost/mine:1\n", {}).empty());
  CHECK(ids(doomed("sha256:old - 9 0 localhost/web:latest\n", {})) == Words{"old"});
  CHECK(doomed("sha256:old - 9 0 localhost/web:1\n", {}).empty());
  CHECK(doomed("sha256:old - 9 0 localhost/$(reboot):e2e-old\n", {}).empty());
}

TEST_CASE("a store that lists an image once for each name", "[gc]") {
  auto const store = step::parse_inventory("sha256:a - 9 0 x:1\nsha256:a - 9 0 y:1\n");
  REQUIRE(store.size() == 1);
  CHECK(store[0].names == Words{"x:1", "y:1"});
}

TEST_CASE("the build cache goes only if that is wanted, and only what was built FROM ours", "[gc]") {
  auto const gone = ids(doomed(kStore, {"base", "new"}, true));
  CHECK(std::count(gone.begin(), gone.end(), "stray") == 1);
  CHECK(std::count(gone.begin(), gone.end(), "nobodys") == 0);
  CHECK(std::count(gone.begin(), gone.end(), "step2") == 0);
  CHECK(std::count(gone.begin(), gone.end(), "other") == 0);
}

TEST_CASE("an inventory that is none is refused", "[gc]") {
  CHECK_THROWS_AS(step::parse_inventory("Error: no store\n"), Failure);
  CHECK(step::parse_inventory("").empty());
}

TEST_CASE("the ledger survives, each entry once", "[gc]") {
  auto const text = step::ledger_text(ledger());
  CHECK(step::parse_ledger(text + text) == ledger());
}

TEST_CASE("on nodes, images of ours go that no stamp refers to and no container uses", "[gc]") {
  auto const gone = step::doomed_on_nodes(
      "has localhost/web:e2e-aaaaaaaaaaaa 10\nhas localhost/web:e2e-bbbbbbbbbbbb 20\nhas "
      "localhost/web:e2e-cccccccccccc 5\n"
      "has localhost/api:e2e-dddddddddddd 7\nhas localhost/web:e2e-bbbbbbbbbbbb 20\nhas docker.io/library/redis:7 99\n"
      "has sha256:bbbbbbbbbbbb 20\nuses localhost/web:e2e-cccccccccccc\nuses sha256:dddddddddddd0000\n",
      {"aaaaaaaaaaaa1111"});
  REQUIRE(gone.size() == 1);
  CHECK(gone[0].id == "localhost/web:e2e-bbbbbbbbbbbb");
  CHECK(gone[0].bytes == 40);
}

TEST_CASE("files: what no spec has and no stamp names goes, a cluster's state stays", "[gc]") {
  test::InFolder const folder;
  auto const claim = [](std::string stamp) {
    claim::Claim one;
    one.stamp = std::move(stamp);
    return one;
  };
  claim::File file;
  file.claims = {claim(".e2e/env/a/cluster.stamp"), claim(".e2e/env/a/deploy/web.stamp"),
                 claim(".e2e/images/web.layers.stamp"), claim(".e2e/images/web.stamp"),
                 claim(".e2e/env/fleet/clusters/hub/deploy/web.stamp")};
  file.claims[4].render = claim::Render{.to = ".e2e/env/fleet/clusters/hub/deploy/web.yaml"};
  file.ninja = "e2e.ninja";
  file.claims[1].render = claim::Render{.from = {"web.yaml", ".e2e/env/a/made/web/namespace.yaml"},
                                        .to = ".e2e/env/a/deploy/web.yaml",
                                        .tells = ".e2e/env/a/deploy/web.digests",
                                        .first = ".e2e/env/a/first/web.yaml"};
  file.claims[1].merge = claim::Merge{"reports/all.xml", {}};
  step::write_stamp(".e2e/images/web.stamp", {{}, step::Result("sha256:new"), {}});
  step::write_stamp(".e2e/images/web.layers.stamp",
                    {{}, step::Result("sha256:new"), {{".e2e/oci/blobs/sha256/1", "digest"}}});
  step::write_stamp(".e2e/images/gone.stamp", {{}, step::Result("sha256:gone"), {}});
  for (auto const* path : {".e2e/oci/blobs/sha256/1",
                           ".e2e/oci/blobs/sha256/2",
                           ".e2e/images/web.tar",
                           ".e2e/env/a/kubeconfig",
                           ".e2e/env/a/cluster.stamp.ours",
                           ".e2e/env/a/deploy/web.yaml",
                           ".e2e/env/a/deploy/web.digests",
                           ".e2e/env/a/deploy/old.digests",
                           ".e2e/env/a/deploy/old.yaml",
                           ".e2e/env/a/deploy/old.stamp",
                           ".e2e/env/dead/deploy/x.yaml",
                           ".e2e/env/alive/cluster.stamp.ours",
                           ".e2e/env/alive/kubeconfig",
                           ".e2e/env/fleet/cluster.stamp.ours",
                           ".e2e/env/fleet/clusters/hub/deploy/web.yaml",
                           ".e2e/env/fleet/clusters/hub/deploy/old.yaml",
                           ".e2e/env/fleet/clusters/hub/first/old.yaml",
                           ".e2e/env/fleet/clusters/hub/cluster.stamp.ours",
                           ".e2e/env/fleet/clusters/spoke/cluster.stamp.ours",
                           ".e2e/env/fleet/clusters/spoke/cluster.stamp",
                           ".e2e/env/fleet/clusters/gone/deploy/x.yaml",
                           ".e2e/logs/env.fleet.clusters.hub.down.log",
                           ".e2e/logs/images.web.log",
                           ".e2e/logs/images.web.previous.log",
                           ".e2e/env/a/made/web/namespace.yaml",
                           ".e2e/env/a/made/old/namespace.yaml",
                           ".e2e/env/a/first/web.yaml",
                           ".e2e/env/a/first/old.yaml",
                           ".e2e/logs/images.gone.log",
                           ".e2e/logs/env.a.down.log",
                           ".e2e/locks/images.gone.lock",
                           ".e2e/stat.cache"})
    write_file(path, "x");
  // what was being written when its writer was killed, and what somebody may be writing now
  for (auto const* path :
       {".e2e/env/a/deploy/web.stamp.", ".e2e/images/web.stamp.", "e2e.ninja.", "reports/all.xml.", "other.ninja."}) {
    write_file(path + std::string("0123456789abcdef.tmp"), "x");
    fs::last_write_time(path + std::string("0123456789abcdef.tmp"),
                        fs::file_time_type::clock::now() - std::chrono::hours(2));
    write_file(path + std::string("fedcba9876543210.tmp"), "x");
  }
  Words notes, paths;
  for (auto const& one : step::doomed_files({file}, notes)) paths.push_back(one.path);
  CHECK(paths == Words{".e2e/env/a/deploy/old.digests", ".e2e/env/a/deploy/old.stamp", ".e2e/env/a/deploy/old.yaml",
                       ".e2e/env/a/deploy/web.stamp.0123456789abcdef.tmp", ".e2e/env/a/first/old.yaml",
                       ".e2e/env/a/made/old/namespace.yaml", ".e2e/env/dead/deploy/x.yaml",
                       ".e2e/env/fleet/clusters/gone/deploy/x.yaml", ".e2e/env/fleet/clusters/hub/deploy/old.yaml",
                       ".e2e/env/fleet/clusters/hub/first/old.yaml", ".e2e/images/gone.stamp",
                       ".e2e/images/web.stamp.0123456789abcdef.tmp", ".e2e/images/web.tar", ".e2e/logs/images.gone.log",
                       ".e2e/oci/blobs/sha256/2", "e2e.ninja.0123456789abcdef.tmp",
                       "reports/all.xml.0123456789abcdef.tmp"});
  CHECK(notes == Words{".e2e/env/alive is of no spec, but its cluster may be alive: kept",
                       ".e2e/env/fleet is of no spec, but its cluster may be alive: kept",
                       ".e2e/env/fleet/clusters/spoke is of no spec, but its cluster may be alive: kept"});

  step::gc({file}, {.dry_run = true});
  CHECK(read_file(".e2e/oci/blobs/sha256/2"));
  CHECK(step::gc({file}, {}) == 0);
  CHECK_FALSE(read_file(".e2e/oci/blobs/sha256/2"));
  CHECK(read_file(".e2e/oci/blobs/sha256/1"));
  CHECK(step::doomed_files({file}, notes).empty());
}
