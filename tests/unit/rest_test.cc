#include "step/rest.h"

#include <fcntl.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <thread>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "catch.h"
#include "claim/claim.h"
#include "memory.h"
#include "step/context.h"
#include "step/scan.h"
#include "step/stamp.h"

using namespace e2e;
namespace fs = std::filesystem;

namespace {

constexpr auto kClaims = ".e2e/t.claims", kRest = ".e2e/t.rest";

/// Of all kinds of looks: contexts whole and in parts, inputs, products, what the compiler reads, a question.
claim::File workspace() {
  claim::File file{.ninja = "t.ninja",
                   .arguments = {},
                   .reads = {"spec", "ctx/d/", "ctx/e", "none/x"},
                   .tools = {},
                   .probes = {{"world", "cat world"}},
                   .hints = {},
                   .claims = {}};
  claim::Claim whole{.stamp = ".e2e/whole.stamp", .title = "whole"};
  whole.context = claim::Context{"ctx", "ctx/Containerfile", {"."}};
  claim::Claim parts{.stamp = ".e2e/parts.stamp", .title = "parts"};
  parts.context = claim::Context{"ctx", "ctx/Containerfile", {"d/*", "[ab]", "link/b"}};
  claim::Claim inputs{.stamp = ".e2e/inputs.stamp", .title = "inputs", .stamps = {".e2e/parts.stamp"}};
  inputs.files = {"ctx/d", "spec", "ctx/none"};
  claim::Claim product{.stamp = ".e2e/product.stamp", .title = "product", .probe = "world", .products = {"made"}};
  file.claims = {inputs, parts, product, whole};
  return file;
}

void make_true(claim::File const& file) {
  step::StatCache cache("");
  write_file("made", "made");
  write_file("world", "product\n");
  write_file(kClaims, claim::to_text(file));
  for (auto const* stamp : {".e2e/parts.stamp", ".e2e/inputs.stamp", ".e2e/product.stamp", ".e2e/whole.stamp"})
    for (auto const& one : file.claims) {
      if (one.stamp != stamp) continue;
      step::Stamp made{step::key_of(one, step::results_of(one), cache, {}), step::Result(one.title), {}};
      if (!one.products.empty()) made.products["made"] = *step::product_digest("made", cache);
      step::write_stamp(stamp, made);
    }
}

std::size_t stamps() {
  std::size_t there = 0;
  for (auto const& entry : fs::directory_iterator(".e2e")) there += entry.path().extension() == ".stamp";
  return there;
}

/// Scans until one finds rest; what was written just now is not yet known to be unchanged.
void come_to_rest() {
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
    step::scan(kClaims);
  }
}

/// The workspace as it is in the beginning.
void lay_out() {
  for (auto const* name : {"ctx/Containerfile", "ctx/a", "ctx/b", "ctx/d/a", "ctx/d/b", "ctx/e/a", "spec"})
    write_file(name, "x");
  fs::create_symlink("e", "ctx/link");
}

/// One of the things that happen to files, at random.
class Accident {
 public:
  explicit Accident(unsigned seed) : random_(seed) {}

