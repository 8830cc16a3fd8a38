#include "app/generate.h"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "app/ports.h"
#include "app/templates.h"
#include "app/terminal.h"
#include "app/workspace.h"
#include "base/own.h"
#include "base/text.h"
#include "claim/claim.h"
#include "claim/reads.h"
#include "graph/check.h"
#include "lower/lower.h"
#include "ninja/rules.h"
#include "ninja/write.h"
#include "plan/resolve.h"
#include "spec/load.h"

namespace e2e::app {

namespace {

/// What the environment has, for those variables that a spec takes from it.
std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> out;
  for (char** entry = ::environ; entry && *entry; ++entry) {
    std::string_view const text = *entry;
    if (auto const equals = text.find('='); equals != text.npos)
      out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

spec::Choices choices(GenerateOptions const& options) {
  spec::Choices out{.profiles = options.profiles, .variables = {}, .environment = process_environment()};
  for (auto const& text : options.variables) {
    auto const equals = text.find('=');
    if (equals == text.npos || equals == 0)
      throw Failure(fmt::format("'--set {}' sets nothing\n  help: write --set NAME=value", text));
    out.variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return out;
}

/// What was taken from the environment is said on the command line from now on: Ninja runs the compiler again, perhaps
/// where the environment is another one.
GenerateOptions settled(GenerateOptions options, std::vector<spec::Document> const& documents) {
  std::map<std::string, std::string> taken;
  for (auto const& document : documents) taken.insert(document.taken.begin(), document.taken.end());
  for (auto const& [name, value] : taken) options.variables.push_back(fmt::format("{}={}", name, value));
  return options;
}

std::vector<plan::Provider const*> providers_of(plan::Plan const& plan) {
  std::vector<plan::Provider const*> used{plan.common, plan.builder};
  for (auto const& environment : plan.environments)
    for (auto const& cluster : environment.clusters)
      if (std::find(used.begin(), used.end(), cluster.provider) == used.end()) used.push_back(cluster.provider);
  return used;
}

ninja::Input input(graph::Graph& graph, plan::Plan const& plan, Sources const& sources,
                   GenerateOptions const& options) {
  ninja::Input input{graph, sources, {}, arguments_of(options), {}};
  for (auto const* provider : providers_of(plan)) {
    auto const suffix = provider->role == "cluster" ? plan.suffix(*provider) : "";
    input.templates.push_back(ninja::with_suffix(provider->text, suffix));
    for (auto const& [rule, text] : provider->retries) input.retries.emplace(rule + suffix, text);
  }
  return input;
}

/// The Ninja file as the workspace has it. It stands in the workspace, so that all paths in it are relative; not in
/// .e2e, where files come and go; and its name tells apart what stands there of it.
std::string output_path(std::string const& written) {
  namespace fs = std::filesystem;
  auto path = normal_path(
      fs::path(written).is_absolute() ? fs::path(written).lexically_relative(fs::current_path()).string() : written);
  auto const refuse = [&](std::string_view why, std::string_view help) {
    throw Failure(fmt::format("'{}' can't be the Ninja file: {}\n  help: {}", written, why, help));
  };
  if (!inside_workspace(path)) refuse("it is outside of this folder", "run e2egen in the folder that it is to be in");
  if (path.starts_with(".e2e/")) refuse("e2egen's own state is in .e2e", "name one beside it");
  if (!path.ends_with(".ninja") || path.substr(path.rfind('/') + 1) == ".ninja")
    refuse("it is called NAME.ninja", "add .ninja");
  if (path.starts_with('-') || path.find_first_of("+|") != path.npos)
    refuse("a '+', a '|' or a '-' at its beginning", "leave it out");
  return path;
}

bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == 0x7f;
}

/// For a message.
std::string visible(std::string_view word) {
  std::string out;
  for (char const c : word)
    out += c >= 0 && !is_control(c) ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return out;
}

/// These words become a part of the Ninja file.
void check_words(std::vector<std::string> const& words) {
  for (auto const& word : words)
    if (not_utf8(word) || std::any_of(word.begin(), word.end(), is_control))
      throw Failure(
          fmt::format("'{}' on the command line: a control character, a line break, or no UTF-8\n"
                      "  help: text of several lines goes into a file that a command reads",
                      visible(word)));
}

/// Whatever stands there and e2egen did not write is somebody's: a spec, a template, another build.
void check_own(std::string const& path) {
  auto const text = read_file(path);
  if (text && !text->empty() && !text->starts_with(kNinjaMark))
    throw Failure(
        fmt::format("{} is there, and e2egen did not write it: it stays as it is\n"
                    "  help: name another file with -o, or remove that one",
                    path));
}

/// Takes claims and probes out of the output.
claim::File claims(Planned const& planned, ninja::Output& output, ninja::Names const& names,
                   GenerateOptions const& options) {
  claim::File file{.ninja = names.ninja,
                   .arguments = arguments_of(options),
                   .reads = planned.files.asked(),
                   .tools = {},
                   .probes = std::move(output.probes),
                   .hints = {},
                   .claims = std::move(output.claims)};
  for (auto const* provider : providers_of(planned.plan)) {
    file.tools.insert(provider->tools.begin(), provider->tools.end());
    for (auto const& [text, meaning] : provider->hints) file.hints.push_back({text, meaning});
  }
  // they are made here, so here they are made again
  for (auto const& [path, text] : output.texts) file.reads.push_back(path);
  return file;
}

/// `done` goes first and comes last: whatever ends this in between, the next run begins anew.
bool write(Compiled const& compiled) {
  auto const& names = compiled.names;
  auto const& claims = compiled.claims;
  check_own(names.ninja);
  auto const host = ninja::host_part(names, claim::program_path(), std::filesystem::current_path().string());
  remove_file(names.done);
  // what a kustomization or a chart becomes may hold a Secret
  for (auto const* texts : {&compiled.texts, &compiled.planned->files.renderings()})
    for (auto const& [path, text] : *texts) write_if_changed(path, text, Readers::owner);
  write_if_changed(names.claims, claim::to_text(claims));
  write_if_changed(names.host, host);
  auto const warnings = join(compiled.warnings, "\n");
  warnings.empty() ? remove_file(names.warnings) : void(write_if_changed(names.warnings, warnings + "\n"));
  bool const changed = write_if_changed(names.ninja, compiled.ninja);
  // written even if it says the same: one from the future would be newer than `done` for ever
  write_file(names.reads, claim::reads_digest(claims.reads, compiled.planned->files));
  write_file(names.done, "");
  return changed;
}

/// A spec silences by name what it means to be so.
void drop_allowed(std::vector<spec::Document> const& documents, Diagnostics& diagnostics) {
  for (auto const& document : documents)
    for (auto const& name : document.allow)
      diagnostics.drop_warnings([&](auto const& one) { return one.warning == name.value; });
}

/// Each is told once, by the first compile that meets it; later ones say how many they leave out.
void tell_warnings(Diagnostics diagnostics, Sources const& sources, ninja::Names const& names,
                   GenerateOptions const& options) {
  auto const known = lines_of(options.print ? "" : read_file(names.warnings).value_or(""));
  std::set<std::string> const before(known.begin(), known.end());
  std::size_t left_out = 0;
  if (!options.warnings)
    left_out = diagnostics.drop_warnings([&](auto const& one) { return before.contains(subject(one)); });
  if (!diagnostics.empty()) print_error(diagnostics.render(sources, colour_on_stderr()));
  if (left_out > 0)
    print_error(fmt::format("{} warning{} as before: --warnings tells {}\n", left_out, left_out == 1 ? "" : "s",
                            left_out == 1 ? "it" : "them"));
}

}  // namespace

std::vector<std::string> arguments_of(GenerateOptions const& options) {
  auto words = options.specs;
  auto const add = [&](std::string const& name, std::string const& value) {
    if (!value.empty()) words.insert(words.end(), {name, value});
  };
  add("--output", options.output);
  add("--templates", options.templates);
  add("--node-image", options.node_image);
  for (auto const& profile : options.profiles) add("--profile", profile);
  for (auto const& variable : options.variables) add("--set", variable);
  return words;
}

GenerateOptions options_of(std::vector<std::string> const& arguments) {
  GenerateOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    auto const& word = arguments[i];
    if (!word.starts_with("--") || i + 1 == arguments.size()) {
      options.specs.push_back(word);
      continue;
    }
    auto const& value = arguments[++i];
    if (word == "--output")
      options.output = value;
    else if (word == "--templates")
      options.templates = value;
    else if (word == "--node-image")
      options.node_image = value;
    else if (word == "--profile")
      options.profiles.push_back(value);
    else if (word == "--set")
      options.variables.push_back(value);
  }
  return options;
}

std::optional<std::vector<GenerateOptions>> one_by_one(GenerateOptions const& options) {
  Sources sources;
  Diagnostics diagnostics, ignored;  // what is wrong with a spec is told when it is compiled
  DiskFiles const files;
  auto const chosen = choices(options);
  std::vector<spec::Document> documents;
  for (auto const& name : options.specs)
    documents.push_back(spec::load(spec::find(name, files), chosen, files, sources, ignored));
  if (!ignored.any()) spec::check_choices(documents, chosen, diagnostics);
  if (diagnostics.any()) {
    print_error(diagnostics.render(sources, colour_on_stderr()));
    return std::nullopt;
  }
  std::vector<GenerateOptions> out;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    auto one = options;
    one.specs = {options.specs[i]};
    auto const has = [](auto const& all, std::string const& name) {
      return std::any_of(all.begin(), all.end(), [&](auto const& thing) { return thing.name.value == name; });
    };
    std::erase_if(one.profiles, [&](auto const& name) { return !has(documents[i].profiles, name); });
    std::erase_if(one.variables,
                  [&](auto const& text) { return !has(documents[i].variables, text.substr(0, text.find('='))); });
    out.push_back(std::move(one));
  }
  return out;
}

