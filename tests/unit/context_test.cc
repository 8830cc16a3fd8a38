#include "step/context.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/own.h"
#include "catch.h"
#include "step/collect.h"
#include "step/ignore.h"

namespace fs = std::filesystem;
using e2e::sha256;
using namespace e2e::step;

namespace {

/// A context in a folder of its own, and one stat cache for all questions, so that each test is one of the cache too.
struct Space {
  std::string root;
  StatCache cache{""};
  std::vector<std::string> sources = {"."};

  Space() {
    auto path = (fs::temp_directory_path() / "e2egen-context-XXXXXX").string();
    root = ::mkdtemp(path.data());
    e2e::write_file(root + "/Containerfile", "FROM scratch\nCOPY . /\n");
    fs::create_directory(path_of(""));
  }
  Space(Space const&) = delete;
  ~Space() { fs::remove_all(root); }

  std::string path_of(std::string const& name) const { return root + "/ctx/" + name; }
  void write(std::string const& name, std::string const& text = "x") const {
    e2e::write_file(path_of(name), text);
    ::chmod(path_of(name).c_str(), 0644);
  }
  void folder(std::string const& name) const {
    fs::create_directories(path_of(name));
    ::chmod(path_of(name).c_str(), 0755);
  }
  void link(std::string const& target, std::string const& name) const { fs::create_symlink(target, path_of(name)); }

