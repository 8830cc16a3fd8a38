#include "claim/claim.h"

#include <filesystem>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "catch.h"
#include "claim/reads.h"
#include "memory.h"

using namespace e2e;
using claim::ResultFrom;

namespace {

claim::File full_file() {
  claim::Claim all;
  all.stamp = ".e2e/a.stamp";
  all.title = "image a";
  all.phase = "build";
  all.origin = "specs/s.yaml:1:2";
  all.recipe = "abc";
  all.stamps = {".e2e/b.stamp"};
  all.files = {"f", "g h"};
  all.context = claim::Context{"root", "root/Containerfile", {"*.go", "\"q\""}};
  all.result = ResultFrom::identify;
  all.identify = "echo \"$x\"\n\t\\";
  all.probe = "images";
  all.products = {"p"};
  all.backup = "backup";
  all.timeout = 900;
  all.retry = {"one", "two"};
  all.undo = "undo";
  all.names = "names";
  all.name = "name";
  all.explain = "explain";
  all.environment = {{"K", "v"}};
  all.render = claim::Render{{"m.yaml"}, "r.yaml", {{"localhost/a", ".e2e/a.stamp"}}};
  all.merge = claim::Merge{"all.xml", {"a.xml", "b.xml"}};
  claim::Claim none;
  none.stamp = ".e2e/b.stamp";
  claim::File file;
  file.ninja = "e2e.ninja";
  file.reads = {"specs/s.yaml"};
  file.tools = {{"podman", "from somewhere"}};
  file.probes = {{"images", "podman images"}, {"s/images", "x"}};
  file.hints = {{"no space", "full"}};
  file.claims = {all, none};
  return file;
}

}  // namespace

TEST_CASE("a claims file is read back as it was written", "[claim]") {
  auto const text = claim::to_text(full_file());
  auto const back = claim::parse(text);
  CHECK(claim::to_text(back) == text);
  CHECK(back.ninja == "e2e.ninja");
  CHECK(back.probes.at(0).command == "podman images");
  CHECK(back.hints.at(0).meaning == "full");
  auto const& all = back.claims.at(0);
  CHECK(all.context->sources == std::vector<std::string>{"*.go", "\"q\""});
  CHECK(all.result == ResultFrom::identify);
  CHECK(all.identify == "echo \"$x\"\n\t\\");
  CHECK(all.environment.at("K") == "v");
  CHECK(all.render->images.at("localhost/a") == ".e2e/a.stamp");
  CHECK(all.merge->reports.at(1) == "b.xml");
  CHECK(all.retry.size() == 2);
  CHECK_FALSE(back.claims.at(1).context);
}

TEST_CASE("every kind of result survives", "[claim]") {
  for (auto const result : {ResultFrom::key, ResultFrom::file, ResultFrom::identify, ResultFrom::input}) {
    auto file = full_file();
    file.claims[0].result = result;
    CHECK(claim::parse(claim::to_text(file)).claims.at(0).result == result);
  }
}

TEST_CASE("a step finds its own claim, and only that", "[claim]") {
  auto const text = claim::to_text(full_file());
  auto const one = claim::parse_one(text, ".e2e/b.stamp");
  CHECK(one.claims.size() == 1);
  CHECK(one.claims[0].stamp == ".e2e/b.stamp");
  CHECK(one.ninja == "e2e.ninja");
  CHECK_THROWS_WITH(claim::parse_one(text, ".e2e/b"), "no claim .e2e/b in the claims file: run e2egen again");
  CHECK_THROWS_AS(claim::parse_one("", "x"), Failure);
}

TEST_CASE("a step finds its lines wherever they stand, and none that is not there", "[claim]") {
  for (std::size_t const count : {1U, 2U, 3U, 7U, 64U, 500U}) {
    claim::File file;
    for (std::size_t i = 0; i < count; ++i) {
      claim::Claim one;
      one.stamp = std::string(1 + i % 7, static_cast<char>('a' + i % 26)) + "/" + std::to_string(i * i) + ".stamp";
      one.title = std::to_string(i);
      one.probe = "probe " + std::to_string(i % 3);
      file.claims.push_back(one);
    }
    for (auto const* name : {"probe 0", "probe 1", "probe 2"})
      file.probes.push_back({name, std::string("ask ") + name});
    file.reads = {"a", "b"};
    auto const text = claim::to_text(file);
    for (auto const& one : file.claims) {
      auto const found = claim::parse_one(text, one.stamp);
      CHECK(found.claims.at(0).title == one.title);
      CHECK(found.probes.at(0).command == "ask " + one.probe);
      CHECK_THROWS_AS(claim::parse_one(text, one.stamp + "x"), Failure);
      CHECK_THROWS_AS(claim::parse_one(text, one.stamp.substr(0, one.stamp.size() - 1)), Failure);
    }
    auto const all = claim::parse(text);
    CHECK(all.claims.size() == count);
    CHECK(all.probes.size() == 3);
    CHECK(all.reads == file.reads);
  }
}

