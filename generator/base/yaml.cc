#include "base/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "base/text.h"

namespace e2e::yaml {

namespace {

/// Aliases are copied; a few lines of them can stand for billions of nodes.
constexpr std::size_t kMostNodes = 2'000'000;
constexpr std::size_t kMostBytes = std::size_t{32} << 20;
/// yaml-cpp recurses for each level; this is far more than anyone writes and far less than the stack holds.
constexpr std::size_t kDeepest = 200;

struct Abort {};

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

/// Builds the tree. A Frame is a sequence or map that is still open.
class Builder final : public YAML::EventHandler {
 public:
  Builder(Sources const& sources, std::int32_t file, Diagnostics& diagnostics)
      : sources_(sources),
        file_(file),
        diagnostics_(diagnostics),
        // yaml-cpp counts from behind a byte order mark
        skipped_(sources.text(file).starts_with("\xef\xbb\xbf") ? 3 : 0) {}

  std::vector<Node> documents;

  /// Where the list or map that is still open begins; nowhere if none is.
  Place still_open() const { return open_.empty() ? Place{} : open_.back().node.place; }

  void OnDocumentStart(YAML::Mark const&) override { anchors_.clear(); }
  void OnDocumentEnd() override {}

  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    Node node;
    node.place = place(mark);
    // an empty value carries the mark of whatever comes next: point at its key
    if (!open_.empty() && open_.back().key) node.place = open_.back().key->place;
    finish(std::move(node), anchor);
  }

  void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    auto const it = anchors_.find(anchor);
    if (it == anchors_.end()) stop(place(mark), "an alias inside the value it stands for", "give the value in full");
    charge(it->second.second, place(mark));
    add(Node(it->second.first), it->second.second);
  }

  void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                std::string const& value) override {
    Node node;
    node.kind = Node::Kind::scalar;
    node.place = place(mark);
    node.text = value;
    node.quoted = tag == "!";
    node.offset = skipped_ + (mark.pos >= 0 ? static_cast<std::size_t>(mark.pos) : 0);
    if (node.quoted && !closed(sources_.text(file_), node.offset))
      stop(node.place, "not YAML: this quote is not closed", "close it, or put the whole value into single quotes");
    auto const line_end = value.find('\n');
    node.place.width = static_cast<std::int32_t>(std::max<std::size_t>(1, std::min(value.size(), line_end))) +
                       (node.quoted && line_end == value.npos ? 2 : 0);
    if (!node.quoted && (tag == "?" || tag.empty()) && (value == "~" || value == "null" || value.empty())) {
      node.kind = Node::Kind::null;
      node.text.clear();
    }
    finish(std::move(node), anchor);
  }

  void OnSequenceStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(Node::Kind::sequence, mark, anchor);
  }
  void OnMapStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(Node::Kind::map, mark, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapEnd() override { end(); }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor;
    std::size_t size;
    std::optional<Node> key = {};
    std::map<std::string, Place> keys = {};
  };

  Place place(YAML::Mark const& mark) const { return {file_, mark.line + 1, mark.column + 1, 1}; }

  [[noreturn]] void stop(Place const& where, std::string message, std::string help) {
    diagnostics_.add({where, std::move(message), std::move(help)});
    throw Abort{};
  }

  void charge(std::size_t nodes, Place const& where) {
    total_ += nodes;
    if (total_ > kMostNodes)
      stop(where, fmt::format("more than {} values", kMostNodes), "aliases multiply what they stand for: use fewer");
  }

  void start(Node::Kind kind, YAML::Mark const& mark, YAML::anchor_t anchor) {
    if (open_.size() >= kDeepest)
      stop(place(mark), fmt::format("lists and maps nested more than {} deep", kDeepest), "close some of them");
    Node node;
    node.kind = kind;
    node.place = place(mark);
    open_.push_back({std::move(node), anchor, 1});
  }

  void end() {
    auto frame = std::move(open_.back());
    open_.pop_back();
    remember(frame.node, frame.anchor, frame.size);
    add(std::move(frame.node), frame.size);
  }

  void finish(Node node, YAML::anchor_t anchor) {
    charge(1, node.place);
    remember(node, anchor, 1);
    add(std::move(node), 1);
  }

  void remember(Node const& node, YAML::anchor_t anchor, std::size_t size) {
    if (anchor) anchors_[anchor] = {node, size};
  }

  void add(Node node, std::size_t size) {
    if (open_.empty()) {
      documents.push_back(std::move(node));
      return;
    }
    auto& frame = open_.back();
    frame.size += size;
    if (frame.node.is_sequence()) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.key) {
      if (!node.is_scalar()) {
        stop(node.place, fmt::format("a key must be a text, this is {}", kind_name(node)), "quote it if it is one");
      }
      frame.key = std::move(node);
    } else {
      auto const [it, fresh] = frame.keys.emplace(frame.key->text, frame.key->place);
      if (fresh) {
        frame.node.entries.push_back({std::move(*frame.key), std::move(node)});
      } else {
        diagnostics_.add({frame.key->place,
                          fmt::format("the key '{}' stands here twice", frame.key->text),
                          "merge the two, or rename one",
                          {{it->second, "the first one"}}});
      }
      frame.key.reset();
    }
  }

  Sources const& sources_;
  std::int32_t file_;
  Diagnostics& diagnostics_;
  std::size_t skipped_;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, std::pair<Node, std::size_t>> anchors_;
  std::size_t total_ = 0;
};

