#include "init/commands.h"

#include <algorithm>

#include "base/text.h"
#include "init/paths.h"

namespace e2e::init {

namespace {

bool is_tool(std::string const& word) {
  auto const name = last_part(word);
  return one_of(name, {"docker", "podman", "buildah", "nerdctl", "finch", std::string_view(&kUnknown, 1)});
}

/// The index of the first word behind `docker build`, `docker buildx build`, `buildah bud`; 0 if it is none of them.
std::size_t behind_build(Words const& words) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (!is_tool(words[i])) continue;
    auto next = i + 1;
    while (next < words.size() && one_of(words[next], {"buildx", "image", "builder"})) ++next;
    if (next < words.size() && one_of(words[next], {"build", "bud"})) return next + 1;
  }
  return 0;
}

/// Options that have no value; all others of a builder have one.
bool is_flag(std::string_view option) {
  return one_of(option, {"--no-cache",
                         "--push",
                         "--load",
                         "--pull",
                         "--squash",
                         "--squash-all",
                         "--rm",
                         "--force-rm",
                         "--quiet",
                         "-q",
                         "--compress",
                         "--layers",
                         "--check",
                         "--pull-always",
                         "--debug",
                         "-D",
                         "--disable-content-trust",
                         "--tls-verify",
                         "--stdin",
                         "--no-hosts",
                         "--all-platforms"});
}

/// In the order of a command line.
struct Option {
  std::string name, value;
};

/// Options, and what is none under an empty name.
std::vector<Option> options(Words const& words, std::size_t from) {
  std::vector<Option> out;
  for (auto i = from; i < words.size(); ++i) {
    auto const& word = words[i];
    auto const equals = word.find('=');
    if (!word.starts_with('-') || word == "-")
      out.push_back({"", word});
    else if (word.starts_with("--") && equals != word.npos)
      out.push_back({word.substr(0, equals), word.substr(equals + 1)});
    else if (word.size() > 2 && !word.starts_with("--") && one_of(word.substr(0, 2), {"-t", "-f"}))
      out.push_back({word.substr(0, 2), word.substr(2)});
    else if (is_flag(word) || i + 1 == words.size())
      out.push_back({word, ""});
    else
      out.push_back({word, words[++i]});
  }
  return out;
}

bool redirects(std::string const& word) {
  return word.find('>') != word.npos || word.find('<') != word.npos;
}

void build_command(Words const& words, std::size_t from, Teller const& teller, Files const& files, Repository& into) {
  Build build{.told_by = teller.path, .name = "", .authority = teller.authority, .made_by = teller.target};
  std::string file;
  std::string context(1, kUnknown);
  for (auto const& [option, value] : options(words, from)) {
    if (one_of(option, {"-t", "--tag", "--manifest"}))
      build.refs.push_back(value);
    else if (one_of(option, {"-f", "--file"}))
      file = value;
    else if (option == "--target")
      build.target = value;
    else if (option == "--build-arg")
      build.args.emplace_back(value.substr(0, value.find('=')), value.find('=') == value.npos
                                                                    ? std::string(1, kUnknown)
                                                                    : value.substr(value.find('=') + 1));
    // what is not known is more likely a further option
    else if (option.empty() && !redirects(value) && value.find_first_not_of(kUnknown) != value.npos)
      context = value;
  }
  if (context == "-" || context.find("://") != context.npos) return;
  build.context = is_known(context) ? below(teller.folder, context) : context;
  if (file.empty())
    build.containerfile = is_known(context) ? containerfile_of(build.context, files) : context;
  else
    build.containerfile = is_known(file) ? below(teller.folder, file) : file;
  add_build(std::move(build), into, files);
}

std::string replaced(std::string text, std::string const& by) {
  for (auto at = text.find(kAny); at != text.npos; at = text.find(kAny, at + by.size())) text.replace(at, 1, by);
  return text;
}

void replace_any(Build& build, std::string const& by) {
  for (auto* text : {&build.name, &build.containerfile, &build.context, &build.target}) *text = replaced(*text, by);
  if (auto const stem = build.made_by.find('%'); stem != build.made_by.npos) build.made_by.replace(stem, 1, by);
  for (auto& ref : build.refs) ref = replaced(ref, by);
  for (auto& [name, value] : build.args) value = replaced(value, by);
}

/// What a test runs on: a folder of the repository, of "./test/e2e/..." too.
std::string tested(std::string const& word, std::string const& folder, Files const& files) {
  if (word.starts_with('-') || !is_known(word) || word.find(kAny) != word.npos) return "";
  auto path = word.ends_with("/...") ? word.substr(0, word.size() - 4) : word.substr(0, word.find("::"));
  path = below(folder, path);
  return inside_workspace(path) && path != "." && files.exists(path) ? path : "";
}

