// Texts that are torn and put together by chance.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace e2e::fuzz {

/// The same number gives the same texts.
class Mutator {
 public:
  Mutator(std::vector<std::string> seeds, std::uint64_t number) : seeds_(std::move(seeds)), random_(number) {}

  /// One of the seeds, changed in one to four places.
  std::string next();
  /// Any number below this one.
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

 private:
  void bytes(std::string& text);
  /// A word in place of what stands there.
  void tokens(std::string& text);
  void lines(std::string& text);

  std::vector<std::string> seeds_;
  std::mt19937_64 random_;
};

}  // namespace e2e::fuzz
