// The tables of keys: what each part of a spec may say. The loader reads by them, and so does whatever describes the
// language, so that the two can't drift.
#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "spec/document.h"

namespace e2e::spec {

/// What a value has to look like.
enum class Shape {
  text,      // one text
  path,      // a text that names a file or folder of the workspace
  duration,  // 90s, 15m, 1h30m
  words,     // a list of texts, or one text for a list of one
  paths,     // the same, of paths
  pairs,     // a map of texts
};

template <class T>
struct Field {
  using Member = std::variant<std::optional<Text> T::*, std::vector<Text> T::*, std::vector<Pair> T::*>;
  std::string_view key;
  Shape shape;
  Member member;
  std::string_view help;
};

/// The keys of a spec itself.
struct Section {
  std::string_view key, help;
};
std::span<Section const> sections();

std::span<Field<Image> const> image_fields();
std::span<Field<Cluster> const> cluster_fields();
std::span<Field<Deployment> const> deployment_fields();
std::span<Field<Command> const> command_fields();

/// "a text", "a list of texts" ...: for "expected X, found Y".
std::string_view shape_name(Shape shape);

}  // namespace e2e::spec
