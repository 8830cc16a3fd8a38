#include "app/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "app/authoring.h"
#include "app/completions.h"
#include "app/generate.h"
#include "app/ports.h"
#include "app/status.h"
#include "app/terminal.h"
#include "app/upkeep.h"
#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/text.h"
#include "base/yaml.h"
#include "spec/load.h"
#include "spec/reference.h"
#include "spec/schema.h"
#include "step/drop.h"
#include "step/junit.h"
#include "step/layout.h"
#include "step/objects.h"
#include "step/pack.h"
#include "step/run.h"
#include "step/scan.h"

namespace e2e::app {

namespace {

constexpr char const* kAbout =
    R"(e2egen compiles a spec of services into a Ninja file that builds their images, creates a cluster, loads, deploys and
waits - each step once, and again only when what it was made of has changed.

  e2egen gateway && ninja -f e2e.ninja

reads specs/gateway.yaml and brings the environment up; `ninja -f e2e.ninja test` runs its tests, `... logs` exports the
logs, `... down` deletes the cluster. Ninja runs e2egen again by itself when a spec, manifest or Containerfile changes.)";

constexpr char const* kFooter = R"(
Files: e2e.ninja, and .e2e/ for stamps, archives, logs (.e2e/logs) and the trace of all steps (.e2e/trace.jsonl).
Exit status: 0 done, 1 something is wrong with the spec or a step, 2 something is wrong with the command line.)";

/// What stands before "--", and the words after it, which are somebody else's.
struct CommandLine {
  std::vector<std::string> own;
  std::vector<std::string> command;
};

CommandLine split(int argc, char** argv) {
  CommandLine line;
  bool after = false;
  for (int i = 1; i < argc; ++i) {
    if (after)
      line.command.emplace_back(argv[i]);
    else if (std::string_view(argv[i]) == "--")
      after = true;
    else
      line.own.emplace_back(argv[i]);
  }
  return line;
}

/// `e2egen gateway` is `e2egen generate gateway`.
void complete(CLI::App const& app, std::vector<std::string>& words) {
  if (words.empty() || one_of(words.front(), {"--help", "-h", "--version"})) return;
  std::vector<std::string> verbs{"help", "version"};
  for (auto const* verb : app.get_subcommands([](auto const*) { return true; })) {
    if (verb->get_name() == words.front()) return;
    if (!verb->get_description().starts_with("(")) verbs.push_back(verb->get_name());
  }
  // what is no spec may be meant for a verb
  std::error_code error;
  auto const there = [&](std::string const& path) { return std::filesystem::exists(path, error); };
  if (auto const& word = words.front(); !word.starts_with("-") && !is_yaml(word) &&
                                        spec::find(word, DiskFiles()) == "specs/" + word + ".yaml" &&
                                        !there("specs/" + word + ".yaml")) {
    if (one_of(word, {"help", "version"})) {
      words = {"--" + word};
      return;
    }
    auto all = verbs;
    for (auto const& name : names_in("specs"))
      if (is_yaml(name)) all.push_back(name.substr(0, name.rfind('.')));
    auto const meant = closest(word, all);
    if (meant && std::find(verbs.begin(), verbs.end(), *meant) != verbs.end())
      throw Failure(fmt::format("no spec is called '{}'\n  help: did you mean `e2egen {}`?", word, *meant));
  }
  words.insert(words.begin(), "generate");
}

/// Those that others only include have none.
std::vector<std::string> specs_with_a_cluster() {
  std::vector<std::string> out;
  for (auto const& name : names_in("specs")) {
    if (!is_yaml(name)) continue;
    Sources sources;
    Diagnostics ignored;
    auto const path = "specs/" + name;
    for (auto const& document : yaml::parse(sources, sources.add(path, read_file(path).value_or("")), ignored))
      if (document.find("cluster")) out.push_back(path);
  }
  if (out.empty()) throw Failure("no spec in specs/ has a cluster");
  return out;
}

}  // namespace

