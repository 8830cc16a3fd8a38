#include "spec/schema.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/yaml.h"
#include "spec/fields.h"

namespace e2e::spec {

namespace {

using Json = nlohmann::ordered_json;

/// In YAML 5 and true are no texts, and the loader takes every scalar as the text that was written.
Json const kScalar = {"string", "number", "boolean"};

/// A scalar of which a text has to look like that; one line in any case. `types`: what other scalars do.
Json like(std::string const& pattern, Json const& types = kScalar) {
  return {{"type", types}, {"pattern", pattern}};
}

/// The same, or a text with a variable, of which only the loader knows what it stands for.
Json like_or_variable(std::string const& pattern, Json const& types = kScalar) {
  return like(fmt::format(R"(^({})$|^[^\n\r\0]*\$\{{[^\n\r\0]*$)", pattern), types);
}

Json one_line() {
  return like(R"(^[^\n\r\0]*$)");
}

Json list_of(Json item) {
  if (!item.contains("type")) return {{"anyOf", {item, Json{{"type", "array"}, {"minItems", 1}, {"items", item}}}}};
  auto either = item;
  either["type"].push_back("array");
  either["minItems"] = 1;
  either["items"] = std::move(item);
  return either;
}

/// Neither absolute nor above the workspace. That a/../../b is above as well can't be said in a pattern.
Json path() {
  return like_or_variable(R"((?!(\.?/+)*\.\.(/|$))[^/\n\r\0][^\n\r\0]*)");
}

constexpr std::string_view kPort =
    "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]";

Json number(int least, std::string_view pattern, int most) {
  auto number = like_or_variable(std::string(pattern), {"integer", "string"});
  number["minimum"] = least;
  number["maximum"] = most;
  return number;
}

Json map_of(Json const& item, Json const& names) {
  return {{"type", "object"}, {"propertyNames", names}, {"additionalProperties", item}};
}

/// In a profile null takes away what was there.
Json or_nothing(Json value) {
  if (!value.contains("type"))
    value["anyOf"].push_back({{"type", "null"}});
  else if (value["type"].is_array())
    value["type"].push_back("null");
  else
    value["type"] = {value["type"], "null"};
  return value;
}

Json names() {
  return {{"minLength", 1}, {"pattern", one_line()["pattern"]}};
}

Json output() {
  return {{"type", "object"},
          {"additionalProperties", false},
          {"required", {"output"}},
          {"properties", {{"output", path()}}}};
}

Json value_of(Shape shape) {
  switch (shape) {
    case Shape::text: return like(R"(^[^\n\r\0]+$)");
    case Shape::path: return path();
    // each part a week at most
    case Shape::duration:
      return like_or_variable(
          R"((?=[0-9])(?!.*[0-9]{8})(0*([0-9]{1,2}|1[0-5][0-9]|16[0-8])h)?(0*([0-9]{1,4}|10080|100[0-7][0-9])m)?)"
          R"((0*([0-9]{1,5}|[1-5][0-9]{5}|60[0-3][0-9]{3}|604[0-7][0-9]{2}|604800)s)?)",
          "string");
    case Shape::number: return number(1, "[1-9][0-9]{0,2}|1000", 1000);
    case Shape::count: return number(0, "0|[1-9][0-9]{0,2}|1000", 1000);
    case Shape::port: return number(1, kPort, 65535);
    case Shape::size: return like_or_variable("[1-9][0-9]{0,11}[bkmg]", "string");
    case Shape::flag: return like_or_variable("true|false", {"boolean", "string"});
    case Shape::platform: return like_or_variable(platform_pattern(), "string");
    case Shape::word: return one_line();
    case Shape::words:
    case Shape::command:
    case Shape::paths: return list_of(value_of(part_of(shape)));
    case Shape::pairs: return map_of(one_line(), names());
    case Shape::values: return map_of({{"anyOf", {one_line(), output()}}}, names());
    // YAML may take the name of an entry for a number, JSON can't
    case Shape::ports: return map_of(value_of(part_of(shape)), like_or_variable(std::string(kPort), "string"));
    case Shape::yaml:
    case Shape::helm: return {{"type", "object"}};
  }
  return {};
}

template <class T>
Json object(std::span<Field<T> const> fields, bool profile = false);

template <class T>
Json value_of(Field<T> const& field, bool profile = false) {
  if (field.shape == Shape::helm) return object(helm_fields(), profile);
  auto value = value_of(field.shape);
  if (!field.choices.empty()) {
    auto const variable = like(R"(^[^\n\r\0]*\$\{[^\n\r\0]*$)", "string");
    Json const one{{"anyOf", {Json{{"enum", field.choices}}, variable}}};
    value = part_of(field.shape) == field.shape ? one : list_of(one);
  }
  return value;
}

/// What an editor shows. `patternErrorMessage` is known to YAML language servers only.
void describe(Json& value, std::string_view help, std::string_view example) {
  value["description"] = help;
  Sources sources;
  Diagnostics diagnostics;
  auto const written = yaml::parse(sources, sources.add("example", std::string(example)), diagnostics);
  value["examples"] = Json::array({Json::parse(yaml::to_json(written.at(0).entries.at(0).value))});
}

template <class T>
Json object(std::span<Field<T> const> fields, bool profile) {
  auto properties = Json::object();
  for (auto const& field : fields) {
    auto value = value_of(field, profile);
    if (profile) {
      if (field.shape != Shape::helm && value.contains("additionalProperties"))
        value["additionalProperties"] = or_nothing(std::move(value["additionalProperties"]));
      value = or_nothing(std::move(value));
    }
    if (value.contains("pattern"))
      value["patternErrorMessage"] = fmt::format("This is not {}.", shape_name(field.shape));
    describe(value, field.help, field.example);
    properties[std::string(field.key)] = std::move(value);
  }
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
}

/// Keys that mean nothing where there is `key`, unless a variable takes that away.
Json none_beside(std::string const& key, Way way) {
  auto const variable = Json{{"type", "string"}, {"pattern", R"(\$\{)"}};
  auto properties = Json::object();
  for (auto const& field : image_fields())
    if (!(field.ways & way)) properties[std::string(field.key)] = false;
  return {{"if", {{"required", {key}}, {"properties", {{key, {{"not", variable}}}}}}},
          {"then", {{"properties", std::move(properties)}}}};
}

Json image() {
  auto all = object(image_fields());
  all["allOf"] = {none_beside("image", pulled), none_beside("rootfs", by_command)};
  return all;
}

Json map_of(Json const& item) {
  return {{"type", "object"}, {"additionalProperties", item}};
}

/// In a profile, an image is only what changes of it.
Json section(std::string_view key, bool profile = false) {
  auto const entries = [&](Json one) { return map_of(profile ? or_nothing(std::move(one)) : std::move(one)); };
  if (key == "images") return entries(profile ? object(image_fields(), true) : image());
  if (key == "cluster") return object(cluster_fields(), profile);
  if (key == "clusters") return entries(object(clusters_fields(), profile));
  if (key == "deployments") return entries(object(deployment_fields(), profile));
  if (key == "tasks") return entries(object(task_fields(), profile));
  if (key == "tests") return entries(object(test_fields(), profile));
  if (key == "policy") return object(policy_fields());
  for (auto const& field : document_fields())
    if (field.key == key) return value_of(field);
  // profiles
  auto properties = Json::object();
  for (auto const& one : sections())
    if (in_profiles(one.key)) properties[std::string(one.key)] = section(one.key, true);
  return map_of({{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}});
}

}  // namespace

std::string schema() {
  auto properties = Json::object();
  for (auto const& one : sections()) {
    auto value = section(one.key);
    describe(value, one.help, one.example);
    properties[std::string(one.key)] = std::move(value);
  }
  Json const all{{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "A spec of e2egen"},
                 {"type", "object"},
                 {"additionalProperties", false},
                 {"patternProperties", {{"^x-", Json::object()}}},
                 {"properties", std::move(properties)}};
  return all.dump(2) + "\n";
}

}  // namespace e2e::spec
