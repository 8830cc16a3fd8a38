// What needs what, put in order. Without recursion: a chain of needs may be longer than the machine's stack.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace e2e {

struct Order {
  std::vector<std::size_t> order;                 // each index once, after those that it needs
  std::vector<std::vector<std::size_t>> circles;  // each as it goes round: the last one needs the first one
};

/// Of the indices below `count`, in their own order where needs leave a choice. `needs` gives the indices that an index
/// needs, as a std::vector. A need that closes a circle is passed over, and told.
template <class Needs>
Order in_order(std::size_t count, Needs const& needs) {
  enum class State : std::uint8_t { fresh, open, done };
  struct Open {
    std::size_t index;
    std::vector<std::size_t> rest;  // of its needs, the next one last
  };
  Order out;
  out.order.reserve(count);
  std::vector<State> states(count);
  std::vector<Open> open;
  auto const enter = [&](std::size_t index) {
    states[index] = State::open;
    std::vector<std::size_t> rest = needs(index);
    std::reverse(rest.begin(), rest.end());
    open.push_back({index, std::move(rest)});
  };
  for (std::size_t start = 0; start < count; ++start) {
    if (states[start] == State::fresh) enter(start);
    while (!open.empty()) {
      auto& [index, rest] = open.back();
      if (rest.empty()) {
        states[index] = State::done;
        out.order.push_back(index);
        open.pop_back();
        continue;
      }
      auto const next = rest.back();
      rest.pop_back();
      if (states[next] == State::fresh) {
        enter(next);
      } else if (states[next] == State::open) {
        auto it = std::find_if(open.begin(), open.end(), [&](auto const& one) { return one.index == next; });
        for (out.circles.emplace_back(); it != open.end(); ++it) out.circles.back().push_back(it->index);
      }
    }
  }
  return out;
}

}  // namespace e2e
