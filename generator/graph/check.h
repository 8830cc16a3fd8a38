// Proves on the finished graph what must hold of every graph.
#pragma once

#include "base/diagnostics.h"
#include "graph/graph.h"

namespace e2e::graph {

/// The laws:
///  - a node has one producer, and there is no cycle;
///  - a target has one name, which no file has, and a file that is rendered or comes with the Ninja file one writer;
///  - no edge depends, directly or not, on an edge of a later phase (so no build ever follows a cluster);
///  - an edge that is said to come after all builds does;
///  - an edge with a claim has one output, and rests only on nodes that are stamps themselves.
/// What breaks one is added to `diagnostics`, with the places in the spec of both edges.
void check(Graph const& graph, Diagnostics& diagnostics);

}  // namespace e2e::graph
