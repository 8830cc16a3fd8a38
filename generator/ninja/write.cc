#include "ninja/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/hash.h"
#include "base/parallel.h"
#include "ninja/escape.h"
#include "ninja/rules.h"

namespace e2e::ninja {

namespace {

constexpr std::string_view kHead =
    R"(# Written by e2egen: change the spec, not this file. It writes itself anew when what it was made of changes.
#
#   ninja -f {ninja}          everything up, or only what changed
#   ninja -f {ninja} test     and the tests run;  also: images cluster load deploy logs down
#
# Phase 1 brings this file up to date: `scan` looks at the world and deletes every stamp that it contradicts, and the
# compiler runs again if what it read has changed. Phase 2 then holds nothing but real work.

ninja_required_version = 1.10
builddir = {logs}
include {host}

claims = {claims}
step = $e2egen step $claims
)";

constexpr std::string_view kPhaseOne = R"(
build always: phony
build {reads}: scan | always
build {done}: generate | {reads}
  arguments = {arguments}
build {ninja}: phony {done}
)";

/// A thread costs about as much as this many edges.
constexpr std::size_t kEdgesOfAThread = 64;

class Writer {
 public:
  Writer(Names const& names, Input const& input) : names_(names), input_(input), graph_(input.graph) {
    for (auto const& text : input.templates) {
      auto const rules = read_rules(text);
      commands_.insert(rules.commands.begin(), rules.commands.end());
      shared_.insert(rules.variables.begin(), rules.variables.end());
    }
  }

  Output run() {
    Output output;
    output.ninja = fmt::format(kHead, fmt::arg("ninja", names_.ninja), fmt::arg("claims", names_.claims),
                               fmt::arg("host", names_.host), fmt::arg("logs", names_.logs));
    for (auto const& text : input_.templates) output.ninja += "\n" + text;
    output.ninja +=
        fmt::format(kPhaseOne, fmt::arg("reads", path(names_.reads)), fmt::arg("done", path(names_.done)),
                    fmt::arg("ninja", path(names_.ninja)), fmt::arg("arguments", value(words(input_.arguments))));
    for (auto const& text : of_each<std::string>(graph_.edges(), [&](auto const& edge) { return build(edge); }))
      output.ninja += "\n" + text;
    output.claims = of_each<claim::Claim>(claimed(), [&](auto const* edge) { return claim(*edge); });
    output.texts = graph_.texts;
    output.ninja += "\n";
    for (auto const& alias : graph_.aliases)
      output.ninja += "build " + path(alias.name) + ": phony" + list(alias.nodes) + "\n";
    output.ninja += "\ndefault " + path(graph_.default_alias) + "\n";
    for (auto const& question : graph_.questions) {
      if (question.optional && !commands_.contains(question.rule)) continue;
      output.probes.push_back(
          {question.name, command(question.rule, evaluated(question.bindings, {})), question.must_answer});
    }
    return output;
  }

 private:
  /// What `make` makes of each edge, on all cores.
  template <class Result, class Edges, class Make>
  static std::vector<Result> of_each(Edges const& edges, Make const& make) {
    std::vector<Result> results(edges.size());
    for_each_index(edges.size(), kEdgesOfAThread, [&] { return [&](std::size_t i) { results[i] = make(edges[i]); }; });
    return results;
  }

  std::string list(std::vector<graph::NodeId> const& nodes) const {
    std::string out;
    for (auto const node : nodes) out += " " + path(graph_.path(node));
    return out;
  }

  /// The edges with claims, by their stamps.
  std::vector<graph::Edge const*> claimed() const {
    std::vector<graph::Edge const*> edges;
    for (auto const& edge : graph_.edges())
      if (edge.claim) edges.push_back(&edge);
    auto const stamp = [&](auto const* edge) -> auto const& {
      return graph_.path(edge->outputs.front());
    };
    std::sort(edges.begin(), edges.end(), [&](auto const* a, auto const* b) { return stamp(a) < stamp(b); });
    return edges;
  }

  std::string build(graph::Edge const& edge) const {
    std::string out = fmt::format("# {}\nbuild{}: {}{}", input_.sources.name(edge.origin), list(edge.outputs),
                                  edge.rule, list(edge.inputs));
    if (!edge.implicit.empty()) out += " |" + list(edge.implicit);
    if (!edge.order_only.empty()) out += " ||" + list(edge.order_only);
    out += "\n";
    for (auto const& binding : edge.bindings)
      if (!binding.words.empty()) out += fmt::format("  {} = {}\n", binding.name, value(words(binding.words)));
    return out;
  }