  e2e::claim::Context context() const {
    return {.root = root + "/ctx", .containerfile = root + "/Containerfile", .sources = sources};
  }
  std::string digest() {
    std::this_thread::sleep_for(std::chrono::milliseconds(25));  // let the cache remember
    return context_digest(context(), cache);
  }
  std::vector<std::string> files() { return context_files(context(), cache); }
  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (auto const& line : files()) {
      auto const start = line.find(' ', 5) + 1;
      names.push_back(line.substr(start, line.rfind(' ') - start));
    }
    return names;
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("lines tell mode, kind, path and digest", "[context]") {
  Space space;
  space.write("run.sh", "hello");
  ::chmod(space.path_of("run.sh").c_str(), 06755);
  space.folder("empty");
  space.link("/no/where", "link");
  REQUIRE(::mkfifo(space.path_of("pipe").c_str(), 0600) == 0);
  CHECK(space.files() == Names{"0755 folder empty -", "0777 link link /no/where", "0600 fifo pipe -",
                               "0755 file run.sh " + sha256("hello")});
}

TEST_CASE("what changes the digest", "[context]") {
  Space space;
  space.write("a", "one");
  space.write("sub/b", "two");
  auto const before = space.digest();
  CHECK(space.digest() == before);

  SECTION("chmod") {
    ::chmod(space.path_of("a").c_str(), 0600);
  }
  SECTION("chmod of a folder") {
    ::chmod(space.path_of("sub").c_str(), 0700);
  }
  SECTION("rename") {
    fs::rename(space.path_of("a"), space.path_of("c"));
  }
  SECTION("swapped contents") {
    fs::rename(space.path_of("a"), space.path_of("c"));
    fs::rename(space.path_of("sub/b"), space.path_of("a"));
    fs::rename(space.path_of("c"), space.path_of("sub/b"));
  }
  SECTION("an empty folder") {
    space.folder("new");
  }
  SECTION("an empty file") {
    space.write("new", "");
  }
  SECTION("a link") {
    space.link("a", "new");
  }
  SECTION("same size and mtime") {
    auto const time = fs::last_write_time(space.path_of("a"));
    space.write("a", "ONE");
    fs::last_write_time(space.path_of("a"), time);
  }
  SECTION("a file becomes a link to its copy") {
    fs::rename(space.path_of("a"), space.root + "/a");
    space.link("../a", "a");
  }
  SECTION("removed") {
    fs::remove(space.path_of("a"));
  }
  SECTION("the Containerfile, which is outside") {
    e2e::write_file(space.root + "/Containerfile", "FROM scratch\n");
  }
  SECTION("the ignore file, when it lets less through") {
    space.write(".dockerignore", "a\n.dockerignore");
  }
  SECTION("the ignore file is a file of the context") {
    space.write(".dockerignore", "# nothing");
  }
  CHECK(space.digest() != before);
}

TEST_CASE("what does not change the digest", "[context]") {
  Space space;
  space.write("a", "one");
  space.write("sub/b", "two");
  space.write("secret/key", "k");
  space.write(".dockerignore", "secret\n.dockerignore\n");
  auto const before = space.digest();

  SECTION("touch") {
    fs::last_write_time(space.path_of("a"), fs::file_time_type::clock::now());
  }
  SECTION("an ignored file") {
    space.write("secret/key", "other");
  }
  SECTION("a new ignored file") {
    space.write("secret/more", "other");
  }
  SECTION("a comment in an ignored ignore file") {
    space.write(".dockerignore", "# why\nsecret/\n\n.dockerignore");
  }
  SECTION("a rule for nothing") {
    space.write(".dockerignore", "secret\n.dockerignore\nnone");
  }
  SECTION("the same content in another file") {
    fs::remove(space.path_of("a"));
    space.write("a", "one");
  }
  SECTION("other order of making") {
    fs::rename(space.path_of("sub"), space.path_of("old"));
    fs::remove(space.path_of("a"));
    space.write("sub/b", "two");
    space.write("a", "one");
    fs::remove_all(space.path_of("old"));
  }
  CHECK(space.digest() == before);
}

TEST_CASE("negations", "[context]") {
  Space space;
  for (auto const* name : {"keep/a", "keep/b", "drop/a.go", "top.go"}) space.write(name);
  space.write(".dockerignore", "*\n!keep/a\n!**/*.go");
  CHECK(space.names() == Names{"keep/a", "top.go"});
}

TEST_CASE("which ignore file", "[context]") {
  Space space;
  space.write("a");
  space.write("b");
  space.sources = {"a", "b"};
  space.write(".dockerignore", "a");
  CHECK(space.names() == Names{"b"});
  space.write(".containerignore", "b");
  CHECK(space.names() == Names{"a"});
  e2e::write_file(space.root + "/Containerfile.containerignore", "a\nb");
  CHECK(space.names().empty());
  e2e::write_file(space.root + "/Containerfile.dockerignore", "");
  CHECK(space.names() == Names{"a", "b"});
}

TEST_CASE("source words", "[context]") {
  Space space;
  for (auto const* name : {"a.txt", "b.txt", ".c.txt", "sub/x/1", "sub/y/1", "other/1"}) space.write(name);
  auto const names = [&](Names sources) {
    space.sources = std::move(sources);
    return space.names();
  };
  CHECK(names({"a.txt"}) == Names{"a.txt"});
  CHECK(names({"*.txt"}) == Names{".c.txt", "a.txt", "b.txt"});
  CHECK(names({"[ab].txt", "b*"}) == Names{"a.txt", "b.txt"});
  CHECK(names({"/sub/"}) == Names{"sub/x", "sub/x/1", "sub/y", "sub/y/1"});
  CHECK(names({"*/x"}) == Names{"sub/x/1"});
  CHECK(names({"*/1"}) == Names{"other/1"});
  CHECK(names({"../a.txt"}) == Names{"a.txt"});
  CHECK(names({"../ctx/a.txt"}) == Names{"a.txt"});
  CHECK(names({"sub/../../../other"}) == Names{"other/1"});
  CHECK(names({"none", "n*", "[", "https://example.org/x"}).empty());
  CHECK(names({}).empty());
}

TEST_CASE("a source that is a link is followed, inside the root", "[context]") {
  Space space;
  space.write("real/f", "x");
  space.link("real", "folder");
  space.link("/real/f", "absolute");
  space.link("../../../real/f", "above");
  space.link("loop", "loop");
  space.link("none", "dangling");
  auto const files = [&](Names sources) {
    space.sources = std::move(sources);
    return space.files();
  };
  CHECK(files({"folder"}) == Names{"0644 file folder/f " + sha256("x")});
  CHECK(files({"folder/f"}) == Names{"0644 file folder/f " + sha256("x")});
  CHECK(files({"absolute"}) == Names{"0644 file absolute " + sha256("x")});
  CHECK(files({"above"}) == Names{"0644 file above " + sha256("x")});
  CHECK(files({"loop", "dangling"}) == Names{"0777 link dangling none", "0777 link loop loop"});
  space.write(".dockerignore", "real/f");
  CHECK(files({"folder", "absolute"}).empty());
}

TEST_CASE("what can't be read is named, unless it is ignored", "[context]") {
  struct AsNobody {  // root reads everything
    bool root = ::geteuid() == 0;
    AsNobody() { REQUIRE((!root || ::seteuid(65534) == 0)); }
    ~AsNobody() {
      if (root && ::seteuid(0) != 0) std::abort();
    }
  };
  Space space;
  space.write("a");
  space.write("sub/secret");
  ::chmod(space.root.c_str(), 0755);
  ::chmod(space.path_of("sub/secret").c_str(), 0);
  {
    AsNobody const nobody;
    CHECK_THROWS_WITH(space.digest(), ContainsText("sub/secret: Permission denied"));
  }
  ::chmod(space.path_of("sub").c_str(), 0);
  {
    AsNobody const nobody;
    CHECK_THROWS_WITH(space.digest(), ContainsText("/sub/: Permission denied"));
  }
  space.write(".dockerignore", "sub");
  {
    AsNobody const nobody;
    CHECK(space.names() == Names{".dockerignore", "a"});
  }
  ::chmod(space.path_of("sub").c_str(), 0755);
}

TEST_CASE("a bad ignore file is named", "[context]") {
  Space space;
  space.write(".dockerignore", "a\n[b\n");
  CHECK_THROWS_WITH(space.files(), ContainsText(".dockerignore: podman refuses the pattern '[b'"));
}

TEST_CASE("sockets are left out", "[context]") {
  Space space;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, space.path_of("s").c_str(), sizeof address.sun_path - 1);
  int const fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::close(fd);
  CHECK(space.files().empty());
}

TEST_CASE("deep trees and odd names", "[context]") {
  Space space;
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "d/";
  space.write(deep + "f");
  space.write("a b\n\xff[1]*");
  CHECK(space.names().size() == 302);
}

TEST_CASE("files that come and go during the walk", "[context]") {
  Space space;
  space.write("stays");
  std::jthread const busy([&](std::stop_token stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      auto const name = "f" + std::to_string(i % 50);
      fs::remove_all(space.path_of(name));
      if (i % 2 == 0) space.write(name);
      if (i % 3 == 0) {
        fs::remove_all(space.path_of(name));
        space.write(name + "/x");
      }
    }
  });
  for (int i = 0; i < 300; ++i) {
    auto const names = space.names();
    REQUIRE(std::find(names.begin(), names.end(), "stays") != names.end());
  }
}

