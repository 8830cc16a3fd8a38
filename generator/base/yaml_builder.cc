#include "base/yaml_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace e2e::yaml {

namespace {

/// Aliases are copied; a few lines of them can stand for billions of nodes.
constexpr std::size_t kMostNodes = 2'000'000;
constexpr std::size_t kMostBytes = std::size_t{32} << 20;
/// yaml-cpp recurses for each level; this is far more than anyone writes and far less than the stack holds.
constexpr std::size_t kDeepest = 200;

bool is_nothing(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
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

std::string_view help_for(std::string_view message, std::string_view before) {
  bool const second = before.find(": ") != before.npos;
  // the words of yaml-cpp, then those of libyaml
  auto const helps = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"end of sequence flow", "a '[' is not closed, or a ',' is missing"},
      {"end of map flow", "a '{' is not closed, or a ',' is missing"},
      {"illegal flow end", "a ']' or '}' too many, or its partner stands in quotes"},
      {"illegal map value", second ? "a second ': ' on one line: quote the value"
                                   : "check the indentation of this line, and whether the one above ends in ':'"},
      {"end of map", "check the indentation of this line and the one above"},
      {"anchor is not defined", "write '&name' before the value that is meant, or quote a leading '*'"},
      {"alias not found", "quote the value: \"*\""},
      {"unknown escape", "write the backslash twice, or use single quotes"},
      {"unknown token", "YAML keeps this sign for itself: quote the value"},

      {"expected ',' or ']'", "a '[' is not closed, or a ',' is missing"},
      {"expected ',' or '}'", "a '{' is not closed, or a ',' is missing"},
      {"expected node content", "a ']' or '}' too many, or a value is missing"},
      {"mapping values are not allowed",
       second ? "a second ': ' on one line: quote the value"
              : "check the indentation of this line, and whether the one above ends in ':'"},
      {"expected key", "check the indentation of this line and the one above"},
      {"expected '-' indicator", "check the indentation of this line and the one above"},
      {"sequence entries are not allowed", "check the indentation of this line and the one above"},
      {"violates indentation", "indent with spaces: YAML does not allow tabs"},
      {"expected ':'", "check the indentation of this line, and whether a ':' is missing"},
      {"unexpected end of stream", "a quote is not closed"},
      {"cannot start any token", "YAML keeps this sign for itself: quote the value"},
      {"alphabetic or numeric", "quote the value: '&' and '*' begin names of values"},
      {"block", "check the indentation of this line and the one above"},
  });
  auto const it = std::find_if(helps.begin(), helps.end(),
                               [&](auto const& help) { return message.find(help.first) != message.npos; });
  return it != helps.end() ? it->second : "the file has to be YAML; a value with special characters wants quotes";
}

/// The word with a ${NAME} or {{ in it, outside of quotes, that ends where the parser stopped, or nearly so.
std::string_view braced_word(std::string_view line, std::size_t stop) {
  auto const brace = line.substr(0, std::min(stop + 1, line.size())).rfind('{');
  if (brace == line.npos || brace == 0 || (line[brace - 1] != '$' && line[brace - 1] != '{')) return {};
  constexpr std::string_view kAround = " ,[\"'";
  auto const begin = line.find_last_of(kAround, brace) + 1;  // npos + 1 is 0
  auto const end = line.find_first_of(" ,]}\"'", std::min(line.find('}', brace), line.size() - 1) + 1);
  return begin > 0 && one_of(line.substr(begin - 1, 1), {"\"", "'"}) ? std::string_view()
                                                                     : line.substr(begin, end - begin);
}

}  // namespace

void Builder::document() {
  anchors_.clear();
}

void Builder::scalar(Place place, std::size_t offset, Anchor anchor, std::string_view value, bool quoted, bool tagged,
                     std::size_t end) {
  Node node;
  node.place = place;
  if (!quoted && !tagged && is_nothing(value)) {
    // an empty value carries the mark of whatever comes next: point at its key
    if (value.empty() && !open_.empty() && open_.back().key) node.place = open_.back().key->place;
    return finish(std::move(node), anchor);
  }
  node.kind = Node::Kind::scalar;
  node.text = value;
  node.quoted = quoted;
  node.offset = offset;
  node.end = end;
  auto const line_end = value.find('\n');
  node.place.width = static_cast<std::int32_t>(std::max<std::size_t>(1, std::min(value.size(), line_end))) +
                     (quoted && line_end == value.npos ? 2 : 0);
  finish(std::move(node), anchor);
}

