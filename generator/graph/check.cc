#include "graph/check.h"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <vector>

#include "base/order.h"

namespace e2e::graph {

namespace {

class Checker {
 public:
  Checker(Graph const& graph, Diagnostics& diagnostics) : graph_(graph), diagnostics_(diagnostics) {}

  void run() {
    producers();
    aliases();
    files();
    if (!circles()) return;  // the laws below speak of what comes before what
    phases();
    after_builds();
    claims();
  }

 private:
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

  /// Whether there are none.
  bool circles() {
    auto const before = in_order(graph_.edges().size(), [&](std::size_t edge) {
      std::vector<std::size_t> producers;
      each_input(graph_.edges()[edge], [&](NodeId node) {
        if (auto const producer = graph_.producer(node)) producers.push_back(static_cast<std::size_t>(*producer));
      });
      return producers;
    });
    for (auto const& circle : before.circles)
      diagnostics_.add({graph_.edges()[circle.front()].origin,
                        fmt::format("'{}' depends on itself", name(graph_.edges()[circle.front()])),
                        "take one of the needs out of the circle"});
    return before.circles.empty();
  }

  /// A target that is named twice, or like a file, is a Ninja file that Ninja refuses.
  void aliases() {
    std::map<std::string_view, Place> seen;
    for (auto const& alias : graph_.aliases) {
      auto const [it, fresh] = seen.emplace(alias.name, alias.origin);
      if (!fresh)
        diagnostics_.add({alias.origin.known() ? alias.origin : it->second,
                          fmt::format("two targets are called '{}'", alias.name),
                          "rename the spec, or what it names so",
                          alias.origin.known() && it->second.known() ? std::vector<Note>{{it->second, "the other one"}}
                                                                     : std::vector<Note>{}});
      else if (graph_.has(alias.name))
        diagnostics_.add({alias.origin, fmt::format("a target and a file are called '{}'", alias.name),
                          "rename the spec, or what it names so"});
    }
  }

  /// What two steps render into one file, or a step where the compiler writes one, is lost.
  void files() {
    std::map<std::string_view, Place> seen;
    auto const once = [&](std::string const& path, Place const& origin) {
      if (path.empty()) return;
      if (auto const [it, fresh] = seen.emplace(path, origin); !fresh)
        diagnostics_.add({origin,
                          fmt::format("two steps write '{}'", path),
                          "give one of the two another name",
                          {{it->second, "the other one"}}});
    };
    for (auto const& edge : graph_.edges()) {
      if (!edge.claim || !edge.claim->render) continue;
      auto const& render = *edge.claim->render;
      for (auto const* path : {&render.to, &render.first}) once(*path, edge.origin);
      for (auto const& path : render.from)
        if (graph_.texts.contains(path)) once(path, edge.origin);
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
};

}  // namespace

void check(Graph const& graph, Diagnostics& diagnostics) {
  Checker(graph, diagnostics).run();
}

}  // namespace e2e::graph
