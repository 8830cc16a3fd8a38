#include "base/yaml.h"

#include <nlohmann/json.hpp>

namespace e2e::yaml {

Node const* Node::find(std::string_view key) const {
  for (auto const& [name, value] : entries)
    if (name.text == key) return &value;
  return nullptr;
}

std::string Node::text_at(std::string_view key) const {
  auto const* value = find(key);
  return value && value->is_scalar() ? value->text : "";
}

std::vector<Node> const* objects_of(Node const& object) {
  auto const* items = object.find("items");
  return items && items->is_sequence() ? &items->items : nullptr;
}

Node const* find(Node const* from, std::initializer_list<std::string_view> path) {
  for (auto const key : path) from = from ? from->find(key) : nullptr;
  return from;
}

std::string text_at(Node const* from, std::initializer_list<std::string_view> path) {
  auto const* found = find(from, path);
  return found && found->is_scalar() ? found->text : "";
}

std::vector<std::string> texts(Node const* node) {
  std::vector<std::string> out;
  if (!node) return out;
  if (node->is_scalar()) out.push_back(node->text);
  for (auto const& item : node->items)
    if (item.is_scalar()) out.push_back(item.text);
  return out;
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

}  // namespace e2e::yaml
