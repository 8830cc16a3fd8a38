// context_files against the real podman: what it says must be what arrives in an image.
//
// Hidden, since it takes minutes: run it with the tag [real]. Without podman it fails; it never skips.
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <set>

#include "../unit/catch.h"
#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/own.h"
#include "base/text.h"
#include "step/context.h"

namespace fs = std::filesystem;
using namespace e2e::step;
using Lines = std::vector<std::string>;

namespace {

/// Runs a shell command; its output, or nothing if it fails.
std::optional<std::string> run(std::string const& command) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), nullptr);
  REQUIRE(pipe);
  std::string out;
  std::array<char, 4096> buffer{};
  while (auto const n = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) out.append(buffer.data(), n);
  if (::pclose(pipe.release()) != 0) return std::nullopt;
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

struct Space {
  std::string root;
  Space() {
    auto path = (fs::temp_directory_path() / "e2egen-podman-XXXXXX").string();
    root = ::mkdtemp(path.data());
    fs::create_directory(root + "/ctx");
  }
  Space(Space const&) = delete;
  ~Space() { fs::remove_all(root); }

  e2e::claim::Context context(Lines const& sources) const {
    return {.root = root + "/ctx", .containerfile = root + "/Containerfile", .sources = sources};
  }

  /// "dir/" is a folder, "a -> b" a link, "a|" a pipe, "a 0600" a file of that mode, "own.ninja"
  /// one that e2egen wrote, all else a file.
  void make(std::string const& what) const {
    auto const path = [&](std::string const& name) { return root + "/ctx/" + name; };
    if (auto const arrow = what.find(" -> "); arrow != std::string::npos) {
      fs::create_directories(fs::path(path(what.substr(0, arrow))).parent_path());
      fs::create_symlink(what.substr(arrow + 4), path(what.substr(0, arrow)));
    } else if (what.ends_with('/')) {
      fs::create_directories(path(what));
    } else if (what.ends_with('|')) {
      REQUIRE(::mkfifo(path(what.substr(0, what.size() - 1)).c_str(), 0640) == 0);
    } else if (auto const space = what.rfind(" 0"); space != std::string::npos) {
      auto const name = what.substr(0, space);
      e2e::write_file(path(name), "content of " + name);
      REQUIRE(::chmod(path(name).c_str(), static_cast<mode_t>(std::stoul(what.substr(space), nullptr, 8))) == 0);
    } else {
      auto const ours = what.find("own") != what.npos && what.ends_with(".ninja");
      e2e::write_file(path(what), (ours ? std::string(e2e::kNinjaMark) + "\n" : "") + "content of " + what);
    }
  }
};

/// What podman puts into an image, in the form of context_files; nothing if the build fails.
std::optional<Lines> arrived(Space const& space, Lines const& sources) {
  auto const word = [](std::string const& text) { return e2e::shell_word(text); };
  std::string copy = "FROM scratch\nCOPY [";
  for (auto const& source : sources) copy += "\"" + source + "\", ";
  e2e::write_file(space.root + "/Containerfile", copy + "\"/x/\"]\n");
  auto const log = word(space.root + "/log");
  auto const ignore = space.root + "/ignore";
  fs::remove(ignore);
  try {
    if (auto const text = ignore_file_without_own(space.context(sources))) e2e::write_file(ignore, *text);
  } catch (e2e::Failure const&) {
    // a pattern that podman refuses: it has to say so itself
  }
  auto const image =
      run("podman build -q --no-cache -f " + word(space.root + "/Containerfile") +
          (fs::exists(ignore) ? " --ignorefile=" + word(ignore) : "") + " " + word(space.root + "/ctx") + " 2>" + log);
  if (!image) return std::nullopt;
  auto const out = space.root + "/out";
  fs::remove_all(out);
  fs::create_directory(out);
  auto const container = run("podman create " + *image + " none 2>>" + log);
  REQUIRE(container);
  auto const tar = run("podman export " + *container + " | tar -xmpf - -C " + word(out));
  auto const cleaned = run("podman rm " + *container + " && podman rmi -f " + *image);
  REQUIRE(tar);
  REQUIRE(cleaned);
  // What arrived may hold the ignore file, which must not be obeyed once more: another one goes before it.
  e2e::write_file(out + "/none.dockerignore", "");
  // context_files would pass over it here too
  for (auto const& entry : fs::recursive_directory_iterator(out)) {
    auto const name = entry.path().filename().string();
    CAPTURE(entry.path());
    CHECK_FALSE(
        (name == ".e2e" || (entry.is_regular_file() && name.find("own") != name.npos && name.ends_with(".ninja"))));
  }
  StatCache cache("");
  return context_files({.root = out + "/x", .containerfile = out + "/none", .sources = {"."}}, cache);
}