/// What yaml-cpp says is precise about the place and terse about the cure.
std::string help_for(std::string_view message, std::string_view before) {
  auto const says = [&](std::string_view words) { return message.find(words) != message.npos; };
  if (says("end of sequence flow")) return "a '[' is not closed, or a ',' is missing";
  if (says("end of map flow")) return "a '{' is not closed, or a ',' is missing";
  if (says("illegal flow end")) return "a ']' or '}' too many, or its partner stands in quotes";
  if (says("illegal map value") && before.find(": ") != before.npos)
    return "a second ': ' on one line: quote the value";
  if (says("illegal map value")) return "check the indentation of this line, and whether the one above ends in ':'";
  if (says("end of map") || says("block")) return "check the indentation of this line and the one above";
  if (says("anchor is not defined")) return "write '&name' before the value that is meant, or quote a leading '*'";
  if (says("unknown escape")) return "write the backslash twice, or use single quotes";
  if (says("unknown token")) return "YAML keeps this sign for itself: quote the value";
  return "the file has to be YAML; a value with special characters wants quotes";
}

Diagnostic not_yaml(Place place, std::string const& message, std::string_view line, Place const& open) {
  auto const indentation = line.substr(0, line.find_first_not_of(" \t"));
  if (auto const tab = indentation.find('\t'); tab != indentation.npos) {
    place.column = static_cast<std::int32_t>(tab) + 1;
    return {place, "not YAML: a tab in the indentation", "indent with spaces: YAML does not allow tabs"};
  }
  auto const before = line.substr(0, static_cast<std::size_t>(std::max(1, place.column)) - 1);
  Diagnostic diagnostic{place, "not YAML: " + message, help_for(message, before)};
  if (message.find("flow not found") != message.npos && open.known()) diagnostic.notes = {{open, "opened here"}};
  return diagnostic;
}

/// What no text file holds, and YAML forbids; 0x04 would moreover be the end of the file for yaml-cpp.
bool control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

/// Brackets that open `kDeepest` deep outside of quotes and comments: yaml-cpp scans them in quadratic time.
std::optional<Place> too_deep(std::string_view text, std::int32_t file) {
  std::int32_t line = 1, column = 0;
  std::size_t depth = 0;
  for (char const c : text) {
    ++column;
    if (c == '\n') {
      ++line;
      column = 0;
    } else if (c == '[' || c == '{') {
      // brackets inside texts are counted too, hence the generous limit
      if (++depth > kDeepest * 20) return Place{file, line, column, 1};
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return std::nullopt;
}

}  // namespace

Node const* Node::find(std::string_view key) const {
  for (auto const& [name, value] : entries)
    if (name.text == key) return &value;
  return nullptr;
}

std::string Node::text_at(std::string_view key) const {
  auto const* value = find(key);
  return value && value->is_scalar() ? value->text : "";
}

std::string_view kind_name(Node const& node) {
  switch (node.kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return "a text";
    case Node::Kind::sequence: return "a list";
    case Node::Kind::map: return "a map";
  }
  return "";
}

namespace {

using Json = nlohmann::ordered_json;

/// What YAML reads as a number or a truth, and JSON writes alike; anything else is a text.
Json scalar(Node const& node) {
  auto const& text = node.text;
  bool const number = !text.empty() && text.size() < 16 && (text[0] != '0' || text.size() == 1) &&
                      text.find_first_not_of("0123456789") == text.npos;
  bool const plain = number || text == "true" || text == "false";
  return plain && !node.quoted ? Json::parse(text) : Json(text);
}

Json json(Node const& node) {
  auto out = node.is_map() ? Json::object() : Json::array();
  for (auto const& item : node.items) out.push_back(json(item));
  for (auto const& [key, value] : node.entries) out[key.text] = json(value);
  return node.is_null() ? Json() : node.is_scalar() ? scalar(node) : out;
}

}  // namespace

std::string to_json(Node const& node) {
  return json(node).dump();
}

std::vector<Node> parse(Sources const& sources, std::int32_t file, Diagnostics& diagnostics) {
  auto const& text = sources.text(file);
  Place const whole{file, 1, 1, 1};
  if (text.size() > kMostBytes) {
    diagnostics.add({whole, fmt::format("the file has {} MiB; the limit is {}", text.size() >> 20, kMostBytes >> 20),
                     "is this the right file?"});
    return {};
  }
  auto const at = [&](std::size_t offset) {
    auto const before = std::string_view(text).substr(0, offset);
    auto const line = static_cast<std::int32_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    return Place{file, line, static_cast<std::int32_t>(offset - (before.rfind('\n') + 1)) + 1, 1};  // npos + 1 is 0
  };
  std::string const cure = "is this the right file? It may be binary, or in another encoding than UTF-8";
  if (auto const odd = std::find_if(text.begin(), text.end(), control); odd != text.end()) {
    diagnostics.add({at(static_cast<std::size_t>(odd - text.begin())),
                     fmt::format("not a text: a byte of value {}", static_cast<int>(*odd)), cure});
    return {};
  }
  if (auto const odd = not_utf8(text)) {
    diagnostics.add({at(*odd), "not a text: this is not UTF-8", cure});
    return {};
  }
  if (auto const deep = too_deep(text, file)) {
    diagnostics.add({*deep, "brackets nested far too deep", "a '[' or '{' before this is not closed"});
    return {};
  }
  Builder builder(sources, file, diagnostics);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (Abort const&) {
  } catch (YAML::Exception const& error) {
    Place const place = error.mark.is_null() ? whole : Place{file, error.mark.line + 1, error.mark.column + 1, 1};
    diagnostics.add(not_yaml(place, error.msg, sources.line(place), builder.still_open()));
  }
  return std::move(builder.documents);
}

}  // namespace e2e::yaml