TEST_CASE("the digest of a tree", "[context]") {
  Space space;
  StatCache cache("");
  auto const digest = [&](std::string const& name) { return tree_digest(space.path_of(name), cache); };
  CHECK(digest("none") == "absent");
  space.write("t/a", "one");
  space.folder("t/empty");
  auto const before = digest("t");
  CHECK(digest("t/a").size() == 64);
  space.link("t", "to");
  CHECK(digest("to") == before);
  fs::last_write_time(space.path_of("t/a"), fs::file_time_type::clock::now());
  CHECK(digest("t") == before);
  SECTION("mode") {
    ::chmod(space.path_of("t").c_str(), 0700);
  }
  SECTION("content") {
    space.write("t/a", "two");
  }
  SECTION("set-id bits count here") {
    ::chmod(space.path_of("t/a").c_str(), 04644);
  }
  SECTION("empty folder") {
    fs::remove(space.path_of("t/empty"));
  }
  SECTION("ignore files mean nothing") {
    space.write("t/.dockerignore", "*");
  }
  SECTION("a link below") {
    space.link("a", "t/b");
  }
  CHECK(digest("t") != before);
}

TEST_CASE("what links in a tree say and lead to counts", "[context]") {
  Space space;
  StatCache cache("");
  auto const digest = [&] { return tree_digest(space.path_of("t"), cache); };
  space.write("t/a", "one");
  space.write("out/deep/x", "x");
  space.write("out/y", "y");
  space.link("../out/y", "t/file");
  space.link("../out/deep", "t/folder");
  space.link("../out/deep", "t/same");
  space.link("nowhere", "t/dangling");
  // loops, and what the tree is a part of
  space.link("self", "t/self");
  space.link(".", "t/here");
  space.link("..", "t/up");
  space.link("/", "t/root");
  space.link("..", "out/deep/up");
  space.link("../../t", "out/deep/back");
  auto const before = digest();
  CHECK(digest() == before);
  SECTION("a file behind a link") {
    space.write("out/y", "z");
  }
  SECTION("its mode") {
    ::chmod(space.path_of("out/y").c_str(), 0755);
  }
  SECTION("a file in a folder behind a link") {
    space.write("out/deep/x", "y");
  }
  SECTION("another file there") {
    space.write("out/deep/z", "z");
  }
  SECTION("a link in a folder behind a link") {
    space.write("elsewhere", "1");
    space.link("../../elsewhere", "out/deep/more");
    CHECK(digest() != before);
    auto const between = digest();
    space.write("elsewhere", "2");
    CHECK(digest() != between);
  }
  SECTION("it led nowhere") {
    space.write("t/nowhere", "");
    auto const with = digest();
    fs::remove(space.path_of("t/dangling"));
    space.link("nowhere-else", "t/dangling");
    CHECK(digest() != with);
  }
  SECTION("nowhere else") {
    fs::remove(space.path_of("t/dangling"));
    space.link("elsewhere", "t/dangling");
  }
  SECTION("another way to the same") {
    fs::remove(space.path_of("t/file"));
    space.link("../out/./y", "t/file");
  }
  SECTION("another folder with the same") {
    fs::copy(space.path_of("out/deep"), space.path_of("out/copy"), fs::copy_options::copy_symlinks);
    fs::remove(space.path_of("t/same"));
    space.link("../out/copy", "t/same");
  }
  SECTION("a pipe took its place") {
    fs::remove(space.path_of("out/y"));
    REQUIRE(::mkfifo(space.path_of("out/y").c_str(), 0644) == 0);
  }
  CHECK(digest() != before);
}

