#include "step/mask.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace e2e::step {

Mask::Mask(std::vector<std::string> texts) : texts_(std::move(texts)) {
  std::erase(texts_, "");
  std::sort(texts_.begin(), texts_.end(), [](auto const& a, auto const& b) { return a.size() > b.size(); });
}

std::string Mask::take(std::string_view piece) {
  if (texts_.empty()) return std::string(piece);
  waiting_ += piece;
  // of what is whole only that: its end may be the beginning of a longer one
  auto const keep = begun();
  auto said = waiting_.substr(0, waiting_.size() - keep);
  waiting_.erase(0, said.size());
  for (auto const& text : texts_) replace_all(said, text, "***");
  return said;
}

std::string Mask::rest() {
  auto said = std::exchange(waiting_, {});
  for (auto const& text : texts_) replace_all(said, text, "***");
  return said;
}

/// How much of the end may belong to one of the texts that is not whole yet, or to one that begins before.
std::size_t Mask::begun() const {
  auto from = waiting_.size();
  for (auto const& text : texts_)
    for (auto at = waiting_.size() - std::min(waiting_.size(), text.size() - 1); at < from; ++at)
      if (std::string_view(text).starts_with(std::string_view(waiting_).substr(at))) from = at;
  // a whole one that lies across that cut stays together
  for (bool more = true; more;) {
    more = false;
    for (auto const& text : texts_) {
      auto const first = from - std::min(from, text.size() - 1);
      auto const at = waiting_.find(text, first);
      if (at < from && at + text.size() > from) from = at, more = true;
    }
  }
  return waiting_.size() - from;
}

}  // namespace e2e::step
