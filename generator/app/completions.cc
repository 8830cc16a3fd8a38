#include "app/completions.h"

#include <algorithm>
#include <set>

#include "app/terminal.h"
#include "base/disk.h"
#include "base/text.h"
#include "base/yaml.h"

namespace e2e::app {

namespace {

constexpr char const* kAbout = R"(Prints a script that proposes verbs, options, names of specs and of profiles:

  bash   source <(e2egen completions bash), in ~/.bashrc
  zsh    source <(e2egen completions zsh), in ~/.zshrc, after compinit
  fish   e2egen completions fish | source, in ~/.config/fish/config.fish)";

// a file is proposed where the program proposes nothing
constexpr char const* kBash = R"(# e2egen for bash: source <(e2egen completions bash)
_e2egen() {
  mapfile -t COMPREPLY < <(e2egen completions --words -- "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
}
complete -o default -F _e2egen e2egen
)";

constexpr char const* kZsh = R"(#compdef e2egen
# e2egen for zsh: source <(e2egen completions zsh)
_e2egen() {
  local -a found
  found=("${(@f)$(e2egen completions --words -- "${(@)words[1,CURRENT]}" 2>/dev/null)}")
  if [[ -n $found[1] ]]; then compadd -- "${found[@]}"; else compset -P '--*='; _files; fi
}
if [[ $funcstack[1] == _e2egen ]]; then _e2egen "$@"; else compdef _e2egen e2egen; fi
)";

constexpr char const* kFish = R"(# e2egen for fish: e2egen completions fish | source
function __e2egen_words
  set -l word (commandline -ct)
  set -l found (e2egen completions --words -- (commandline -opc) $word 2>/dev/null)
  if set -q found[1]
    printf '%s\n' $found
  else
    set -l option (string match -r '^--[^=]*=' -- $word)
    for path in (__fish_complete_path (string replace -r '^--[^=]*=' '' -- $word))
      echo "$option$path"
    end
  end
end
complete -c e2egen -f -a '(__e2egen_words)'
)";

std::string stem(std::string const& name) {
  return name.substr(0, name.rfind('.'));
}

std::vector<std::string> specs() {
  std::vector<std::string> out;
  for (auto const& name : names_in("specs"))
    if (is_yaml(name)) out.push_back(stem(name));
  return out;
}

/// Those of specs, and those that there is something of.
std::vector<std::string> environments() {
  auto const all = specs();
  std::set<std::string> names(all.begin(), all.end());
  for (auto& name : names_in(".e2e/env")) names.insert(std::move(name));
  return {names.begin(), names.end()};
}

/// Of the specs that were typed, or of all.
std::vector<std::string> profiles(std::vector<std::string> const& words) {
  auto const all = specs();
  std::set<std::string> out;
  bool typed = false;
  auto const add = [&](std::string const& name) {
    typed = true;
    Sources sources;
    Diagnostics ignored;
    auto const path = "specs/" + name + (read_file("specs/" + name + ".yaml") ? ".yaml" : ".yml");
    for (auto const& document : yaml::parse(sources, sources.add(path, read_file(path).value_or("")), ignored))
      if (auto const* section = document.find("profiles"))
        for (auto const& entry : section->entries) out.insert(entry.key.text);
  };
  for (auto const& word : words)
    if (std::find(all.begin(), all.end(), word) != all.end()) add(word);
  if (!typed)
    for (auto const& name : all) add(name);
  return {out.begin(), out.end()};
}