int run(int argc, char** argv) {
  auto line = split(argc, argv);
  CLI::App app(kAbout, "e2egen");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("e2egen ") + E2EGEN_VERSION);
  app.require_subcommand(0, 1);

  GenerateOptions options;
  auto* generate_verb = app.add_subcommand("generate", "compile a spec into a Ninja file (the default)");
  bool all = false;
  generate_verb
      ->add_option("spec", options.specs,
                   "names of specs (specs/NAME.yaml, NAME.yaml, or .yml) or paths of them; several become one "
                   "Ninja file, in which they share their images")
      ->type_name("SPEC");
  generate_verb->add_flag("--all", all, "all specs of specs/ that have a cluster");
  generate_verb->add_option("--profile", options.profiles, "lay this profile of the spec over it")
      ->allow_extra_args(false)
      ->type_name("PROFILE");
  generate_verb->add_option("--set", options.variables, "NAME=value: give a variable of the spec another value")
      ->allow_extra_args(false);
  generate_verb->add_option("-o,--output", options.output, "the Ninja file")->capture_default_str()->type_name("FILE");
  generate_verb->add_option("--node-image", options.node_image, "node image of the cluster, instead of the spec's");
  generate_verb->add_option("--templates", options.templates, "folder of templates, instead of the built-in ones")
      ->type_name("FOLDER");
  generate_verb->add_flag("--print", options.print, "print the Ninja file and write nothing");
  generate_verb->add_flag("--warnings", options.warnings, "tell all warnings, those that were told before too");
  generate_verb->add_flag("-q,--quiet", options.quiet, "say nothing if all is well");

  auto* reference_verb = app.add_subcommand("reference", "print the reference of the spec language, in Markdown");

  auto* schema_verb = app.add_subcommand("schema", "print the JSON Schema of the spec language, for editors");

  std::string claims, stamp, state;
  bool live = false;
  // these run inside Ninja's edges; nobody types them, but whoever reads a Ninja file wants to know
  auto* scan_verb = app.add_subcommand("scan", "(in Ninja files) delete each stamp that the world contradicts");
  scan_verb->add_option("claims", claims, "the claims file")->required();
  auto* step_verb = app.add_subcommand("step", "(in Ninja files) run the command after -- unless its stamp holds");
  step_verb->add_option("claims", claims, "the claims file")->required();
  step_verb->add_option("stamp", stamp, "the stamp")->required();
  step_verb->add_flag("--live", live, "show the command's output while it runs");
  step::ObjectsOptions asked;
  auto* objects_verb = app.add_subcommand(
      "objects", "(in Ninja files) print what the kubectl behind -- tells of objects, a line for each fact");
  objects_verb->add_flag(
      "--files", asked.files,
      "standard input names files, each with a 0 behind it: they take the place of {} in the command");
  objects_verb->add_option(
      "--stores", asked.stores,
      "instead of files WHERE:NAMESPACE:LABEL=VALUE,...: those pods or claims; {} is the namespace");
  objects_verb->add_option("--found", asked.found, "one more fact of each object, which somebody else found")
      ->type_name("FACT");
  objects_verb->add_option("--only", asked.only, "these facts alone")->type_name("FACT")->allow_extra_args(false);
  auto* drop_verb = app.add_subcommand("drop", "(in Ninja files) delete an environment's stamps, then run the command");
  drop_verb->add_option("claims", claims, "the claims file")->required();
  drop_verb->add_option("state", state, "the environment's folder")->required();

  step::Layout layout;
  std::string name, image, without;
  auto const in_layout = [&](CLI::App* verb) {
    verb->add_option("layout", layout.folder, "the folder of the image's index.json")->required();
    verb->add_option("name", name, "the image's reference in it")->required();
    verb->add_option("--blobs", layout.blobs, "the folder of the blobs")->required();
  };
  auto* exported_verb =
      app.add_subcommand("exported", "(in Ninja files) check that an OCI layout has all of an image, print its files");
  in_layout(exported_verb);
  exported_verb->add_option("--image", image, "the image's ID")->required();
  auto* pack_verb =
      app.add_subcommand("pack", "(in Ninja files) write an image of an OCI layout, as a tar, to standard output");
  in_layout(pack_verb);
  pack_verb->add_option("--without", without, "a file with the digests of the blobs to leave out");

  auto* ports_verb = app.add_subcommand("ports", "print which port of the machine leads where, over all specs");
  ports_verb->add_option("spec", options.specs, "these specs alone; default: all of specs/ that have a cluster")
      ->type_name("SPEC");
  ports_verb->add_option("--profile", options.profiles, "lay this profile over those that have it")
      ->allow_extra_args(false)
      ->type_name("PROFILE");
  ports_verb->add_option("--set", options.variables, "NAME=value: give a variable of the specs another value")
      ->allow_extra_args(false);

  std::string report;
  std::vector<std::string> reports;
  auto* merge_verb = app.add_subcommand("merge", "(in Ninja files) put JUnit reports together");
  merge_verb->add_option("into", report, "the file to write")->required();
  merge_verb->add_option("reports", reports, "the reports of the shards")->required();

  UpkeepOptions upkeep_options;
  add_upkeep(app, upkeep_options);
  AuthoringOptions authoring_options;
  add_authoring(app, authoring_options);
  StatusOptions status_options;
  add_status(app, status_options);
  CompletionOptions completion_options;
  add_completions(app, completion_options);

  try {
    complete(app, line.own);
    std::vector<std::string> reversed(line.own.rbegin(), line.own.rend());
    app.parse(reversed);
  } catch (CLI::ParseError const& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (Failure const& failure) {
    print_error(fmt::format("e2egen: {}\n", failure.what()));
    return 1;
  }

  try {
    if (generate_verb->parsed() || app.get_subcommands().empty()) {
      if (all) options.specs = specs_with_a_cluster();
      if (options.specs.empty()) {
        print_error("e2egen: no spec is named\n  help: e2egen NAME, or e2egen --all\n");
        return 2;
      }
      return generate(options);
    }
    if (reference_verb->parsed()) {
      print(spec::reference());
      return 0;
    }
    if (schema_verb->parsed()) {
      print(spec::schema());
      return 0;
    }
    if (is_upkeep(upkeep_options)) return upkeep(upkeep_options);
    if (is_authoring(authoring_options)) return authoring(authoring_options);
    if (status_options.verb->parsed()) return status(status_options);
    if (completion_options.verb->parsed()) return completions(app, completion_options, line.command);
    if (scan_verb->parsed()) return step::scan(claims);
    if (step_verb->parsed()) return step::run({claims, stamp, line.command, live});
    if (objects_verb->parsed()) {
      asked.command = line.command;
      return step::objects(asked);
    }
    if (exported_verb->parsed()) {
      step::StatCache cache(".e2e/stat.cache");
      print(step::exported(layout, name, image, cache));
      return 0;
    }
    if (ports_verb->parsed()) {
      if (options.specs.empty()) options.specs = specs_with_a_cluster();
      return ports(options);
    }
    if (merge_verb->parsed()) return step::merge_reports(report, reports);
    if (pack_verb->parsed()) return step::pack(layout, name, without);
    return step::drop(claims, state, line.command);
  } catch (Failure const& failure) {
    print_error(fmt::format("e2egen: {}\n", failure.what()));
    return 1;
  }
}

}  // namespace e2e::app
