#include "lower/lower.h"

#include <algorithm>
#include <set>

#include "lower/parts.h"

namespace e2e::lower {

namespace {

/// One environment: clusters, loads, deployments and tasks in the order of their needs, suites.
class Lowering {
 public:
  using Aliases = std::map<std::string, std::vector<graph::NodeId>>;

  Lowering(graph::Graph& graph, plan::Plan const& plan, plan::Environment const& environment,
           std::vector<graph::NodeId> const& images)
      : graph_(graph), plan_(plan), environment_(environment) {
    for (auto const& cluster : environment.clusters) scopes_.push_back({plan, environment, cluster, images});
  }

  /// Adds the nodes of this environment to the aliases of the whole file.
  void run(std::map<plan::Transport, Exports> const& exports, Aliases& aliases) {
    for (std::size_t i = 0; i < scopes_.size(); ++i) {
      auto& scope = scopes_[i];
      scope.node = lower::cluster(graph_, scope);
      questions(i);
      auto const used = used_images(i);
      for (auto const& [image, exported] : exports.at(scope.cluster.transport))
        if (used.contains(image)) scope.loads[image] = load(graph_, scope, plan_.image(image), exported);
    }
    deploy();
    Aliases own;
    for (auto const& one : environment_.suites) {
      auto const nodes = suite(graph_, scopes_of(one), one, one.needs.empty() ? all_done() : done_of(one.needs));
      add(own["test"], nodes);
      alias(fmt::format("test/{}", one.name), nodes, one.origin);
    }
    for (std::size_t i = 0; i < scopes_.size(); ++i) add(own, cluster_aliases(i));
    own["deploy"] = all_done();

    for (auto const* name : {"cluster", "load", "deploy", "test", "down", "logs"}) {
      add(aliases[name], own[name]);
      if (several()) alias(name, own[name], origin());
    }
    if (several()) {
      auto up = all_done();
      add(up, own["cluster"]);
      add(up, own["load"]);
      alias("up", up, origin());
    }
    for (auto const& [key, nodes] : done_)
      if (auto const [is_task, index] = key; is_task)
        alias(fmt::format("task/{}", environment_.tasks[index].name), nodes, environment_.tasks[index].origin);
      else
        alias(fmt::format("deploy/{}", environment_.deployments[index].name), nodes,
              environment_.deployments[index].origin);
  }

 private:
  using Key = std::pair<bool, std::uint32_t>;

  bool several() const { return plan_.environments.size() > 1; }
  Place const& origin() const { return environment_.clusters.front().origin; }

  /// What there is of one cluster; where there are several, with its name behind each.
  Aliases cluster_aliases(std::size_t index) {
    auto const& scope = scopes_[index];
    auto const [down, logs] = farewell(graph_, scope);
    Aliases own{{"cluster", {scope.node}}, {"load", {}}, {"down", {down}}, {"logs", {logs}}};
    for (auto const& [image, node] : scope.loads) own["load"].push_back(node);
    if (scope.cluster.key.empty()) return own;
    auto named = own;
    named["up"] = own["load"];
    named["up"].push_back(scope.node);
    for (auto const& [key, nodes] : done_)
      if (auto const [is_task, at] = key; !is_task && environment_.deployments[at].cluster == index)
        add(named["up"], nodes);
    for (auto const& [name, nodes] : named)
      alias(fmt::format("{}/{}", name, scope.cluster.key), nodes, scope.cluster.origin);
    return own;
  }

  /// Where there are several environments, with the name of this one before it.
  void alias(std::string const& name, std::vector<graph::NodeId> nodes, Place const& origin) {
    graph_.aliases.push_back(
        {several() ? fmt::format("{}/{}", environment_.name, name) : name, std::move(nodes), origin});
  }

  static void add(std::vector<graph::NodeId>& to, std::vector<graph::NodeId> const& more) {
    to.insert(to.end(), more.begin(), more.end());
  }
  static void add(Aliases& to, Aliases const& more) {
    for (auto const& [name, nodes] : more) add(to[name], nodes);
  }

  Scopes scopes_of(plan::Command const& command) const {
    Scopes all;
    for (auto const index : command.clusters) all.push_back(&scopes_[index]);
    return all;
  }

  std::set<plan::ImageId> used_images(std::size_t cluster) const {
    std::set<plan::ImageId> used;
    for (auto const* commands : {&environment_.tasks, &environment_.suites})
      for (auto const& command : *commands)
        if (std::find(command.clusters.begin(), command.clusters.end(), cluster) != command.clusters.end())
          used.insert(command.images.begin(), command.images.end());
    for (auto const& deployment : environment_.deployments)
      if (deployment.cluster == cluster) used.merge(plan::images_of(deployment));
    return used;
  }

