// Specs torn and put together by chance: whatever comes in, the compiler says what is wrong, or writes what Ninja can
// load. It never crashes, and never needs long. What `fmt` makes of a text, it makes of that once more.
//
//   fuzz COUNT SEED      COUNT inputs, and a tenth as many command lines; the same SEED gives the same ones
//
// A command line runs as a whole, in a workspace of its own: if it ends with 0, Ninja loads what it wrote; else it says
// what is wrong; and what was there before is there as it was.
//
// An input that breaks it is left in the folder for temporary files as fuzz-SEED-NUMBER.yaml, together with what was
// said of it. The seeds are specs/*.yaml, specs/bad/*.yaml and the manifests and Containerfiles of specs/bad/files.
// Build with the preset `sanitize` to have memory errors found, too.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

#include "app/cli.h"
#include "app/templates.h"
#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/text.h"
#include "base/yaml.h"
#include "claim/claim.h"
#include "graph/check.h"
#include "lines.h"
#include "lower/lower.h"
#include "mutator.h"
#include "ninja/write.h"
#include "plan/resolve.h"
#include "spec/format.h"
#include "spec/load.h"

namespace fs = std::filesystem;
using namespace e2e;

namespace {

constexpr char const* kSpec = "specs/fuzz.yaml";

/// The real workspace, in which some files have another content.
class Overlay final : public Files {
 public:
  void set(std::string const& path, std::string text) { texts_[path] = std::move(text); }
  void clear() { texts_.clear(); }
  std::optional<std::string> read(std::string const& path) const override {
    if (auto const it = texts_.find(path); it != texts_.end()) return it->second;
    return disk_.read(path);
  }
  bool is_folder(std::string const& path) const override { return disk_.is_folder(path); }
  bool exists(std::string const& path) const override { return texts_.contains(path) || disk_.exists(path); }
  std::vector<std::string> list(std::string const& folder) const override { return disk_.list(folder); }
  std::string kustomized(std::string const&) const override { return "apiVersion: v1\nkind: ConfigMap\n"; }

 private:
  DiskFiles disk_;
  std::map<std::string, std::string> texts_;
};

struct Result {
  std::string ninja, errors;
};

Result compile(Files const& files) {
  Sources sources;
  Diagnostics diagnostics;
  auto const errors = [&] { return Result{"", diagnostics.render(sources, false)}; };
  auto const document = spec::load(kSpec, {{"coverage"}, {}, {}}, files, sources, diagnostics);
  auto const templates = app::providers("", files, sources, diagnostics);
  if (diagnostics.any()) return errors();
  auto const plan = plan::resolve({document}, templates, {}, files, sources, diagnostics);
  if (diagnostics.any()) return errors();
  auto graph = lower::lower(plan);
  graph::check(graph, diagnostics);
  if (diagnostics.any()) return errors();
  ninja::Input input{graph, sources, {}, {"fuzz"}, {}};
  std::set<plan::Provider const*> used{plan.common, plan.builder};
  for (auto const& environment : plan.environments)
    for (auto const& cluster : environment.clusters) used.insert(cluster.provider);
  for (auto const* one : used) input.templates.push_back(one->text);
  auto output = ninja::write(ninja::Names("e2e.ninja"), input);
  claim::File file;
  file.claims = std::move(output.claims);
  claim::parse(claim::to_text(file));
  return {std::move(output.ninja), ""};
}

std::vector<std::string> texts_of(std::string const& folder, std::string const& extension) {
  std::vector<std::string> paths, texts;
  for (auto const& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == extension) paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  for (auto const& path : paths) texts.push_back(read_file(path).value());
  return texts;
}

/// Each output in a folder of its own, all loaded by one shell; returns the names of those that Ninja refuses.
class Loader {
 public:
  Loader() {
    auto path = (fs::temp_directory_path() / "e2egen-fuzz-XXXXXX").string();
    root_ = ::mkdtemp(path.data());
    write_file(root_ + "/.e2e/e2e.host.ninja", "e2egen = e2egen\n");
  }
  Loader(Loader const&) = delete;
  Loader& operator=(Loader const&) = delete;
  ~Loader() { fs::remove_all(root_); }