  void happen() {
    std::error_code none;
    auto const one = any(), other = any();
    switch (pick(11)) {
      case 0: return put(one, std::string(1, static_cast<char>('x' + pick(2))));
      case 1: return fs::permissions(one, static_cast<fs::perms>(0600 + 0100 * pick(2)), none);
      case 2: return fs::rename(one, other, none);
      case 3: return void(fs::create_directory(one, none));
      case 4: return void(fs::remove_all(one, none));
      case 5: return fs::create_symlink(pick(2) != 0 ? "e" : "d", one, none);
      case 6: return void(::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE));
      case 7: return fs::create_hard_link(one, other, none);
      case 8: return put("ctx/.containerignore", pick(2) != 0 ? "d\n" : "*\n!a\n");
      case 9: return put("world", pick(2) != 0 ? "product\nother\n" : "other\n");
      default: return put(pick(2) != 0 ? ".e2e/whole.stamp" : "made", "y");
    }
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::string any() {
    static std::vector<std::string> const names{"ctx/a",   "ctx/b",   "ctx/c",    "ctx/d",      "ctx/d/a",
                                                "ctx/d/b", "ctx/d/c", "ctx/e",    "ctx/e/a",    "ctx/e/b",
                                                "ctx",     "spec",    "ctx/link", "ctx/d/deep", "ctx/Containerfile"};
    return names[random_() % names.size()];
  }
  /// Into the same file if there is one.
  static void put(std::string const& path, std::string const& text) {
    if (auto* const file = std::fopen(path.c_str(), "w")) {
      std::fputs(text.c_str(), file);
      std::fclose(file);
    }
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("a scan that found rest is not done again until something changes", "[rest]") {
  test::InFolder const folder;
  lay_out();
  make_true(workspace());
  step::scan(kClaims);
  CHECK_FALSE(fs::exists(kRest));  // all of it was written just now
  come_to_rest();
  REQUIRE(step::at_rest(kRest));

  auto const changes = [](char const* name, std::function<void()> const& change) {
    INFO(name);
    make_true(workspace());
    come_to_rest();
    REQUIRE(step::at_rest(kRest));
    change();
    CHECK_FALSE(step::at_rest(kRest));
  };
  changes("a file of a context", [] { write_file("ctx/d/b", "x"); });
  changes("one that is new", [] { write_file("ctx/e/new", "x"); });
  changes("a mode", [] { fs::permissions("ctx/e/a", fs::perms::owner_all); });
  changes("an ignore file", [] { write_file("ctx/.dockerignore", ""); });
  changes("an input that was not there", [] { write_file("ctx/none", ""); });
  changes("what the compiler reads", [] { write_file("none/x", "x"); });
  changes("a stamp is gone", [] { remove_file(".e2e/inputs.stamp"); });
  changes("a product", [] { write_file("made", "else"); });
  changes("the claims", [] { write_file(kClaims, *read_file(kClaims)); });
  changes("the digest that Ninja sees", [] { remove_file(".e2e/t.reads"); });
  changes("the world's answer", [] { write_file("world", "product\nanother\n"); });
  changes("there is no answer", [] { remove_file("world"); });
  changes("the file itself is damaged", [] {
    auto text = *read_file(kRest);
    text[text.size() - 3] ^= 1;
    write_file(kRest, text);
  });
}

TEST_CASE("inputs with links in them are judged each time", "[rest]") {
  test::InFolder const folder;
  lay_out();
  fs::create_symlink("../e", "ctx/d/to");
  make_true(workspace());
  come_to_rest();
  CHECK(stamps() == 4);
  CHECK_FALSE(fs::exists(kRest));
}

TEST_CASE("what is said to be at rest a scan finds to be at rest", "[rest]") {
  auto const* const times = std::getenv("E2EGEN_TIMES");
  auto const* const seed = std::getenv("E2EGEN_SEED");
  Accident accident(seed ? static_cast<unsigned>(std::atoi(seed)) : 1);
  test::InFolder const folder;
  int rested = 0;
  for (int i = 0; i < (times ? std::atoi(times) : 16); ++i) {
    bool fresh = i % 8 == 0;
    try {
      if (!fresh) make_true(workspace());
    } catch (Failure const&) {
      fresh = true;  // a folder is where the Containerfile was
    }
    if (fresh) {
      for (auto const* path : {"ctx", "spec", ".e2e", "none"}) fs::remove_all(path);
      lay_out();
      make_true(workspace());
    }
    come_to_rest();
    auto const before = stamps();
    for (int n = 0; n < 1 + i % 3; ++n) accident.happen();
    step::scan(kClaims);
    if (stamps() != before) continue;
    ++rested;
    remove_file(kRest);
    step::scan(kClaims);
    REQUIRE(stamps() == before);
  }
  CHECK(rested > 0);
}