std::unique_ptr<Planned> plan_of(GenerateOptions const& options, Sources& sources, Diagnostics& diagnostics) {
  auto planned = std::make_unique<Planned>();
  auto& files = planned->files;
  planned->templates = providers(options.templates, files, sources, diagnostics);
  files.learn(planned->templates);
  auto const chosen = choices(options);
  for (auto const& name : options.specs)
    planned->documents.push_back(spec::load(spec::find(name, files), chosen, files, sources, diagnostics));
  spec::check_choices(planned->documents, chosen, diagnostics);
  if (diagnostics.any()) return nullptr;

  planned->plan =
      plan::resolve(planned->documents, planned->templates, {options.node_image}, files, sources, diagnostics);
  return diagnostics.any() ? nullptr : std::move(planned);
}

std::optional<Compiled> compile(GenerateOptions const& written) {
  auto options = written;
  options.output = output_path(written.output);
  check_words(arguments_of(options));
  Sources sources;
  Diagnostics diagnostics;
  auto const report = [&] {
    print_error(diagnostics.render(sources, colour_on_stderr()));
    return std::nullopt;
  };

  auto planned = plan_of(options, sources, diagnostics);
  if (!planned) return report();
  auto const& plan = planned->plan;

  auto graph = lower::lower(plan);
  graph::check(graph, diagnostics);
  for (auto const& alias : graph.aliases)
    if (alias.name == options.output)
      throw Failure(fmt::format("'{}' is a target of this Ninja file\n  help: name another file with -o", alias.name));
  check_neighbours(*planned, sources, diagnostics);
  if (diagnostics.any()) return report();
  drop_allowed(planned->documents, diagnostics);
  ninja::Names const names(options.output);
  auto warnings = diagnostics.warnings();
  if (!options.quiet) tell_warnings(std::move(diagnostics), sources, names, options);
  diagnostics = {};
  auto const again = settled(options, planned->documents);
  auto output = ninja::write(names, input(graph, plan, sources, again));
  for (auto& problem : output.problems) diagnostics.add(std::move(problem));
  if (diagnostics.any()) return report();
  auto file = claims(*planned, output, names, again);
  return Compiled{names,
                  std::move(output.ninja),
                  std::move(output.texts),
                  std::move(file),
                  std::move(planned),
                  std::move(graph),
                  std::move(warnings)};
}

int generate(GenerateOptions const& options) {
#ifdef M_TOP_PAD
  // as much as a large spec takes at once: growing page by page stops all threads each time
  ::mallopt(M_TOP_PAD, 64 << 20);
#endif
  // never destroyed: the end of the process gives a thousand images' worth of small things back at once
  static auto& kept = *new std::vector<std::optional<Compiled>>;
  auto const& compiled = kept.emplace_back(compile(options));
  if (!compiled) return 1;
  auto const& names = compiled->names;
  if (options.print) {
    print(compiled->ninja);
    return 0;
  }
  bool const changed = write(*compiled);
  if (!options.quiet)
    print(fmt::format("{} {}: {} images, {} steps; now: ninja -f {}\n", names.ninja,
                      changed ? "written" : "is up to date", compiled->planned->plan.images.size(),
                      compiled->claims.claims.size(), shell_word(names.ninja)));
  return 0;
}

}  // namespace e2e::app
