// Workspaces and command lines by chance: several specs with odd names, profiles, variables, names of Ninja files.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace e2e::fuzz {

/// What somebody has, and what he types in it.
struct Line {
  std::map<std::string, std::string> files;  // path -> text
  std::vector<std::string> words;
  std::string output = "e2e.ninja";
  bool writes = true;  // a Ninja file, if all is well
};

/// The same number gives the same ones.
class Lines {
 public:
  explicit Lines(std::uint64_t number) : random_(number) {}
  Line next();

 private:
  bool chance(std::size_t of) { return random_() % of == 0; }
  std::string one_of(std::vector<std::string> const& all) { return all[random_() % all.size()]; }
  std::string spec();

  std::mt19937_64 random_;
};

}  // namespace e2e::fuzz
