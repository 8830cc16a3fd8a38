#include "graph/check.h"

#include <fmt/format.h>

#include <algorithm>

namespace e2e::graph {

namespace {

class Checker {
 public:
  Checker(Graph const& graph, Diagnostics& diagnostics)
      : graph_(graph), diagnostics_(diagnostics), states_(graph.edges().size(), State::new_) {}

  void run() {
    producers();
    for (std::size_t i = 0; i < graph_.edges().size(); ++i) visit(i);
    if (cycle_) return;  // the laws below speak of what comes before what
    phases();
    after_builds();
    claims();
  }

 private:
  enum class State : std::uint8_t { new_, open, done };

  std::string name(Edge const& edge) const { return graph_.path(edge.outputs.front()); }

  template <class Each>
  void each_input(Edge const& edge, Each each) const {
    for (auto const* list : {&edge.inputs, &edge.implicit, &edge.order_only})
      for (auto const node : *list) each(node);
  }

  void producers() {
    for (std::size_t i = 0; i < graph_.edges().size(); ++i)
      for (auto const output : graph_.edges()[i].outputs)
        if (auto const first = static_cast<std::size_t>(*graph_.producer(output)); first != i)
          diagnostics_.add({graph_.edges()[i].origin,
                            fmt::format("two edges make '{}'", graph_.path(output)),
                            "give one of the two another name",
                            {{graph_.edges()[first].origin, "the other one"}}});
  }

  void visit(std::size_t start) {
    // an explicit stack: a chain of needs may be longer than the machine's
    std::vector<std::pair<std::size_t, std::vector<std::size_t>>> stack;
    auto const open = [&](std::size_t edge) {
      states_[edge] = State::open;
      std::vector<std::size_t> next;
      each_input(graph_.edges()[edge], [&](NodeId node) {
        if (auto const producer = graph_.producer(node)) next.push_back(static_cast<std::size_t>(*producer));
      });
      stack.emplace_back(edge, std::move(next));
    };
    if (states_[start] == State::new_) open(start);
    while (!stack.empty()) {
      auto& [edge, next] = stack.back();
      if (next.empty()) {
        states_[edge] = State::done;
        stack.pop_back();
        continue;
      }
      auto const input = next.back();
      next.pop_back();
      if (states_[input] == State::open) {
        cycle_ = true;
        diagnostics_.add({graph_.edges()[input].origin,
                          fmt::format("'{}' depends on itself", name(graph_.edges()[input])),
                          "take one of the needs out of the circle"});
      } else if (states_[input] == State::new_) {
        open(input);
      }
    }
  }

  void phases() {
    // direct inputs suffice: what holds for each step of a path holds for its ends
    for (auto const& edge : graph_.edges())
      each_input(edge, [&](NodeId node) {
        auto const producer = graph_.producer(node);
        if (!producer) return;
        auto const& before = graph_.edges()[static_cast<std::size_t>(*producer)];
        if (before.phase > edge.phase)
          diagnostics_.add({edge.origin,
                            fmt::format("'{}' of phase {} depends on '{}' of the later phase {}", name(edge),
                                        phase_name(edge.phase), graph_.path(node), phase_name(before.phase)),
                            "phase law: no build ever follows a cluster, no deployment a test",
                            {{before.origin, "the later one"}}});
      });
  }

  void after_builds() {
    for (auto const& edge : graph_.edges()) {
      if (!edge.after_builds) continue;
      std::vector<bool> before(graph_.edges().size());
      std::vector<Edge const*> todo{&edge};
      while (!todo.empty()) {
        auto const* next = todo.back();
        todo.pop_back();
        each_input(*next, [&](NodeId node) {
          auto const producer = graph_.producer(node);
          if (!producer || before[static_cast<std::size_t>(*producer)]) return;
          before[static_cast<std::size_t>(*producer)] = true;
          todo.push_back(&graph_.edges()[static_cast<std::size_t>(*producer)]);
        });
      }
      for (std::size_t i = 0; i < before.size(); ++i)
        if (auto const& other = graph_.edges()[i]; other.phase == Phase::build && !before[i])
          diagnostics_.add({edge.origin,
                            fmt::format("'{}' does not wait for '{}'", name(edge), name(other)),
                            "phase law: every image is there before a cluster is created",
                            {{other.origin, "what it has to wait for"}}});
    }
  }

  void claims() {
    for (auto const& edge : graph_.edges()) {
      if (!edge.claim) continue;
      if (edge.outputs.size() != 1)
        diagnostics_.add({edge.origin, fmt::format("'{}' is a stamp and yet not alone", name(edge)), ""});
      for (auto const node : edge.inputs) {
        auto const producer = graph_.producer(node);
        if (!producer || !graph_.edges()[static_cast<std::size_t>(*producer)].claim)
          diagnostics_.add({edge.origin,
                            fmt::format("'{}' rests on '{}', which claims nothing", name(edge), graph_.path(node)),
                            ""});
      }
    }
  }

  Graph const& graph_;
  Diagnostics& diagnostics_;
  std::vector<State> states_;
  bool cycle_ = false;
};

}  // namespace

void check(Graph const& graph, Diagnostics& diagnostics) {
  Checker(graph, diagnostics).run();
}

}  // namespace e2e::graph
