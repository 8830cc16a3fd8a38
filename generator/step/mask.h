// What a command says, without the secrets that it was given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace e2e::step {

/// Puts *** in the place of each of these texts, wherever the pieces of what is said are cut.
class Mask {
 public:
  explicit Mask(std::vector<std::string> texts);
  /// What can be said by now: the end of a piece waits if one of the texts may begin there.
  std::string take(std::string_view piece);
  /// What still waits.
  std::string rest();

 private:
  std::size_t begun() const;

  std::vector<std::string> texts_;  // the longest first: one may be a part of another
  std::string waiting_;
};

}  // namespace e2e::step
