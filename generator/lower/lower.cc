#include "lower/lower.h"

#include <algorithm>
#include <set>

#include "lower/parts.h"

namespace e2e::lower {

namespace {

/// One environment: cluster, loads, deployments and tasks in the order of their needs, suites.
class Lowering {
 public:
  Lowering(graph::Graph& graph, plan::Plan const& plan, plan::Environment const& environment,
           std::vector<graph::NodeId> const& images, Exports const& exports)
      : graph_(graph), environment_(environment), scope_{plan, environment, images}, exports_(exports) {}

  /// Adds the nodes of this environment to the aliases of the whole file.
  void run(std::map<std::string, std::vector<graph::NodeId>>& aliases) {
    cluster_ = lower::cluster(graph_, scope_);
    questions();
    auto const used = used_images();
    for (auto const& [image, exported] : exports_)
      if (used.contains(image)) loads_[image] = load(graph_, scope_, scope_.plan.image(image), exported, cluster_);
    deploy();
    std::vector<graph::NodeId> suites;
    for (auto const& one : environment_.suites) {
      auto const nodes =
          suite(graph_, scope_, one, cluster_, loads_, one.needs.empty() ? all_done() : done_of(one.needs));
      add(suites, nodes);
      alias(fmt::format("test/{}", one.name), nodes, one.origin);
    }
    auto const [down, logs] = farewell(graph_, scope_);

    std::vector<graph::NodeId> loads;
    for (auto const& [image, node] : loads_) loads.push_back(node);
    for (auto const& [name, nodes] :
         {std::pair("cluster", std::vector{cluster_}), std::pair("load", loads), std::pair("deploy", all_done()),
          std::pair("test", suites), std::pair("down", std::vector{down}), std::pair("logs", std::vector{logs})}) {
      add(aliases[name], nodes);
      if (several()) alias(name, nodes, environment_.cluster.origin);
    }
    if (several()) {
      auto up = all_done();
      add(up, {cluster_});
      add(up, loads);
      alias("up", up, environment_.cluster.origin);
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

  bool several() const { return scope_.plan.environments.size() > 1; }

  /// Where there are several environments, with the name of this one before it.
  void alias(std::string const& name, std::vector<graph::NodeId> nodes, Place const& origin) {
    graph_.aliases.push_back(
        {several() ? fmt::format("{}/{}", environment_.name, name) : name, std::move(nodes), origin});
  }

  static void add(std::vector<graph::NodeId>& to, std::vector<graph::NodeId> const& more) {
    to.insert(to.end(), more.begin(), more.end());
  }

  std::set<plan::ImageId> used_images() const {
    std::set<plan::ImageId> used;
    for (auto const* commands : {&environment_.tasks, &environment_.suites})
      for (auto const& command : *commands) used.insert(command.images.begin(), command.images.end());
    for (auto const& deployment : environment_.deployments) used.merge(plan::images_of(deployment));
    return used;
  }

  /// What scan asks this cluster, once for all claims.
  void questions() {
    std::vector<std::string> rendered;
    for (auto const& one : environment_.deployments)
      rendered.push_back(scope_.state(fmt::format("deploy/{}.yaml", one.name)));
    if (environment_.transport == plan::Transport::registry)
      graph_.questions.push_back({.name = environment_.name + "/images",
                                  .rule = "images_pushed",
                                  .bindings = bindings(word("references", std::string(claim::kWanted)))});
    else
      graph_.questions.push_back({.name = environment_.name + "/images",
                                  .rule = scope_.rule("images_loaded"),
                                  .bindings = of_cluster(scope_)});
    graph_.questions.push_back({.name = environment_.name + "/gc/images",
                                .rule = scope_.rule("node_image_inventory"),
                                .bindings = of_cluster(scope_),
                                .optional = true});
    auto removal = of_cluster(scope_);
    removal.push_back(word("image", "%{image}"));
    graph_.questions.push_back({.name = environment_.name + "/gc/image",
                                .rule = scope_.rule("node_image_remove"),
                                .bindings = std::move(removal),
                                .optional = true});
    graph_.questions.push_back(
        {.name = environment_.name + "/objects",
         .rule = "objects",
         .bindings = bindings(word("kubeconfig", scope_.kubeconfig()), words("files", std::move(rendered)))});
    std::set<std::string> stores;
    for (auto const& task : environment_.tasks) stores.insert(task.stores.begin(), task.stores.end());
    if (!stores.empty())
      graph_.questions.push_back({.name = environment_.name + "/stores",
                                  .rule = "stores",
                                  .bindings = bindings(word("kubeconfig", scope_.kubeconfig()),
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
        done = one.host ? host_nodes(graph_, {one.name})
                        : Done{task(graph_, scope_, one, cluster_, loads_, done_of(one.needs))};
      } else {
        auto const& one = environment_.deployments[id.index];
        done = deployment(graph_, scope_, one, cluster_, loads_, done_of(one.needs), done_of(one.writers));
      }
    }
  }

  graph::Graph& graph_;
  plan::Environment const& environment_;
  Scope scope_;
  Exports const& exports_;
  graph::NodeId cluster_{};
  std::map<plan::ImageId, graph::NodeId> loads_;
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
    Lowering(graph, plan, environment, image_nodes, exported.at(environment.transport)).run(aliases);

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
