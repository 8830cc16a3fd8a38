#include "graph/graph.h"

namespace e2e::graph {

std::string_view phase_name(Phase phase) {
  switch (phase) {
    case Phase::build: return "build";
    case Phase::archive: return "archive";
    case Phase::cluster: return "cluster";
    case Phase::deploy: return "deploy";
    case Phase::test: return "test";
  }
  return "";
}

NodeId Graph::node(std::string path) {
  auto const [it, fresh] = ids_.try_emplace(std::move(path), NodeId{static_cast<std::uint32_t>(paths_.size())});
  if (fresh) {
    paths_.push_back(it->first);
    producers_.emplace_back();
  }
  return it->second;
}

NodeId Graph::add(Edge edge) {
  auto const id = EdgeId{static_cast<std::uint32_t>(edges_.size())};
  // of two edges with one output the first stays its producer; check() tells of the second
  for (auto const output : edge.outputs)
    if (auto& producer = producers_.at(static_cast<std::size_t>(output)); !producer) producer = id;
  edges_.push_back(std::move(edge));
  return edges_.back().outputs.front();
}

std::optional<EdgeId> Graph::producer(NodeId id) const {
  return producers_.at(static_cast<std::size_t>(id));
}

}  // namespace e2e::graph