std::string name_of(std::string const& line) {
  auto const start = line.find(' ', 5) + 1;
  return line.substr(start, line.rfind(' ') - start);
}

/// What context_files says, as it lies in the image: COPY puts what is in a source folder directly into the target, so
/// the prefixes `stripped` go, and files that a word named lose their folder. Folders in between that were ignored
/// appear all the same, with mode 0755, since something has to hold what was brought back.
Lines expected(Space const& space, Lines const& sources, Lines const& stripped) {
  StatCache cache("");
  std::set<std::string> lines, names;
  auto const list = context_files(space.context(sources), cache);
  for (auto const& line : list) {
    auto const full = name_of(line);
    auto name = full.substr(full.rfind('/') + 1);
    for (auto const& prefix : stripped)
      if (full.starts_with(prefix)) name = full.substr(prefix.size());
    auto changed = line;
    changed.replace(line.find(' ', 5) + 1, full.size(), name);
    lines.insert(changed);
    names.insert(name);
  }
  for (auto const& name : std::set(names))
    for (auto slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1))
      if (names.insert(name.substr(0, slash)).second) lines.insert("0755 folder " + name.substr(0, slash) + " -");
  return {lines.begin(), lines.end()};
}

struct Case {
  std::string ignore;
  Lines tree;
  Lines sources = {"."};
  Lines stripped = {""};
};

/// Compares, and says what differs and why podman failed, if it did.
void compare(Case const& one, std::string const& ignore_name = ".dockerignore") {
  Space const space;
  for (auto const& what : one.tree) space.make(what);
  if (!one.ignore.empty()) e2e::write_file(space.root + "/ctx/" + ignore_name, one.ignore);
  auto real = arrived(space, one.sources);
  INFO("ignore file:\n"
       << one.ignore << "\ntree: " << e2e::join(one.tree, ", ") << "\nsources: " << e2e::join(one.sources, " ")
       << "\npodman: " << e2e::read_file(space.root + "/log").value_or(""));
  Lines ours;
  bool failed = false;
  try {
    ours = expected(space, one.sources, one.stripped);
  } catch (e2e::Failure const& failure) {
    UNSCOPED_INFO(failure.what());
    failed = true;
  }
  if (real && failed) {
    CHECK_FALSE(failed);
  } else if (real) {
    std::sort(real->begin(), real->end());
    CHECK(e2e::join(ours, "\n") == e2e::join(*real, "\n"));
  } else {
    // podman fails when a word brings nothing, whatever the others bring. A dangling link stands for itself till then.
    std::erase_if(ours, [](std::string const& line) { return line.starts_with("0777 link"); });
    if (one.sources.size() == 1 && one.sources[0] != "*") CHECK(e2e::join(ours, "\n") == "");
  }
}

}  // namespace

