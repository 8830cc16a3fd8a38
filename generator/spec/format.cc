#include "spec/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "spec/fields.h"
#include "spec/indent.h"
#include "spec/lines.h"
#include "spec/old_words.h"

namespace e2e::spec {

namespace {

using Keys = std::vector<std::string_view>;

template <class T>
Keys keys_of(std::span<T const> table) {
  Keys keys;
  for (auto const& one : table) keys.push_back(one.key);
  return keys;
}

/// Lines of a file, [from, to).
struct Range {
  std::size_t from, to;
};

/// A map that is written with a line for each key, in parts.
struct Parts {
  Range head;                // what stands above the first key and belongs to none
  std::vector<Range> parts;  // of each key, with the comments above it
  Range tail;                // comments below the last one
};

class Formatter {
 public:
  explicit Formatter(Lines const& lines) : lines_(lines) {}

  Lines spec(yaml::Node const& root) {
    auto const cut = split(root, {0, lines_.size()});
    if (!cut) return lines_;
    auto const order = sorted(root, keys_of(sections()));
    Lines out;
    append(out, cut->head, true);
    bool gap = !out.empty() && (lines_[cut->head.to - 1].blank() || lines_[cut->parts.front().from].blank());
    for (auto const index : order) {
      if (gap && !is_gap(out.back())) out.emplace_back();
      auto const& [key, value] = root.entries[index];
      append(out, section(key.text, value, trimmed(cut->parts[index])));
      gap = true;
    }
    if (auto const tail = trimmed(cut->tail); tail.from < tail.to) {
      // a comment below the last key of all, with or without a gap
      if (cut->tail.from < tail.from) out.emplace_back();
      append(out, tail, true);
    }
    return out;
  }

 private:
  /// Also the last line of a block scalar whose empty lines at the end count.
  static bool is_gap(Line const& line) { return line.text.empty(); }

  /// A key of a spec, or of a profile, with all below it.
  Lines section(std::string const& name, yaml::Node const& value, Range range) {
    auto const fields = [&](auto table) {
      return [this, table](std::string const&, yaml::Node const& body, Range part) {
        return ordered(body, part, keys_of(table), [this](std::string const& key, yaml::Node const& v, Range r) {
          return key == "helm" ? ordered(v, r, keys_of(helm_fields()), {}) : copied(r);
        });
      };
    };
    if (name == "cluster") return ordered(value, range, keys_of(cluster_fields()), {});
    if (name == "clusters") return ordered(value, range, {}, fields(clusters_fields()));
    if (name == "policy") return ordered(value, range, keys_of(policy_fields()), {});
    if (name == "images") return ordered(value, range, {}, fields(image_fields()));
    if (name == "deployments") return ordered(value, range, {}, fields(deployment_fields()));
    if (name == "tasks") return ordered(value, range, {}, fields(task_fields()));
    if (name == "tests") return ordered(value, range, {}, fields(test_fields()));
    if (name == "profiles")
      return ordered(value, range, {}, [this](std::string const&, yaml::Node const& body, Range part) {
        return ordered(body, part, keys_of(sections()),
                       [this](std::string const& key, yaml::Node const& v, Range r) { return section(key, v, r); });
      });
    return copied(range);
  }

  using Inner = std::function<Lines(std::string const&, yaml::Node const&, Range)>;

  /// The lines of a key whose value is that map, in order; `inner` does the same for what is below its keys.
  Lines ordered(yaml::Node const& map, Range range, Keys const& keys, Inner const& inner) {
    auto const cut = split(map, range);
    if (!cut) return copied(range);
    Lines out = copied(cut->head);
    bool first = true;
    for (auto const index : sorted(map, keys)) {
      auto const& [key, value] = map.entries[index];
      auto part = inner ? inner(key.text, value, cut->parts[index]) : copied(cut->parts[index]);
      // a gap was between two keys, not above the first one
      if (first && !keys.empty())
        part.erase(part.begin(), std::find_if_not(part.begin(), part.end(), std::mem_fn(&Line::blank)));
      append(out, part);
      first = false;
    }
    append(out, cut->tail, false);
    return out;
  }

  static std::vector<std::size_t> sorted(yaml::Node const& map, Keys const& keys) {
    std::vector<std::size_t> order(map.entries.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    auto const rank = [&](std::size_t i) {
      // what has anchors stands above what they stand for
      if (is_for_anchors(map.entries[i].key.text)) return std::ptrdiff_t{-1};
      return std::find(keys.begin(), keys.end(), std::string_view(map.entries[i].key.text)) - keys.begin();
    };
    if (!keys.empty()) std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return rank(a) < rank(b); });
    return order;
  }

  /// Nothing for what is written in brackets, or in any other way than a line for each key.
  std::optional<Parts> split(yaml::Node const& map, Range range) const {
    if (!map.is_map() || map.entries.empty()) return std::nullopt;
    auto const column = static_cast<std::size_t>(map.entries.front().key.place.column - 1);
    std::vector<std::size_t> starts;
    for (auto const& [key, value] : map.entries) {
      auto const line = static_cast<std::size_t>(key.place.line - 1);
      if (line >= lines_.size() || line < range.from || line >= range.to) return std::nullopt;
      if (lines_[line].column != column || static_cast<std::size_t>(key.place.column - 1) != column ||
          (!starts.empty() && line <= starts.back()))
        return std::nullopt;
      starts.push_back(line);
    }
    Parts parts;
    auto from = range.from;
    for (std::size_t i = 0; i < starts.size(); ++i) {
      auto const above = i == 0 ? range.from : starts[i - 1] + 1;
      auto start = comments_above(starts[i], above, column);
      if (i == 0 && column == 0) start = std::max(start, head_of_file());
      if (start > starts[i]) return std::nullopt;  // nothing that we know
      if (i == 0)
        parts.head = {range.from, start};
      else
        parts.parts.push_back({from, start});
      from = start;
    }
    auto const tail = comments_above(range.to, starts.back() + 1, column);
    parts.parts.push_back({from, tail});
    parts.tail = {tail, range.to};
    return parts;
  }

