// Work on many things of one kind, on all cores.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

namespace e2e {

/// Calls, for each index below `count`, a function that `make` made: each thread has one of its own, and this thread
/// works too. There is a further thread for each `few` indexes, as far as there are cores: less is not worth one.
/// Throws what the call of the smallest index threw, after all calls.
template <class Make>
void for_each_index(std::size_t count, std::size_t few, Make const& make) {
  if (count == 0) return;
  std::vector<std::exception_ptr> failures(count);
  std::atomic<std::size_t> next = 0;
  auto const work = [&] {
    auto each = make();
    for (auto i = next++; i < count; i = next++) {
      try {
        each(i);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    }
  };
  // asked once: each time it reads a file of the kernel's
  static auto const cores = std::max<std::size_t>(1, std::thread::hardware_concurrency());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min(cores - 1, count / few); ++i) threads.emplace_back(work);
    work();
  }
  for (auto const& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace e2e