void Builder::alias(Place place, Anchor anchor) {
  auto const it = anchors_.find(anchor);
  if (it == anchors_.end()) stop(place, "an alias inside the value it stands for", "give the value in full");
  charge(it->second.second, place);
  add(Node(it->second.first), it->second.second);
}

void Builder::start(Node::Kind kind, Place place, Anchor anchor) {
  if (open_.size() >= kDeepest)
    stop(place, fmt::format("lists and maps nested more than {} deep", kDeepest), "close some of them");
  Node node;
  node.kind = kind;
  node.place = place;
  open_.push_back({std::move(node), anchor, 1});
}

void Builder::end() {
  auto frame = std::move(open_.back());
  open_.pop_back();
  drop_repeated(frame.node.entries);
  merge(frame.node.entries);
  remember(frame.node, frame.anchor, frame.size);
  add(std::move(frame.node), frame.size);
}

void Builder::stop(Place const& where, std::string message, std::string help) {
  diagnostics_.add({where, std::move(message), std::move(help)});
  throw Abort{};
}

void Builder::charge(std::size_t nodes, Place const& where) {
  total_ += nodes;
  if (total_ > kMostNodes)
    stop(where, fmt::format("more than {} values", kMostNodes), "aliases multiply what they stand for: use fewer");
}

void Builder::finish(Node node, Anchor anchor) {
  charge(1, node.place);
  remember(node, anchor, 1);
  add(std::move(node), 1);
}

void Builder::remember(Node const& node, Anchor anchor, std::size_t size) {
  if (anchor) anchors_[anchor] = {node, size};
}

void Builder::add(Node node, std::size_t size) {
  if (open_.empty()) {
    documents.push_back(std::move(node));
    return;
  }
  auto& frame = open_.back();
  frame.size += size;
  if (frame.node.is_sequence()) {
    frame.node.items.push_back(std::move(node));
  } else if (!frame.key) {
    if (!node.is_scalar())
      stop(node.place, fmt::format("a key must be a text, this is {}", kind_name(node)), "quote it if it is one");
    frame.key = std::move(node);
  } else {
    frame.node.entries.push_back({std::move(*frame.key), std::move(node)});
    frame.key.reset();
  }
}

void Builder::drop_repeated(std::vector<Entry>& entries) {
  if (entries.size() < 2) return;
  std::vector<std::pair<std::string_view, std::size_t>> by_key;
  by_key.reserve(entries.size());
  for (auto const& entry : entries) by_key.emplace_back(entry.key.text, by_key.size());
  std::sort(by_key.begin(), by_key.end());
  std::vector<std::size_t> repeated;
  for (std::size_t i = 1, first = 0; i < by_key.size(); ++i) {
    auto const& [text, index] = by_key[i];
    if (text != by_key[first].first) {
      first = i;
      continue;
    }
    auto const& key = entries[index].key;
    repeated.push_back(index);
    diagnostics_.add({key.place,
                      fmt::format("the key '{}' stands here twice", key.text),
                      "merge the two, or rename one",
                      {{entries[by_key[first].second].key.place, "the first one"}}});
  }
  std::sort(repeated.begin(), repeated.end(), std::greater<>());
  for (auto const i : repeated) entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(i));
}

