#include "lower/parts.h"

namespace e2e::lower {

namespace {

graph::NodeId command(graph::Graph& graph, Scope const& scope, plan::Command const& command, std::string const& kind,
                      graph::Phase phase, graph::NodeId cluster, std::vector<graph::NodeId> const& needs) {
  std::map<std::string, std::string> environment{{"KUBECONFIG", scope.kubeconfig()},
                                                 {"E2E_CLUSTER", scope.environment.cluster.name},
                                                 {"E2E_ENVIRONMENT", scope.environment.name}};
  for (auto const& [name, value] : command.environment) environment[name] = value;
  std::vector<graph::NodeId> inputs{cluster};
  inputs.insert(inputs.end(), needs.begin(), needs.end());
  return graph.add({.rule = kind,
                    .outputs = {graph.node(scope.state(fmt::format("{}/{}.stamp", kind, command.name)))},
                    .inputs = std::move(inputs),
                    .bindings = {{"name", {command.name}}, {"run", command.command}},
                    .phase = phase,
                    .origin = command.origin,
                    .claim = graph::Claim{.title = fmt::format("{} {}", kind, command.name),
                                          .files = command.inputs,
                                          .timeout = command.timeout,
                                          .environment = std::move(environment)}});
}

}  // namespace

graph::NodeId task(graph::Graph& graph, Scope const& scope, plan::Command const& task, graph::NodeId cluster,
                   std::vector<graph::NodeId> const& needs) {
  return command(graph, scope, task, "task", graph::Phase::deploy, cluster, needs);
}

graph::NodeId suite(graph::Graph& graph, Scope const& scope, plan::Command const& suite, graph::NodeId cluster,
                    std::vector<graph::NodeId> const& needs) {
  return command(graph, scope, suite, "test", graph::Phase::test, cluster, needs);
}

}  // namespace e2e::lower
