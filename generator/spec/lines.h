// The lines of a YAML file, each with what it is: enough to move and to indent them without changing what they say.
#pragma once

#include <string>
#include <vector>

namespace e2e::spec {

struct Line {
  enum class Kind {
    blank,
    comment,
    marker,  // `---`, `...` or a directive
    entry,   // begins with a dash, a key or a value
    more,    // goes on with brackets, quotes or words that began above
    text,    // of a block scalar, | or >, where each blank counts
  };
  struct Start {
    enum class Kind { item, key, value } kind;
    std::size_t column;
  };

  Kind kind = Kind::blank;
  std::size_t column = 0;          // its indentation, from 0
  std::string text;                // the rest, with one blank behind each dash
  std::vector<Start> starts = {};  // of an entry: its dashes, and what stands behind them
  std::size_t step = 0;            // of a text: how much deeper it stands than the list or map that it is in

  bool blank() const { return kind == Kind::blank; }
  bool comment() const { return kind == Kind::comment; }
};

using Lines = std::vector<Line>;

/// What is no YAML comes out as some lines or other.
Lines lines_of(std::string const& text);
std::string text_of(Lines const& lines);

}  // namespace e2e::spec
