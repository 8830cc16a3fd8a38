// The parser of specs: yaml-cpp. Its traps stop here.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <utility>

#include "base/parallel.h"
#include "base/text.h"
#include "base/yaml.h"
#include "base/yaml_builder.h"

namespace e2e::yaml {

namespace {

/// From this size on it takes longer to read a text than to start threads that share it.
constexpr std::size_t kLarge = 16 << 10;

/// Whether the quote at `start` has its partner: at the end of the file yaml-cpp is content without one.
bool closed(std::string_view text, std::size_t start) {
  if (start >= text.size()) return true;
  char const quote = text[start];
  if (quote != '"' && quote != '\'') return true;  // a block scalar
  for (auto i = start + 1; i < text.size(); ++i) {
    bool const twice = quote == '\'' && text.substr(i, 2) == "\'\'";
    if (twice || (quote == '"' && text[i] == '\\'))
      ++i;
    else if (text[i] == quote)
      return true;
  }
  return false;
}

/// YAML 1.2 has a '?' within a word, as in an URL, for a letter; yaml-cpp ends the word there where brackets are around
/// it. So it gets another one, of a kind that no text has.
constexpr char kQuestion = '\x01';
constexpr std::array<std::string_view, 3> kEscaped{"\\x01", "\\u0001", "\\U00000001"};

bool has_escaped(std::string_view text) {
  return std::any_of(kEscaped.begin(), kEscaped.end(), [&](auto one) { return text.find(one) != text.npos; });
}

std::string hidden(std::string text) {
  if (has_escaped(text)) return text;
  static constexpr Characters kBefore(" \t\r\n[]{},\"'");
  for (std::size_t i = 1; i < text.size(); ++i)
    if (text[i] == '?' && !kBefore.has(text[i - 1])) text[i] = kQuestion;
  return text;
}

/// A part of a text, to be read as if it stood alone.
struct Part {
  std::size_t offset = 0, size = 0;
  std::int32_t lines = 0;      // before it
  std::string_view next = {};  // to be read behind it
};

class Events final : public YAML::EventHandler {
 public:
  Events(Builder& builder, std::string_view text, Part const& part, std::int32_t file)
      : builder_(builder),
        text_(text.substr(0, part.offset + part.size)),
        file_(file),
        lines_(part.lines),
        escaped_(has_escaped(text_.substr(part.offset))),
        // yaml-cpp counts from behind a byte order mark
        offset_(part.offset + (text.substr(part.offset).starts_with("\xef\xbb\xbf") ? 3 : 0)) {}

  void OnDocumentStart(YAML::Mark const& mark) override {
    // what it can't begin a document with it does not take either, and begins the next one there, for ever
    if (std::exchange(last_start_, mark.pos) == mark.pos)
      builder_.stop(place(mark), "not YAML: no value begins with this", "quote it if it is one, or take it out");
    builder_.document();
  }
  void OnDocumentEnd() override {}
  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    builder_.scalar(place(mark), offset(mark), anchor, "", false, false);
  }
  void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override { builder_.alias(place(mark), anchor); }
  void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                std::string const& value) override {
    bool const quoted = tag == "!";
    if (quoted && !closed(text_, offset(mark)))
      builder_.stop(place(mark), "not YAML: this quote is not closed",
                    "close it, or put the whole value into single quotes");
    auto text = value;
    if (!escaped_) std::replace(text.begin(), text.end(), kQuestion, '?');
    builder_.scalar(place(mark), offset(mark), anchor, text, quoted, !quoted && tag != "?" && !tag.empty());
  }
  void OnSequenceStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    builder_.start(Node::Kind::sequence, place(mark), anchor);
  }
  void OnMapStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    builder_.start(Node::Kind::map, place(mark), anchor);
  }
  void OnSequenceEnd() override { builder_.end(); }
  void OnMapEnd() override { builder_.end(); }

 private:
  Place place(YAML::Mark const& mark) const { return {file_, lines_ + mark.line + 1, mark.column + 1, 1}; }
  std::size_t offset(YAML::Mark const& mark) const {
    return behind_properties(text_, offset_ + (mark.pos >= 0 ? static_cast<std::size_t>(mark.pos) : 0));
  }

  Builder& builder_;
  std::string_view text_;
  std::int32_t file_;
  std::int32_t lines_;
  bool escaped_;
  std::size_t offset_;
  int last_start_ = -1;  // of a document
};

