#include "step/cache.h"

#include <utime.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/disk.h"
#include "base/text.h"
#include "base/yaml.h"
#include "catch.h"
#include "memory.h"
#include "step/stamp.h"

using namespace e2e;

namespace {

claim::File file_of(std::vector<claim::Claim> claims) {
  claim::File file;
  file.claims = std::move(claims);
  return file;
}

claim::Claim image(std::string const& name) {
  claim::Claim one;
  one.stamp = ".e2e/images/" + name + ".stamp";
  one.phase = "build";
  one.recipe = "recipe";
  one.context = claim::Context{"src", "src/Containerfile", {"."}};
  return one;
}

void write_sources() {
  write_file("src/Containerfile", "FROM scratch\nCOPY . /\n");
  write_file("src/main.go", "package main\n");
}

}  // namespace

TEST_CASE("the key is that of the inputs, not of the place, the time or the results", "[cache]") {
  step::CacheKey first, second;
  {
    test::InFolder const folder;
    write_sources();
    first = step::cache_key({file_of({image("web")})});
  }
  test::InFolder const folder;
  write_sources();
  utimbuf const old{1, 1};
  ::utime("src/main.go", &old);
  step::write_stamp(".e2e/images/base.stamp", {{}, step::Result("sha256:made-here"), {}});
  auto web = image("web");
  web.stamps = {".e2e/images/base.stamp"};
  second = step::cache_key({file_of({web})});
  CHECK(first.key == second.key);
  CHECK(first.key.starts_with(first.restore_prefix));

  write_file("src/main.go", "package main // edited\n");
  auto const edited = step::cache_key({file_of({image("web")})});
  CHECK(edited.key != first.key);
  CHECK(edited.restore_prefix == first.restore_prefix);
}

TEST_CASE("the key covers recipes and every image; the prefix is that of the set of images", "[cache]") {
  test::InFolder const folder;
  write_sources();
  auto const one = step::cache_key({file_of({image("web")})});
  auto other = image("web");
  other.recipe = "another";
  CHECK(step::cache_key({file_of({other})}).key != one.key);
  auto const two = step::cache_key({file_of({image("web"), image("api")})});
  CHECK(two.restore_prefix != one.restore_prefix);
  CHECK(step::cache_key({file_of({image("api")}), file_of({image("web"), image("api")})}).key == two.key);
  auto deploy = image("deploy");
  deploy.phase = "deploy";
  CHECK(step::cache_key({file_of({image("web"), deploy})}).key == one.key);
}

TEST_CASE("the key as a workflow reads it", "[cache]") {
  step::CacheKey const key{"e2egen-1-arch-set-digest", "e2egen-1-arch-set-"};
  CHECK(step::key_text(key, step::KeyFormat::plain) ==
        "key=e2egen-1-arch-set-digest\nrestore-prefix=e2egen-1-arch-set-\npaths=.e2e/images .e2e/oci\n");
  CHECK(step::key_text(key, step::KeyFormat::github) ==
        "key=e2egen-1-arch-set-digest\nrestore-prefix=e2egen-1-arch-set-\npaths<<END\n.e2e/images\n.e2e/oci\nEND\n");
  Sources sources;
  Diagnostics diagnostics;
  auto const job = yaml::parse(sources, sources.add("job", step::key_text(key, step::KeyFormat::gitlab)), diagnostics);
  REQUIRE_FALSE(diagnostics.any());
  auto const* cache = job.at(0).find(".e2egen-cache")->find("cache");
  CHECK(cache->find("key")->text == "e2egen-1-arch-set-$CI_COMMIT_REF_SLUG");
  CHECK(cache->find("paths")->items.size() == 2);
}

TEST_CASE("what takes how much: shared layers once", "[cache]") {
  test::InFolder const folder;
  write_file(".e2e/oci/blobs/sha256/1", std::string(1000, 'x'));
  write_file(".e2e/oci/blobs/sha256/2", std::string(200, 'x'));
  write_file(".e2e/oci/blobs/sha256/3", std::string(30, 'x'));
  write_file(".e2e/logs/images.web.log", "1234");
  step::write_stamp(".e2e/images/web.layers.stamp",
                    {{}, step::Result("id"), {{".e2e/oci/blobs/sha256/1", "one"}, {".e2e/oci/blobs/sha256/2", "two"}}});
  step::write_stamp(".e2e/images/api.layers.stamp", {{}, step::Result("id"), {{".e2e/oci/blobs/sha256/1", "one"}}});
  std::map<std::string, std::uint64_t> sizes;
  auto const entries = step::cache_size();
  for (auto const& one : entries) sizes[one.what] = one.bytes;
  CHECK(entries.front().what == "layers that several images share");
  CHECK(sizes["layers that several images share"] == 1000);
  CHECK(sizes["image web"] == 200);
  CHECK(sizes["exports that no stamp names (e2egen gc drops them)"] == 30);
  CHECK(sizes["logs of steps"] == 4);
  auto const json = nlohmann::json::parse(step::size_text(entries, true));
  std::uint64_t sum = 0;
  for (auto const& one : json["entries"]) sum += one["bytes"].get<std::uint64_t>();
  CHECK(json["bytes"] == sum);
  CHECK(json["cached"] == sum - 4);
}

TEST_CASE("bytes as people read them", "[cache]") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1000) == "1.0 kB");
  CHECK(human_bytes(9960) == "10 kB");
  CHECK(human_bytes(131963227) == "132 MB");
  CHECK(human_bytes(999'600'000) == "1.0 GB");
}