TEST_CASE("a stamp with signs that JSON escapes is found", "[claim]") {
  claim::Claim odd;
  odd.stamp = "a \"b\"\\c\xc3\xa4";
  odd.title = "t";
  claim::File file;
  file.claims.push_back(odd);
  CHECK(claim::parse_one(claim::to_text(file), "a \"b\"\\c\xc3\xa4").claims.at(0).title == "t");
}

TEST_CASE("a damaged claims file is told, never misread", "[claim]") {
  auto const text = claim::to_text(full_file());
  for (auto const& bad :
       {std::string(), std::string("{}"), std::string("[]\n"), std::string("nonsense\n"),
        text.substr(0, text.size() / 2), text.substr(text.find('\n') + 1), text + "{}\n",
        test::replaced(text, "\"e2egen-claims\":" + std::to_string(claim::version()), "\"e2egen-claims\":999")}) {
    INFO(bad.substr(0, 60));
    CHECK_THROWS_AS(claim::parse(bad), Failure);
  }
}

TEST_CASE("a name that is not UTF-8 is told, not thrown at the user", "[claim]") {
  auto file = full_file();
  file.ninja = "\xff.ninja";
  CHECK_THROWS_AS(claim::to_text(file), Failure);
}

TEST_CASE("results and tags have their signs, and an image's tag is short", "[claim]") {
  CHECK(claim::result_of("a.stamp") == "%{a.stamp}");
  CHECK(claim::tag_of("a.stamp") == "%{a.stamp#tag}");
  CHECK(claim::image_tag("sha256:0123456789abcdef") == "e2e-0123456789ab");
  CHECK(claim::image_tag("0123456789abcdef") == "e2e-0123456789ab");
}

TEST_CASE("the digest of what was read follows contents, not times", "[claim]") {
  test::TempFolder const folder;
  auto const file = folder.path("f");
  std::vector<std::string> const paths{file, folder.path("none"), folder.path()};
  write_file(file, "one");
  auto const before = claim::reads_digest(paths, DiskFiles());
  write_file(file, "one");
  CHECK(claim::reads_digest(paths, DiskFiles()) == before);
  write_file(file, "two");
  CHECK(claim::reads_digest(paths, DiskFiles()) != before);
  write_file(file, "one");
  CHECK(claim::reads_digest(paths, DiskFiles()) == before);
  write_file(folder.path("none"), "");
  CHECK(claim::reads_digest(paths, DiskFiles()) != before);
}

TEST_CASE("the digest follows the names in a folder that was listed, not what its files hold", "[claim]") {
  test::TempFolder const folder;
  std::vector<std::string> const paths{folder.path("d/")};
  auto const digest = [&] { return claim::reads_digest(paths, DiskFiles()); };
  auto const none = digest();
  write_file(folder.path("d/a"), "one");
  auto const one = digest();
  CHECK(one != none);
  write_file(folder.path("d/a"), "two");
  CHECK(digest() == one);
  write_file(folder.path("d/b"), "");
  CHECK(digest() != one);
}

TEST_CASE("nothing, a folder and an empty file have digests of their own", "[claim]") {
  test::TempFolder const folder;
  std::vector<std::string> const paths{folder.path("x")};
  auto const digest = [&] { return claim::reads_digest(paths, DiskFiles()); };
  auto const nothing = digest();
  write_file(folder.path("x"), "");
  auto const file = digest();
  remove_file(folder.path("x"));
  make_folder_of(folder.path("x/y"));
  auto const as_folder = digest();
  CHECK(nothing != file);
  CHECK(nothing != as_folder);
  CHECK(file != as_folder);
}

TEST_CASE("the digest is of one workspace", "[claim]") {
  test::TempFolder const folder;
  auto const here = std::filesystem::current_path();
  auto const one = claim::reads_digest({}, DiskFiles());
  std::filesystem::current_path(folder.path());
  auto const other = claim::reads_digest({}, DiskFiles());
  std::filesystem::current_path(here);
  CHECK(one != other);
}