  /// The first of the lines above `line` that are comments or empty and indented no deeper.
  std::size_t comments_above(std::size_t line, std::size_t above, std::size_t column) const {
    auto start = line;
    while (start > above && (lines_[start - 1].blank() || lines_[start - 1].comment())) --start;
    while (start < line && lines_[start].comment() && lines_[start].column > column) ++start;
    // a deeper one after an empty line is still of what stands above
    for (auto i = start; i < line; ++i)
      if (lines_[i].comment() && lines_[i].column > column) start = i + 1;
    return start;
  }

  /// A comment with which the file begins is about the file; so is all above a `---`.
  std::size_t head_of_file() const {
    std::size_t end = 0;
    while (end < lines_.size() && lines_[end].comment()) ++end;
    for (std::size_t i = 0; i < lines_.size(); ++i)
      if (lines_[i].kind == Line::Kind::marker && !lines_[i].text.starts_with("...")) end = i + 1;
    while (end > 0 && end < lines_.size() && lines_[end].blank()) ++end;
    return end;
  }

  Range trimmed(Range range) const {
    while (range.from < range.to && lines_[range.from].blank()) ++range.from;
    while (range.from < range.to && lines_[range.to - 1].blank()) --range.to;
    return range;
  }
  Lines copied(Range range) const {
    return {lines_.begin() + static_cast<std::ptrdiff_t>(range.from),
            lines_.begin() + static_cast<std::ptrdiff_t>(range.to)};
  }
  void append(Lines& out, Range range, bool without_ends) const {
    append(out, copied(without_ends ? trimmed(range) : range));
  }
  static void append(Lines& out, Lines const& more) { out.insert(out.end(), more.begin(), more.end()); }

  Lines const& lines_;
};

/// The map of a spec, if the text is one and is YAML.
std::optional<yaml::Node> map_of(std::string const& path, std::string const& text, Sources& sources,
                                 Diagnostics& diagnostics) {
  auto const before = diagnostics.count();
  auto documents = yaml::parse(sources, sources.add(path, text), diagnostics);
  if (diagnostics.count() > before) return std::nullopt;
  if (documents.size() == 1 && documents[0].is_map()) return std::move(documents[0]);
  diagnostics.add({documents.empty() ? Place{} : documents.back().place, fmt::format("'{}' is no spec", path),
                   "a spec is one map; see docs/spec.md"});
  return std::nullopt;
}

struct Reading {
  std::string text;
  yaml::Node map;
};

/// The lines as a text that says what the spec says, if they do. A block scalar that ends with the file may want no
/// line end there.
std::optional<Reading> saying(yaml::Node const& spec, Lines const& lines) {
  auto const text = text_of(lines);
  for (auto const& candidate : {text, text.substr(0, text.size() - 1)}) {
    Sources sources;
    Diagnostics diagnostics;
    auto map = map_of("", candidate, sources, diagnostics);
    if (map && same_meaning(spec, *map)) return Reading{candidate, *std::move(map)};
  }
  return std::nullopt;
}

Lines without_ends(Lines lines) {
  while (!lines.empty() && lines.back().blank()) lines.pop_back();
  lines.erase(lines.begin(), std::find_if_not(lines.begin(), lines.end(), std::mem_fn(&Line::blank)));
  return lines;
}

/// Nothing if the text can't be put in order.
std::optional<std::string> in_order(yaml::Node const& spec, std::string const& text) {
  auto const lines = indented(lines_of(text));
  auto const reading = saying(spec, lines);
  if (!reading) return std::nullopt;
  auto ordered = saying(spec, without_ends(Formatter(lines).spec(reading->map)));
  if (!ordered) return std::nullopt;
  return std::move(ordered->text);
}

}  // namespace

bool same_meaning(yaml::Node const& a, yaml::Node const& b) {
  if (a.kind != b.kind || a.text != b.text || a.quoted != b.quoted || a.items.size() != b.items.size() ||
      a.entries.size() != b.entries.size())
    return false;
  for (std::size_t i = 0; i < a.items.size(); ++i)
    if (!same_meaning(a.items[i], b.items[i])) return false;
  return std::all_of(a.entries.begin(), a.entries.end(), [&](auto const& entry) {
    auto const* other = b.find(entry.key.text);
    return other && same_meaning(entry.value, *other);
  });
}

std::optional<std::string> formatted(std::string const& path, std::string const& text, Sources& sources,
                                     Diagnostics& diagnostics) {
  auto spec = map_of(path, text, sources, diagnostics);
  if (!spec) return std::nullopt;
  auto const now = in_new_words(*spec, text);
  if (now != text) spec = map_of(path, now, sources, diagnostics);
  if (!spec) return std::nullopt;
  auto out = in_order(*spec, now.starts_with("\xef\xbb\xbf") ? now.substr(3) : now);
  if (!out)
    diagnostics.add({spec->place, fmt::format("'{}' can't be put in order: it would say something else", path),
                     "an alias above its anchor, or line ends that count at the end of a text: rewrite that part"});
  return out;
}

}  // namespace e2e::spec
