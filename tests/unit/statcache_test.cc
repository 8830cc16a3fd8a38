#include "step/statcache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/hash.h"
#include "catch.h"

namespace fs = std::filesystem;
using e2e::sha256;
using e2e::write_file;
using e2e::step::StatCache;

namespace {

struct Space {
  std::string root;
  Space() {
    auto path = (fs::temp_directory_path() / "e2egen-statcache-XXXXXX").string();
    root = ::mkdtemp(path.data());
  }
  Space(Space const&) = delete;
  ~Space() { fs::remove_all(root); }
  std::string path(std::string const& name) const { return root + "/" + name; }
};

std::string digest(StatCache& cache, std::string const& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return cache.file_digest(path, status);
}

void let_the_clock_pass() {
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
}

}  // namespace

TEST_CASE("an unchanged file is read once", "[statcache]") {
  Space const space;
  write_file(space.path("a"), "one");
  let_the_clock_pass();
  StatCache first(space.path("cache"));
  CHECK(digest(first, space.path("a")) == sha256("one"));
  CHECK(digest(first, space.path("a")) == sha256("one"));
  CHECK(first.files_read() == 1);
  first.save();

  StatCache second(space.path("cache"));
  CHECK(digest(second, space.path("a")) == sha256("one"));
  CHECK(second.files_read() == 0);
}

TEST_CASE("a file written again with size and mtime of before is read again", "[statcache]") {
  Space const space;
  auto const path = space.path("a");
  write_file(path, "one");
  let_the_clock_pass();
  StatCache cache(space.path("cache"));
  digest(cache, path);
  cache.save();

  struct stat before {};
  REQUIRE(::stat(path.c_str(), &before) == 0);
  int const fd = ::open(path.c_str(), O_WRONLY);  // the same inode
  REQUIRE(::write(fd, "two", 3) == 3);
  timespec const times[] = {before.st_atim, before.st_mtim};
  REQUIRE(::futimens(fd, times) == 0);
  ::close(fd);

  StatCache later(space.path("cache"));
  CHECK(digest(later, path) == sha256("two"));
}

TEST_CASE("a file younger than 20 ms when read is not remembered", "[statcache]") {
  Space const space;
  auto const path = space.path("a");
  StatCache cache(space.path("cache"));
  write_file(path, "one");
  CHECK(digest(cache, path) == sha256("one"));
  CHECK(digest(cache, path) == sha256("one"));
  CHECK(cache.files_read() == 2);
  let_the_clock_pass();
  cache.save();
  StatCache later(space.path("cache"));
  digest(later, path);
  CHECK(later.files_read() == 1);
}

TEST_CASE("writes within one tick of the clock are seen", "[statcache]") {
  Space const space;
  auto const path = space.path("a");
  StatCache cache(space.path("cache"));
  int const fd = ::open(path.c_str(), O_RDWR | O_CREAT, 0644);
  timespec const times[] = {{1, 0}, {1, 0}};
  for (int i = 0; i < 500; ++i) {
    auto const text = std::to_string(1000 + i);
    REQUIRE(::pwrite(fd, text.data(), text.size(), 0) == 4);
    REQUIRE(::futimens(fd, times) == 0);
    REQUIRE(digest(cache, path) == sha256(text));
    if (i % 50 == 0) cache.save();
  }
  ::close(fd);
}

TEST_CASE("a damaged or missing cache is an empty one", "[statcache]") {
  Space const space;
  for (auto const* name : {"a", "b", "c"}) write_file(space.path(name), name);
  let_the_clock_pass();
  StatCache cache(space.path("cache"));
  for (auto const* name : {"a", "b", "c"}) digest(cache, space.path(name));
  cache.save();
  auto const good = *e2e::read_file(space.path("cache"));

  std::vector<std::string> damaged = {"",
                                      "x",
                                      good.substr(0, good.size() - 1),
                                      good.substr(0, 30),
                                      good + "x",
                                      std::string(good.size(), 'x'),
                                      std::string(100000, '\0')};
  for (std::size_t i = 0; i < good.size(); ++i) {
    damaged.push_back(good);
    damaged.back()[i] = static_cast<char>(damaged.back()[i] ^ 1);
  }
  for (auto const& text : damaged) {
    write_file(space.path("cache"), text);
    StatCache again(space.path("cache"));
    REQUIRE(digest(again, space.path("b")) == sha256("b"));
    REQUIRE(again.files_read() == 1);
  }
  fs::remove(space.path("cache"));
  StatCache missing(space.path("cache"));
  CHECK(digest(missing, space.path("b")) == sha256("b"));
  StatCache none("");
  CHECK(digest(none, space.path("b")) == sha256("b"));
  none.save();
}

TEST_CASE("save writes only what is new, keeps what others may ask for, and never throws", "[statcache]") {
  Space const space;
  write_file(space.path("a"), "a");
  write_file(space.path("b"), "b");
  let_the_clock_pass();
  {
    StatCache cache(space.path("cache"));
    digest(cache, space.path("a"));
    cache.save();
  }
  struct stat before {
  }, after{};
  REQUIRE(::stat(space.path("cache").c_str(), &before) == 0);
  {
    StatCache cache(space.path("cache"));
    digest(cache, space.path("a"));
    cache.save();
  }
  REQUIRE(::stat(space.path("cache").c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
  {
    StatCache cache(space.path("cache"));
    digest(cache, space.path("b"));
    cache.save();
  }
  StatCache both(space.path("cache"));
  digest(both, space.path("a"));
  digest(both, space.path("b"));
  CHECK(both.files_read() == 0);

  StatCache nowhere("/proc/none/cache");
  digest(nowhere, space.path("a"));
  nowhere.save();
}

TEST_CASE("a file that can't be read is named", "[statcache]") {
  Space const space;
  StatCache cache("");
  struct stat status {};
  CHECK_THROWS_WITH(cache.file_digest(space.path("none"), status), ContainsText("none: No such file"));
  CHECK_THROWS_WITH(cache.file_digest(space.root, status), ContainsText(space.root));
}

TEST_CASE("many files are read by many threads, in order", "[statcache]") {
  Space const space;
  std::vector<StatCache::Wanted> wanted;
  for (int i = 0; i < 400; ++i) {
    auto const path = space.path(std::to_string(i));
    write_file(path, std::string(static_cast<std::size_t>(i * 1999), static_cast<char>(i)));
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    wanted.push_back({path, e2e::step::FileKey::of(status)});
  }
  fs::remove(space.path("7"));
  StatCache cache("");
  cache.read(wanted);
  for (auto const& [path, key, found] : wanted) {
    if (path == space.path("7")) {
      CHECK_FALSE(found);
    } else {
      REQUIRE(e2e::step::hex(*found) == e2e::sha256_file(path));
    }
  }
}
