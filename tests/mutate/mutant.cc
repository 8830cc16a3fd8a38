#include "base/mutant.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace e2e_mutate {

namespace {

constexpr int kMost = 100'000;
std::array<std::atomic<bool>, kMost> seen;

}  // namespace

constinit std::atomic<int> chosen = -1;

int ask() {
  char const* const name = std::getenv("E2EGEN_MUTANT");
  int const number = name ? std::atoi(name) : 0;
  chosen.store(number, std::memory_order_relaxed);
  return number;
}

/// Between fork and exec, too, and between a call and its errno.
void reached(int number) {
  if (number >= kMost || seen[static_cast<std::size_t>(number)].exchange(true, std::memory_order_relaxed)) return;
  static char const* const path = std::getenv("E2EGEN_REACHED");
  if (!path) return;
  int const error = errno;
  if (int const fd = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666); fd >= 0) {
    std::array<char, 16> line{};
    int const length = std::snprintf(line.data(), line.size(), "%d\n", number);
    if (::write(fd, line.data(), static_cast<std::size_t>(length)) != length) errno = error;
    ::close(fd);
  }
  errno = error;
}

}  // namespace e2e_mutate
