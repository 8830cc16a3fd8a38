#include "step/pack.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/hash.h"
#include "catch.h"
#include "memory.h"
#include "step/layout.h"

using namespace e2e;
using step::Layout;

namespace {

constexpr char const* kName = "localhost/web:e2e-1";

/// A layout with one image of two layers, one of them bigger than what is read at once.
struct Lab {
  test::TempFolder folder;
  Layout layout{folder.path("image"), folder.path("blobs")};
  std::string small = add("a small layer"), big = add(std::string(1 << 20, 'x')), config = add("{}");
  std::string manifest = add(fmt::format(R"({{"config":{0},"layers":[{1},{2},{1}]}})", descriptor(config, 2),
                                         descriptor(small, 13), descriptor(big, 1 << 20)));

  Lab() { index(fmt::format(R"({{"manifests":[{},{}]}})", named(manifest, "old"), named(manifest, kName))); }

  std::string add(std::string const& content) const {
    auto const digest = "sha256:" + sha256(content);
    write_file(step::blob_path(layout, digest), content);
    return digest;
  }
  void index(std::string const& text) const { write_file(layout.folder + "/index.json", text); }
  static std::string descriptor(std::string const& digest, std::size_t size) {
    return fmt::format(R"({{"digest":"{}","size":{}}})", digest, size);
  }
  std::string named(std::string const& digest, std::string const& name) const {
    return fmt::format(R"({{"annotations":{{"org.opencontainers.image.ref.name":"{}"}},"digest":"{}","size":{}}})",
                       name, digest, read_file(step::blob_path(layout, digest)).value().size());
  }

