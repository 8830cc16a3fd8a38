// What the mutated copy of the program is compiled with: each change that mutate.py makes asks here whether it is on.
// E2EGEN_MUTANT names the one that is; E2EGEN_REACHED a file to which each one adds its number when it is come by
// first.
#pragma once

#include <unistd.h>

#include <atomic>
#include <string>
#include <type_traits>
#include <utility>

namespace e2e_mutate {

/// -1: the environment was not asked yet. 0: none, and what is reached is noted.
extern std::atomic<int> chosen;
int ask();
void reached(int number);

inline bool mutant(int number) {
  int now = chosen.load(std::memory_order_relaxed);
  if (now < 0) now = ask();
  if (now == 0) reached(number);
  return now == number;
}

template <class T>
T plus(int number, T value) {
  return static_cast<T>(mutant(number) ? value + 1 : value);
}

/// `<` becomes `<=`, and so on.
template <class A, class B>
bool less(int number, A const& a, B const& b) {
  return mutant(number) ? a <= b : a < b;
}
template <class A, class B>
bool less_equal(int number, A const& a, B const& b) {
  return mutant(number) ? a < b : a <= b;
}
template <class A, class B>
bool greater(int number, A const& a, B const& b) {
  return mutant(number) ? a >= b : a > b;
}
template <class A, class B>
bool greater_equal(int number, A const& a, B const& b) {
  return mutant(number) ? a > b : a >= b;
}

/// A sum of texts loses its right side.
template <class A, class B>
std::string left(int number, A&& a, B&& b) {
  if (mutant(number)) return std::string(1, ' ').replace(0, 1, a);
  return std::forward<A>(a) + std::forward<B>(b);
}

/// A member of a record is left out.
template <class T>
std::decay_t<T> left_out(int number, T&& value) {
  if (mutant(number)) return {};
  return std::forward<T>(value);
}

/// A lock that nobody else takes.
inline std::string alone(int number, std::string const& path) {
  return mutant(number) ? path + "." + std::to_string(::getpid()) : path;
}

}  // namespace e2e_mutate