TEST_CASE("what a tree is a part of does not count, whatever leads there", "[context]") {
  Space space;
  StatCache cache("");
  auto const digest = [&] { return tree_digest(space.path_of("w/t"), cache); };
  space.write("w/t/a", "one");
  space.write("out/x", "x");
  space.link("..", "w/t/up");
  space.link("../../out", "w/t/out");
  space.link("..", "out/up");
  space.link("../w", "out/workspace");
  e2e::write_file(space.root + "/far/deep/x", "x");
  space.link("../../../far/deep", "w/t/far");
  fs::create_symlink("..", space.root + "/far/deep/up");  // what a folder behind a link is a part of
  auto const before = digest();
  space.write("w/other", "1");
  space.write("other", "1");
  e2e::write_file(space.root + "/far/other", "1");
  CHECK(digest() == before);
}

TEST_CASE("two links that lead to one folder, whichever the disk names first", "[context]") {
  std::vector<std::string> digests;
  for (bool const turned : {false, true}) {
    // a tmpfs names what came last first, other file systems have an order of their own
    auto root = (fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path().string()) + "/e2egen-links-XXXXXX";
    REQUIRE(::mkdtemp(root.data()));
    StatCache cache("");
    e2e::write_file(root + "/out/x", "x");
    fs::create_directory(root + "/t");
    for (int i = 0; i < 9; ++i) fs::create_symlink("../out", root + "/t/l" + std::to_string(turned ? 8 - i : i));
    digests.push_back(tree_digest(root + "/t", cache));
    fs::remove_all(root);
  }
  CHECK(digests[0] == digests[1]);
}

TEST_CASE("in a build context links are links", "[context]") {
  Space space;
  e2e::write_file(space.root + "/out/x", "1");
  space.link("../out", "folder");
  space.link("../out/x", "file");
  auto const before = space.digest();
  e2e::write_file(space.root + "/out/x", "2");
  CHECK(space.digest() == before);
  fs::remove(space.path_of("file"));
  space.link("../out/./x", "file");
  CHECK(space.digest() != before);
}

TEST_CASE("a file and its mode are of one moment", "[context]") {
  Space const space;
  space.write("a", "one");
  e2e::step::IgnoreRules const none;
  e2e::step::Collector collector(none, 0777);
  struct stat status {};
  REQUIRE(::stat(space.path_of("a").c_str(), &status) == 0);
  collector.add(space.path_of("a"), "a", status);
  ::chmod(space.path_of("a").c_str(), 0755);
  StatCache cache("");
  CHECK((collector.finish(&cache).at(0).key.mode & 0777) == 0755);
}

TEST_CASE("a context is narrowed in those sources that hold what is kept", "[context]") {
  CHECK(e2e::step::narrowed_to({"cmd", "internal", "assets"}, {"!cmd/a/*.go", "cmd/a/*_test.go", "!internal/b/*.go"}) ==
        std::vector<std::string>{"cmd", "internal", "!cmd/a/*.go", "cmd/a/*_test.go", "!internal/b/*.go"});
  CHECK(e2e::step::narrowed_to({"."}, {"!*.go"}) == std::vector<std::string>{"*", "!*.go"});
  CHECK(e2e::step::narrowed_to({"assets"}, {"!cmd/a/*.go"}).empty());
}