std::vector<Node> parse_part(Sources const& sources, std::int32_t file, Part const& part, Diagnostics& diagnostics) {
  auto const& text = sources.text(file);
  Builder builder(diagnostics, Builder::Merge::what_is_missing);
  Events events(builder, text, part, file);
  try {
    std::istringstream stream(hidden(text.substr(part.offset, part.size).append(part.next)));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(events)) {
    }
  } catch (Builder::Abort const&) {
  } catch (YAML::Exception const& error) {
    Place const place =
        error.mark.is_null() ? Place{file, 1, 1, 1} : Place{file, error.mark.line + 1, error.mark.column + 1, 1};
    auto diagnostic = not_yaml(place, error.msg, sources.line(place));
    auto const open = builder.still_open();
    if (error.msg.find("flow not found") != error.msg.npos && open.known()) diagnostic.notes = {{open, "opened here"}};
    diagnostics.add(std::move(diagnostic));
  }
  return std::move(builder.documents);
}

/// At its end yaml-cpp is content with less than before another entry: so each part has one more behind it.
constexpr std::string_view kNext = "z:\n";

/// The entries of the outermost map, each with all lines up to the next: those that begin with a letter. None where an
/// entry may mean something of another one, or the text is more than a map.
std::vector<Part> entries_of(std::string_view text) {
  std::vector<Part> parts;
  if (text.find_first_of("&*%") != text.npos) return parts;
  std::int32_t line = 0;
  for (std::size_t at = 0; at < text.size(); ++line) {
    char const first = text[at];
    if (first >= 'a' && first <= 'z')
      parts.push_back({at, 0, line, kNext});
    else if (first != '#' && first != '\n' && (first != ' ' || parts.empty()))
      return {};
    auto const end = text.find('\n', at);
    at = end == text.npos ? text.size() : end + 1;
  }
  for (std::size_t i = 0; i < parts.size(); ++i)
    parts[i].size = (i + 1 < parts.size() ? parts[i + 1].offset : text.size()) - parts[i].offset;
  if (!parts.empty()) parts.back().next = {};
  return parts;
}

/// A large map, its entries read side by side; no document where that would not be the same as reading the whole.
std::vector<Node> parse_entries(Sources const& sources, std::int32_t file) {
  auto const parts = entries_of(sources.text(file));
  if (parts.size() < 2) return {};
  std::vector<std::vector<Node>> documents(parts.size());
  std::vector<Diagnostics> diagnostics(parts.size());
  for_each_index(parts.size(), 1, [&] {
    return [&](std::size_t i) { documents[i] = parse_part(sources, file, parts[i], diagnostics[i]); };
  });
  auto& all = documents[0];
  std::set<std::string> keys;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::size_t const wanted = parts[i].next.empty() ? 1 : 2;
    if (diagnostics[i].any() || documents[i].size() != 1 || documents[i][0].entries.size() != wanted) return {};
    documents[i][0].entries.resize(1);
    if (!keys.insert(documents[i][0].entries[0].key.text).second) return {};
    if (i > 0) all[0].entries.push_back(std::move(documents[i][0].entries[0]));
  }
  return std::move(all);
}

}  // namespace

std::vector<Node> parse(Sources const& sources, std::int32_t file, Diagnostics& diagnostics) {
  auto const& text = sources.text(file);
  if (auto const wrong = unreadable(text, file)) {
    diagnostics.add(*wrong);
    return {};
  }
  if (text.size() >= kLarge)
    if (auto map = parse_entries(sources, file); !map.empty()) return map;
  return parse_part(sources, file, {0, text.size(), 0}, diagnostics);
}

}  // namespace e2e::yaml
