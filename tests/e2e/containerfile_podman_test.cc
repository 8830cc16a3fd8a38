// parse_containerfile against the real podman: no file of the context that a build reads may be missing from those that
// are watched.
//
// What podman read is seen by the time of last access of each file, in whatever stage it was copied; what a bind mount
// shows is read by a RUN that prints it. Random Containerfiles, by seed: E2EGEN_SEED, E2EGEN_TIMES. Hidden, since it
// takes minutes: run it with the tag [real]. Without podman and a static busybox it fails; it never skips. All images
// go to a store of its own, which is deleted.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <set>

#include "../unit/catch.h"
#include "base/disk.h"
#include "base/text.h"
#include "plan/containerfile.h"
#include "step/context.h"

namespace fs = std::filesystem;
using namespace e2e;
using Strings = std::vector<std::string>;
using Args = std::map<std::string, std::string>;

namespace {

int number_of(char const* variable, int otherwise) {
  auto const* text = std::getenv(variable);
  return text ? std::atoi(text) : otherwise;
}

/// What a shell command prints, and whether it succeeds.
std::pair<std::string, bool> run(std::string const& command) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen((command + " 2>&1").c_str(), "r"), nullptr);
  REQUIRE(pipe);
  std::string out;
  std::array<char, 4096> buffer{};
  while (auto const n = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) out.append(buffer.data(), n);
  return {out, ::pclose(pipe.release()) == 0};
}

/// A context, a store, and what podman reads of the one for the other.
class Podman {
 public:
  Podman() {
    auto path = (fs::temp_directory_path() / "e2egen-containerfiles-XXXXXX").string();
    root_ = ::mkdtemp(path.data());
    for (std::string const folder : {"", "d/", "e/", "d/e/"})
      for (std::string const name : {"a", "b", "aa", "ab", "ba", "bb", "}", "b c", "$A"}) {
        auto const file = folder + name;
        files_.push_back(file);
        write_file(context() + "/" + file, "content of " + file + "\n");
      }
  }
  Podman(Podman const&) = delete;
  ~Podman() {
    // builds that failed leave what they mounted
    [[maybe_unused]] auto const status = std::system(
        ("awk '$2 ~ \"^" + root_ + "/\" { print $2 }' /proc/self/mounts | sort -r | xargs -r umount").c_str());
    std::error_code error;
    fs::remove_all(root_, error);
  }

  std::string context() const { return root_ + "/context"; }
  std::string file(std::string const& name) const { return root_ + "/" + name; }

  struct Built {
    std::set<std::string> read;
    std::set<std::string> bases;
    std::string log;
    bool good = false;
  };

  Built build(std::string const& containerfile, plan::Build const& build, std::string const& more = {}) const {
    std::string command = "podman --root " + root_ + "/store --runroot " + root_ +
                          "/run --events-backend none build --isolation chroot --layers=false --pull-never " + more;
    for (auto const& [name, value] : build.args) command += " --build-arg " + shell_word(name + "=" + value);
    if (!build.target.empty()) command += " --target " + shell_word(build.target);
    for (auto const& one : files_) forget(one);
    Built built;
    std::tie(built.log, built.good) = run(command + " -f " + file(containerfile) + " " + context());
    for (auto const& one : files_)
      if (was_read(one) || built.log.find("\ncontent of " + one + "\n") != built.log.npos) built.read.insert(one);
    std::string_view rest = built.log;
    for (auto at = rest.find(": FROM "); at != rest.npos; at = rest.find(": FROM ")) {
      rest.remove_prefix(at + 7);
      built.bases.emplace(rest.substr(0, rest.find_first_of(" \n")));
    }
    return built;
  }

  bool was_read(std::string const& name) const {
    struct stat status {};
    REQUIRE(::stat((context() + "/" + name).c_str(), &status) == 0);
    return status.st_atim.tv_sec > 0;
  }

  void forget(std::string const& name) const {
    std::array<timespec, 2> times{timespec{0, 0}, timespec{0, UTIME_OMIT}};
    REQUIRE(::utimensat(AT_FDCWD, (context() + "/" + name).c_str(), times.data(), 0) == 0);
  }

  Strings const& files() const { return files_; }

 private:
  std::string root_;
  Strings files_;
};