  /// What is in the tar, or what went wrong.
  std::string packed(std::set<std::string> const& without = {}) const {
    auto const tar = folder.path("tar");
    int const out = ::open(tar.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    std::string failure;
    try {
      step::pack(layout, kName, without, out);
    } catch (Failure const& error) {
      failure = error.what();
    }
    ::close(out);
    auto const listed = test::run_shell("tar -tf " + tar + " 2>&1");
    if (!failure.empty()) return failure;
    CHECK(listed.status == 0);
    return listed.output;
  }
  static std::string entry(std::string const& digest) { return "blobs/sha256/" + digest.substr(7) + "\n"; }
};

template <class Act>
std::string failure_of(Act act) {
  try {
    act();
  } catch (Failure const& failure) {
    return failure.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a pack holds the index with that one image, and its blobs once each", "[pack]") {
  Lab const lab;
  CHECK(lab.packed() == "oci-layout\nindex.json\n" + Lab::entry(lab.manifest) + Lab::entry(lab.config) +
                            Lab::entry(lab.small) + Lab::entry(lab.big));
  auto const folder = lab.folder.path("out");
  REQUIRE(test::run_shell(fmt::format("mkdir {0} && tar -C {0} -xf {1}", folder, lab.folder.path("tar"))).status == 0);
  CHECK(read_file(folder + "/index.json") ==
        fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", lab.named(lab.manifest, kName)));
  CHECK(read_file(folder + "/oci-layout") == R"({"imageLayoutVersion":"1.0.0"})");
  CHECK(read_file(folder + "/" + Lab::entry(lab.big).substr(0, 77)) == std::string(1 << 20, 'x'));
}

TEST_CASE("a pack leaves out what the receiver has", "[pack]") {
  Lab const lab;
  CHECK(lab.packed({lab.big, lab.config, "sha256:another"}) ==
        "oci-layout\nindex.json\n" + Lab::entry(lab.manifest) + Lab::entry(lab.small));
  CHECK(lab.packed({lab.big, lab.config, lab.manifest, lab.small}) == "oci-layout\nindex.json\n");
}

TEST_CASE("the same image gives the same pack", "[pack]") {
  Lab const lab;
  lab.packed();
  auto const first = sha256_file(lab.folder.path("tar"));
  write_file(step::blob_path(lab.layout, lab.small), "a small layer");
  lab.packed();
  CHECK(sha256_file(lab.folder.path("tar")) == first);
}

TEST_CASE("a damaged blob is removed, and not packed", "[pack]") {
  Lab const lab;
  auto const path = step::blob_path(lab.layout, lab.big);
  auto const message = path + " was damaged, and is removed: run ninja again";
  SECTION("too short") {
    write_file(path, "x");
  }
  SECTION("too long") {
    write_file(path, std::string((1 << 20) + 1, 'x'));
  }
  SECTION("another content") {
    write_file(path, std::string(1 << 20, 'y'));
  }
  CHECK(lab.packed() == message);
  CHECK_FALSE(read_file(path));
  // what the receiver has is not looked at
  CHECK(lab.packed({lab.big}).starts_with("oci-layout\n"));
  CHECK(lab.packed() == path + ": No such file or directory");
}

TEST_CASE("what ends early is no tar, and where it can't be written the reason is told", "[pack]") {
  Lab const lab;
  write_file(step::blob_path(lab.layout, lab.big), std::string(1 << 20, 'y'));
  lab.packed();
  CHECK(test::run_shell("tar -tf " + lab.folder.path("tar") + " 2>&1").status != 0);
  lab.add(std::string(1 << 20, 'x'));
  int const full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  CHECK(failure_of([&] { step::pack(lab.layout, kName, {}, full); }) ==
        "can't write the archive: No space left on device");
  ::close(full);
}

TEST_CASE("a layout that describes nothing, or something else, is told", "[pack]") {
  Lab lab;
  auto const read = [&] { return failure_of([&] { step::read_layout(lab.layout, kName); }); };
  CHECK(read().empty());
  lab.index(R"({"manifests":[]})");
  CHECK(read() == "the layout has no image 'localhost/web:e2e-1'");
  lab.index("{");
  CHECK(read().starts_with(lab.layout.folder + "/index.json is damaged ("));
  lab.index(fmt::format(R"({{"manifests":[{}]}})", lab.named(lab.add(R"({"manifests":[]})"), kName)));
  CHECK(read().ends_with(" describes no single image"));
  lab.index(fmt::format(R"({{"manifests":[{}]}})", lab.named(lab.add("["), kName)));
  CHECK(read().find(" is damaged (") != std::string::npos);
  // another manifest under the name of this one
  auto const path = step::blob_path(lab.layout, lab.manifest);
  lab.index(fmt::format(R"({{"manifests":[{}]}})", lab.named(lab.manifest, kName)));
  write_file(path, test::replaced(read_file(path).value(), lab.small, lab.config));
  CHECK(read() == path + " is damaged");
  lab.index(
      R"({"manifests":[{"annotations":{"org.opencontainers.image.ref.name":"localhost/web:e2e-1"},"digest":"sha256:../../x","size":1}]})");
  CHECK(read() == "'sha256:../../x' is no SHA-256 digest");
  remove_file(lab.layout.folder + "/index.json");
  CHECK(read() == "no file " + lab.layout.folder + "/index.json");
}

TEST_CASE("after an export: all is there, or what is wrong is removed", "[pack]") {
  Lab const lab;
  step::StatCache cache("");
  auto const check = [&](std::string const& id) {
    return failure_of([&] { step::exported(lab.layout, kName, id, cache); });
  };
  auto files = fmt::format("{0}/index.json\n{0}/oci-layout\n", lab.layout.folder);
  for (auto const& digest : {lab.manifest, lab.config, lab.small, lab.big})
    files += step::blob_path(lab.layout, digest) + "\n";
  CHECK(step::exported(lab.layout, kName, lab.config, cache) == files);
  // the other name is forgotten
  CHECK(read_file(lab.layout.folder + "/index.json") ==
        fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", lab.named(lab.manifest, kName)));
  CHECK(check("sha256:other").starts_with("sha256:other became " + lab.config));
  auto const path = step::blob_path(lab.layout, lab.big);
  for (auto const& content : {std::string("x"), std::string(1 << 20, 'y')}) {
    write_file(path, content);
    CHECK(check(lab.config) == path + " was damaged: removed\n");
    CHECK_FALSE(read_file(path));
  }
  CHECK(check(lab.config) == path + " is missing\n");
}
