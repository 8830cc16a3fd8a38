// Builds trees of YAML from the events of a parser, whichever it is. Only the parsers of base/ include this.
#pragma once

#include <optional>
#include <unordered_map>
#include <utility>

#include "base/yaml.h"

namespace e2e::yaml {

class Builder {
 public:
  /// Anchors are numbered by the parser; 0 is none.
  using Anchor = std::size_t;

  /// Thrown where going on makes no sense; what is wrong stands in the diagnostics.
  struct Abort {};

  /// What the key << does, which stands for the entries of the map, or of the list of maps, that is its value: as in
  /// the YAML of kubectl it counts where it stands, or it brings only what does not stand beside it.
  enum class Merge { where_it_stands, what_is_missing };
  Builder(Diagnostics& diagnostics, Merge merges) : diagnostics_(diagnostics), merges_(merges) {}

  std::vector<Node> documents;

  void document();
  /// `offset`, `end`: where it begins and ends in the file, in bytes. `quoted`: or a block, but with no tag. `value` is
  /// empty where nothing is written.
  void scalar(Place place, std::size_t offset, Anchor anchor, std::string_view value, bool quoted, bool tagged,
              std::size_t end = 0);
  void alias(Place place, Anchor anchor);
  void start(Node::Kind kind, Place place, Anchor anchor);
  void end();

  /// Where the list or map that is still open begins; nowhere if none is.
  Place still_open() const { return open_.empty() ? Place{} : open_.back().node.place; }
  [[noreturn]] void stop(Place const& where, std::string message, std::string help);

 private:
  /// A sequence or map that is still open.
  struct Frame {
    Node node;
    Anchor anchor;
    std::size_t size;
    std::optional<Node> key = {};
  };

  void charge(std::size_t nodes, Place const& where);
  void finish(Node node, Anchor anchor);
  void remember(Node const& node, Anchor anchor, std::size_t size);
  void add(Node node, std::size_t size);
  void drop_repeated(std::vector<Entry>& entries);
  void merge(std::vector<Entry>& entries);

  Diagnostics& diagnostics_;
  Merge merges_;
  std::vector<Frame> open_;
  std::unordered_map<Anchor, std::pair<Node, std::size_t>> anchors_;
  std::size_t total_ = 0;
};

/// Where a scalar itself begins, given the offset of its anchor or tag, or of itself.
std::size_t behind_properties(std::string_view text, std::size_t offset);

/// Of a file that no parser should see (too large, no text, nested too deep), what is wrong with it.
std::optional<Diagnostic> unreadable(std::string const& text, std::int32_t file);

/// What a parser says of a file is precise about the place and terse about the cure: this adds one.
Diagnostic not_yaml(Place place, std::string_view message, std::string_view line);

}  // namespace e2e::yaml
