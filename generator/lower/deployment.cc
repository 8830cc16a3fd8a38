#include <algorithm>
#include <set>

#include "base/hash.h"
#include "base/machine.h"
#include "base/text.h"
#include "lower/parts.h"

namespace e2e::lower {

namespace {

std::string file_name(std::string text) {
  std::replace(text.begin(), text.end(), '/', '-');
  return text;
}

/// A text of the compiler's. In folders: a name may have dots.
std::string made(graph::Graph& graph, Scope const& scope, plan::Deployment const& deployment, std::string_view what,
                 std::string text) {
  auto path = scope.state(fmt::format("made/{}/{}.yaml", deployment.name, what));
  graph.texts[path] = std::move(text);
  return path;
}

/// If it is not there, and nobody else makes it.
std::vector<std::string> made_namespace(graph::Graph& graph, Scope const& scope, plan::Deployment const& deployment,
                                        std::string_view what) {
  if (!deployment.make_namespace) return {};
  return {made(graph, scope, deployment, what,
               fmt::format("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {}\n", deployment.name_space))};
}

/// The manifests of the spec, and those that the compiler made.
std::vector<std::string> manifests(graph::Graph& graph, Scope const& scope, plan::Deployment const& deployment) {
  auto files = made_namespace(graph, scope, deployment, "namespace");
  files.insert(files.end(), deployment.manifests.begin(), deployment.manifests.end());
  if (!deployment.kustomized.empty())
    files.push_back(made(graph, scope, deployment, "kustomized", deployment.kustomized));
  if (!deployment.charted.empty()) files.push_back(made(graph, scope, deployment, "charted", deployment.charted));
  return files;
}

/// Of what pods of other deployments read.
std::string digests_of(Scope const& scope, plan::Deployment const& deployment) {
  return scope.state(fmt::format("deploy/{}.digests", deployment.name));
}

/// What its pods read, so that they are rolled when it changes. Who makes it is to be applied first, and is no input:
/// its digests are.
void add_configs(graph::Graph& graph, Scope const& scope, plan::Deployment const& deployment, graph::Edge& edge) {
  auto& claim = *edge.claim;
  auto const& all = scope.environment.deployments;
  std::set<std::string> files;
  for (auto const& [name, index] : deployment.configs) {
    auto const& maker = all[index];
    auto& path = claim.render->configs[name];
    if (&maker == &deployment) continue;
    path = digests_of(scope, maker);
    if (!files.insert(path).second) continue;
    claim.files.push_back(path);
    edge.implicit.push_back(graph.node(scope.state(fmt::format("deploy/{}.stamp", maker.name))));
  }
  bool const read = std::any_of(all.begin(), all.end(), [&](auto const& one) {
    return &one != &deployment && std::any_of(one.configs.begin(), one.configs.end(),
                                              [&](auto const& config) { return &all[config.second] == &deployment; });
  });
  if (!read) return;
  claim.render->tells = digests_of(scope, deployment);
  claim.products.push_back(claim.render->tells);
}

/// `part`: the deployment itself, or hooks of it.
template <class Part>
claim::Render render(Scope const& scope, plan::Deployment const& deployment, Part const& part,
                     std::vector<std::string> const& from, std::string const& to) {
  claim::Render render{.from = from,
                       .to = to,
                       .images = {},
                       .names = {},
                       .anywhere = {part.anywhere.begin(), part.anywhere.end()},
                       .ns = deployment.name_space,
                       .autoscaled = {deployment.autoscaled.begin(), deployment.autoscaled.end()},
                       .values = deployment.values,
                       .outputs = deployment.outputs,
                       .first = {}};
  for (auto const& [ref, id] : part.images) {
    auto const& image = scope.plan.image(id);
    render.images[ref] = image_stamp(image);
    if (scope.cluster.transport == plan::Transport::registry)
      render.names[ref] = pushed_name(scope.cluster, image);
    else if (without_tag(ref) != node_reference(image))
      render.names[ref] = node_reference(image);
  }
  return render;
}

/// A claim renders this, and rests on what it is made of.
void set_render(claim::Claim& claim, claim::Render render) {
  claim.files = render.from;
  for (auto const& [name, path] : render.outputs) claim.files.push_back(path);
  claim.by_architecture = std::any_of(render.values.begin(), render.values.end(), [](auto const& value) {
    return value.second.find(machine::kArchitecture) != value.second.npos;
  });
  claim.render = std::move(render);
}

template <class Part>
void add_loads(Part const& part, Loads const& loads, std::vector<graph::NodeId>& inputs) {
  for (auto const& [ref, image] : part.images)
    if (auto const node = loads.at(image); std::find(inputs.begin(), inputs.end(), node) == inputs.end())
      inputs.push_back(node);
}

/// `when`: before or after. Nothing if there are none.
Done hooks(graph::Graph& graph, Scope const& scope, plan::Deployment const& deployment, plan::Hooks const& hooks,
           std::string const& when, graph::NodeId after, std::vector<graph::NodeId> order_only,
           std::vector<graph::NodeId> const& writers) {
  if (hooks.objects.empty()) return {};
  auto from =
      when == "before" ? made_namespace(graph, scope, deployment, "before-namespace") : std::vector<std::string>{};
  std::vector<std::string> objects;
  if (!from.empty()) objects.push_back(fmt::format(":default:namespace/{}", deployment.name_space));
  objects.insert(objects.end(), hooks.objects.begin(), hooks.objects.end());
  for (std::size_t i = 0; i < hooks.texts.size(); ++i)
    from.push_back(made(graph, scope, deployment, fmt::format("{}-{}", when, i), hooks.texts[i]));
  auto const state = scope.state(fmt::format("hooks/{}/{}", deployment.name, when));
  auto render = lower::render(scope, deployment, hooks, from, state + ".yaml");
  std::vector<graph::NodeId> inputs{after};
  add_loads(hooks, scope.loads, inputs);
  graph::Edge edge{.rule = "hooks",
                   .outputs = {graph.node(state + ".stamp")},
                   .inputs = std::move(inputs),
                   .implicit = writers,
                   .order_only = std::move(order_only),
                   .bindings = bindings(word("name", deployment.name), word("kubeconfig", scope.kubeconfig()),
                                        word("hooks", render.to), words("objects", std::move(objects))),
                   .phase = graph::Phase::deploy,
                   .origin = deployment.origin,
                   .claim = claim::Claim{.title = fmt::format("hooks {} ({})", deployment.name, when),
                                         .timeout = deployment.timeout}};
  set_render(*edge.claim, std::move(render));
  return {graph.add(std::move(edge))};
}

graph::NodeId apply(graph::Graph& graph, Scope const& scope, plan::Deployment const& deployment,
                    std::string const& rendered, std::vector<graph::NodeId> inputs,
                    std::vector<graph::NodeId> const& needs, std::vector<graph::NodeId> writers) {
  auto const& common = *scope.plan.common;
  auto render = lower::render(scope, deployment, deployment, manifests(graph, scope, deployment), rendered);
  graph::Edge edge{.rule = "apply",
                   .outputs = {graph.node(scope.state(fmt::format("deploy/{}.stamp", deployment.name)))},
                   .inputs = std::move(inputs),
                   .implicit = std::move(writers),
                   .order_only = needs,
                   .bindings = bindings(word("name", deployment.name), word("kubeconfig", scope.kubeconfig()),
                                        words("manifests", common.words("manifests", {{"", rendered}})),
                                        word("files", rendered), words("how", scope.cluster.provider->apply)),
                   .phase = graph::Phase::deploy,
                   .origin = deployment.origin,
                   .claim = claim::Claim{.title = "apply " + deployment.name,
                                         .result = claim::ResultFrom::identify,
                                         .identify = "applied",
                                         .probe = scope.place + "/objects",
                                         .timeout = deployment.timeout}};
  if (!deployment.crds.empty()) {
    // an object of a kind that is not established yet would be refused
    render.first = scope.state(fmt::format("first/{}.yaml", deployment.name));
    edge.rule = "apply_crds_first";
    edge.bindings.push_back(words("first", common.words("manifests", {{"", render.first}})));
    std::vector<std::string> crds;
    for (auto const& crd : deployment.crds) crds.push_back("crd/" + crd);
    edge.bindings.push_back(words("crds", std::move(crds)));
  }
  set_render(*edge.claim, std::move(render));
  add_configs(graph, scope, deployment, edge);
  return graph.add(std::move(edge));
}

/// What the world says of an object while it is ready; empty where that can't be asked with all others: it is made by
/// somebody else, or the question is no condition.
std::string fact_of(plan::Wait const& wait) {
  constexpr std::string_view kCondition = "condition=";
  if (!wait.made) return {};
  if (wait.condition.empty()) return "rolled-out";
  auto const type = std::string_view(wait.condition).substr(std::min(kCondition.size(), wait.condition.size()));
  if (!wait.condition.starts_with(kCondition) || type.find('=') != type.npos) return {};
  return in_small_letters(type);
}

std::string rule_of(plan::Wait const& wait) {
  if (!wait.status.empty()) return "answer";
  if (wait.object.starts_with("endpoints/")) return "endpoints";
  return std::string(wait.condition.empty() ? "rollout" : "condition") + (wait.later ? "_later" : "");
}

/// Any text as the name of a file, which no other text has.
std::string unique_file_name(std::string const& text) {
  constexpr std::size_t kReadable = 60, kDigits = 12;
  static constexpr Characters kPlain("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
  auto name = text.substr(0, kReadable);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !kPlain.has(c); }, '-');
  return fmt::format("{}-{}", name, Hasher().field(text).hex().substr(0, kDigits));
}

graph::NodeId wait(graph::Graph& graph, Scope const& scope, plan::Deployment const& deployment, plan::Wait const& wait,
                   std::string const& rendered, graph::NodeId applied) {
  bool const object = wait.status.empty() && wait.selector.empty();
  auto const stamp =
      scope.state(fmt::format("ready/{}/{}/{}.stamp", deployment.name, object || !wait.ns.empty() ? wait.ns : "address",
                              object ? file_name(wait.object) : unique_file_name(wait.name())));
  auto edge = graph::Edge{.rule = rule_of(wait),
                          .outputs = {graph.node(stamp)},
                          .inputs = {applied},
                          .bindings = bindings(word("name", deployment.name), word("kubeconfig", scope.kubeconfig()),
                                               word("object", wait.object), word("namespace", wait.ns),
                                               word("patience", fmt::format("{}s", deployment.timeout))),
                          .phase = graph::Phase::deploy,
                          .origin = deployment.origin,
                          .claim = claim::Claim{.title = fmt::format("ready {} ({})", deployment.name, wait.name()),
                                                // the same objects with another content roll out anew
                                                .files = {rendered},
                                                .timeout = deployment.timeout + 30,
                                                // of an address Kubernetes has nothing to say
                                                .explain = wait.status.empty() ? "explain" : ""}};
  if (!wait.condition.empty()) edge.bindings.push_back(word("condition", wait.condition));
  if (auto fact = fact_of(wait); !fact.empty()) {
    edge.bindings.push_back(word("fact", std::move(fact)));
    edge.claim->identify = "ready";
    edge.claim->probe = scope.place + "/objects";
  }
  if (!wait.selector.empty())
    edge.bindings.push_back(words("selector", scope.plan.common->words("selector", {{"", wait.selector}})));
  if (!wait.status.empty()) edge.bindings.push_back(word("status", wait.status));
  return graph.add(std::move(edge));
}

}  // namespace

Done deployment(graph::Graph& graph, Scope const& scope, plan::Deployment const& deployment,
                std::vector<graph::NodeId> const& needs, std::vector<graph::NodeId> const& writers) {
  auto const rendered = scope.state(fmt::format("deploy/{}.yaml", deployment.name));
  std::vector<graph::NodeId> inputs{scope.node};
  add_loads(deployment, scope.loads, inputs);
  auto before = needs;
  for (auto const hook : hooks(graph, scope, deployment, deployment.before, "before", scope.node, needs, writers))
    before.push_back(hook);
  auto const applied = apply(graph, scope, deployment, rendered, std::move(inputs), before, writers);
  Done done;
  for (auto const& one : deployment.waits) done.push_back(wait(graph, scope, deployment, one, rendered, applied));
  for (auto const hook : hooks(graph, scope, deployment, deployment.after, "after", applied, done, writers))
    done.push_back(hook);
  if (done.empty()) done.push_back(applied);
  return done;
}

}  // namespace e2e::lower
