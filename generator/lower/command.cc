#include <algorithm>
#include <cctype>

#include "lower/parts.h"

namespace e2e::lower {

namespace {

/// "order-api" -> IMAGE_ORDER_API
std::string variable_of(std::string const& image) {
  std::string name = "IMAGE_";
  // a name has small letters, digits, '-' and '.'
  for (char const c : image) name += c == '-' || c == '.' ? '_' : static_cast<char>(std::toupper(c));
  return name;
}

std::vector<std::string> only_if(bool condition, std::string const& word) {
  return condition ? std::vector{word} : std::vector<std::string>{};
}

/// A task, or one shard of a suite.
graph::Edge edge(graph::Graph& graph, Scope const& scope, plan::Command const& command, std::string const& kind,
                 std::string const& name, graph::NodeId cluster, Loads const& loads,
                 std::vector<graph::NodeId> const& needs) {
  std::map<std::string, std::string> environment{{"KUBECONFIG", scope.kubeconfig()},
                                                 {"E2E_CLUSTER", scope.environment.cluster.name},
                                                 {"E2E_ENVIRONMENT", scope.environment.name},
                                                 {"E2E_NAMESPACE", command.name_space}};
  std::vector<graph::NodeId> inputs{cluster};
  inputs.insert(inputs.end(), needs.begin(), needs.end());
  for (auto const id : command.images) {
    auto const& image = scope.plan.image(id);
    auto const load = loads.at(id);
    if (std::find(inputs.begin(), inputs.end(), load) == inputs.end()) inputs.push_back(load);
    auto const stamp = graph.node(image_stamp(image));
    inputs.push_back(stamp);
    auto const ref = scope.environment.transport == plan::Transport::registry
                         ? pushed_name(scope.environment.cluster, image)
                         : node_reference(image);
    environment[variable_of(image.name)] = fmt::format("{}:{}", ref, claim::tag_of(image_stamp(image)));
  }
  for (auto const& [variable, value] : command.environment) environment[variable] = value;
  auto const way = !command.pod.empty() ? "_in_pod" : !command.forward.empty() ? "_with_ports" : "";
  bool const apart = *way != '\0';
  std::vector<std::string> forwards;
  for (auto const& [variable, target] : command.forward) forwards.push_back(fmt::format("{}={}", variable, target));
  return {.rule = kind + way,
          .outputs = {graph.node(scope.state(fmt::format("{}/{}.stamp", kind, name)))},
          .inputs = std::move(inputs),
          .bindings = {{"name", {name}},
                       {"kubeconfig", only_if(apart, scope.kubeconfig())},
                       {"namespace", only_if(apart, command.name_space)},
                       {"pod", only_if(!command.pod.empty(), command.pod)},
                       {"forwards", std::move(forwards)},
                       {"run", command.command}},
          .phase = kind == "task" ? graph::Phase::deploy : graph::Phase::test,
          .origin = command.origin,
          .claim = graph::Claim{.title = fmt::format("{} {}", kind, name),
                                .files = command.inputs,
                                .products = command.outputs,
                                .timeout = command.timeout,
                                .environment = std::move(environment),
                                .retries = command.retries}};
}

}  // namespace

graph::NodeId task(graph::Graph& graph, Scope const& scope, plan::Command const& task, graph::NodeId cluster,
                   Loads const& loads, std::vector<graph::NodeId> const& needs) {
  return graph.add(edge(graph, scope, task, "task", task.name, cluster, loads, needs));
}

std::vector<graph::NodeId> suite(graph::Graph& graph, Scope const& scope, plan::Command const& suite,
                                 graph::NodeId cluster, Loads const& loads, std::vector<graph::NodeId> const& needs) {
  std::vector<graph::NodeId> nodes;
  std::vector<std::string> reports;
  bool const one = suite.shards == 1;
  for (int i = 0; i < suite.shards; ++i) {
    auto const name = one ? suite.name : fmt::format("{}-{}", suite.name, i);
    auto shard = edge(graph, scope, suite, "test", name, cluster, loads, needs);
    auto& claim = *shard.claim;
    if (!one) {
      claim.environment["E2E_SHARD"] = std::to_string(i);
      claim.environment["E2E_SHARDS"] = std::to_string(suite.shards);
      shard.rule += "_shard";
    }
    if (!suite.junit.empty()) {
      reports.push_back(one ? suite.junit : scope.state(fmt::format("test/{}.xml", name)));
      claim.environment["E2E_JUNIT"] = reports.back();
      claim.products.push_back(reports.back());
    }
    nodes.push_back(graph.add(std::move(shard)));
  }
  if (one || reports.empty()) return nodes;
  nodes.push_back(
      graph.add({.rule = "merge_reports",
                 .outputs = {graph.node(scope.state(fmt::format("test/{}.junit.stamp", suite.name)))},
                 .inputs = nodes,
                 .bindings = {{"report", {suite.junit}}, {"reports", reports}},
                 .phase = graph::Phase::test,
                 .origin = suite.origin,
                 .claim = graph::Claim{.title = "report " + suite.name, .files = reports, .products = {suite.junit}}}));
  return nodes;
}

}  // namespace e2e::lower