/// How many words begin a command that tests, and by which tool; nothing if it is none.
std::pair<std::size_t, std::string> test_tool(Words const& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto const tool = last_part(words[i]);
    auto const next = i + 1 < words.size() ? words[i + 1] : "";
    if ((tool == "go" && next == "test") || one_of(tool, {"ginkgo", "gotestsum"}) || tool.starts_with("ginkgo@"))
      return {i + 1, "go"};
    if (one_of(tool, {"pytest", "py.test"})) return {i + 1, "pytest"};
    if ((one_of(tool, {"chainsaw", "kuttl", "kubectl-kuttl"}) && next == "test") || (tool == "bats" && i == 0))
      return {i + 1, tool};
  }
  return {};
}

void test_command(Command const& command, Teller const& teller, Files const& files, Repository& into) {
  auto const& words = command.words;
  auto const [from, tool] = test_tool(words);
  if (from == 0) return;
  Run run{.told_by = teller.path,
          .target = teller.target,
          .folder = teller.folder,
          .tool = tool,
          .words = words,
          .environment = command.environment};
  for (auto i = from; i < words.size(); ++i) {
    auto const& word = words[i];
    if (auto path = tested(word, teller.folder, files); !path.empty()) {
      run.paths.push_back(path);
      run.below |= word.ends_with("/...") || word == "-r";
      continue;
    }
    auto name = word.substr(std::min(word.find_first_not_of('-'), word.size()));
    if (name.starts_with("ginkgo.")) name.erase(0, 7);
    auto const equals = name.find('=');
    auto const option = name.substr(0, equals);
    bool const filters = one_of(option, {"label-filter", "focus", "skip", "run"});
    if (!word.starts_with('-') || (!filters && !one_of(option, {"tags", "timeout"}))) continue;
    auto const value = equals != name.npos ? name.substr(equals + 1) : i + 1 < words.size() ? words[++i] : "";
    if (filters && tool == "go")
      run.filters.emplace_back(option, value);
    else if (is_known(value) && value.find(kAny) == value.npos)
      (option == "tags" ? run.tags : run.timeout) = value;
  }
  if (!run.paths.empty() || !one_of(tool, {"go", "pytest"})) into.runs.push_back(std::move(run));
}

}  // namespace

std::string containerfile_of(std::string const& folder, Files const& files) {
  for (auto const* name : {"Containerfile", "Dockerfile"})
    if (files.exists(below(folder, name))) return below(folder, name);
  return below(folder, "Dockerfile");
}

void add_build(Build build, Repository& into, Files const& files) {
  if (build.containerfile.find(kAny) != std::string::npos) {
    auto const& pattern = build.containerfile;
    auto const before = pattern.find(kAny), after = pattern.size() - pattern.rfind(kAny) - 1;
    for (auto const& path : into.containerfiles) {
      if (!matches(replaced(pattern, "*"), path) || path.size() <= before + after) continue;
      auto each = build;
      replace_any(each, path.substr(before, path.size() - before - after));
      if (each.containerfile == path) add_build(std::move(each), into, files);
    }
    return;
  }
  replace_any(build, std::string(1, kUnknown));
  if (!is_known(build.containerfile) || !inside_workspace(build.containerfile) || !files.exists(build.containerfile) ||
      files.is_folder(build.containerfile))
    return;
  if (!is_known(build.context) || !inside_workspace(build.context) || !files.is_folder(build.context))
    build.context.clear();
  if (!is_known(build.target)) build.target.clear();
  std::erase_if(build.args, [](auto const& arg) { return !is_known(arg.first) || !is_known(arg.second); });
  into.builds.push_back(std::move(build));
}

void read_script(std::string_view script, Variables const& variables, Teller teller, Files const& files,
                 Repository& into) {
  for (auto const& command : shell_commands(script, variables)) {
    auto const& words = command.words;
    if (one_of(words[0], {"cd", "pushd"}) && words.size() > 1) {
      auto const folder = is_known(words[1]) ? below(teller.folder, words[1]) : "";
      if (!folder.empty() && inside_workspace(folder) && files.is_folder(folder)) teller.folder = folder;
    } else if (auto const from = behind_build(words)) {
      build_command(words, from, teller, files, into);
    } else {
      test_command(command, teller, files, into);
    }
  }
}

}  // namespace e2e::init
