#include "base/disk.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>

#include "base/diagnostics.h"
#include "base/hash.h"
#include "catch.h"
#include "memory.h"

using namespace e2e;
namespace fs = std::filesystem;

namespace {

/// Runs `action` in a child that may write files of `bytes` at most; returns its exit status.
template <class Action>
int with_file_limit(rlim_t bytes, Action action) {
  auto const child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit const limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(action());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace

TEST_CASE("a missing file is nothing, an empty one is empty", "[disk]") {
  test::TempFolder const folder;
  CHECK(read_file(folder.path("none")) == std::nullopt);
  CHECK(read_file(folder.path("none/below")) == std::nullopt);
  write_file(folder.path("empty"), "");
  CHECK(read_file(folder.path("empty")) == "");
  CHECK(read_file(folder.path("empty/below")) == std::nullopt);
  CHECK_THROWS_AS(read_file(folder.path()), Failure);
}

TEST_CASE("write_file makes folders, and keeps every byte", "[disk]") {
  test::TempFolder const folder;
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += static_cast<char>(i);
  write_file(folder.path("a/b/c"), text);
  CHECK(read_file(folder.path("a/b/c")) == text);
  CHECK(names_in(folder.path("a/b")) == std::vector<std::string>{"c"});
}

TEST_CASE("write_if_changed leaves an equal file, and its mtime, alone", "[disk]") {
  test::TempFolder const folder;
  auto const path = folder.path("f");
  CHECK(write_if_changed(path, "one"));
  auto const old = fs::file_time_type::clock::now() - std::chrono::hours(5);
  fs::last_write_time(path, old);
  auto const before = fs::last_write_time(path);
  CHECK_FALSE(write_if_changed(path, "one"));
  CHECK(fs::last_write_time(path) == before);
  CHECK(write_if_changed(path, "two"));
  CHECK(fs::last_write_time(path) != before);
  CHECK(read_file(path) == "two");
}

TEST_CASE("what may hold a secret is for its owner alone, even if it was not", "[disk]") {
  test::TempFolder const folder;
  auto const path = folder.path("f");
  auto const open = [&] { return (fs::status(path).permissions() & (fs::perms::group_all | fs::perms::others_all)); };
  auto const mask = ::umask(0);
  CHECK(write_if_changed(path, "one"));
  CHECK(open() != fs::perms::none);
  CHECK(write_if_changed(path, "one", Readers::owner));
  ::umask(mask);
  CHECK(open() == fs::perms::none);
  CHECK_FALSE(write_if_changed(path, "one", Readers::owner));
}

TEST_CASE("what a killed process leaves is known by its name", "[disk]") {
  test::TempFolder const folder;
  auto const child = ::fork();
  if (child == 0) {
    rlimit const limit{10, 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_DFL);  // kills in the middle of the write
    write_file(folder.path("f"), std::string(1000, 'x'));
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  auto const left = names_in(folder.path());
  REQUIRE(left.size() == 1);
  CHECK(left[0].starts_with("f."));
  CHECK(is_temporary(left[0]));
  for (auto const* other : {"f", "f.tmp", "f.0123456789abcde.tmp", "f.0123456789abcdeg.tmp", "0123456789abcdef.tmp",
                            "f.0123456789abcdef.tmp.x"})
    CHECK_FALSE(is_temporary(other));
}

TEST_CASE("a write that fails half-way leaves the old file and no other", "[disk]") {
  test::TempFolder const folder;
  auto const path = folder.path("f");
  write_file(path, "old");
  auto const status = with_file_limit(1000, [&] {
    try {
      write_file(path, std::string(100'000, 'n'));
    } catch (Failure const& failure) {
      return failure.what() == "cannot write " + path + ": File too large" ? 42 : 1;
    }
    return 2;
  });
  CHECK(status == 42);
  CHECK(read_file(path) == "old");
  CHECK(names_in(folder.path()) == std::vector<std::string>{"f"});
}

TEST_CASE("a full disk leaves the old file and no other", "[disk]") {
  test::TempFolder const folder;
  // a disk of one page: /dev/full would be replaced, not written
  if (test::run_shell("mount -t tmpfs -o size=8k none " + folder.path()).status != 0) {
    WARN("no right to mount: the limit on file sizes, tested above, has to stand for a full disk");
    return;
  }
  auto const path = folder.path("f");
  write_file(path, "old");
  std::string message;
  try {
    write_file(path, std::string(100'000, 'n'));
  } catch (Failure const& failure) {
    message = failure.what();
  }
  auto const text = read_file(path);
  auto const names = names_in(folder.path());
  test::run_shell("umount " + folder.path());
  CHECK(message == "cannot write " + path + ": No space left on device");
  CHECK(text == "old");
  CHECK(names == std::vector<std::string>{"f"});
}

TEST_CASE("what can't be written is named, with the reason", "[disk]") {
  test::TempFolder const folder;
  write_file(folder.path("file"), "");
  fs::create_directories(folder.path("folder/full"));
  CHECK_THROWS_WITH(write_file(folder.path("folder"), "x"),
                    "cannot write " + folder.path("folder") + ": Is a directory");
  CHECK_THROWS_WITH(write_file(folder.path("file/x"), "x"),
                    ContainsText("cannot make the folder " + folder.path("file")));
  CHECK(names_in(folder.path()) == std::vector<std::string>{"file", "folder"});
}

TEST_CASE("two who write one file at once leave the whole text of one", "[disk]") {
  test::TempFolder const folder;
  auto const path = folder.path("f");
  std::vector<pid_t> children;
  for (char c = 'a'; c < 'e'; ++c)
    if (auto const child = ::fork(); child == 0) {
      for (int i = 0; i < 50; ++i) write_file(path, std::string(20'000, c));
      ::_exit(0);
    } else {
      children.push_back(child);
    }
  bool whole = true;
  for (int i = 0; i < 100; ++i)
    if (auto const text = read_file(path))
      whole = whole && text->size() == 20'000 && text->find_first_not_of(text->front()) == std::string::npos;
  for (auto const child : children) ::waitpid(child, nullptr, 0);
  CHECK(whole);
  CHECK(names_in(folder.path()) == std::vector<std::string>{"f"});
}

TEST_CASE("removing is content with nothing, and loud where the file stays", "[disk]") {
  test::TempFolder const folder;
  write_file(folder.path("f"), "");
  remove_file(folder.path("f"));
  CHECK_FALSE(fs::exists(folder.path("f")));
  CHECK_NOTHROW(remove_file(folder.path("f")));
  CHECK_NOTHROW(remove_file(folder.path("f/below")));
  fs::create_directory(folder.path("folder"));
  CHECK_THROWS_AS(remove_file(folder.path("folder")), Failure);
}

TEST_CASE("appending adds whole lines, and makes file and folder", "[disk]") {
  test::TempFolder const folder;
  append_file(folder.path("a/log"), "one\n");
  append_file(folder.path("a/log"), "two\n");
  CHECK(read_file(folder.path("a/log")) == "one\ntwo\n");
}

TEST_CASE("paths are compared in their normal form", "[disk]") {
  CHECK(normal_path("./a/../b") == "b");
  CHECK(normal_path("a/./b") == "a/b");
  CHECK(normal_path("a/.b/c..") == "a/.b/c..");
  CHECK(normal_path("/a/b") == "/a/b");
  CHECK(normal_path("a/b/") == "a/b");
  CHECK(normal_path("a//b/.") == "a/b");
  CHECK(normal_path("") == ".");
  CHECK(normal_path("./") == ".");
  CHECK(normal_path("../a") == "../a");
  CHECK(normal_path("/a/..") == "/");
}

TEST_CASE("a path that leaves the workspace is known as such", "[disk]") {
  for (auto const* inside : {"a", "./a", "a/../b", "..a", "a/..", "..."}) {
    INFO(inside);
    CHECK(inside_workspace(inside));
  }
  for (auto const* outside : {"..", "../a", "a/../../b", "/a", "/", "./.."}) {
    INFO(outside);
    CHECK_FALSE(inside_workspace(outside));
  }
}

TEST_CASE("the disk remembers what was asked for and what it said, of missing files too", "[disk]") {
  test::TempFolder const folder;
  write_file(folder.path("b"), "x");
  DiskFiles const files;
  CHECK(files.read(folder.path("b")) == "x");
  CHECK(files.read(folder.path("a")) == std::nullopt);
  CHECK(files.read(folder.path()) == std::nullopt);
  write_file(folder.path("a"), "came later");
  write_file(folder.path("b"), "y");
  CHECK(files.read(folder.path("a")) == std::nullopt);
  CHECK(files.read(folder.path("b")) == "x");
  CHECK(files.is_folder(folder.path()));
  CHECK_FALSE(files.exists(folder.path("c")));
  CHECK(files.asked() == std::vector<std::string>{folder.path(), folder.path("a"), folder.path("b")});
}

TEST_CASE("SHA-256 is SHA-256, and fields don't run together", "[hash]") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(Hasher().field("ab").field("c").hex() != Hasher().field("a").field("bc").hex());
  CHECK(Hasher().field("").field("a").hex() != Hasher().field("a").field("").hex());
  CHECK(Hasher().bytes("a").bytes("bc").hex() == sha256("abc"));
  test::TempFolder const folder;
  write_file(folder.path("f"), std::string(200'000, 'x'));
  CHECK(sha256_file(folder.path("f")) == sha256(std::string(200'000, 'x')));
  CHECK_THROWS_AS(sha256_file(folder.path("none")), Failure);
}
