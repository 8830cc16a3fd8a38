#include "init/lookup.h"

#include <algorithm>

namespace e2e::init {

bool one_of(std::string_view text, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), text) != all.end();
}

std::string text_at(yaml::Node const* map, std::string_view key) {
  auto const* value = map ? map->find(key) : nullptr;
  return value && value->is_scalar() ? value->text : "";
}

yaml::Node const* at(yaml::Node const* node, std::initializer_list<std::string_view> path) {
  for (auto const key : path) node = node ? node->find(key) : nullptr;
  return node;
}

std::vector<std::string> texts(yaml::Node const* node) {
  std::vector<std::string> out;
  if (!node) return out;
  if (node->is_scalar()) out.push_back(node->text);
  for (auto const& item : node->items)
    if (item.is_scalar()) out.push_back(item.text);
  return out;
}

}  // namespace e2e::init
