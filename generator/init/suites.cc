#include "init/suites.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "init/evidence.h"
#include "init/make_suites.h"
#include "init/names.h"
#include "init/node_suites.h"
#include "init/paths.h"
#include "init/shell.h"

namespace e2e::init {

namespace {

bool is_integration(std::string_view folder) {
  return one_of(folder, {"integration", "integration-tests", "integration_tests"});
}

/// Beside suites, and none itself.
bool helps(std::string_view folder) {
  return one_of(folder, {"common", "config", "data", "framework", "helper", "helpers", "infrastructure", "internal",
                         "lib", "pkg", "shared", "support", "testutil", "testutils", "util", "utils"});
}

/// A folder of tests, and those in it.
struct Root {
  bool of_whole = false;            // it is called so; else they may be tests of parts
  std::set<std::string> folders{};  // that have tests
};

class Finder {
 public:
  Finder(Repository const& repository, Files const& files) : repository_(repository), files_(files) {}

  std::vector<Suite> run() {
    for (auto const& [root, found] : roots("_test.go", "go")) go(root, found);
    for (auto const& [root, found] : roots(".py", "pytest")) pytest(root, found);
    for (auto const& path : repository_.packages)
      if (auto suite = node_suite(path, repository_.root, files_)) add(std::move(*suite), last_part(folder_of(path)));
    for (auto& suite : make_suites(repository_, out_.empty(), files_)) add(std::move(suite), "");
    return std::move(out_);
  }

 private:
  /// Folders that are called as those of such tests, and what somebody tests under such a name.
  std::map<std::string, Root> roots(std::string_view end, std::string_view tool) const {
    std::map<std::string, Root> out;
    for (auto const& test : repository_.tests) {
      if (!test.ends_with(end)) continue;
      auto const folder = folder_of(test);
      if (auto const root = root_of(folder, tool); !root.empty()) {
        auto& found = out[root];
        found.folders.insert(folder);
        found.of_whole |= !is_integration(last_part(root));
      }
    }
    return out;
  }

  /// The topmost one above, or the folder itself.
  std::string root_of(std::string const& folder, std::string_view tool) const {
    std::string root;
    for (auto above = folder; above != "." && above != repository_.root; above = folder_of(above))
      if (is_e2e_folder(last_part(above)) || is_integration(last_part(above))) root = above;
    if (!root.empty()) return root;
    for (auto const& run : repository_.runs)
      if (run.tool == tool && (says_e2e(run.target) || says_e2e(run.tags)))
        for (auto const& path : run.paths)
          if (folder == path || folder.starts_with(path + "/")) return path;
    return "";
  }

  void go(std::string const& root, Root const& found) {
    for (auto const& [folder, below] : parts(root, found)) {
      Suite suite{.name = name_of(folder), .folder = folder};
      std::string module = folder;
      while (!files_.exists(init::below(module, "go.mod")) && module != ".") module = folder_of(module);
      if (!files_.exists(init::below(module, "go.mod"))) continue;
      auto const sources = go_sources(folder, module, files_);
      if (!judge(suite, sources.evidence, found.of_whole)) continue;
      auto const runs = runs_of(folder, "go");
      told_how(suite, sources.evidence, found.of_whole, runs.empty());
      if (!sources.agree && runs.empty() && suite.off.empty()) suite.off = "its files want different build tags";
      auto tags = sources.tags;
      if (auto const* run = told(runs, suite)) {
        std::string tag;
        for (char const c : run->tags + ",")
          if (c != ',' && c != ' ')
            tag += c;
          else if (!tag.empty())
            tags.insert(std::exchange(tag, ""));
        environment(*run, suite);
        if (parse_duration(run->timeout)) suite.timeout = run->timeout;
      }
      suite.command = {"go", "test"};
      if (module != ".") suite.command.insert(suite.command.end(), {"-C", module});
      suite.command.emplace_back("-count=1");  // whether it runs again is decided here
      if (below) suite.command.emplace_back("-p=1");
      if (!tags.empty()) suite.command.push_back("-tags=" + join(std::vector(tags.begin(), tags.end()), ","));
      if (!suite.timeout.empty()) suite.command.push_back("-timeout=" + suite.timeout);
      auto const relative = module == "." ? folder : folder.substr(std::min(module.size() + 1, folder.size()));
      suite.command.push_back((relative.empty() ? "." : "./" + relative) + (below ? "/..." : ""));
      filters(runs, suite);
      suite.go = folder;
      add(std::move(suite), last_part(folder_of(folder)));
    }
  }