  /// The variables of an edge as Ninja has them when it evaluates the command of its rule.
  Variables evaluated(std::vector<graph::Binding> const& bindings, std::optional<graph::NodeId> output) const {
    // not by their values: where e2egen and the claims file are is no part of what a step does
    Variables variables{{"step", "step"}, {"e2egen", "e2egen"}, {"claims", "claims"}};
    for (auto const& binding : bindings) variables[binding.name] = words(binding.words);
    if (output) variables["out"] = words({graph_.path(*output)});
    return variables;
  }

  std::string command(std::string const& rule, Variables const& variables) const {
    if (rule.empty()) return {};
    return expand(commands_.at(rule), variables, shared_);
  }

  /// A template may be without that rule: nothing to take back, no names that anybody can take.
  std::string optional_command(std::string const& rule, Variables const& variables) const {
    return commands_.contains(rule) ? command(rule, variables) : "";
  }

  /// The command, and what it is given besides its words: all of it comes from the spec.
  static std::string recipe(graph::Claim const& from, std::string const& command, std::string const& narrow) {
    Hasher hasher;
    hasher.field(command).field(narrow);
    for (auto const& [name, value] : from.environment) hasher.field(name).field(value);
    if (from.render) {
      hasher.field(from.render->ns);
      for (auto const* map : {&from.render->images, &from.render->names})
        for (auto const& [name, value] : *map) hasher.field(name).field(value);
    }
    return hasher.hex();
  }

  claim::Claim claim(graph::Edge const& edge) const {
    auto const& from = *edge.claim;
    auto const variables = evaluated(edge.bindings, edge.outputs.front());
    claim::Claim claim;
    claim.stamp = graph_.path(edge.outputs.front());
    claim.title = from.title;
    claim.phase = phase_name(edge.phase);
    claim.origin = input_.sources.name(edge.origin);
    claim.narrow = command(from.narrow, variables);
    claim.recipe = recipe(from, command(edge.rule, variables), claim.narrow);
    for (auto const node : edge.inputs) claim.stamps.push_back(graph_.path(node));
    claim.files = from.files;
    claim.context = from.context;
    claim.bases = from.bases;
    claim.result = from.result;
    claim.identify = command(from.identify, variables);
    claim.probe = from.probe;
    claim.products = from.products;
    claim.backup = from.backup;
    claim.until_used = from.until_used;
    claim.ledger = from.ledger;
    claim.timeout = from.timeout;
    claim.retries = from.retries;
    claim.folders = from.folders;
    auto const [first, last] = input_.retries.equal_range(edge.rule);
    for (auto it = first; it != last; ++it) claim.retry.push_back(it->second);
    claim.undo = optional_command(from.undo, variables);
    claim.names = optional_command(from.names, variables);
    claim.name = from.name;
    claim.members = optional_command(from.members, variables);
    claim.explain = optional_command(from.explain, variables);
    claim.environment = from.environment;
    for (auto const& one : from.restores)
      claim.restores.push_back({command(one.rule, evaluated(one.bindings, {})), one.stamp});
    claim.render = from.render;
    claim.merge = from.merge;
    return claim;
  }

  Names const& names_;
  Input const& input_;
  graph::Graph const& graph_;
  std::map<std::string, std::string, std::less<>> commands_;
  Variables shared_;  // of the templates
};

}  // namespace

Names::Names(std::string ninja_file) : ninja(std::move(ninja_file)) {
  auto name = ninja.substr(ninja.rfind('/') + 1);
  if (name.ends_with(".ninja")) name.resize(name.size() - 6);
  auto const base = ".e2e/" + name;
  claims = base + ".claims";
  reads = base + ".reads";
  done = base + ".done";
  host = base + ".host.ninja";
  logs = base + ".builddir";
}

Output write(Names const& names, Input const& input) {
  return Writer(names, input).run();
}

std::string host_part(Names const& names, std::string const& program, std::string const& workspace) {
  return fmt::format("# of this machine alone\ne2egen = {}\nbuild {}: phony {}\n", value(words({program})),
                     path(workspace + "/" + names.ninja), path(names.done));
}

}  // namespace e2e::ninja