TEST_CASE("ignore files and trees, against podman", "[.][real]") {
  Lines const tree = {"a",         "b.log",      "c.go",     "sub/a",         "sub/b.log",       "sub/c.go",
                      "sub/d/a",   "sub/d/c.go", "sub/d/e/", "subway/a",      "empty/",          ".hidden",
                      "x y/a",     "A",          "run 0755", "secret 0600",   "l -> sub",        "sub/l -> ../a",
                      "dead -> n", "s 04755",    "t 01644",  "vendor/v/c.go", "vendor/keep/c.go"};
  std::vector<Case> const cases = {
      {"", tree},
      {"# nothing\n\n", tree},
      {"a", tree},
      {"/a\n/sub/", tree},
      {"./a\nsub/d/..", tree},
      {" /a\n b.log \t\r\nc.go\r\n", tree},
      {"#a\n #a", tree},
      {"sub", tree},
      {"sub/", tree},
      {"sub/*", tree},
      {"sub/**", tree},
      {"*", tree},
      {"*/a", tree},
      {"**/a", tree},
      {"**/*.go", tree},
      {"**/d", tree},
      {"sub/**/c.go", tree},
      {"**", tree},
      {"s**", tree},
      {"*.go\n*.log", tree},
      {"?", tree},
      {"[a-b]*", tree},
      {"[^a-b]*", tree},
      {"[!a]*", tree},
      {"\\a\n\\.hidden", tree},
      {"x y", tree},
      {"x\\ y", tree},
      {".*", tree},
      {"*\n!a", tree},
      {"!a\n*", tree},
      {"*\n!sub", tree},
      {"*\n!/sub/a", tree},
      {"*\n!./sub/d", tree},
      {"*\n! a", tree},
      {"*\n!sub/d/c.go", tree},
      {"*\n!sub\nsub/d", tree},
      {"*\n!**/*.go", tree},
      {"sub\n!**/c.go", tree},
      {"sub\n!sub/*.go", tree},
      {"sub\n!sub*/*", tree},
      {"sub\n!subway", tree},
      {"sub*\n!sub/d/**", tree},
      {"vendor\n!vendor/keep", tree},
      {"vendor/*\n!vendor/keep", tree},
      {"**/c.go\n!sub/d/c.go", tree},
      {"l\nsub/l", tree},
      {"empty\nsub/d/e", tree},
      {".dockerignore", tree},
      {"a+", tree},
      {"(a|c.go)", tree},
      {"su|a", tree},
      {"\\w", tree},
      {"lib++", tree},
      {"[", tree},
      {"!", tree},
      {"a{b}", tree},
      {"\xef\xbb\xbf"
       "a",
       tree},
      {"b\xc3\xa4?", {"b\xc3\xa4\xc3\xb6", "b\xc3\xa4x/y", "c"}},
      {"", {"pipe|", "a"}},
  };
  for (auto const& one : cases) compare(one);
  compare({"a", tree}, ".containerignore");
}

TEST_CASE("source words, against podman", "[.][real]") {
  Lines const tree = {"a.txt",           "b.txt",         ".c.txt",       "sub/x/1",         "sub/x/2",
                      "sub/y/3",         "sub/4",         "other/5",      "folder -> sub",   "file -> a.txt",
                      "up -> ../../sub", "abs -> /sub/x", "dead -> none", "far -> sub/deep", "sub/deep -> ../other",
                      "loop -> loop",    "a[1]",          "a1",           "empty/",          "sub/pipe|"};
  std::vector<Case> const cases = {
      {"", tree, {"a.txt"}},
      {"", tree, {"*.txt"}},
      {"", tree, {"[ab].txt", ".c*"}},
      {"", tree, {"sub"}, {"sub/"}},
      {"", tree, {"/sub/"}, {"sub/"}},
      {"", tree, {"sub/*"}, {"sub/x/", "sub/y/", "sub/deep/"}},
      {"", tree, {"*/x"}, {"sub/x/", "folder/x/", "up/x/"}},
      {"", tree, {"[^a]*/[123]*"}},
      {"", tree, {"folder"}, {"folder/"}},
      {"", tree, {"folder/x"}, {"folder/x/"}},
      {"", tree, {"file"}},
      {"", tree, {"up"}, {"up/"}},
      {"", tree, {"abs"}, {"abs/"}},
      {"", tree, {"far"}, {"far/"}},
      {"", tree, {"dead"}},
      {"", tree, {"loop"}},
      {"", tree, {"none"}},
      {"", tree, {"none*"}},
      {"", tree, {"none*", "a.txt"}},
      {"", tree, {"../a.txt"}},
      {"", tree, {"../ctx/a.txt"}},
      {"", tree, {"../../../sub"}, {"sub/"}},
      {"", tree, {"sub/../other"}, {"other/"}},
      {"", tree, {"a?1*"}},
      {"", tree, {"empty"}},
      {"sub", tree, {"sub"}, {"sub/"}},
      {"sub/*", tree, {"sub"}, {"sub/"}},
      {"sub\n!sub/x", tree, {"sub"}, {"sub/"}},
      {"sub\n!sub/x", tree, {"folder"}, {"folder/"}},
      {"sub\n!sub/x", tree, {"sub/x"}, {"sub/x/"}},
      {"a.txt", tree, {"file"}},
      {"file", tree, {"file"}},
      {"a.txt", tree, {"*.txt"}},
      {"*\n!b.txt", tree, {"*.txt", "[az]*"}},
      {"*\n!b.txt", tree, {"*.txt", "*ub"}, {"sub/"}},
      {"sub", tree, {"up"}, {"up/"}},
      {"*\n!sub/x/1", tree, {"[!l]*"}, {"sub/"}},
      {"*\n!sub/x/1", tree, {"s*", "[eo]*"}, {"sub/"}},
      {"", tree, {"*"}},
  };
  for (auto const& one : cases) compare(one);
}