  /// What scan asks this cluster, once for all claims.
  void questions(std::size_t cluster) {
    auto const& scope = scopes_[cluster];
    std::vector<std::string> rendered;
    for (auto const& one : environment_.deployments)
      if (one.cluster == cluster) rendered.push_back(scope.state(fmt::format("deploy/{}.yaml", one.name)));
    if (scope.cluster.transport == plan::Transport::registry)
      graph_.questions.push_back({.name = scope.place + "/images",
                                  .rule = "images_pushed",
                                  .bindings = bindings(word("references", std::string(claim::kWanted)))});
    else
      graph_.questions.push_back(
          {.name = scope.place + "/images", .rule = scope.rule("images_loaded"), .bindings = of_cluster(scope)});
    graph_.questions.push_back({.name = scope.place + "/gc/images",
                                .rule = scope.rule("node_image_inventory"),
                                .bindings = of_cluster(scope),
                                .optional = true});
    auto removal = of_cluster(scope);
    removal.push_back(word("image", "%{image}"));
    graph_.questions.push_back({.name = scope.place + "/gc/image",
                                .rule = scope.rule("node_image_remove"),
                                .bindings = std::move(removal),
                                .optional = true});
    graph_.questions.push_back(
        {.name = scope.place + "/objects",
         .rule = "objects",
         .bindings = bindings(word("kubeconfig", scope.kubeconfig()), words("files", std::move(rendered)))});
    graph_.questions.push_back({.name = scope.place + "/workloads",
                                .rule = "workloads",
                                .bindings = bindings(word("kubeconfig", scope.kubeconfig())),
                                .optional = true});
    std::set<std::string> stores;
    for (auto const& task : environment_.tasks)
      if (!task.clusters.empty() && task.clusters.front() == cluster)
        stores.insert(task.stores.begin(), task.stores.end());
    if (!stores.empty())
      graph_.questions.push_back({.name = scope.place + "/stores",
                                  .rule = "stores",
                                  .bindings = bindings(word("kubeconfig", scope.kubeconfig()),
                                                       words("stores", {stores.begin(), stores.end()}))});
  }

  std::vector<graph::NodeId> all_done() const {
    std::vector<graph::NodeId> nodes;
    for (auto const& [key, done] : done_) add(nodes, done);
    return nodes;
  }

  std::vector<graph::NodeId> done_of(std::vector<plan::NeedId> const& needs) const {
    std::vector<graph::NodeId> nodes;
    for (auto const need : needs) add(nodes, done_.at({need.task, need.index}));
    return nodes;
  }

  /// Deployments and tasks, each after what it needs. There are no circles: resolve() saw to it.
  void deploy() {
    for (auto const id : plan::in_order_of_needs(environment_).order) {
      auto& done = done_[{id.task, id.index}];
      if (id.task) {
        auto const& one = environment_.tasks[id.index];
        done = one.host ? host_nodes(graph_, {one.name}) : Done{task(graph_, scopes_of(one), one, done_of(one.needs))};
      } else {
        auto const& one = environment_.deployments[id.index];
        done = deployment(graph_, scopes_[one.cluster], one, done_of(one.needs), done_of(one.writers));
      }
    }
  }

  graph::Graph& graph_;
  plan::Plan const& plan_;
  plan::Environment const& environment_;
  std::vector<Scope> scopes_;  // by the index of the cluster
  std::map<Key, Done> done_;
};

}  // namespace

graph::Graph lower(plan::Plan const& plan) {
  graph::Graph graph;
  host_tasks(graph, plan);
  auto const image_nodes = images(graph, plan);
  std::map<plan::Transport, Exports> exported;
  for (auto const transport : {plan::Transport::layers, plan::Transport::archive, plan::Transport::registry})
    if (uses(plan, transport)) exported[transport] = exports(graph, plan, transport, image_nodes);
  std::map<std::string, std::vector<graph::NodeId>> aliases;
  for (auto const& environment : plan.environments)
    Lowering(graph, plan, environment, image_nodes).run(exported, aliases);

  for (std::size_t i = 0; i < image_nodes.size(); ++i)
    graph.aliases.push_back(
        {fmt::format("image/{}", node_name(plan.images[i])), {image_nodes[i]}, plan.images[i].origin});
  aliases["images"] = image_nodes;
  // with the layout, which makes up for a store that was lost
  for (auto const& [image, node] : exported[plan::Transport::layers]) aliases["images"].push_back(node);
  for (auto const* part : {"images", "cluster", "load", "deploy"})
    aliases["up"].insert(aliases["up"].end(), aliases[part].begin(), aliases[part].end());
  for (auto const* name : {"images", "cluster", "load", "deploy", "up", "test", "logs", "down"})
    graph.aliases.push_back({name, aliases[name], {}});
  graph.default_alias = "up";
  return graph;
}

}  // namespace e2e::lower