/// Containerfiles of everything that could be read in another way than it is meant; most of them can be built.
class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}

  Args args() {
    Args out;
    for (auto const* name : {"A", "B", "S", "U", "F"})
      if (one_in(5)) out[name] = *name == 'S' ? pick({"one", "two", "0"}) : pick({"a", "b", "d/a", ""});
    return out;
  }

  /// `bases` are images that are there.
  std::string file(Strings const& bases) {
    escape_ = one_in(8) ? "`" : "\\";
    stages_.clear();
    text_ = one_in(12) ? "\xef\xbb\xbf" : "";
    if (escape_ == "`")
      text_ += (one_in(6) ? "# syntax=x\n" : "") + pick({"# escape=`\n", "#escape = `\n", "# Escape=`  \n"});
    for (auto more = below(3); more > 0; --more) line("ARG", arg());
    auto const last = below(4);
    for (std::size_t i = 0; i <= last; ++i) stage(bases);
    if (one_in(3))
      for (auto more = 1 + below(3); more > 0; --more) tear();
    if (one_in(6)) {
      std::string windows;
      for (char const c : text_) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
      text_ = windows;
    }
    return text_;
  }

  std::string target() { return one_in(4) && !stages_.empty() ? pick(stages_) : ""; }

  bool one_in(std::size_t n) { return below(n) == 0; }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  std::string pick(Strings const& from) { return from[below(from.size())]; }

  std::string name() { return pick({"A", "B", "U", "E", "F"}); }

  /// A word that is a file rather often.
  std::string word(int depth = 2) {
    auto const plain = pick({"a", "b", "a", "b", "d/a", "d", "e/b", "aa"});
    switch (below(18)) {
      case 0: return "$" + name();
      case 1: return "${" + name() + "}";
      case 2: return "${" + name() + ":-" + (depth > 0 ? word(depth - 1) : plain) + "}";
      case 3: return "${" + name() + ":+" + (depth > 0 ? word(depth - 1) : plain) + "}" + plain;
      case 4: return "d/$" + pick({"A", "B"});
      case 5: return "'" + plain + "'";
      case 6: return "\"" + (depth > 0 ? word(depth - 1) : plain) + "\"";
      case 7: return "\\" + plain;
      case 8: return "$" + name() + "/" + pick({"a", "e", "b"});
      case 9: return "/" + plain;
      case 10: return "./" + plain + pick({"", "/", "/."});
      case 11: return pick({"a*", "?", "d/[ab]", "*/b", "[ab]", "e/..", "d/../a", "\\$A", "'$A'", "\"\\$A\"", "}"});
      case 12:
        return one_in(4) ? pick({"${A-b}", "${A#b}", "$PATH", "$TARGETARCH", "\"a", "a\\", "${A:-}}", "$1a"}) : plain;
      default: return plain;
    }
  }

  std::string arg() {
    auto const name = pick({"A", "B", "S", "U", "F", "E"});
    if (one_in(4)) return name;
    auto const value = name == "S" ? pick({"one", "two", "0", "one"}) : word(1);
    return name + "=" + value + (one_in(6) ? " B=" + word(1) : "");
  }

  std::string env() {
    auto const name = pick({"A", "B", "E", "F"});
    return one_in(3) ? name + " " + word(1) + (one_in(6) ? " b" : "")
                     : name + "=" + word(1) + (one_in(4) ? " B=" + word(1) : "");
  }

  std::string copy() {
    Strings words;
    for (auto more = 1 + below(3); more > 0; --more) words.push_back(word());
    words.emplace_back("/out/");
    auto const blanks = pick({" ", " ", "  ", "\t"});
    if (!one_in(5)) return (one_in(8) ? "--chown=1:1" + blanks : "") + join(words, blanks);
    for (auto& one : words) {
      std::string escaped;
      for (char const c : one) escaped += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
      one = "\"" + escaped + "\"";
    }
    return pick({"[", "[ "}) + join(words, pick({",", ", "})) + "]" + (one_in(5) ? " x" : "");
  }

  void run(std::size_t which) {
    switch (which) {
      case 0: return line("RUN", pick({"echo \"cat <<EOF\"", "x=$((1<<B))", "true <<EOF", "echo '<<A'", "true 3<<-A"}));
      case 1: return line("RUN", "true <<COPY");
      case 2: return line("RUN", "--mount=type=bind,source=" + word(1) + ",target=/m find /m -type f -exec cat {} +");
      case 3: return line("RUN", "--mount=target=/m" + std::string(one_in(2) ? ",src=d/e" : "") + " cat /m/a");
      default:
        if (!stages_.empty() && one_in(2))
          line("RUN", "--mount=type=bind,from=" + pick(stages_) + ",source=/out,target=/m true");
        else
          line("RUN", "true <<EOF\n" + pick({"x", "a \\\nb", "COPY a /out/"}) + "\nEOF");
    }
  }

  void stage(Strings const& bases) {
    auto from = pick(bases);
    if (one_in(3)) from = "scratch";
    if (!stages_.empty() && one_in(2)) from = one_in(8) ? "${S:-" + pick(stages_) + "}" : pick(stages_);
    bool const shell = from == "shell";
    auto own = std::to_string(stages_.size());
    if (!one_in(4))
      own = one_in(10) ? pick({"two", "One", "base"}) : Strings{"one", "two", "three", "four"}[stages_.size()];
    line("FROM", from + (own == std::to_string(stages_.size()) ? "" : pick({" AS ", " as "}) + own));
    line("COPY", "aa /out/");
    for (auto more = below(6); more > 0; --more) {
      switch (below(10)) {
        case 0:
        case 1: line("ARG", arg()); break;
        case 2: line("ENV", env()); break;
        case 3:
          if (!stages_.empty()) line("COPY", "--from=" + (one_in(8) ? "$S" : pick(stages_)) + " /out /out");
          break;
        case 4: line("ONBUILD", one_in(3) ? "ENV " + env() : one_in(3) ? "ARG " + arg() : "COPY " + copy()); break;
        case 5: line("LABEL", pick({"a=<<EOF", "a=\"b c\"", "a=$A"})); break;
        case 6:
          if (shell) {
            run(below(5));
            break;
          }
          [[fallthrough]];
        default: line(one_in(6) ? "ADD" : "COPY", copy());
      }
    }
    stages_.push_back(own);
  }

  /// Puts a sign where it may mean something, or takes one away, or says a piece twice.
  void tear() {
    auto const at = below(text_.size());
    switch (below(6)) {
      case 0: text_.erase(at, 1 + below(2)); break;
      case 1: text_.insert(at, text_.substr(at, 1 + below(8))); break;
      default:
        text_.insert(at,
                     pick({"$",  "{", "}",  ":", "-",  "+",        "\"",  "'",    "\\",   "`",   "#",  "=",     ",",
                           "[",  "]", "<<", " ", "\t", "\n",       "\r",  "\v",   "\\\n", "\n#", "--", "${A:-", "${B:+",
                           "$A", "*", "?",  "/", ".",  "\xc2\xa0", "\\$", "\\\"", "''",   "<<A", "b"}));
    }
  }

  void line(std::string name, std::string const& rest) {
    if (one_in(6))
      for (auto& c : name) c = static_cast<char>(std::tolower(c));
    if (one_in(10)) text_ += pick({"# COPY b /out/\n", "\n", "  # x \\\n", " \t\n"});
    text_ += (one_in(10) ? " " : "") + name;
    if (one_in(8))
      text_ += " " + escape_ + pick({"", " "}) + "\n" + pick({"", "# COPY b /out/\n", "\n", "  # x\n"}) + " " + rest;
    else
      text_ += pick({" ", " ", "\t"}) + rest;
    text_ += "\n";
  }

  std::mt19937 random_;
  std::string escape_, text_;
  Strings stages_;
};