TEST_CASE("what e2egen wrote, against podman", "[.][real]") {
  Lines const tree = {"a",
                      "sub/b",
                      "theirs.ninja",
                      ".e2e/oci/x",
                      ".e2e/y",
                      "own.ninja",
                      "sub/own (2)+.ninja",
                      "sub/.e2e/z",
                      " own/own.ninja",
                      "#own.ninja",
                      "!own/a",
                      "!own/own.ninja",
                      "b\xc3\xa4/own.ninja",
                      "\xff/own.ninja",
                      "\xff/c",
                      "l -> .e2e",
                      "m -> sub"};
  std::vector<Case> const cases = {
      {"", tree},
      {"!.e2e\n!**", tree},
      {"\xef\xbb\xbfsub\r\n!.e2e/oci\r\n!sub/.e2e/**\r\n!own.ninja", tree},
      {"*\n!.e2e\n!sub", tree},
      {"*\n!.e2e/oci/x\n!a", tree},
      {"/a\n//sub/b/\n !/theirs.ninja", tree},
      {"/#own.ninja\n/!own\n/ theirs.ninja\n!/a", tree},
      {"**/.e2e\n*.ninja", tree},
      {"", tree, {"sub"}, {"sub/"}},
      {"", tree, {"m"}, {"m/"}},
      {"", tree, {"l"}, {"l/"}},
      {"", tree, {"*"}},
      {"!**", tree, {".e2e"}, {".e2e/"}},
      {"!**", tree, {".e2e/*", "a"}},
      {"!**", tree, {"*.ninja"}},
      {"!own.ninja", tree, {"own.ninja"}},
  };
  for (auto const& one : cases) compare(one);
}

TEST_CASE("random ignore files, against podman", "[.][real]") {
  auto const* text = std::getenv("E2EGEN_SEED");
  auto const seed = text ? static_cast<unsigned>(std::atoi(text)) : 1u;
  auto const* times = std::getenv("E2EGEN_TIMES");
  std::mt19937 random(seed);
  auto const pick = [&](auto const& from) { return from[random() % std::size(from)]; };
  std::array<std::string, 6> const names = {"a", "ab", "b", ".c", "a.go", "d"};
  std::array<std::string, 12> const plain = {"a", "ab", "b", ".c", "*", "**", "a*", "*.go", "?", "[ab]", "*b", "**b"};
  std::array<std::string, 12> const about_ours = {".e2e", "a",  "ab", "*.ninja", "*",   "**",
                                                  "a*",   ".*", "?",  "d",       "**e", "own*"};
  std::array<std::string, 6> const ours = {".e2e/f",          ".e2e/a/f",       "own.ninja",
                                           "(own) {1}.ninja", "!own+[a].ninja", "#own\\.ninja"};
  for (int round = 0; round < (times ? std::atoi(times) : 40); ++round) {
    Case one;
    std::set<std::string> files;  // none of them the folder of another
    for (int i = 0; i < 14; ++i) {
      std::string path;
      for (auto depth = random() % 4; depth > 0; --depth) path += pick(names) + "/";
      files.insert(path + "f" + pick(names));
    }
    bool const with_ours = random() % 2 == 0;
    auto const& parts = with_ours ? about_ours : plain;
    for (auto more = with_ours ? 1 + random() % 4 : 0; more > 0; --more)
      files.insert((random() % 3 == 0 ? pick(names) + "/" : "") + pick(ours));
    one.tree.assign(files.begin(), files.end());
    for (auto lines = 1 + random() % 4; lines > 0; --lines) {
      std::string line = random() % 2 == 0 ? "!" : "";
      if (random() % 5 == 0) line += "/";
      for (auto depth = 1 + random() % 3; depth > 0; --depth) line += pick(parts) + (depth > 1 ? "/" : "");
      if (random() % 4 == 0) line = "*\n" + line;
      if (random() % 3 == 0) line += "/f*";
      one.ignore += line + "\n";
    }
    if (random() % 3 == 0) {
      one.sources = {pick(names)};
      one.stripped = {one.sources[0] + "/"};
    }
    INFO("seed " << seed << ", round " << round);
    compare(one);
  }
}
