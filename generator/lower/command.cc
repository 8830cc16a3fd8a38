#include <algorithm>

#include "base/machine.h"
#include "base/text.h"
#include "lower/parts.h"

namespace e2e::lower {

namespace {

std::vector<std::string> only_if(bool condition, std::string const& word) {
  return condition ? std::vector{word} : std::vector<std::string>{};
}

std::map<std::string, std::string> contents(plan::Command const& command) {
  std::map<std::string, std::string> paths;
  for (auto const& [variable, path] : command.contents) paths[variable] = path;
  return paths;
}

/// What it reads, by itself or by its environment.
std::vector<std::string> files(plan::Command const& command) {
  auto paths = command.inputs;
  for (auto const& [variable, path] : command.contents) paths.push_back(path);
  return paths;
}

/// Whether what it does depends on the machine's architecture.
bool by_architecture(plan::Command const& command) {
  auto const has = [](std::string const& text) { return text.find(machine::kArchitecture) != text.npos; };
  return std::any_of(command.command.begin(), command.command.end(), has) ||
         std::any_of(command.environment.begin(), command.environment.end(),
                     [&](auto const& item) { return has(item.value); });
}

/// What its Go packages are made of is asked when it runs; what it writes there is no part of it.
void rest_on_packages(graph::Edge& edge, plan::Command const& command) {
  if (command.go.empty()) return;
  std::vector<std::string> environment;
  for (auto const& [variable, value] : command.environment)
    if (variable.starts_with("GO")) environment.push_back(fmt::format("{}={}", variable, value));
  auto written = command.outputs;
  if (!command.junit.empty()) written.push_back(command.junit);
  for (auto&& binding : bindings(words("packages", command.go), words("flags", command.go_flags),
                                 words("environment", std::move(environment)), words("written", std::move(written))))
    edge.bindings.push_back(std::move(binding));
  edge.claim->context = claim::Context{.root = ".", .sources = {"."}};
  edge.claim->narrow = "go_files";
}

/// A task, or one shard of a suite.
graph::Edge edge(graph::Graph& graph, Scopes const& scopes, plan::Command const& command, std::string const& kind,
                 std::string const& name, std::string const& place, std::vector<graph::NodeId> const& needs) {
  auto const& scope = *scopes.front();
  // absolute, since a command may change its folder
  std::map<std::string, std::string> environment{{"KUBECONFIG", located(scope.kubeconfig())},
                                                 {"E2E_CLUSTER", scope.cluster.name},
                                                 {"E2E_ENVIRONMENT", scope.environment.name},
                                                 {"E2E_NAMESPACE", command.name_space}};
  std::vector<graph::NodeId> inputs;
  for (auto const* one : scopes) {
    inputs.push_back(one->node);
    if (one->cluster.key.empty()) continue;
    environment["KUBECONFIG_" + as_variable(one->cluster.key)] = located(one->kubeconfig());
    environment["E2E_CLUSTER_" + as_variable(one->cluster.key)] = one->cluster.name;
  }
  inputs.insert(inputs.end(), needs.begin(), needs.end());
  for (auto const id : command.images) {
    auto const& image = scope.plan.image(id);
    for (auto const* one : scopes)
      if (auto const load = one->loads.at(id); std::find(inputs.begin(), inputs.end(), load) == inputs.end())
        inputs.push_back(load);
    auto const stamp = graph.node(image_stamp(image));
    inputs.push_back(stamp);
    auto const ref = scope.cluster.transport == plan::Transport::registry ? pushed_name(scope.cluster, image)
                                                                          : node_reference(image);
    environment["IMAGE_" + as_variable(image.name)] = fmt::format("{}:{}", ref, claim::tag_of(image_stamp(image)));
  }
  for (auto const& [variable, value] : command.environment) environment[variable] = value;
  auto const way = !command.pod.empty() ? "_in_pod" : !command.forward.empty() ? "_with_ports" : "";
  bool const apart = *way != '\0';
  std::vector<std::string> forwards;
  for (auto const& [variable, target] : command.forward) forwards.push_back(fmt::format("{}={}", variable, target));
  graph::Edge edge{.rule = std::string("run") + way,
                   .outputs = {graph.node(scope.state(place + ".stamp"))},
                   .inputs = std::move(inputs),
                   .bindings = bindings(word("what", kind), word("name", name),
                                        words("kubeconfig", only_if(apart, scope.kubeconfig())),
                                        words("namespace", only_if(apart, command.name_space)),
                                        words("pod", only_if(!command.pod.empty(), command.pod)),
                                        words("forwards", std::move(forwards)), words("run", command.command)),
                   .phase = kind == "task" ? graph::Phase::deploy : graph::Phase::test,
                   .origin = command.origin,
                   .claim = claim::Claim{.title = fmt::format("{} {}", kind, name),
                                         .files = files(command),
                                         .by_architecture = by_architecture(command),
                                         .products = command.outputs,
                                         .timeout = command.timeout,
                                         .retries = command.retries,
                                         .environment = std::move(environment),
                                         .contents = contents(command),
                                         .finally = command.finally,
                                         .on_failure = command.on_failure}};
  rest_on_packages(edge, command);
  return edge;
}

}  // namespace

std::string host_stamp(std::string const& task) {
  return fmt::format(".e2e/host/{}.stamp", task);
}

std::vector<graph::NodeId> host_nodes(graph::Graph& graph, std::vector<std::string> const& tasks) {
  std::vector<graph::NodeId> nodes;
  for (auto const& task : tasks) nodes.push_back(graph.node(host_stamp(task)));
  return nodes;
}

void host_tasks(graph::Graph& graph, plan::Plan const& plan) {
  for (auto const& task : plan.host) {
    std::map<std::string, std::string> environment;
    for (auto const& [variable, value] : task.environment) environment[variable] = value;
    graph::Edge edge{.rule = "run",
                     .outputs = {graph.node(host_stamp(task.name))},
                     .inputs = host_nodes(graph, task.after),
                     .bindings = bindings(word("what", "task"), word("name", task.name), words("run", task.command)),
                     .origin = task.origin,
                     .claim = claim::Claim{.title = "task " + task.name,
                                           .files = files(task),
                                           .by_architecture = by_architecture(task),
                                           .products = task.outputs,
                                           .timeout = task.timeout,
                                           .retries = task.retries,
                                           .environment = std::move(environment),
                                           .contents = contents(task)}};
    rest_on_packages(edge, task);
    graph.add(std::move(edge));
  }
}

graph::NodeId task(graph::Graph& graph, Scopes const& scopes, plan::Command const& task,
                   std::vector<graph::NodeId> const& needs) {
  auto const& scope = *scopes.front();
  auto one = edge(graph, scopes, task, "task", task.name, "task/" + task.name, needs);
  if (!task.stores.empty()) {
    // of its own where the command has them for itself
    if (task.pod.empty() && task.forward.empty()) one.bindings.push_back(word("kubeconfig", scope.kubeconfig()));
    one.bindings.push_back(words("stores", task.stores));
    one.claim->ground = "stores";
    one.claim->probe = scope.place + "/stores";
  }
  return graph.add(std::move(one));
}

std::vector<graph::NodeId> suite(graph::Graph& graph, Scopes const& scopes, plan::Command const& suite,
                                 std::vector<graph::NodeId> const& needs) {
  auto const& scope = *scopes.front();
  std::vector<graph::NodeId> nodes;
  bool const one = suite.shards == 1;
  // shards in a folder: another suite may be called as one of them
  auto const place_of = [&](int shard) {
    return fmt::format("test/{}{}", suite.name, one ? "" : fmt::format("/{}", shard));
  };
  std::vector<std::string> reports;
  if (!suite.junit.empty())
    for (int i = 0; i < suite.shards; ++i) reports.push_back(one ? suite.junit : scope.state(place_of(i) + ".xml"));
  for (int i = 0; i < suite.shards; ++i) {
    auto const name = one ? suite.name : fmt::format("{}-{}", suite.name, i);
    auto shard = edge(graph, scopes, suite, "test", name, place_of(i), needs);
    auto& claim = *shard.claim;
    if (one) {
      shard.bindings.push_back(word("live", "--live"));
      shard.bindings.push_back(word("pool", "console"));
    } else {  // side by side: what they say is in their logs
      claim.environment["E2E_SHARD"] = std::to_string(i);
      claim.environment["E2E_SHARDS"] = std::to_string(suite.shards);
    }
    if (!reports.empty()) {
      auto const& report = reports[static_cast<std::size_t>(i)];
      claim.environment["E2E_JUNIT"] = located(report);
      claim.products.push_back(report);
      if (!one) claim.merge = claim::Merge{suite.junit, reports};
    }
    nodes.push_back(graph.add(std::move(shard)));
  }
  if (one || reports.empty()) return nodes;
  nodes.push_back(
      graph.add({.rule = "merge_reports",
                 .outputs = {graph.node(scope.state(fmt::format("test/{}/junit.stamp", suite.name)))},
                 .inputs = nodes,
                 .bindings = bindings(word("report", suite.junit), words("reports", reports)),
                 .phase = graph::Phase::test,
                 .origin = suite.origin,
                 .claim = claim::Claim{.title = "report " + suite.name, .files = reports, .products = {suite.junit}}}));
  return nodes;
}

}  // namespace e2e::lower
