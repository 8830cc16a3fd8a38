// The tables of keys: what each part of a spec may say. The loader, profiles, the reference and the editor's schema all
// read them, so that they can't drift.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "spec/document.h"

namespace e2e::spec {

/// What a value has to look like.
enum class Shape {
  text,      // one text
  path,      // a text that names a file or folder of the workspace
  duration,  // 90s, 15m, 1h30m
  number,    // 1 to 1000
  count,     // 0 to 1000
  size,      // 512m, 2g
  flag,      // true or false
  platform,  // linux/arm64
  word,      // of a list or map: a text, which may be empty if it is quoted
  port,      // 1 to 65535
  words,     // a list of texts, or one text for a list of one
  command,   // the same, of which a shell may read some
  paths,     // the same, of paths
  pairs,     // a map of texts
  values,    // the same, and of {output: PATH}: what a task wrote there
  ports,     // a map of ports
  yaml,      // a map of whatever
  helm,      // a map of helm_fields()
};

/// The shape of what a list or map holds; of anything else its own.
Shape part_of(Shape shape);
/// The same of the names of a map.
Shape name_of(Shape shape);

/// What the platforms that there are look like: SYSTEM/ARCHITECTURE, for some with /v1 and so on.
std::string platform_pattern();
std::span<std::string_view const> architectures();

/// How an image comes about: a key may have a meaning for some ways only.
enum Way : std::uint8_t { built = 1, by_command = 2, pulled = 4, any_way = 7 };

template <class T>
struct Field {
  using Member = std::variant<std::optional<Text> T::*, std::vector<Text> T::*, std::vector<Pair> T::*,
                              std::optional<yaml::Node> T::*, std::optional<Helm> T::*>;
  std::string_view key;
  Shape shape;
  Member member;
  std::string_view help;
  /// The key with a value, as it stands in a spec; docs/spec.md shows it and a test compiles it.
  std::string_view example;
  std::uint8_t ways = any_way;
  /// The values that there are, if there are so few.
  std::vector<std::string> choices = {};
  /// Of a cluster: what a template has to have words for, if it is to mean anything.
  std::string_view binding = {};
};

/// Where the value of that key stands; nothing if there is none.
template <class T>
std::optional<Place> place_of(T const& object, Field<T> const& field) {
  auto const place = [](auto const& value) {
    if constexpr (requires { value.place; })
      return value.place;
    else
      return value.name.place;
  };
  return std::visit(
      [&](auto member) {
        auto const& value = object.*member;
        if constexpr (requires { value.front(); })
          return value.empty() ? std::nullopt : std::optional(place(value.front()));
        else
          return value ? std::optional(place(*value)) : std::nullopt;
      },
      field.member);
}

/// Whether the variables of the machine (base/machine.h) may stand there: only what a step fills in when it runs, and
/// no image is made of.
template <class T>
bool takes_machine(Field<T> const& field) {
  return std::is_same_v<T, Command>      ? field.shape == Shape::command || field.shape == Shape::values
         : std::is_same_v<T, Deployment> ? field.shape == Shape::values
                                         : false;
}

/// The keys of a spec itself.
struct Section {
  std::string_view key, help, example;
};
std::span<Section const> sections();
/// Whether it is a key of the spec that means nothing, for anchors that stand in several places: x-NAME.
bool is_for_anchors(std::string_view section);
/// Those of them that a profile may have.
bool in_profiles(std::string_view section);

std::span<Field<Image> const> image_fields();
std::span<Field<Cluster> const> cluster_fields();
/// Of one of several.
std::span<Field<Cluster> const> clusters_fields();
std::span<Field<Deployment> const> deployment_fields();
std::span<Field<Helm> const> helm_fields();
std::span<Field<Command> const> task_fields();
std::span<Field<Command> const> test_fields();
std::span<Field<Policy> const> policy_fields();
/// The keys of a spec that are lists or maps of texts, and `builder`.
std::span<Field<Document> const> document_fields();

/// "a text", "a list of texts" ...: for "expected X, found Y".
std::string_view shape_name(Shape shape);

}  // namespace e2e::spec