  /// The folders that are suites of their own, and whether there are tests below them: the root, or those in it.
  static std::map<std::string, bool> parts(std::string const& root, Root const& found) {
    if (found.folders.contains(root)) return {{root, found.folders.size() > 1}};
    std::map<std::string, bool> out;
    for (auto const& folder : found.folders) {
      auto const rest = folder.substr(root.size() + 1);
      auto const first = rest.substr(0, rest.find('/'));
      if (!helps(first)) out[below(root, first)] |= first != rest;
    }
    return out;
  }

  void pytest(std::string const& root, Root const& found) {
    auto const runs = runs_of(root, "pytest");
    auto const configured = [&](std::string const& folder) {
      return std::any_of(kConfigurations.begin(), kConfigurations.end(),
                         [&](auto const* name) { return files_.exists(below(folder, name)); });
    };
    std::vector<std::string> around;  // files of pytest above
    bool is = !runs.empty() || configured(root);
    for (auto folder = root; folder != ".";) {
      folder = folder_of(folder);
      for (auto const* name : kConfigurations)
        if (files_.exists(below(folder, name))) around.push_back(below(folder, name));
    }
    is |= !around.empty();
    for (auto const& folder : found.folders) is |= files_.exists(below(folder, "conftest.py"));
    if (!is) return;
    Suite suite{.name = name_of(root), .folder = root};
    auto const evidence = evidence_below(root, {".py", ".sh"}, files_);
    if (!judge(suite, evidence, found.of_whole)) return;
    told_how(suite, evidence, found.of_whole, runs.empty());
    suite.command = {"python3", "-m", "pytest", root};
    if (auto const* run = told(runs, suite)) {
      bool const whole = run->folder == "." && run->paths == std::vector{root} &&
                         std::all_of(run->words.begin(), run->words.end(),
                                     [](auto const& word) { return is_known(word) && word.find('\n') == word.npos; });
      if (whole) suite.command = run->words;
      environment(*run, suite);
    }
    suite.inputs = {root};
    suite.inputs.insert(suite.inputs.end(), around.begin(), around.end());
    for (auto const* name : {"requirements.txt", "requirements-dev.txt", "requirements-test.txt"})
      for (auto const& folder : {root, folder_of(root), std::string(".")})
        if (auto const path = below(folder, name); files_.exists(path) && suite.remarks.size() < 2)
          suite.remarks.push_back(fmt::format("it wants what {} names", path));
    add(std::move(suite), "pytest");
  }

  /// What the sources tell; whether it tests a cluster at all.
  bool judge(Suite& suite, Evidence const& evidence, bool of_whole) const {
    if (!of_whole && (!evidence.cluster || evidence.without_cluster)) return false;
    suite.off = reason(evidence);
    return true;
  }

  /// What reads variables, and tests of parts, are run in a way that nobody here may tell.
  static void told_how(Suite& suite, Evidence const& evidence, bool of_whole, bool untold) {
    if (!of_whole && untold && suite.off.empty()) suite.off = "nothing here tells how it is run";
    auto names = std::vector(evidence.variables.begin(), evidence.variables.end());
    if (names.empty() || !untold || !suite.off.empty()) return;
    bool const more = names.size() > 4;
    names.resize(std::min<std::size_t>(names.size(), 4));
    suite.off = fmt::format("it reads {}{}, and nothing here tells how it is run: `environment` sets variables",
                            join(names, ", "), more ? " and others" : "");
  }

