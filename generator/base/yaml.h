// YAML with places. Two parsers make the same tree: yaml-cpp of specs, libyaml of manifests (yaml_spec.cc and
// yaml_manifest.cc say why).
//
// Traps that stop here: yaml-cpp accepts duplicate keys; the mark of an empty value is that of the next token; columns
// count from 0, in libyaml characters; `yes` becomes true and `010` 8 (here every scalar stays the text that was
// written).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"

namespace e2e::yaml {

struct Entry;

struct Node {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  Place place;
  std::string text;        // of a scalar
  bool quoted = false;     // of a scalar: "8080" is a text where 8080 is a number
  std::size_t offset = 0;  // of a scalar: where it begins in the file, in bytes
  std::size_t end = 0;     // of one of a manifest: where it ends; a block ends with its last line break
  std::vector<Node> items;
  std::vector<Entry> entries;  // in the order written; each key a scalar, each key once

  bool is_map() const { return kind == Kind::map; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_null() const { return kind == Kind::null; }
  /// The value of that key, or nullptr.
  Node const* find(std::string_view key) const;
  /// The text of that key; empty if there is none, or something else than a text.
  std::string text_at(std::string_view key) const;
};

struct Entry {
  Node key;
  Node value;
};

/// The objects of a Kubernetes list, or nullptr: for kubectl that is whatever has `items`, and a kind that ends in
/// "List" may be any other.
std::vector<Node> const* objects_of(Node const& object);

/// What stands at the end of that path of keys; nullptr if anything of it is missing, or `from` is nullptr.
Node const* find(Node const* from, std::initializer_list<std::string_view> path);
/// The text there; empty if there is none.
std::string text_at(Node const* from, std::initializer_list<std::string_view> path);
/// A text, or the texts of a list.
std::vector<std::string> texts(Node const* node);

/// "a map", "a list", "a text", "nothing": for "expected X, found Y".
std::string_view kind_name(Node const& node);

/// The node as JSON, which is YAML too: quoted texts stay texts, others stay what YAML makes of them.
std::string to_json(Node const& node);

/// The documents of a text as they are written, without the lines that part them.
std::vector<std::string> documents_of(std::string const& text);

/// The text in double quotes, as the same text to whatever reads YAML, on one line. Throws Failure if YAML can't hold
/// it.
std::string quoted(std::string_view text);

/// The documents of a spec that stands in `sources` as `file`. What is wrong is added to `diagnostics`.
std::vector<Node> parse(Sources const& sources, std::int32_t file, Diagnostics& diagnostics);

/// The same of what Kubernetes' tools read: manifests, kustomizations, configurations of kind, compose and skaffold.
std::vector<Node> parse_manifest(Sources const& sources, std::int32_t file, Diagnostics& diagnostics);

}  // namespace e2e::yaml