plan::Containerfile parsed(std::string const& text, plan::Build const& build) {
  Sources sources;
  return plan::parse_containerfile(sources, sources.add("Containerfile", text), build);
}

std::set<std::string> watched(Podman const& podman, Strings const& sources) {
  step::StatCache cache("");
  std::set<std::string> names;
  claim::Context const context{podman.context(), podman.file("Containerfile"), sources};
  for (auto const& line : context_files(context, cache)) {
    auto const start = line.find(' ', 5) + 1;
    names.insert(line.substr(start, line.rfind(' ') - start));
  }
  return names;
}

}  // namespace

TEST_CASE("random Containerfiles against podman", "[.][real]") {
  auto const seed = number_of("E2EGEN_SEED", 1);
  auto const times = number_of("E2EGEN_TIMES", 200);
  Podman const podman;
  podman.forget("a");
  REQUIRE(read_file(podman.context() + "/a") == "content of a\n");
  REQUIRE(podman.was_read("a"));  // the file system keeps times of access

  fs::create_directory(podman.file("shell"));
  REQUIRE(run("cp \"$(command -v busybox)\" " + podman.file("context/busybox")).second);
  write_file(podman.file("Containerfile"),
             "FROM scratch\nCOPY busybox /bin/\nCOPY busybox /bin/sh\nENV PATH=/bin\nRUN busybox --install -s /bin\n");
  auto const shell = podman.build("Containerfile", {}, "-t shell");
  INFO(shell.log);
  REQUIRE(shell.good);
  fs::remove(podman.file("context/busybox"));
  write_file(podman.file("Containerfile"), "FROM scratch\nENV A=b B=a F=e\nCOPY a /out/\n");
  REQUIRE(podman.build("Containerfile", {}, "-t foreign").good);

  int good = 0, whole = 0, more = 0;
  for (int round = 0; round < times; ++round) {
    Writer writer(static_cast<unsigned>(seed * 100000 + round));
    std::map<std::string, plan::Inherited> known;
    plan::Build build;
    build.base = [&](std::string const& ref) {
      if (ref == "shell") return plan::Inherited{};
      auto const it = known.find(ref);
      return it == known.end() ? plan::Inherited{.open = true} : it->second;
    };
    Strings bases = {"shell", "shell", "shell", "foreign"};
    std::string first;
    if (writer.one_in(4)) {  // one image FROM another
      auto before = build;
      before.args = writer.args();
      first = writer.file(bases);
      write_file(podman.file("Containerfile"), first);
      if (podman.build("Containerfile", before, "-t base" + std::string(writer.one_in(2) ? " --format docker" : ""))
              .good) {
        known["base"] = parsed(first, before).inherited;
        bases.insert(bases.end(), 6, "base");
      }
    }
    build.args = writer.args();
    auto const text = writer.file(bases);
    build.target = writer.target();
    write_file(podman.file("Containerfile"), text);
    auto const built = podman.build("Containerfile", build, writer.one_in(4) ? "--format docker" : "");
    if (!built.good) continue;
    ++good;
    auto const file = parsed(text, build);
    auto const ours = watched(podman, file.sources);
    Strings missed;
    std::set_difference(built.read.begin(), built.read.end(), ours.begin(), ours.end(), std::back_inserter(missed));
    std::string given;
    for (auto const& [name, value] : build.args) given += " " + name + "=" + value;
    INFO("seed " << seed << ", round " << round << ", target '" << build.target << "', args" << given << "\nbase:\n"
                 << first << "\nContainerfile:\n"
                 << text << "\nwatched: " << join(file.sources, " ") << "\n"
                 << built.log);
    CHECK(join(missed, " ") == "");
    for (auto const& ref : built.bases)
      if (ref != "scratch" && ref.size() != 64)
        CHECK(std::any_of(file.bases.begin(), file.bases.end(), [&](auto const& base) { return base.ref == ref; }));
    auto const needed = static_cast<std::size_t>(std::count_if(
        podman.files().begin(), podman.files().end(), [&](auto const& one) { return built.read.contains(one); }));
    bool const all = file.sources == Strings{"."};
    if (all && needed < podman.files().size()) {
      ++whole;
      if (std::getenv("E2EGEN_SHOW"))
        std::cout << "--- more than needed, args" << given << "\n" << first << "---\n" << text;
    } else if (!all && std::any_of(podman.files().begin(), podman.files().end(),
                                   [&](auto const& one) { return ours.contains(one) && !built.read.contains(one); })) {
      ++more;
      if (std::getenv("E2EGEN_SHOW")) std::cout << "--- a bit more than needed, args" << given << "\n" << text;
    }
  }
  std::cout << "containerfiles: seed " << seed << ", " << times << " rounds, " << good
            << " built; the whole context for " << whole << ", more than needed for " << more << " others\n";
  CHECK(good > times / 4);
}