  void add(std::string const& name, std::string const& ninja) { write_file(root_ + "/" + name + ".ninja", ninja); }
  bool refused() const {
    auto const command = "cd " + shell_word(root_) +
                         " && for f in *.ninja; do test -e \"$f\" || continue; ninja -f \"$f\" -t targets all "
                         ">/dev/null 2>\"$f.err\" || { echo \"ninja refuses ${f%.ninja}:\"; cat \"$f.err\"; bad=1; }; "
                         "rm -f \"$f\" \"$f.err\"; done; test -z \"$bad\"";
    return std::system(command.c_str()) != 0;
  }

 private:
  std::string root_;
};

/// Runs the program in a folder; what it says goes to files there.
struct Said {
  int status;
  std::string out, err;
};
Said run_in(std::string const& folder, std::vector<std::string> words) {
  auto const back = fs::current_path();
  fs::current_path(folder);
  int const kept[] = {::dup(STDOUT_FILENO), ::dup(STDERR_FILENO)};
  std::string const files[] = {folder + "/../out", folder + "/../err"};
  for (int const stream : {0, 1}) {
    auto const file = ::open(files[stream].c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ::dup2(file, stream == 0 ? STDOUT_FILENO : STDERR_FILENO);
    ::close(file);
  }
  words.insert(words.begin(), "e2egen");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  Said said{-1, {}, {}};
  try {
    said.status = app::run(static_cast<int>(words.size()), argv.data());
  } catch (std::exception const& error) {
    said.err = error.what();
  }
  std::fflush(stdout);
  std::cout.flush();
  std::cerr.flush();
  for (int const stream : {0, 1}) {
    ::dup2(kept[stream], stream == 0 ? STDOUT_FILENO : STDERR_FILENO);
    ::close(kept[stream]);
  }
  fs::current_path(back);
  said.out = read_file(files[0]).value_or("");
  said.err += read_file(files[1]).value_or("");
  return said;
}

/// Command lines, and the Ninja files that came of them, which are loaded together at the end.
class Typing {
 public:
  explicit Typing(std::uint64_t seed) : lines_(seed) {
    auto path = (fs::temp_directory_path() / "e2egen-fuzz-lines-XXXXXX").string();
    root_ = ::mkdtemp(path.data());
  }
  Typing(Typing const&) = delete;
  Typing& operator=(Typing const&) = delete;
  ~Typing() { fs::remove_all(root_); }

  int run(std::size_t count) {
    std::string script;
    for (std::size_t i = 0; i < count; ++i) {
      auto const line = lines_.next();
      auto const folder = fmt::format("{}/{}", root_, i);
      for (auto const& [path, text] : line.files) write_file(folder + "/" + path, text);
      auto const said = run_in(folder, line.words);
      auto const complain = [&](std::string const& what) {
        ++failures_;
        fmt::print("{}: e2egen {}\n{}\n", what, shell_line(line.words), said.err);
      };
      if (said.status < 0) complain("thrown");
      if (said.status != 0 && said.out.empty() && said.err.empty()) complain("fails without a word");
      for (auto const& [path, text] : line.files)
        if (line.words[0] != "fmt" && read_file(folder + "/" + path) != text) complain("another file is changed");
      if (said.status != 0 || !line.writes) continue;
      ++good_;
      auto const output = "./" + normal_path(line.output);
      script += fmt::format(
          "cd {} && ninja -f {} -t targets all >/dev/null 2>err || {{ echo ninja refuses what {} wrote:; cat err; }}\n",
          shell_word(folder), shell_word(output), shell_word(shell_line(line.words)));
    }
    write_file(root_ + "/load.sh", script);
    if (std::system(fmt::format("sh {0}/load.sh >{0}/refused 2>&1", shell_word(root_)).c_str()) != 0) ++failures_;
    if (auto const refused = read_file(root_ + "/refused"); refused && !refused->empty()) {
      ++failures_;
      fmt::print("{}", *refused);
    }
    fmt::print("{} command lines, {} of them wrote a Ninja file, {} failures\n", count, good_, failures_);
    return failures_;
  }

 private:
  fuzz::Lines lines_;
  std::string root_;
  std::size_t good_ = 0;
  int failures_ = 0;
};

/// Whether the text is no YAML, or comes out of the formatter in a way that it leaves alone.
bool formatted_for_good(std::string const& text) {
  Sources sources;
  Diagnostics diagnostics;
  auto const once = spec::formatted(kSpec, text, sources, diagnostics);
  return !once || spec::formatted(kSpec, *once, sources, diagnostics) == once;
}

/// Whether a text that is long enough to be read in parts is what it is when an anchor makes it one part.
bool same_in_parts(std::string const& text) {
  auto const read = [&](char last) {
    Sources sources;
    Diagnostics diagnostics;
    auto const long_text = text + "\n# " + std::string(std::size_t{16} << 10, '-') + last + "\n";
    std::string all;
    for (auto const& document : yaml::parse(sources, sources.add(kSpec, long_text), diagnostics))
      all += yaml::to_json(document) + "\n";
    return all + diagnostics.render(sources, false);
  };
  return read('-') == read('&');
}

class Fuzz {
 public:
  Fuzz(std::uint64_t seed) : seed_(seed) {
    auto specs = texts_of("specs", ".yaml");
    auto const bad = texts_of("specs/bad", ".yaml");
    // good ones more often: what is refused early says little
    for (int i = 0; i < 40; ++i) seeds_.insert(seeds_.end(), specs.begin(), specs.end());
    auto const all = texts_of("tests/fuzz", ".yaml");
    for (int i = 0; i < 100; ++i) seeds_.insert(seeds_.end(), all.begin(), all.end());
    seeds_.insert(seeds_.end(), bad.begin(), bad.end());
    manifests_ = texts_of("specs/bad/files", ".yaml");
    for (auto const& text : texts_of("specs/world/manifests", ".yaml")) manifests_.push_back(text);
    containerfiles_ = texts_of("specs/bad/files", ".Containerfile");
    for (auto const& text : texts_of("specs/world/docker", ".Dockerfile")) containerfiles_.push_back(text);
  }

  int run(std::size_t count) {
    fuzz::Mutator specs(seeds_, seed_), manifests(manifests_, seed_ + 1), containerfiles(containerfiles_, seed_ + 2);
    std::size_t good = 0;
    for (std::size_t i = 0; i < count; ++i) {
      Overlay files;
      auto text = specs.next();
      // every third spec is whole, and what it names is not
      if (i % 3 == 2) {
        text = seeds_[specs.below(2)];
        for (auto const* path : {"specs/world/manifests/redis.yaml", "specs/world/manifests/gateway.yaml"})
          if (specs.below(2) == 0) files.set(path, manifests.next());
        for (auto const* path : {"specs/world/docker/redis.Dockerfile", "specs/world/docker/gateway.Dockerfile"})
          if (specs.below(2) == 0) files.set(path, containerfiles.next());
      }
      files.set(kSpec, text);
      auto const start = std::chrono::steady_clock::now();
      Result result;
      try {
        result = compile(files);
        if (!formatted_for_good(text)) report(i, text, "formatted twice it differs");
        if (i % 10 == 0 && !same_in_parts(text)) report(i, text, "read in parts it differs");
      } catch (std::exception const& error) {
        report(i, text, fmt::format("thrown: {}", error.what()));
      }
      if (std::chrono::steady_clock::now() - start > std::chrono::seconds(5)) report(i, text, "more than 5 s");
      if (result.ninja.empty()) {
        if (result.errors.find(" error: ") == std::string::npos) report(i, text, "neither output nor error");
        continue;
      }
      ++good;
      loader_.add(std::to_string(i), result.ninja);
      inputs_[i] = text;
      if (inputs_.size() == 500) load();
    }
    load();
    fmt::print("{} inputs, {} of them compiled, {} failures\n", count, good, failures_);
    return failures_ == 0 ? 0 : 1;
  }

 private:
  void load() {
    if (loader_.refused())
      for (auto const& [number, text] : inputs_) report(number, text, "ninja refused this one, or one of its batch");
    inputs_.clear();
  }

  void report(std::size_t number, std::string const& text, std::string const& what) {
    if (++failures_ > 20) return;
    auto const path = (fs::temp_directory_path() / fmt::format("fuzz-{}-{}.yaml", seed_, number)).string();
    write_file(path, text);
    fmt::print("{}: {}\n", path, what);
  }

  std::uint64_t seed_;
  std::vector<std::string> seeds_, manifests_, containerfiles_;
  Loader loader_;
  std::map<std::size_t, std::string> inputs_;
  int failures_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fmt::print(stderr, "usage: fuzz COUNT SEED\n"), 2;
  if (auto const* source = std::getenv("E2EGEN_SOURCE")) fs::current_path(source);
  auto const count = std::strtoull(argv[1], nullptr, 10), seed = std::strtoull(argv[2], nullptr, 10);
  auto const wrong = Typing(seed).run(count / 10);
  return Fuzz(seed).run(count) != 0 || wrong != 0 ? 1 : 0;
}
