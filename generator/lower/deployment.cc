#include <algorithm>

#include "lower/parts.h"

namespace e2e::lower {

namespace {

std::string file_name(std::string text) {
  std::replace(text.begin(), text.end(), '/', '-');
  return text;
}

graph::NodeId apply(graph::Graph& graph, Scope const& scope, plan::Deployment const& deployment,
                    std::string const& rendered, std::vector<graph::NodeId> inputs,
                    std::vector<graph::NodeId> const& needs) {
  std::map<std::string, std::string> images;
  for (auto const& [ref, image] : deployment.images) images[ref] = image_stamp(scope.plan.image(image));
  return graph.add({.rule = "apply",
                    .outputs = {graph.node(scope.state(fmt::format("deploy/{}.stamp", deployment.name)))},
                    .inputs = std::move(inputs),
                    .order_only = needs,
                    .bindings = {{"name", {deployment.name}},
                                 {"kubeconfig", {scope.kubeconfig()}},
                                 {"manifests", scope.plan.common->words("manifests", {{"", rendered}})},
                                 {"files", {rendered}}},
                    .phase = graph::Phase::deploy,
                    .origin = deployment.origin,
                    .claim = graph::Claim{.title = "apply " + deployment.name,
                                          .files = deployment.manifests,
                                          .result = claim::ResultFrom::identify,
                                          .identify = "objects",
                                          .probe = scope.environment.name + "/objects",
                                          .timeout = deployment.timeout,
                                          .render = claim::Render{deployment.manifests, rendered, std::move(images)}}});
}

graph::NodeId wait(graph::Graph& graph, Scope const& scope, plan::Deployment const& deployment, plan::Wait const& wait,
                   std::string const& rendered, graph::NodeId applied) {
  auto const stamp = scope.state(fmt::format("ready/{}/{}-{}.stamp", deployment.name, wait.ns, file_name(wait.object)));
  auto edge = graph::Edge{.rule = wait.condition.empty() ? "rollout" : "condition",
                          .outputs = {graph.node(stamp)},
                          .inputs = {applied},
                          .bindings = {{"name", {deployment.name}},
                                       {"kubeconfig", {scope.kubeconfig()}},
                                       {"object", {wait.object}},
                                       {"namespace", {wait.ns}},
                                       {"patience", {fmt::format("{}s", deployment.timeout)}}},
                          .phase = graph::Phase::deploy,
                          .origin = deployment.origin,
                          .claim = graph::Claim{.title = fmt::format("ready {} ({})", deployment.name, wait.object),
                                                // the same objects with another content roll out anew
                                                .files = {rendered},
                                                .timeout = deployment.timeout + 30,
                                                .explain = "explain"}};
  if (!wait.condition.empty()) edge.bindings.push_back({"condition", {wait.condition}});
  return graph.add(std::move(edge));
}

}  // namespace

Done deployment(graph::Graph& graph, Scope const& scope, plan::Deployment const& deployment, graph::NodeId cluster,
                std::map<plan::ImageId, graph::NodeId> const& loads, std::vector<graph::NodeId> const& needs) {
  auto const rendered = scope.state(fmt::format("deploy/{}.yaml", deployment.name));
  std::vector<graph::NodeId> inputs{cluster};
  for (auto const& [ref, image] : deployment.images)
    if (auto const node = loads.at(image); std::find(inputs.begin(), inputs.end(), node) == inputs.end())
      inputs.push_back(node);
  auto const applied = apply(graph, scope, deployment, rendered, std::move(inputs), needs);
  Done done;
  for (auto const& one : deployment.waits) done.push_back(wait(graph, scope, deployment, one, rendered, applied));
  if (done.empty()) done.push_back(applied);
  return done;
}

}  // namespace e2e::lower
