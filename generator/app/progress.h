// What long work is at, so that it is never silent for more than a second.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace e2e::app {

/// While it lives, standard error is told every half second what is being done: in one line that is written over if
/// it is a terminal, which is gone in the end, else in a line for each time, as with `others`: they print meanwhile.
/// Work that ends sooner says nothing.
class Progress {
 public:
  explicit Progress(std::string verb, bool others = false);
  ~Progress();
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;
  /// From any thread.
  void at(std::string_view what);

 private:
  void tell(std::stop_token const& stop);

  std::string verb_, what_;
  bool others_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread teller_;
};

}  // namespace e2e::app