TEST_CASE("what e2egen wrote is no part of a context, whatever the ignore file says", "[context]") {
  std::string const ours = std::string(e2e::kNinjaMark) + ": change the spec\n";
  Space space;
  auto const before =
      (space.write("a"), space.write("sub/b"), space.write("theirs.ninja", "rule cc\n"), space.digest());
  auto const ignore = GENERATE(as<std::string>(), "", "!.e2e\n!**\n!*.ninja\n", "a\n!.e2e/oci/**", "nothing");
  CAPTURE(ignore);
  e2e::write_file(space.root + "/Containerfile.dockerignore", ignore);
  auto const digest = space.digest();
  if (ignore.find('a') != 0) CHECK(digest == before);
  auto const names = space.names();
  CHECK_FALSE(ignore_file_without_own(space.context()));

  space.write(".e2e/oci/index.json");
  space.write("sub/.e2e/env/kubeconfig");
  space.write("e2e.ninja", ours);
  space.write("sub/the other.ninja", ours);
  space.write("sub/next.ninja.0123456789abcdef.tmp", "");
  CHECK(space.digest() == digest);
  CHECK(space.names() == names);
  // what a word names, a pattern finds, or a link leads to, is nothing else
  space.link(".e2e/oci", "link");
  for (auto const* word : {".e2e", ".e2e/oci/index.json", "*.e2e", "e2e.ninja", "e*", "sub/.e2e/env", "link"}) {
    CAPTURE(word);
    space.sources = {word};
    CHECK(space.names().empty());
  }
  fs::remove(space.path_of("link"));

  space.sources = {"."};
  CHECK(ignore_file_without_own(space.context()) ==
        ignore +
            "\n./.e2e\n./e2e.ninja\n./sub/.e2e\n"
            "./sub/next.ninja.0123456789abcdef.tmp\n./sub/the other.ninja\n");
  e2e::write_file(space.root + "/Containerfile.dockerignore", "/a\r\n#/b\n///#c/\n!/d\n /e\n/");
  CHECK(ignore_file_without_own(space.context()).value_or("").find("a\r\n#/b\n./#c/\n!/d\n /e\n\n./.e2e\n") == 0);
  // only what the builder is sent needs to be left out, and that may be more than what counts
  space.sources = {"a"};
  CHECK_FALSE(ignore_file_without_own(space.context()));
  auto context = space.context();
  context.sent = {"sub"};
  CHECK(ignore_file_without_own(context).value_or("").find("./sub/.e2e\n") != std::string::npos);
  // their own ignore file may do it already
  e2e::write_file(space.root + "/Containerfile.dockerignore", "**/.e2e\n*.ninja\nsub/*.ninja*\n");
  space.sources = {"."};
  CHECK_FALSE(ignore_file_without_own(space.context()));
}

TEST_CASE("a Ninja file of ours is left out under any name", "[context]") {
  for (std::string const name : {"a b", "(x)&y;", "it's", "$x{1}", "[a]", "!no", "#no", " no", "a\\b", "a+", "^a|b",
                                 "*?", "\xc2\xa0", "b\xc3\xa4", "a\nb", "\xff"}) {
    CAPTURE(name);
    Space space;
    space.write(name + "/" + name + ".ninja", std::string(e2e::kNinjaMark));
    space.write("a");
    CHECK(space.names() == (name < "a" ? Names{name, "a"} : Names{"a", name}));
    auto const text = ignore_file_without_own(space.context());
    REQUIRE(text);
    auto const rules = e2e::step::IgnoreRules::parse(*text);
    CHECK(rules.ignores(name + "/" + name + ".ninja"));
    CHECK_FALSE(rules.ignores(name));
    CHECK_FALSE(rules.ignores("a"));
  }
}

TEST_CASE("what a command reads of a folder is nothing that e2egen wrote either", "[context]") {
  Space space;
  space.write("a");
  auto const before = tree_digest(space.path_of(""), space.cache);
  space.write(".e2e/trace.jsonl");
  space.write("e2e.ninja", std::string(e2e::kNinjaMark));
  CHECK(tree_digest(space.path_of(""), space.cache) == before);
  // named itself it counts
  auto const named = tree_digest(space.path_of(".e2e/trace.jsonl"), space.cache);
  space.write(".e2e/trace.jsonl", "y");
  CHECK(tree_digest(space.path_of(".e2e/trace.jsonl"), space.cache) != named);
}

TEST_CASE("two witnesses tell which files were written to", "[context]") {
  Space space;
  for (auto const* name : {"a", "b", "sub/c", "sub/d"}) space.write(name);
  auto const before = context_witness(space.context(), {});
  auto const changed = [&] {
    auto names = written_between(before, context_witness(space.context(), {}));
    for (auto& name : names) name = fs::path(name).lexically_relative(space.root).string();
    return names;
  };
  CHECK(changed().empty());
  space.folder("sub/new");
  CHECK(changed() == Names{"ctx/sub", "ctx/sub/new"});
  space.write("b", "more");
  fs::remove(space.path_of("sub/c"));
  e2e::write_file(space.root + "/Containerfile", "FROM scratch\n");
  CHECK(changed() == Names{"Containerfile", "ctx/b", "ctx/sub/c"});
}
