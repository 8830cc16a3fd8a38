#include "spec/indent.h"

#include <algorithm>

namespace e2e::spec {

namespace {

constexpr std::size_t kStep = 2;

class Indenter {
 public:
  explicit Indenter(Lines lines) : lines_(std::move(lines)) {}

  Lines run() {
    for (std::size_t i = 0; i < lines_.size(); ++i) switch (lines_[i].kind) {
        case Line::Kind::blank: break;
        case Line::Kind::comment: comments_.push_back(i); break;
        case Line::Kind::marker: marker(); break;
        case Line::Kind::entry: entry(lines_[i]); break;
        case Line::Kind::more: more(lines_[i]); break;
        case Line::Kind::text: lines_[i].column = innermost().now + lines_[i].step; break;
      }
    comments(open_, open_.empty() ? Shift{} : open_.front().shift);
    return std::move(lines_);
  }

 private:
  /// A column as it was written, and as it will be.
  struct Shift {
    std::size_t was = 0, now = 0;
  };
  /// A list or map that is open.
  struct Level {
    Line::Start::Kind kind;
    Shift shift;
  };
  using Levels = std::vector<Level>;

  Shift innermost() const { return open_.empty() ? Shift{} : open_.back().shift; }

  void marker() {
    comments(open_, {});
    open_.clear();
    last_ = {};
  }

  void entry(Line& line) {
    auto const before = comments_.empty() ? Levels{} : open_;
    for (auto const& start : line.starts) {
      last_ = {start.column, column_of(start)};
      if (&start == &line.starts.front()) line.column = last_.now;
    }
    comments(before, {line.starts.front().column, line.column});
  }

  /// Closes what ends above this start, and opens the list or map that it is the first of.
  std::size_t column_of(Line::Start const& start) {
    auto const deeper = open_.empty() ? 0 : innermost().now + kStep;
    if (start.kind == Line::Start::Kind::value) return deeper;
    while (!open_.empty() && ends(open_.back(), start)) open_.pop_back();
    bool const goes_on = !open_.empty() && open_.back().kind == start.kind && innermost().was == start.column;
    if (!goes_on) open_.push_back({start.kind, {start.column, open_.empty() ? 0 : innermost().now + kStep}});
    return innermost().now;
  }

  /// The dashes of a list may stand right below its key, and then the next key ends it.
  static bool ends(Level const& level, Line::Start const& start) {
    if (level.shift.was != start.column) return level.shift.was > start.column;
    return level.kind == Line::Start::Kind::item && start.kind == Line::Start::Kind::key;
  }

  /// As far from the line where it began as it was.
  void more(Line& line) const {
    if (line.text.empty()) return;
    bool const deeper = line.column > innermost().was;
    auto const moved = line.column + last_.now;
    line.column = moved > last_.was ? moved - last_.was : 0;
    if (deeper) line.column = std::max(line.column, innermost().now + 1);
  }

  /// Those between an entry, with the levels that were open behind it, and the next one.
  void comments(Levels const& before, Shift next) {
    for (auto const index : comments_) {
      auto& column = lines_[index].column;
      column = column <= next.was ? next.now : of_above(before, column, next.was);
    }
    comments_.clear();
  }

  /// The column of a comment that stands deeper than what comes next.
  static std::size_t of_above(Levels const& before, std::size_t column, std::size_t next) {
    auto const last = before.empty() ? Shift{} : before.back().shift;
    if (column > last.was) return last.now + kStep;
    auto now = last.now;
    for (auto level = before.rbegin(); level != before.rend() && level->shift.was > next; ++level) {
      now = level->shift.now;
      if (level->shift.was <= column) break;
    }
    return now;
  }

  Lines lines_;
  Levels open_;
  Shift last_;                         // of what the last entry ends with
  std::vector<std::size_t> comments_;  // since the last entry
};

}  // namespace

Lines indented(Lines lines) {
  auto const in_a_row = [](Line const& a, Line const& b) { return a.blank() && b.blank(); };
  lines.erase(std::unique(lines.begin(), lines.end(), in_a_row), lines.end());
  return Indenter(std::move(lines)).run();
}

}  // namespace e2e::spec
