#include <algorithm>

#include "lower/parts.h"

namespace e2e::lower {

graph::NodeId cluster(graph::Graph& graph, Scope const& scope) {
  auto const& cluster = scope.cluster;
  auto const& provider = *scope.cluster.provider;
  auto const probe = scope.place + "/cluster";
  graph.questions.push_back({.name = probe, .rule = scope.rule("cluster_identity"), .bindings = of_cluster(scope)});

  auto edge = graph::Edge{.rule = scope.rule("cluster_create"),
                          .outputs = {graph.node(scope.cluster_stamp())},
                          .order_only = scope.images,
                          .bindings = of_cluster(scope),
                          .phase = graph::Phase::cluster,
                          .after_builds = true,
                          .origin = cluster.origin,
                          .claim = claim::Claim{.title = "cluster " + cluster.name,
                                                .result = claim::ResultFrom::identify,
                                                .identify = scope.rule("cluster_identity"),
                                                .probe = probe,
                                                .products = {scope.kubeconfig()},
                                                .timeout = cluster.timeout,
                                                .undo = scope.rule("cluster_delete"),
                                                .names = scope.rule("cluster_names"),
                                                .name = cluster.name,
                                                .members = scope.rule("cluster_members")}};
  edge.implicit = host_nodes(graph, cluster.needs);
  for (auto const& task : scope.plan.host)
    if (std::find(cluster.needs.begin(), cluster.needs.end(), task.name) == cluster.needs.end())
      edge.order_only.push_back(graph.node(host_stamp(task.name)));
  auto config = cluster.config;
  if (!cluster.inline_config.empty()) {
    config = scope.state("cluster.yaml");
    graph.texts[config] = cluster.inline_config + "\n";
  }
  if (!config.empty()) {
    edge.claim->files.push_back(config);
    edge.bindings.push_back(words("config", provider.words("config", {{"", config}})));
  }
  std::vector<std::string> shape;
  auto const add = [&](std::string const& name, std::vector<plan::Item> const& items) {
    for (auto& word : provider.words(name, items)) shape.push_back(std::move(word));
  };
  if (!cluster.nodes.empty()) add("nodes", {{"", cluster.nodes}});
  add("ports", cluster.ports);
  for (auto const& [folder, inside] : cluster.mounts) {
    auto const path = fmt::format("{}/{}", claim::kWorkspace, folder);
    add("mounts", {{path, inside}});
    edge.claim->folders.push_back(path);
  }
  for (auto const& folder : cluster.folders)
    edge.claim->folders.push_back(fmt::format("{}/{}", claim::kWorkspace, folder));
  edge.bindings.push_back(words("shape", std::move(shape)));
  if (!cluster.kubeconfig.empty())
    edge.bindings.push_back(words("from", provider.words("from", {{"", located(cluster.kubeconfig)}})));
  if (!cluster.context.empty())
    edge.bindings.push_back(words("context", provider.words("context", {{"", cluster.context}})));
  if (!cluster.node_image.empty())
    edge.bindings.push_back(words("node_image", provider.words("node_image", {{"", cluster.node_image}})));
  std::vector<plan::Item> flags;
  for (auto const& flag : cluster.flags) flags.push_back({"", flag});
  if (!flags.empty()) edge.bindings.push_back(words("flags", provider.words("flags", flags)));
  return graph.add(std::move(edge));
}

std::pair<graph::NodeId, graph::NodeId> farewell(graph::Graph& graph, Scope const& scope) {
  // neither output ever exists, so both run whenever they are asked for
  auto down = graph::Edge{.rule = scope.rule("cluster_down"),
                          .outputs = {graph.node(scope.state("down"))},
                          .bindings = of_cluster(scope),
                          .phase = graph::Phase::test,
                          .origin = scope.cluster.origin};
  down.bindings.push_back(word("state", scope.state("")));
  auto logs = graph::Edge{.rule = scope.rule("cluster_logs"),
                          .outputs = {graph.node(scope.state("logs"))},
                          .bindings = of_cluster(scope),
                          .phase = graph::Phase::test,
                          .origin = scope.cluster.origin};
  logs.bindings.push_back(word("folder", scope.state("exported-logs")));
  auto const first = graph.add(std::move(down));
  return {first, graph.add(std::move(logs))};
}

}  // namespace e2e::lower
