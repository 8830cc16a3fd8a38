#include "init/make_suites.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "init/evidence.h"
#include "init/names.h"
#include "init/paths.h"
#include "init/shell.h"

namespace e2e::init {

namespace {

/// A target of those words prepares or cleans, and tests nothing.
bool tests_nothing(std::string const& target) {
  std::string word;
  for (char const c : target + "-") {
    if (c != '-' && c != '_' && c != '.' && c != '/') {
      word += c;
      continue;
    }
    if (one_of(word, {"build",  "check",   "clean", "cleanup",   "cluster",  "compile", "create", "delete",
                      "deploy", "deps",    "down",  "env",       "generate", "image",   "images", "install",
                      "lint",   "list",    "load",  "logs",      "prepare",  "push",    "regex",  "report",
                      "setup",  "start",   "stop",  "teardown",  "tools",    "up",      "update", "vet",
                      "fmt",    "destroy", "ci",    "uninstall", "undeploy", "release", "bin",    "docker"}))
      return true;
    word.clear();
  }
  return false;
}

class Finder {
 public:
  Finder(Repository const& repository, Files const& files) : repository_(repository), files_(files) {}

  std::vector<Suite> run(bool all) {
    for (auto const& run : repository_.runs)
      if (!one_of(run.tool, {"go", "pytest"})) tool(run);
    if (all && out_.empty())
      for (auto const& target : repository_.targets)
        if (says_e2e(target.name) && !tests_nothing(target.name) && target.name.find('%') == target.name.npos)
          make(target);
    return std::move(out_);
  }

 private:
  /// chainsaw, kuttl, bats: what they do stands in files of their own.
  void tool(Run const& run) {
    auto const in_e2e = [](auto const& path) { return says_e2e(path); };
    if (!says_e2e(run.target) && std::none_of(run.paths.begin(), run.paths.end(), in_e2e)) return;
    auto const target = std::find_if(repository_.targets.begin(), repository_.targets.end(), [&](auto const& one) {
      return one.makefile == run.told_by && one.name == run.target;
    });
    // one that the Makefile brings is run by it
    bool const plain = run.folder == "." && run.words[0].find('/') == std::string::npos &&
                       std::all_of(run.words.begin(), run.words.end(), is_known);
    if (target != repository_.targets.end() && (!plain || !target->needs.empty())) return make(*target);
    if (!plain) return;
    Suite suite{.name = "e2e", .folder = run.paths.empty() ? "" : run.paths[0]};
    suite.command = run.words;
    suite.inputs = run.paths;
    suite.remarks.push_back(fmt::format("from {}", run.told_by));
    Evidence evidence;
    add_evidence(join(run.words, " "), evidence);
    for (auto const& path : run.paths) {
      auto const more = evidence_below(path, {".bats", ".bash", ".sh", ".yaml", ".yml"}, files_);
      if (evidence.own.empty()) evidence.own = more.own;
      evidence.cluster |= more.cluster;
    }
    judge(evidence, suite);
    add(std::move(suite));
  }

  void make(Target const& target) {
    auto const folder = folder_of(target.makefile);
    Suite suite{.name = target.name, .folder = ""};
    suite.command = {"make"};
    if (folder != ".") suite.command.insert(suite.command.end(), {"-C", folder});
    suite.command.push_back(target.name);
    suite.inputs = {target.makefile};
    Evidence evidence;
    std::set<std::string> seen;
    unknown_.clear();
    script(target, folder, suite, evidence, seen);
    judge(evidence, suite);
    if (suite.off.empty() && !unknown_.empty()) suite.off = fmt::format("what {} does is not known here", unknown_);
    add(std::move(suite));
  }

  /// What the recipe says, those of the targets that it needs, and the scripts that it runs.
  void script(Target const& target, std::string const& folder, Suite& suite, Evidence& evidence,
              std::set<std::string>& seen) {
    if (!seen.insert(target.name).second) return;
    add_evidence(target.script, evidence);
    Variables const none = [](auto const&) { return std::optional<std::string>(); };
    for (auto const& command : shell_commands(target.script, none))
      for (std::size_t i = 0; i < command.words.size(); ++i) {
        auto const& word = command.words[i];
        if (!is_known(word) || word.starts_with('-') || word == ".") {
          if (i == 0) unknown_ = fmt::format("`make {}`", target.name);
          continue;
        }
        auto const path = below(folder, word.substr(0, word.find("/...")));
        bool const there = inside_workspace(path) && path != "." && files_.exists(path);
        if (there && std::find(suite.inputs.begin(), suite.inputs.end(), path) == suite.inputs.end())
          suite.inputs.push_back(path);
        if (there && !files_.is_folder(path)) add_evidence(files_.read(path).value_or(""), evidence);
        bool const made = std::find(target.needs.begin(), target.needs.end(), word) != target.needs.end();
        if (i == 0 && word.find('/') != word.npos && !there && !made) unknown_ = word;
        // another Makefile, or the same one
        if (i == 0 && one_of(last_part(word), {"make", "gmake"})) unknown_ = join(command.words, " ");
        if (i == 0 && last_part(word) == "go" && command.words.size() > 1 && command.words[1] == "run")
          unknown_ = join(command.words, " ");
      }
    for (auto const& need : target.needs)
      for (auto const& other : repository_.targets)
        if (other.makefile == target.makefile && other.name == need) script(other, folder, suite, evidence, seen);
  }

  static void judge(Evidence const& evidence, Suite& suite) {
    if (!evidence.own.empty())
      suite.off = fmt::format("it {}", evidence.own);
    else if (!evidence.address.empty())
      suite.off = fmt::format("it looks for what it tests at {}: `forward` gives it an address", evidence.address);
    else if (!evidence.cluster)
      suite.off = "nothing in it tells how it comes to the cluster";
  }

  void add(Suite suite) {
    if (std::none_of(out_.begin(), out_.end(), [&](auto const& one) { return one.command == suite.command; }))
      out_.push_back(std::move(suite));
  }

  Repository const& repository_;
  Files const& files_;
  std::vector<Suite> out_;
  std::string unknown_;
};

}  // namespace

std::vector<Suite> make_suites(Repository const& repository, bool all, Files const& files) {
  return Finder(repository, files).run(all);
}

}  // namespace e2e::init
