#include "spec/lines.h"

#include <algorithm>
#include <optional>

namespace e2e::spec {

namespace {

/// How much deeper than its list or map a block scalar stands that does not say it.
constexpr std::size_t kUsualStep = 2;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string trimmed(std::string text) {
  text.resize(text.find_last_not_of(" \t") + 1);  // npos + 1 is 0
  return text;
}

std::vector<std::string> raw_lines(std::string const& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    if (lines.back().ends_with('\r')) lines.back().pop_back();
    at = end + 1;
  }
  return lines;
}

/// Knows of YAML what it takes to tell a key from a text; the parser has seen before that the file is YAML.
class Scanner {
 public:
  Lines run(std::string const& text) {
    for (auto const& raw : raw_lines(text)) {
      if (block_ && block_text(raw)) continue;
      add(raw);
    }
    end_block();
    return std::move(lines_);
  }

 private:
  /// A block scalar that is open. Its first line that is not empty says how deep it stands.
  struct Block {
    std::size_t step;
    std::size_t indentation;  // 0 until it is known
    bool keep;                // empty lines at its end count too
  };

  bool block_text(std::string const& raw) {
    auto const column = raw.find_first_not_of(' ');
    if (column != raw.npos && block_->indentation == 0 && column >= least_) block_->indentation = column;
    bool const known = block_->indentation > 0;
    if (column != raw.npos && (!known || column < block_->indentation)) {
      end_block();
      return false;
    }
    Line line{Line::Kind::text, block_->indentation, ""};
    line.step = block_->step;
    if (known && raw.size() > block_->indentation) line.text = raw.substr(block_->indentation);
    lines_.push_back(std::move(line));
    return true;
  }

  void end_block() {
    if (block_ && !block_->keep)
      for (auto i = lines_.rbegin(); i != lines_.rend() && i->kind == Line::Kind::text && i->text.empty(); ++i) *i = {};
    block_.reset();
  }

  void add(std::string const& raw) {
    auto const at = raw.find_first_not_of(" \t");
    if (depth_ > 0 || quote_)
      more(raw);
    else if (at == raw.npos)
      lines_.emplace_back();
    else if (raw[at] == '#')
      comment(raw, at);
    else if (is_marker(raw))
      marker(raw);
    else if (words_ && raw.find_first_not_of(' ') >= least_)
      more_words(raw);
    else
      entry(raw);
  }

  void comment(std::string const& raw, std::size_t at) {
    words_ = false;
    lines_.push_back({Line::Kind::comment, at, trimmed(raw.substr(at))});
  }

  /// A directive is one only where nothing stands above it.
  bool is_marker(std::string const& raw) const {
    if (raw.starts_with('%'))
      return std::all_of(lines_.begin(), lines_.end(), [](Line const& line) {
        return line.blank() || line.comment() || line.kind == Line::Kind::marker;
      });
    return (raw.starts_with("---") || raw.starts_with("...")) && (raw.size() == 3 || is_blank(raw[3]));
  }

  void marker(std::string const& raw) {
    words_ = false;
    least_ = 0;
    if (raw.starts_with("---")) value(raw, 3);
    lines_.push_back({Line::Kind::marker, 0, trimmed(raw)});
  }

  /// A line inside of brackets or quotes. Blanks before the end of a line may count between quotes.
  void more(std::string const& raw) {
    auto const at = std::min(raw.find_first_not_of(' '), raw.size());
    rest(raw, at);
    auto const text = raw.substr(at);
    lines_.push_back({Line::Kind::more, at, quote_ ? text : trimmed(text)});
  }

  /// Words that go on: what is empty between them is a line break of theirs.
  void more_words(std::string const& raw) {
    for (auto i = lines_.rbegin(); i != lines_.rend() && i->blank(); ++i) i->kind = Line::Kind::more;
    auto const at = raw.find_first_not_of(' ');
    lines_.push_back({Line::Kind::more, at, trimmed(raw.substr(at))});
    words_ = raw.find(" #", at) == raw.npos;
  }

  void entry(std::string const& raw) {
    words_ = false;
    auto at = raw.find_first_not_of(' ');
    Line line{Line::Kind::entry, at, ""};
    while (at < raw.size() && raw[at] == '-' && (at + 1 == raw.size() || is_blank(raw[at + 1]))) {
      line.starts.push_back({Line::Start::Kind::item, at});
      line.text += "- ";
      least_ = at + 1;
      at = std::min(raw.find_first_not_of(" \t", at + 1), raw.size());
    }
    if (at < raw.size() && raw[at] != '#') {
      if (auto const behind = behind_key(raw, at)) {
        line.starts.push_back({Line::Start::Kind::key, at});
        least_ = at + 1;
        value(raw, *behind);
      } else {
        line.starts.push_back({Line::Start::Kind::value, at});
        value(raw, at);
      }
    }
    line.text = line.text + raw.substr(at);
    if (!quote_) line.text = trimmed(std::move(line.text));
    lines_.push_back(std::move(line));
  }

