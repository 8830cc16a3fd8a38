#include "ninja/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

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

/// The variables of an edge, quoted for the shell.
class Bound {
 public:
  explicit Bound(std::vector<graph::Binding> const& bindings) {
    all_.reserve(bindings.size() + 1);
    for (auto const& binding : bindings) bind(binding.name, words(binding.words));
  }
  void bind(std::string_view name, std::string text) { all_.emplace_back(name, std::move(text)); }
  /// nullptr if there is none of that name.
  std::string const* find(std::string_view name) const {
    // as in Ninja, the last one counts
    auto const it = std::find_if(all_.rbegin(), all_.rend(), [&](auto const& one) { return one.first == name; });
    return it == all_.rend() ? nullptr : &it->second;
  }
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

 private:
  std::vector<std::pair<std::string_view, std::string>> all_;  // few: looked through faster than a map
};

class Writer {
 public:
  Writer(Names const& names, Input const& input) : names_(names), input_(input), graph_(input.graph) {
    for (auto const& text : input_.templates) {
      auto const rules = read_rules(text);
      for (auto const& [rule, command] : rules.commands) commands_.emplace(rule, command);
      shared_.insert(rules.variables.begin(), rules.variables.end());
    }
    // not by their values: where e2egen and the claims file are is no part of what a step does
    for (auto const* name : {"step", "e2egen", "claims"}) shared_[name] = name;
  }

  Output run() {
    auto& edges = graph_.edges();
    std::vector<std::string> builds(edges.size());
    for_each_index(edges.size(), kEdgesOfAThread, [&] { return [&](std::size_t i) { builds[i] = write(edges[i]); }; });
    return {.ninja = text(builds), .probes = probes(), .claims = claims(), .texts = std::move(graph_.texts)};
  }

 private:
  /// The build statement; the claim is complete then.
  std::string write(graph::Edge& edge) const {
    Bound bound(edge.bindings);
    auto text = build(edge, bound);
    bound.bind("out", words({graph_.path(edge.outputs.front())}));
    if (edge.claim) complete(*edge.claim, edge, bound);
    return text;
  }

  std::string text(std::vector<std::string> const& builds) const {
    auto text = fmt::format(kHead, fmt::arg("ninja", names_.ninja), fmt::arg("claims", names_.claims),
                            fmt::arg("host", names_.host), fmt::arg("logs", names_.logs));
    for (auto const& one : input_.templates) text += "\n" + one;
    text += fmt::format(kPhaseOne, fmt::arg("reads", path(names_.reads)), fmt::arg("done", path(names_.done)),
                        fmt::arg("ninja", path(names_.ninja)), fmt::arg("arguments", value(words(input_.arguments))));
    auto const size = std::accumulate(builds.begin(), builds.end(), text.size(),
                                      [](auto sum, auto const& build) { return sum + build.size(); });
    text.reserve(2 * size);  // the aliases are shorter than what they stand for
    for (auto const& build : builds) (text += '\n') += build;
    text += "\n";
    for (auto const& alias : graph_.aliases) {
      text += "build " + path(alias.name) + ": phony";
      list(text, alias.nodes);
      text += '\n';
    }
    return std::move(((text += "\ndefault ") += path(graph_.default_alias)) += '\n');
  }

  /// By their stamps.
  std::vector<claim::Claim> claims() {
    std::vector<claim::Claim*> order;
    for (auto& edge : graph_.edges())
      if (edge.claim) order.push_back(&*edge.claim);
    std::sort(order.begin(), order.end(), [](auto const* a, auto const* b) { return a->stamp < b->stamp; });
    std::vector<claim::Claim> claims;
    claims.reserve(order.size());
    for (auto* claim : order) claims.push_back(std::move(*claim));
    return claims;
  }

  std::vector<claim::Probe> probes() const {
    std::vector<claim::Probe> probes;
    for (auto const& question : graph_.questions)
      if (!question.optional || commands_.contains(question.rule))
        probes.push_back({question.name, command(question.rule, Bound(question.bindings))});
    return probes;
  }

  void list(std::string& text, std::vector<graph::NodeId> const& nodes) const {
    for (auto const node : nodes) (text += ' ') += path(graph_.path(node));
  }

  std::string build(graph::Edge const& edge, Bound const& bound) const {
    std::string out = "# " + input_.sources.name(edge.origin) + "\nbuild";
    list(out, edge.outputs);
    (out += ": ") += edge.rule;
    list(out, edge.inputs);
    if (!edge.implicit.empty()) list(out += " |", edge.implicit);
    if (!edge.order_only.empty()) list(out += " ||", edge.order_only);
    out += '\n';
    for (auto const& [name, text] : bound)
      if (!text.empty()) ((((out += "  ") += name) += " = ") += value(text)) += '\n';
    return out;
  }

  std::string command(std::string const& rule, Bound const& bound) const {
    if (rule.empty()) return {};
    return commands_.at(rule).with([&](std::string_view name) -> std::string_view {
      if (auto const* own = bound.find(name)) return *own;
      auto const other = shared_.find(name);
      return other == shared_.end() ? "" : std::string_view(other->second);
    });
  }

  /// A template may be without that rule: nothing to take back, no names that anybody can take.
  std::string optional_command(std::string const& rule, Bound const& bound) const {
    return commands_.contains(rule) ? command(rule, bound) : "";
  }

  /// The command, and what it is given besides its words: all of it comes from the spec.
  static std::string recipe(claim::Claim const& claim, std::string const& command) {
    Hasher hasher;
    hasher.field(command).field(claim.narrow);
    for (auto const& [name, value] : claim.environment) hasher.field(name).field(value);
    if (claim.render) {
      hasher.field(claim.render->ns);
      for (auto const* map : {&claim.render->images, &claim.render->names})
        for (auto const& [name, value] : *map) hasher.field(name).field(value);
    }
    return hasher.hex();
  }

  void complete(claim::Claim& claim, graph::Edge const& edge, Bound const& bound) const {
    for (auto* rule : {&claim.narrow, &claim.identify}) *rule = command(*rule, bound);
    for (auto* rule : {&claim.undo, &claim.names, &claim.members, &claim.explain})
      *rule = optional_command(*rule, bound);
    for (auto const& one : edge.restores) claim.restores.push_back({command(one.rule, Bound(one.bindings)), one.stamp});
    claim.stamp = graph_.path(edge.outputs.front());
    claim.phase = phase_name(edge.phase);
    claim.origin = input_.sources.name(edge.origin);
    claim.recipe = recipe(claim, command(edge.rule, bound));
    for (auto const node : edge.inputs) claim.stamps.push_back(graph_.path(node));
    auto const [first, last] = input_.retries.equal_range(edge.rule);
    for (auto it = first; it != last; ++it) claim.retry.push_back(it->second);
  }

  Names const& names_;
  Input const& input_;
  graph::Graph& graph_;
  std::map<std::string, Value, std::less<>> commands_;
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