/// As the YAML of kubectl does it, in the order written, << takes the place of what stands before it, and what stands
/// behind it that of its entries; else what stands beside it stays. Of a list the first map counts most. The key itself
/// stays in a manifest, with nothing: it is where something stands, which is not so of what it brings.
void Builder::merge(std::vector<Entry>& entries) {
  auto const is_merge = [](Entry const& entry) { return entry.key.text == "<<" && !entry.key.quoted; };
  if (std::none_of(entries.begin(), entries.end(), is_merge)) return;
  auto const written = std::move(entries);
  entries.clear();
  auto const set = [&](Entry entry) {
    auto const same = std::find_if(entries.begin(), entries.end(),
                                   [&](Entry const& other) { return other.key.text == entry.key.text; });
    if (same == entries.end())
      entries.push_back(std::move(entry));
    else
      same->value = std::move(entry.value);
  };
  auto const stays = [&](Entry const& one) {
    return merges_ == Merge::what_is_missing && std::any_of(written.begin(), written.end(), [&](Entry const& own) {
             return !is_merge(own) && own.key.text == one.key.text;
           });
  };
  for (auto const& entry : written) {
    if (!is_merge(entry)) {
      set(entry);
      continue;
    }
    auto maps = entry.value.is_map() ? std::vector<Node>{entry.value} : entry.value.items;
    if (entry.value.is_scalar() || entry.value.is_null() ||
        std::any_of(maps.begin(), maps.end(), [](Node const& one) { return !one.is_map(); }))
      stop(entry.value.place, fmt::format("'<<' wants a map or a list of maps, this is {}", kind_name(entry.value)),
           "write '<<: *name', or quote it if it is a key");
    if (merges_ == Merge::where_it_stands) {
      Node nothing;
      nothing.place = entry.key.place;
      entries.push_back({entry.key, std::move(nothing)});
    }
    for (auto map = maps.rbegin(); map != maps.rend(); ++map)
      for (auto& one : map->entries)
        if (!is_merge(one) && !stays(one)) set(std::move(one));
  }
}

std::size_t behind_properties(std::string_view text, std::size_t offset) {
  while (offset < text.size() && (text[offset] == '&' || text[offset] == '!')) {
    offset = std::min(text.find_first_of(" \t\r\n", offset), text.size());
    offset = std::min(text.find_first_not_of(" \t\r\n", offset), text.size());
  }
  return offset;
}

std::optional<Diagnostic> unreadable(std::string const& text, std::int32_t file) {
  if (text.size() > kMostBytes)
    return Diagnostic{{file, 1, 1, 1},
                      fmt::format("the file has {} MiB; the limit is {}", text.size() >> 20, kMostBytes >> 20),
                      "is this the right file?"};
  auto const at = [&](std::size_t offset) {
    auto const before = std::string_view(text).substr(0, offset);
    auto const line = static_cast<std::int32_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    return Place{file, line, static_cast<std::int32_t>(offset - (before.rfind('\n') + 1)) + 1, 1};  // npos + 1 is 0
  };
  std::string const cure = "is this the right file? It may be binary, or in another encoding than UTF-8";
  if (auto const odd = std::find_if(text.begin(), text.end(), control); odd != text.end())
    return Diagnostic{at(static_cast<std::size_t>(odd - text.begin())),
                      fmt::format("not a text: a byte of value {}", static_cast<int>(*odd)), cure};
  if (auto const odd = not_utf8(text)) return Diagnostic{at(*odd), "not a text: this is not UTF-8", cure};
  if (auto const deep = too_deep(text, file))
    return Diagnostic{*deep, "brackets nested far too deep", "a '[' or '{' before this is not closed"};
  return std::nullopt;
}

Diagnostic not_yaml(Place place, std::string_view message, std::string_view line) {
  auto const indentation = line.substr(0, line.find_first_not_of(" \t"));
  if (auto const tab = indentation.find('\t'); tab != indentation.npos) {
    place.column = static_cast<std::int32_t>(tab) + 1;
    return {place, "not YAML: a tab in the indentation", "indent with spaces: YAML does not allow tabs"};
  }
  auto const before = line.substr(0, static_cast<std::size_t>(std::max(1, place.column)) - 1);
  if (auto const word = braced_word(line, before.size());
      !word.empty() && (message.find("flow") != message.npos || message.find("expected ','") != message.npos))
    return {place, "not YAML: '{' begins a map here", fmt::format("quote the text: \"{}\"", word)};
  return {place, fmt::format("not YAML: {}", message), std::string(help_for(message, before))};
}

}  // namespace e2e::yaml