  std::string reason(Evidence const& evidence) const {
    if (!evidence.own.empty()) return fmt::format("it {}", evidence.own);
    if (evidence.without_cluster) return "it makes what it tests by itself";
    if (!evidence.address.empty() && !leads_to(evidence.address))
      return fmt::format("it looks for what it tests at {}: `forward` gives it an address", evidence.address);
    if (!evidence.cluster) return "nothing in it tells how it comes to the cluster";
    return "";
  }

  bool leads_to(std::string const& address) const {
    auto const port = address.substr(address.find(':') + 1);
    return std::any_of(repository_.cluster_configs.begin(), repository_.cluster_configs.end(), [&](auto const& path) {
      return files_.read(path).value_or("").find("hostPort: " + port) != std::string::npos;
    });
  }

  /// Those that run this folder, one in it, or all of one around it.
  std::vector<Run const*> runs_of(std::string const& folder, std::string_view tool) const {
    std::vector<Run const*> out;
    for (auto const& run : repository_.runs)
      if (run.tool == tool && std::any_of(run.paths.begin(), run.paths.end(), [&](auto const& path) {
            return path == folder || (run.below && folder.starts_with(path + "/"));
          }))
        out.push_back(&run);
    return out;
  }

  /// Who says how it is run: first those under a name that is its own.
  static Run const* told(std::vector<Run const*> const& runs, Suite& suite) {
    Run const* best = nullptr;
    for (auto const* run : runs)
      if (!best || (says_e2e(run->target) && !says_e2e(best->target))) best = run;
    if (best)
      suite.remarks.push_back(best->target.empty() ? fmt::format("from {}", best->told_by)
                                                   : fmt::format("from {}, {}", best->told_by, best->target));
    return best;
  }

  static void environment(Run const& run, Suite& suite) {
    for (auto const& [name, value] : run.environment) {
      if (one_of(name, {"KUBECONFIG", "PATH"})) continue;  // it gets those anyway
      if (is_known(value))
        suite.environment.emplace_back(name, value);
      else if (suite.off.empty())
        suite.off = fmt::format("what {} is set to for it is not known here", name);
    }
  }

  /// Options that leave tests out: those of all runs, if they agree.
  static void filters(std::vector<Run const*> const& runs, Suite& suite) {
    std::set<std::vector<std::pair<std::string, std::string>>> all;
    for (auto const* run : runs) all.insert(run->filters);
    if (all.empty() || all == std::set{std::vector<std::pair<std::string, std::string>>{}}) return;
    std::vector<std::string> words;
    bool known = all.size() == 1;
    for (auto const& [option, value] : *all.begin()) {
      known &= is_known(value);
      words.push_back((option == "run" ? "-run=" : "-ginkgo." + option + "=") + value);
    }
    if (known)
      suite.command.insert(suite.command.end(), words.begin(), words.end());
    else if (suite.off.empty())
      suite.off = "only some of its tests are run, by options that are not known here";
  }

  /// By the folder, or by the first above that says more than that it is of tests.
  std::string name_of(std::string const& folder) const {
    for (auto above = folder; above != "." && above != repository_.root; above = folder_of(above)) {
      auto name = last_part(above);
      if (!is_e2e_folder(name) && !is_integration(name) && !one_of(name, {"test", "tests", "testing", "src"}))
        return name;
    }
    return is_integration(last_part(folder)) ? "integration" : "e2e";
  }

  void add(Suite suite, std::string const& otherwise) {
    std::set<std::string> taken;
    for (auto const& one : out_) taken.insert(one.name);
    suite.name = free_name(taken, suite.name, otherwise.empty() ? "" : suite.name + "-" + otherwise);
    out_.push_back(std::move(suite));
  }

  static constexpr std::array<char const*, 5> kConfigurations{"conftest.py", "pytest.ini", "pyproject.toml",
                                                              "setup.cfg", "tox.ini"};

  Repository const& repository_;
  Files const& files_;
  std::vector<Suite> out_;
};

}  // namespace

std::vector<Suite> find_suites(Repository const& repository, Files const& files) {
  return Finder(repository, files).run();
}

}  // namespace e2e::init
