#include "app/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "app/terminal.h"

namespace e2e::app {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPause = std::chrono::milliseconds(500);
constexpr std::size_t kLongest = 60;  // of a path, so that the line is none that a terminal breaks

std::string shortened(std::string const& text) {
  return text.size() <= kLongest ? text : "..." + text.substr(text.size() - kLongest + 3);
}

}  // namespace

Progress::Progress(std::string verb, bool others)
    : verb_(std::move(verb)), others_(others), teller_([this](std::stop_token const& stop) { tell(stop); }) {}

Progress::~Progress() = default;

void Progress::at(std::string_view what) {
  std::scoped_lock const lock(mutex_);
  what_ = what;
}

void Progress::tell(std::stop_token const& stop) {
  bool const terminal = !others_ && ::isatty(STDERR_FILENO) != 0;
  auto const begin = Clock::now();
  bool told = false;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, kPause, [&] { return stop.stop_requested(); })) {
    std::chrono::duration<double> const since = Clock::now() - begin;
    auto const line = fmt::format("{}: {:.1f} s, {}", verb_, since.count(), shortened(what_));
    print_error(terminal ? fmt::format("\r\033[K{}", line) : line + "\n");
    told = true;
  }
  if (told && terminal) print_error("\r\033[K");
}

}  // namespace e2e::app
