#include "spec/schema.h"

#include <nlohmann/json.hpp>

#include "spec/fields.h"

namespace e2e::spec {

namespace {

using Json = nlohmann::ordered_json;

/// In YAML 5 and true are no texts, and the loader takes every scalar as the text that was written.
Json const kScalar{{"type", {"string", "number", "boolean"}}};
constexpr char const* kVariable = R"(\$\{)";

Json text(std::string const& pattern) {
  return {{"anyOf",
           {Json{{"type", {"string", "number", "boolean"}}, {"pattern", pattern}},
            Json{{"type", "string"}, {"pattern", kVariable}}}}};
}

Json not_empty() {
  return {{"type", {"string", "number", "boolean"}}, {"minLength", 1}, {"pattern", R"(^[^\n\r]*$)"}};
}

Json path() {
  return {{"type", {"string", "number", "boolean"}}, {"minLength", 1}, {"pattern", R"(^[^/\n\r][^\n\r]*$)"}};
}

Json list_of(Json const& item) {
  return {{"anyOf", {item, Json{{"type", "array"}, {"minItems", 1}, {"items", item}}}}};
}

Json shape(Shape shape) {
  switch (shape) {
    case Shape::text: return not_empty();
    case Shape::path: return path();
    case Shape::duration: return text(R"(^([0-9]+h)?([0-9]+m)?([0-9]+s)?$)");
    case Shape::number:
      return {{"anyOf",
               {Json{{"type", "integer"}, {"minimum", 1}, {"maximum", 1000}},
                Json{{"type", "string"}, {"pattern", R"(^([1-9][0-9]{0,2}|1000)$|\$\{)"}}}}};
    case Shape::size: return text(R"(^[1-9][0-9]{0,11}[bkmg]$)");
    case Shape::flag:
      return {{"anyOf", {Json{{"type", "boolean"}}, Json{{"type", "string"}, {"pattern", R"(^(true|false)$|\$\{)"}}}}};
    case Shape::words: return list_of({{"type", {"string", "number", "boolean"}}});
    case Shape::paths: return list_of(path());
    case Shape::pairs: return {{"type", "object"}, {"additionalProperties", kScalar}};
    case Shape::yaml: return {{"type", "object"}};
  }
  return {};
}

template <class T>
Json object(std::span<Field<T> const> fields) {
  auto properties = Json::object();
  for (auto const& field : fields) {
    auto value = shape(field.shape);
    if (!field.choices.empty())
      value = {{"anyOf", {Json{{"enum", field.choices}}, Json{{"type", "string"}, {"pattern", kVariable}}}}};
    value["description"] = field.help;
    value["examples"] = {field.example};
    properties[std::string(field.key)] = std::move(value);
  }
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
}

Json map_of(Json const& item) {
  return {{"type", "object"}, {"additionalProperties", item}};
}

Json section(std::string_view key) {
  if (key == "images") return map_of(object(image_fields()));
  if (key == "cluster") return object(cluster_fields());
  if (key == "deployments") return map_of(object(deployment_fields()));
  if (key == "tasks") return map_of(object(task_fields()));
  if (key == "tests") return map_of(object(test_fields()));
  if (key == "policy") return object(policy_fields());
  for (auto const& field : document_fields())
    if (field.key == key) return shape(field.shape);
  // profiles
  auto properties = Json::object();
  for (auto const& one : sections())
    if (in_profiles(one.key)) properties[std::string(one.key)] = section(one.key);
  return map_of({{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}});
}

}  // namespace

std::string schema() {
  auto properties = Json::object();
  for (auto const& one : sections()) {
    auto value = section(one.key);
    value["description"] = one.help;
    value["examples"] = {one.example};
    properties[std::string(one.key)] = std::move(value);
  }
  Json const all{{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "A spec of e2egen"},
                 {"type", "object"},
                 {"minProperties", 1},
                 {"additionalProperties", false},
                 {"properties", std::move(properties)}};
  return all.dump(2) + "\n";
}

}  // namespace e2e::spec
