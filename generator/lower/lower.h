// Plan -> graph: one small file for each kind of step.
#pragma once

#include "graph/graph.h"
#include "plan/plan.h"

namespace e2e::lower {

graph::Graph lower(plan::Plan const& plan);

}  // namespace e2e::lower
