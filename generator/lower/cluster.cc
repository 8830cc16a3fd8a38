#include "lower/parts.h"

namespace e2e::lower {

namespace {

std::vector<graph::Binding> bindings(Scope const& scope) {
  return {{"cluster", {scope.environment.cluster.name}}, {"kubeconfig", {scope.kubeconfig()}}};
}

}  // namespace

graph::NodeId cluster(graph::Graph& graph, Scope const& scope) {
  auto const& cluster = scope.environment.cluster;
  auto const& provider = *scope.environment.provider;
  auto const probe = scope.environment.name + "/cluster";
  graph.questions.push_back({.name = probe, .rule = "cluster_identity", .bindings = bindings(scope)});

  auto edge = graph::Edge{.rule = "cluster_create",
                          .outputs = {graph.node(scope.state("cluster.stamp"))},
                          .order_only = scope.images,
                          .bindings = bindings(scope),
                          .phase = graph::Phase::cluster,
                          .after_builds = true,
                          .origin = cluster.origin,
                          .claim = graph::Claim{.title = "cluster " + cluster.name,
                                                .result = claim::ResultFrom::identify,
                                                .identify = "cluster_identity",
                                                .probe = probe,
                                                .products = {scope.kubeconfig()},
                                                .timeout = cluster.timeout,
                                                .undo = "cluster_delete",
                                                .names = "cluster_names",
                                                .name = cluster.name,
                                                .members = "cluster_members"}};
  if (!cluster.config.empty()) {
    edge.claim->files.push_back(cluster.config);
    edge.bindings.push_back({"config", provider.words("config", {{"", cluster.config}})});
  }
  if (!cluster.node_image.empty())
    edge.bindings.push_back({"node_image", provider.words("node_image", {{"", cluster.node_image}})});
  return graph.add(std::move(edge));
}

std::pair<graph::NodeId, graph::NodeId> farewell(graph::Graph& graph, Scope const& scope) {
  // neither output ever exists, so both run whenever they are asked for
  auto down = graph::Edge{.rule = "cluster_down",
                          .outputs = {graph.node(scope.state("down"))},
                          .bindings = bindings(scope),
                          .phase = graph::Phase::test,
                          .origin = scope.environment.cluster.origin};
  down.bindings.push_back({"state", {scope.state("")}});
  auto logs = graph::Edge{.rule = "cluster_logs",
                          .outputs = {graph.node(scope.state("logs"))},
                          .bindings = bindings(scope),
                          .phase = graph::Phase::test,
                          .origin = scope.environment.cluster.origin};
  logs.bindings.push_back({"folder", {scope.state("exported-logs")}});
  auto const first = graph.add(std::move(down));
  return {first, graph.add(std::move(logs))};
}

}  // namespace e2e::lower
