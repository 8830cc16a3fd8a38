#include "init/makefile.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "init/commands.h"
#include "init/makefile_text.h"
#include "init/paths.h"
#include "init/shell.h"

namespace e2e::init {

namespace {

constexpr int kDeepest = 8;  // of files that include one another

struct Rule {
  std::vector<std::string> targets, needs;
  std::string recipe;  // as written, a line for each command
};

class Reader {
 public:
  Reader(std::string const& path, Files const& files, Repository& into)
      : path_(path), folder_(folder_of(path)), files_(files), into_(into) {}

  void run() {
    read(path_, 0);
    for (auto const& rule : rules_)
      for (auto const& target : rule.targets) recipe(rule, target);
  }

 private:
  void read(std::string const& path, int depth) { lines(files_.read(path).value_or(""), depth); }

  void lines(std::string const& text, int depth) {
    std::vector<bool> taken;  // of the conditions around
    std::string define, body;
    bool in_rule = false;
    for (auto const& line : make_lines(text)) {
      auto const words = std::string(make_trimmed(line));
      auto const first = words.substr(0, words.find_first_of(" \t("));
      if (!define.empty()) {
        if (first == "endef")
          variables_.set(define, body), define.clear();
        else
          body += line + "\n";
        continue;
      }
      if (one_of(first, {"ifeq", "ifneq", "ifdef", "ifndef"})) {
        taken.push_back(variables_.holds(words));
        continue;
      }
      if (first == "else" && !taken.empty()) {
        taken.back() = !taken.back() && (words == "else" || variables_.holds(words.substr(5)));
        continue;
      }
      if (first == "endif" && !taken.empty()) {
        taken.pop_back();
        continue;
      }
      if (std::find(taken.begin(), taken.end(), false) != taken.end()) continue;
      if (line.starts_with('\t') && in_rule) {
        rules_.back().recipe += line.substr(1) + "\n";
      } else if (first == "define") {
        define = make_trimmed(words.substr(6, words.find('=') - 6)), body.clear();
      } else if (one_of(first, {"include", "-include", "sinclude"})) {
        include(words.substr(first.size()), depth);
      } else if (!words.empty()) {
        in_rule = statement(words, depth) || (in_rule && words.starts_with('#'));
      }
    }
  }

  void include(std::string const& names, int depth) {
    auto const path = below(folder_, std::string(make_trimmed(variables_.expand(names))));
    if (depth < kDeepest && is_known(path) && inside_workspace(path)) read(path, depth + 1);
  }

  /// Whether it begins a rule.
  bool statement(std::string const& line, int depth) {
    if (line.starts_with('#')) return false;
    if (line.starts_with("$(")) {
      if (auto const text = variables_.expand(line, true); text.find('\n') != text.npos)
        lines(text, depth + 1 + kDeepest);
      return false;
    }
    if (variables_.assign(line)) return false;
    auto const colon = line.find(':');
    if (colon == line.npos) return false;
    // `target: NAME=value` is a value for that target alone
    auto const rest = line.substr(colon + 1);
    if (rest.find('=') != rest.npos) return false;
    auto const semicolon = std::min(rest.find(';'), rest.size());
    Rule rule{make_words(variables_.expand(line.substr(0, colon))),
              make_words(variables_.expand(rest.substr(0, std::min(semicolon, rest.find('#'))))), ""};
    if (semicolon < rest.size()) rule.recipe = rest.substr(semicolon + 1) + "\n";
    rules_.push_back(std::move(rule));
    return true;
  }

  void recipe(Rule const& rule, std::string const& target) {
    if (target.starts_with('.')) return;
    variables_.set("@", target);
    variables_.set("*", std::string(1, target.find('%') == target.npos ? kUnknown : kAny));
    std::string script;
    for (auto const& line : make_lines(variables_.expand(rule.recipe))) {
      auto const command = line.find_first_not_of("@-+ \t");
      if (command != line.npos) script += line.substr(command) + "\n";
    }
    into_.targets.push_back({path_, target, rule.needs, script});
    read_script(
        script, [this](auto const& name) { return variables_.known(name); }, {path_, folder_, kByMakefile, target},
        files_, into_);
  }

  std::string const& path_;
  std::string folder_;
  Files const& files_;
  Repository& into_;
  MakeVariables variables_;
  std::vector<Rule> rules_;
};

}  // namespace

void read_makefile(std::string const& path, Files const& files, Repository& into) {
  Reader(path, files, into).run();
}

}  // namespace e2e::init