/// By the name of the type, as the help has it: SPEC, ENVIRONMENT, PROFILE, or {one,of,these}.
std::vector<std::string> values(CLI::Option const& option, std::vector<std::string> const& words) {
  auto const type = option.get_type_name();
  if (type == "SPEC") return specs();
  if (type == "ENVIRONMENT") return environments();
  if (type == "PROFILE") return profiles(words);
  std::vector<std::string> out;
  auto const open = type.find('{');
  auto const close = type.find('}');
  if (open == type.npos || close == type.npos) return out;
  for (auto at = open + 1; at < close;) {
    auto const end = std::min(type.find(',', at), close);
    out.push_back(type.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::vector<std::string> names(CLI::Option const& option) {
  std::vector<std::string> out;
  for (auto const& name : option.get_lnames()) out.push_back("--" + name);
  for (auto const& name : option.get_snames()) out.push_back("-" + name);
  return out;
}

CLI::Option const* option_named(CLI::App const& app, std::string const& word) {
  for (auto const* option : app.get_options()) {
    auto const all = names(*option);
    if (std::find(all.begin(), all.end(), word) != all.end()) return option;
  }
  return nullptr;
}

/// Those that somebody types; what runs in Ninja's edges says so in its first words.
std::vector<CLI::App const*> verbs(CLI::App const& app) {
  return app.get_subcommands([](CLI::App const* one) { return !one->get_description().starts_with("("); });
}

CLI::App const* verb_named(CLI::App const& app, std::string const& word) {
  for (auto const* one : verbs(app))
    if (one->get_name() == word) return one;
  return nullptr;
}

/// What was typed: the words that are whole, without the program's name, and the one that is not.
struct Typed {
  std::vector<std::string> words;
  std::string current;
  std::string option;  // "--profile=" where `current` stands behind it in one word
};

Typed typed(std::vector<std::string> words) {
  // bash takes "--profile=x" for three words
  Typed out{{}, words.size() < 2 || words.back() == "=" ? "" : words.back(), ""};
  if (!words.empty() && words.back() != "=") words.pop_back();
  std::erase(words, "=");
  if (!words.empty()) words.erase(words.begin());
  // other shells take it for one, and want to have all of it back
  if (auto const equals = out.current.find('='); out.current.starts_with("--") && equals != std::string::npos) {
    words.push_back(out.current.substr(0, equals));
    out.option = out.current.substr(0, equals + 1);
    out.current.erase(0, equals + 1);
  }
  out.words = std::move(words);
  return out;
}

std::vector<std::string> options(CLI::App const& verb) {
  std::vector<std::string> out;
  for (auto const* option : verb.get_options())
    if (!option->get_group().empty())
      for (auto& name : names(*option)) out.push_back(std::move(name));
  return out;
}

/// Whatever may stand in place of the current word, however that begins.
std::vector<std::string> possible(CLI::App const& app, Typed const& line) {
  auto const& words = line.words;
  auto const* verb = &app;
  std::size_t named = 0;
  while (named < words.size() && verb_named(*verb, words[named])) verb = verb_named(*verb, words[named++]);
  bool const outermost = verb == &app;
  // `e2egen gateway` is `e2egen generate gateway`
  if (auto const* generate = verb_named(app, "generate"); generate && outermost) verb = generate;
  auto const* before = words.empty() ? nullptr : option_named(*verb, words.back());
  if (before && before->get_items_expected_max() > 0) return values(*before, words);
  if (!line.option.empty()) return {};
  std::vector<std::string> all;
  if (line.current.starts_with('-')) {
    all = options(*verb);
    if (outermost && words.empty()) all.emplace_back("--version");
    return all;
  }
  for (auto const* one : verbs(outermost && words.empty() ? app : *verb)) all.push_back(one->get_name());
  for (auto const* option : verb->get_options())
    if (option->get_positional())
      for (auto& value : values(*option, words)) all.push_back(std::move(value));
  return all;
}

}  // namespace

void add_completions(CLI::App& app, CompletionOptions& options) {
  options.verb = app.add_subcommand("completions", "print what makes a shell complete e2egen's words");
  options.verb->footer(std::string("\n") + kAbout);
  auto* shell = options.verb->add_option("shell", options.shell, "bash, zsh or fish")
                    ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  auto* words =
      options.verb->add_flag("--words", options.words, "print what may stand in place of the last word after --")
          ->group("");
  words->excludes(shell);
}

std::vector<std::string> candidates(CLI::App const& app, std::vector<std::string> words) {
  auto const line = typed(std::move(words));
  std::vector<std::string> out;
  for (auto const& one : possible(app, line))
    if (one.starts_with(line.current)) out.push_back(line.option + one);
  return out;
}

int completions(CLI::App const& app, CompletionOptions const& options, std::vector<std::string> const& words) {
  if (options.words) {
    for (auto const& one : candidates(app, words)) print(one + "\n");
    return 0;
  }
  if (options.shell.empty()) {
    print_error("e2egen: no shell is named\n  help: e2egen completions bash, zsh or fish\n");
    return 2;
  }
  print(completion_script(options.shell));
  return 0;
}

std::string completion_script(std::string const& shell) {
  return shell == "zsh" ? kZsh : shell == "fish" ? kFish : kBash;
}

}  // namespace e2e::app