  static std::size_t behind_properties(std::string const& raw, std::size_t at) {
    while (at < raw.size() && (raw[at] == '&' || raw[at] == '!')) {
      at = std::min(raw.find_first_of(" \t", at), raw.size());
      at = std::min(raw.find_first_not_of(" \t", at), raw.size());
    }
    return at;
  }

  /// Where the value of the key at `at` may begin; nothing if there is no key.
  static std::optional<std::size_t> behind_key(std::string const& raw, std::size_t at) {
    auto i = behind_properties(raw, at);
    if (i < raw.size() && (raw[i] == '[' || raw[i] == '{')) return std::nullopt;
    if (i < raw.size() && (raw[i] == '"' || raw[i] == '\'')) {
      i = behind_quote(raw, i + 1, raw[i]);
      i = raw.find_first_not_of(" \t", i);
      if (i >= raw.size() || raw[i] != ':') return std::nullopt;
    }
    for (; i < raw.size(); ++i) {
      if (raw[i] == '#' && i > at && is_blank(raw[i - 1])) return std::nullopt;
      if (raw[i] == ':' && (i + 1 == raw.size() || is_blank(raw[i + 1]))) return i + 1;
    }
    return std::nullopt;
  }

  /// Behind the quote that ends the text that goes on at `at`, or npos.
  static std::size_t behind_quote(std::string const& raw, std::size_t at, char quote) {
    for (auto i = at; i < raw.size(); ++i) {
      bool const twice = quote == '\'' && raw[i] == quote && i + 1 < raw.size() && raw[i + 1] == quote;
      if (twice || (quote == '"' && raw[i] == '\\'))
        ++i;
      else if (raw[i] == quote)
        return i + 1;
    }
    return raw.npos;
  }

  void value(std::string const& raw, std::size_t at) {
    at = behind_properties(raw, std::min(raw.find_first_not_of(" \t", at), raw.size()));
    if (at == raw.size() || raw[at] == '#') return;
    if (raw[at] == '|' || raw[at] == '>') return block(raw, at + 1);
    if (raw[at] == '[' || raw[at] == '{' || raw[at] == '"' || raw[at] == '\'') return rest(raw, at);
    words_ = raw.find(" #", at) == raw.npos && raw.find("\t#", at) == raw.npos;
  }

  void block(std::string const& raw, std::size_t at) {
    Block block{kUsualStep, 0, false};
    for (; at < raw.size() && !is_blank(raw[at]); ++at) {
      if (raw[at] == '+') block.keep = true;
      if (raw[at] < '1' || raw[at] > '9') continue;
      block.step = static_cast<std::size_t>(raw[at] - '0');
      // `least_` is one deeper than the list or map
      block.indentation = least_ + block.step - 1;
    }
    block_ = block;
  }

  /// What stands from `at` on within brackets or quotes, and as far behind them as to the end of the line.
  void rest(std::string const& raw, std::size_t at) {
    bool begins = depth_ > 0;  // a quote in the middle of a word is part of it
    while (at < raw.size()) {
      if (quote_) {
        at = behind_quote(raw, at, *quote_);
        if (at == raw.npos) return;
        quote_.reset();
        continue;
      }
      char const c = raw[at];
      if (c == '#' && (at == 0 || is_blank(raw[at - 1]))) return;
      if ((c == '"' || c == '\'') && (begins || depth_ == 0))
        quote_ = c;
      else if (c == '[' || c == '{')
        ++depth_;
      else if ((c == ']' || c == '}') && depth_ > 0)
        --depth_;
      if (begins && (c == '&' || c == '!')) {
        at = std::min(raw.find_first_of(" \t,]}", at), raw.size());
        continue;
      }
      begins = opens(c) || (begins && is_blank(c));
      ++at;
    }
  }

  static bool opens(char c) { return c == '[' || c == '{' || c == ',' || c == ':'; }

  Lines lines_;
  std::size_t least_ = 0;      // how deep a line has to stand to belong to the value of the last entry
  std::size_t depth_ = 0;      // of brackets that are open
  std::optional<char> quote_;  // that is open
  bool words_ = false;         // whether the value so far are words, which may go on
  std::optional<Block> block_;
};

}  // namespace

Lines lines_of(std::string const& text) {
  return Scanner().run(text);
}

std::string text_of(Lines const& lines) {
  std::string out;
  for (auto const& line : lines) {
    if (!line.text.empty()) out += std::string(line.column, ' ') + line.text;
    out += '\n';
  }
  return out;
}

}  // namespace e2e::spec
