// The graph: nodes, edges, and what each edge claims. It knows phases, rules and words, and nothing of containers.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/diagnostics.h"
#include "claim/claim.h"

namespace e2e::graph {

enum class NodeId : std::uint32_t {};
enum class EdgeId : std::uint32_t {};

/// In this order: an edge never depends on an edge of a later phase.
enum class Phase : std::uint8_t { build, archive, cluster, deploy, test };
std::string_view phase_name(Phase phase);

/// A variable of an edge: raw words, quoted for the shell and escaped for Ninja by the writer.
struct Binding {
  std::string name;
  std::vector<std::string> words;
};

/// A rule of a template that is run by a step or by scan, not by Ninja, with these variables.
struct Question {
  std::string name;
  std::string rule;
  std::vector<Binding> bindings;
  bool optional = false;  // a template may be without that rule
};

/// A rule that brings back, before the edge's own command runs, what lies in the products of `stamp`.
struct Restore {
  std::string rule;
  std::vector<Binding> bindings;
  std::string stamp;
};

struct Edge {
  std::string rule;
  std::vector<NodeId> outputs;
  std::vector<NodeId> inputs = {};  // those whose results are part of the claim's key
  std::vector<NodeId> implicit = {};
  std::vector<NodeId> order_only = {};
  std::vector<Binding> bindings = {};
  Phase phase = Phase::build;
  /// Every build comes first: a cluster that is there never waits for one.
  bool after_builds = false;
  Place origin = {};
  /// What its stamp says, and how that is kept true. Until the writer completes it, names of rules stand where it has
  /// commands; they are run with the bindings of the edge. An edge with a claim has one output, its stamp.
  std::optional<claim::Claim> claim = {};
  std::vector<Restore> restores = {};  // of the claim
};

/// A name for a set of nodes.
struct Alias {
  std::string name;
  std::vector<NodeId> nodes;
  Place origin = {};  // of those that have a spec's names
};

struct Graph {
  NodeId node(std::string path);
  /// The first node of that edge's outputs.
  NodeId add(Edge edge);

  /// Whether a node is called so.
  bool has(std::string const& path) const { return ids_.contains(path); }
  std::string const& path(NodeId id) const { return paths_.at(static_cast<std::size_t>(id)); }
  std::optional<EdgeId> producer(NodeId id) const;
  std::deque<Edge> const& edges() const { return edges_; }
  std::deque<Edge>& edges() { return edges_; }
  std::size_t node_count() const { return paths_.size(); }

  std::vector<Question> questions;
  /// Files that edges read and nobody wrote: they go with the Ninja file.
  std::map<std::string, std::string> texts;
  std::vector<Alias> aliases;
  std::string default_alias;

 private:
  std::vector<std::string> paths_;
  std::unordered_map<std::string, NodeId> ids_;
  std::vector<std::optional<EdgeId>> producers_;
  std::deque<Edge> edges_;  // they are large: growth does not move them
};

}  // namespace e2e::graph
