// What the files of this stage share: where state lives, and the functions that each add one kind of edge.
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "plan/plan.h"

namespace e2e::lower {

/// Images are shared by all environments of a workspace, so they stand beside them, not in them.
inline constexpr std::string_view kImages = ".e2e/images";
inline constexpr std::string_view kEnvironments = ".e2e/env";

using Loads = std::map<plan::ImageId, graph::NodeId>;

/// A cluster of an environment, and its nodes as they come about.
struct Scope {
  plan::Plan const& plan;
  plan::Environment const& environment;
  plan::Cluster const& cluster;
  std::vector<graph::NodeId> const& images;  // by ImageId

  /// Its name in the state folder and before the questions of scan; one of several is apart from the others.
  std::string place =
      cluster.key.empty() ? environment.name : fmt::format("{}/clusters/{}", environment.name, cluster.key);
  std::string folder = fmt::format("{}/{}/", kEnvironments, place);
  graph::NodeId node = {};
  Loads loads = {};

  std::string state(std::string_view rest) const { return std::string(folder).append(rest); }
  std::string kubeconfig() const { return state("kubeconfig"); }
  std::string cluster_stamp() const { return state("cluster.stamp"); }
  /// What a rule of the cluster's template is called in this Ninja file.
  std::string rule(std::string_view name) const { return std::string(name).append(plan.suffix(*cluster.provider)); }
};

/// A binding of one word, of several, and a list of bindings. With braces all would be copied, twice, for each edge.
inline graph::Binding word(std::string name, std::string text) {
  graph::Binding binding{std::move(name), {}};
  binding.words.push_back(std::move(text));
  return binding;
}
inline graph::Binding words(std::string name, std::vector<std::string> texts) {
  return {std::move(name), std::move(texts)};
}
template <class... Binding>
std::vector<graph::Binding> bindings(Binding&&... all) {
  std::vector<graph::Binding> list;
  list.reserve(sizeof...(all) + 2);  // some edges get one or two more
  (list.push_back(std::forward<Binding>(all)), ...);
  return list;
}

/// What rules that speak to the cluster know of it.
inline std::vector<graph::Binding> of_cluster(Scope const& scope) {
  return bindings(word("cluster", scope.cluster.name), word("kubeconfig", scope.kubeconfig()),
                  word("owner", claim::owner_file(scope.cluster_stamp())));
}

/// What `needs` of a name waits for: readiness where there is any, else that it was applied or has run.
using Done = std::vector<graph::NodeId>;

/// A path of the machine: from /, from the home folder of whoever runs the step, or of the workspace.
std::string located(std::string const& path);
/// What files of an image are called: a profile that changes an image makes another one beside it.
std::string node_name(plan::Image const& image);
std::string image_stamp(plan::Image const& image);
std::string export_stamp(plan::Image const& image, plan::Transport transport);
bool uses(plan::Plan const& plan, plan::Transport transport);
/// Brings an image that only the layout has back into the builder's store.
graph::Restore restore(plan::Image const& image);

/// Tasks of this machine stand beside the images that need them.
std::string host_stamp(std::string const& task);
std::vector<graph::NodeId> host_nodes(graph::Graph& graph, std::vector<std::string> const& tasks);
/// Adds the tasks that come before images and clusters.
void host_tasks(graph::Graph& graph, plan::Plan const& plan);
/// Adds every image, longest way to the end first, and returns their nodes by ImageId.
std::vector<graph::NodeId> images(graph::Graph& graph, plan::Plan const& plan);
using Exports = std::map<plan::ImageId, graph::NodeId>;
/// Adds the exports of the images that are loaded, and for `layers` of all others too: what lies in the layout need not
/// be in the store.
Exports exports(graph::Graph& graph, plan::Plan const& plan, plan::Transport transport,
                std::vector<graph::NodeId> const& images);
/// What nodes call an image, without its tag: a short name would be looked for in a registry.
std::string node_reference(plan::Image const& image);
/// What manifests call an image that was pushed, without its tag.
std::string pushed_name(plan::Cluster const& cluster, plan::Image const& image);
graph::NodeId cluster(graph::Graph& graph, Scope const& scope);
/// Adds the edges that delete the cluster and export its logs, and returns their nodes in this order.
std::pair<graph::NodeId, graph::NodeId> farewell(graph::Graph& graph, Scope const& scope);
graph::NodeId load(graph::Graph& graph, Scope const& scope, plan::Image const& image, graph::NodeId exported);
/// Adds apply and the waits of a deployment, which comes after all that it needs, and rests on `writers`: they write
/// what its manifests hold.
Done deployment(graph::Graph& graph, Scope const& scope, plan::Deployment const& deployment,
                std::vector<graph::NodeId> const& needs, std::vector<graph::NodeId> const& writers);
/// The clusters of a command: it stands in the first one.
using Scopes = std::vector<Scope const*>;
graph::NodeId task(graph::Graph& graph, Scopes const& scopes, plan::Command const& task,
                   std::vector<graph::NodeId> const& needs);
/// All shards of a suite, and what puts their reports together.
std::vector<graph::NodeId> suite(graph::Graph& graph, Scopes const& scopes, plan::Command const& suite,
                                 std::vector<graph::NodeId> const& needs);

}  // namespace e2e::lower
