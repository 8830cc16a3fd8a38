#include "ninja/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/disk.h"
#include "base/hash.h"
#include "base/own.h"
#include "base/parallel.h"
#include "base/text.h"
#include "ninja/escape.h"
#include "ninja/rules.h"

namespace e2e::ninja {

namespace {

constexpr std::string_view kHead =
    R"({mark}: change the spec, not this file. It writes itself anew when what it was made of changes.
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

/// Ninja hands it to the shell as one argument, which Linux bounds; the names of e2egen and of the claims file come to
/// it.
constexpr std::size_t kLongestCommand = (128 << 10) - (8 << 10);

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
      for (auto const& [rule, command] : rules.commands) {
        if (!commands_.emplace(rule, command).second) twice("rule", rule);
        recipes_.emplace(rule, with_single_blanks(command));
      }
      for (auto const& [name, value] : rules.variables)
        if (!shared_.emplace(name, value).second) twice("variable", name);
    }
    // not by their values: where e2egen and the claims file are is no part of what a step does
    for (auto const* name : {"step", "claims"}) shared_[name] = name;
    shared_["e2egen"] = claim::kProgram;
  }

  Output run() {
    auto& edges = graph_.edges();
    std::vector<std::string> builds(edges.size());
    std::vector<std::size_t> lengths(edges.size());  // of the commands
    for_each_index(edges.size(), kEdgesOfAThread,
                   [&] { return [&](std::size_t i) { builds[i] = write(edges[i], lengths[i]); }; });
    auto problems = this->problems(lengths);  // before the claims move on
    return {.ninja = text(builds),
            .probes = probes(),
            .claims = claims(),
            .texts = std::move(graph_.texts),
            .problems = std::move(problems)};
  }

 private:
  static void twice(std::string_view what, std::string_view name) {
    throw Failure(fmt::format("two templates have a {} '{}'\n  help: give it another name in one of them", what, name));
  }

  /// Of edges whose command is longer than the machine takes, and of the compiler itself.
  std::vector<Diagnostic> problems(std::vector<std::size_t> const& lengths) const {
    std::vector<Diagnostic> out;
    auto const check = [&](std::size_t length, Place const& origin, std::string const& what, std::string_view help) {
      if (length > kLongestCommand)
        out.push_back(
            {origin,
             fmt::format("the command of '{}' has {} bytes, and Linux takes none of more than 128 KiB", what, length),
             std::string(help)});
    };
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      auto const& edge = graph_.edges()[i];
      check(lengths[i], edge.origin, edge.claim ? edge.claim->title : edge.rule,
            "have it read from a file, or make several of it");
    }
    check(words(input_.arguments).size(), {}, "e2egen", "name fewer specs, and make several Ninja files with -o");
    return out;
  }

  /// The build statement; the claim is complete then.
  std::string write(graph::Edge& edge, std::size_t& length) const {
    Bound bound(edge.bindings);
    auto text = build(edge, bound);
    bound.bind("out", words({graph_.path(edge.outputs.front())}));
    auto const recipe = expanded(recipes_, edge.rule, bound);
    length = recipe.size();
    if (edge.claim) complete(*edge.claim, edge, bound, recipe);
    return text;
  }

  std::string text(std::vector<std::string> const& builds) const {
    auto text = fmt::format(kHead, fmt::arg("mark", kNinjaMark), fmt::arg("ninja", words({names_.ninja})),
                            fmt::arg("claims", value(words({names_.claims}))), fmt::arg("host", path(names_.host)),
                            fmt::arg("logs", value(names_.logs)));
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

  using Commands = std::map<std::string, Value, std::less<>>;

  std::string command(std::string const& rule, Bound const& bound) const {
    return rule.empty() ? "" : expanded(commands_, rule, bound);
  }

  std::string expanded(Commands const& commands, std::string const& rule, Bound const& bound) const {
    auto const it = commands.find(rule);
    if (it == commands.end())
      throw Failure(fmt::format("no template has a rule '{}'\n  help: see docs/providers.md", rule));
    return it->second.with([&](std::string_view name) -> std::string_view {
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
  static std::string recipe(claim::Claim const& claim, std::string const& command, std::string const& narrow) {
    Hasher hasher;
    hasher.field(command).field(narrow);
    for (auto const* map : {&claim.environment, &claim.contents})
      for (auto const& [name, value] : *map) hasher.field(name).field(value);
    for (auto const* words : {&claim.finally, &claim.on_failure})
      if (!words->empty()) hasher.field(shell_line(*words));
    if (claim.render) {
      hasher.field(claim.render->ns);
      for (auto const& ref : claim.render->anywhere) hasher.field(ref);
      if (!claim.render->tells.empty()) hasher.field(claim.render->tells);  // it has to be written
      for (auto const* map : {&claim.render->images, &claim.render->names, &claim.render->values,
                              &claim.render->outputs, &claim.render->configs})
        for (auto const& [name, value] : *map) hasher.field(name).field(value);
    }
    return hasher.hex();
  }

  void complete(claim::Claim& claim, graph::Edge const& edge, Bound const& bound, std::string const& words) const {
    auto const narrow = claim.narrow.empty() ? "" : expanded(recipes_, claim.narrow, bound);
    for (auto* rule : {&claim.narrow, &claim.identify, &claim.ground}) *rule = command(*rule, bound);
    for (auto* rule : {&claim.undo, &claim.names, &claim.members, &claim.explain})
      *rule = optional_command(*rule, bound);
    for (auto const& one : edge.restores) claim.restores.push_back({command(one.rule, Bound(one.bindings)), one.stamp});
    claim.stamp = graph_.path(edge.outputs.front());
    claim.phase = phase_name(edge.phase);
    claim.origin = input_.sources.name(edge.origin);
    claim.recipe = recipe(claim, words, narrow);
    for (auto const node : edge.inputs) claim.stamps.push_back(graph_.path(node));
    for (auto const node : edge.implicit) claim.after.push_back(graph_.path(node));
    auto const [first, last] = input_.retries.equal_range(edge.rule);
    for (auto it = first; it != last; ++it) claim.retry.push_back(it->second);
  }

  Names const& names_;
  Input const& input_;
  graph::Graph& graph_;
  Commands commands_, recipes_;  // as they are, and with the blanks that count
  Variables shared_;             // of the templates
};

}  // namespace

Names::Names(std::string ninja_file) : ninja(std::move(ninja_file)) {
  auto const name = std::string_view(ninja).substr(0, ninja.size() - (ninja.ends_with(".ninja") ? 6 : 0));
  auto const base = ".e2e/" + path_as_name(name);
  claims = base + ".claims";
  reads = base + ".reads";
  warnings = base + ".warnings";
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
