#include "app/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "app/templates.h"
#include "app/terminal.h"
#include "claim/claim.h"
#include "claim/reads.h"
#include "graph/check.h"
#include "lower/lower.h"
#include "ninja/write.h"
#include "plan/resolve.h"
#include "spec/load.h"

namespace e2e::app {

namespace {

/// The words that make the same file again, in the same place.
std::vector<std::string> arguments(GenerateOptions const& options) {
  std::vector<std::string> words{options.spec, "--output", options.output};
  if (!options.templates.empty()) words.insert(words.end(), {"--templates", options.templates});
  if (!options.node_image.empty()) words.insert(words.end(), {"--node-image", options.node_image});
  return words;
}

std::vector<plan::Provider const*> providers_of(plan::Plan const& plan) {
  std::vector<plan::Provider const*> used{plan.common, plan.builder};
  for (auto const& environment : plan.environments)
    if (std::find(used.begin(), used.end(), environment.provider) == used.end()) used.push_back(environment.provider);
  return used;
}

ninja::Input input(graph::Graph const& graph, plan::Plan const& plan, Sources const& sources,
                   GenerateOptions const& options) {
  ninja::Input input{graph, sources, {}, arguments(options), {}};
  for (auto const* provider : providers_of(plan)) {
    input.templates.push_back(provider->text);
    input.retries.insert(provider->retries.begin(), provider->retries.end());
  }
  return input;
}

claim::File claims(plan::Plan const& plan, ninja::Output output, ninja::Names const& names,
                   GenerateOptions const& options, DiskFiles const& files) {
  claim::File file{.ninja = names.ninja,
                   .arguments = arguments(options),
                   .reads = files.asked(),
                   .tools = {},
                   .probes = std::move(output.probes),
                   .hints = {},
                   .claims = std::move(output.claims)};
  for (auto const* provider : providers_of(plan)) {
    file.tools.insert(provider->tools.begin(), provider->tools.end());
    for (auto const& [text, meaning] : provider->hints) file.hints.push_back({text, meaning});
  }
  return file;
}

/// `done` goes first and comes last: whatever ends this in between, the next run begins anew.
bool write(ninja::Names const& names, std::string const& ninja, claim::File const& claims) {
  auto const host = ninja::host_part(names, claim::program_path(), std::filesystem::current_path().string());
  remove_file(names.done);
  write_if_changed(names.claims, claim::to_text(claims));
  write_if_changed(names.host, host);
  bool const changed = write_if_changed(names.ninja, ninja);
  // written even if it says the same: one from the future would be newer than `done` for ever
  write_file(names.reads, claim::reads_digest(claims.reads));
  write_file(names.done, "");
  return changed;
}

}  // namespace

std::optional<Compiled> compile(GenerateOptions const& options) {
  DiskFiles const files;
  Sources sources;
  Diagnostics diagnostics;
  auto const report = [&] {
    print_error(diagnostics.render(sources, colour_on_stderr()));
    return std::nullopt;
  };

  auto const document = spec::load(spec::find(options.spec, files), files, sources, diagnostics);
  auto const templates = providers(options.templates, files, sources, diagnostics);
  if (diagnostics.any()) return report();

  auto const plan = plan::resolve(document, templates, {options.node_image}, files, sources, diagnostics);
  if (diagnostics.any()) return report();

  auto const graph = lower::lower(plan);
  graph::check(graph, diagnostics);
  if (diagnostics.any()) return report();

  ninja::Names const names(options.output);
  auto output = ninja::write(names, input(graph, plan, sources, options));
  auto text = std::move(output.ninja);
  auto claimed = claims(plan, std::move(output), names, options, files);
  return Compiled{names, std::move(text), std::move(claimed), plan.images.size()};
}

int generate(GenerateOptions const& options) {
  auto const compiled = compile(options);
  if (!compiled) return 1;
  auto const& names = compiled->names;
  if (options.print) {
    print(compiled->ninja);
    return 0;
  }
  bool const changed = write(names, compiled->ninja, compiled->claims);
  if (!options.quiet)
    print(fmt::format("{} {}: {} images, {} steps; now: ninja -f {}\n", names.ninja,
                      changed ? "written" : "is up to date", compiled->images, compiled->claims.claims.size(),
                      names.ninja));
  return 0;
}

}  // namespace e2e::app
