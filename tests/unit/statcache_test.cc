#include "step/statcache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/hash.h"
#include "catch.h"
#include "memory.h"

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

TEST_CASE("when a later write is sure to leave another ctime", "[statcache]") {
  using e2e::step::Clock;
  using e2e::step::settled;
  constexpr std::int64_t kMs = 1'000'000, kSecond = 1000 * kMs, kTime = 1'700'000'000 * kSecond;
  e2e::step::FileKey fine, whole;
  fine.ctime = kTime + 1;
  whole.ctime = kTime;
  CHECK_FALSE(settled(fine, Clock::ours, 0, fine.ctime + 20 * kMs - 1));
  CHECK(settled(fine, Clock::ours, kTime + kSecond, fine.ctime + 20 * kMs));
  // vfat writes every other second down
  CHECK_FALSE(settled(whole, Clock::ours, 0, kTime + 2 * kSecond));
  CHECK(settled(whole, Clock::ours, 0, kTime + 2 * kSecond + 20 * kMs));
  // a clock that is ahead of ours, or behind it
  CHECK_FALSE(settled(fine, Clock::ours, 0, kTime - kSecond));
  CHECK_FALSE(settled(fine, Clock::foreign, kTime + 3600 * kSecond, kTime + 3601 * kSecond));
  CHECK(settled(fine, Clock::foreign, kTime - 3600 * kSecond, kTime - 3590 * kSecond));
}

TEST_CASE("a file system whose times are whole seconds", "[statcache]") {
  Space const space;
  auto const mounted = space.path("mounted");
  fs::create_directory(mounted);
  auto const image = space.path("image");
  // inodes of 128 bytes have no room for more
  if (auto const made = e2e::test::run_shell("truncate --size 4M " + image + " && mkfs.ext4 -q -I 128 " + image +
                                             " && mount -o loop " + image + " " + mounted);
      made.status != 0) {
    WARN("not tried, nothing can be mounted here: " + made.output);
    return;
  }
  auto const path = mounted + "/a";
  bool tried = false;
  for (int i = 0; i < 10 && !tried; ++i) {
    write_file(path, "one");
    let_the_clock_pass();
    StatCache cache(space.path("cache"));
    struct stat before {
    }, after{};
    REQUIRE(::stat(path.c_str(), &before) == 0);
    CHECK(digest(cache, path) == sha256("one"));
    std::fstream(path) << "two";  // the same inode
    REQUIRE(::stat(path.c_str(), &after) == 0);
    tried = e2e::step::FileKey::of(before) == e2e::step::FileKey::of(after);
    CHECK(digest(cache, path) == sha256("two"));
  }
  CHECK(tried);
  CHECK(e2e::test::run_shell("umount " + mounted).status == 0);
}

TEST_CASE("a key that a server's clock made is trusted once it was met twice, 2 s apart", "[statcache]") {
  // /proc is none of the file systems whose clock is known to be ours
  auto const* path = "/proc/sys/kernel/ostype";
  e2e::Descriptor const kept(::open(path, O_RDONLY | O_CLOEXEC));  // so that it has the same inode all the time
  Space const space;
  for (int run = 0; run < 2; ++run) {
    StatCache cache(space.path("cache"));
    digest(cache, path);
    digest(cache, path);
    CHECK(cache.files_read() == 2);
    cache.save();
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  StatCache then(space.path("cache"));
  digest(then, path);
  digest(then, path);
  CHECK(then.files_read() == 1);
  then.save();
  StatCache later(space.path("cache"));
  digest(later, path);
  CHECK(later.files_read() == 0);
}

TEST_CASE("folders that are swapped while a file is read, and swapped back", "[statcache]") {
  Space const space;
  write_file(space.path("a/x"), "one");
  write_file(space.path("b/x"), "two");
  let_the_clock_pass();
  auto const swap = [&] {
    fs::rename(space.path("a"), space.path("c"));
    fs::rename(space.path("b"), space.path("a"));
    fs::rename(space.path("c"), space.path("b"));
  };
  StatCache cache(space.path("cache"));
  struct stat seen {};
  REQUIRE(::stat(space.path("a/x").c_str(), &seen) == 0);
  swap();
  ::chmod(space.path("a/x").c_str(), 0640);
  let_the_clock_pass();
  StatCache::Wanted wanted{space.path("a/x"), e2e::step::FileKey::of(seen)};
  cache.read({&wanted, 1});
  CHECK(e2e::step::hex(*wanted.digest) == sha256("two"));
  CHECK((wanted.key.mode & 0777) == 0640);
  swap();
  CHECK(digest(cache, space.path("a/x")) == sha256("one"));
  CHECK(cache.files_read() == 2);
  CHECK(digest(cache, space.path("b/x")) == sha256("two"));
  CHECK(cache.files_read() == 2);
}

TEST_CASE("what is no file any more when it is read is none", "[statcache]") {
  Space const space;
  write_file(space.path("a"), "one");
  struct stat seen {};
  REQUIRE(::stat(space.path("a").c_str(), &seen) == 0);
  fs::remove(space.path("a"));
  REQUIRE(::mkfifo(space.path("a").c_str(), 0666) == 0);
  StatCache cache("");
  StatCache::Wanted wanted{space.path("a"), e2e::step::FileKey::of(seen)};
  cache.read({&wanted, 1});
  CHECK_FALSE(wanted.digest);
}

TEST_CASE("the digests of several files, as far as they are files", "[statcache]") {
  Space const space;
  write_file(space.path("a"), "one");
  write_file(space.path("b"), "two");
  StatCache cache("");
  CHECK(cache.file_digests({space.path("b"), space.path("none"), space.root, "/proc/self/mem", space.path("a")}) ==
        std::vector<std::string>{sha256("two"), "", "", "", sha256("one")});
}

TEST_CASE("a missing cache is an empty one, and what is damaged in one is not believed", "[statcache]") {
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
    for (auto const* name : {"a", "b", "c"}) REQUIRE(digest(again, space.path(name)) == sha256(name));
    REQUIRE(again.files_read() > 0);
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
