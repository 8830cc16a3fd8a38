// JSON of somebody else, looked at without trust: what is not there, or is something else, is nothing.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace e2e::step {

/// What is at a path of keys; null if nothing is.
inline nlohmann::json const& at(nlohmann::json const& value, std::initializer_list<char const*> keys) {
  static nlohmann::json const kNull;
  auto const* place = &value;
  for (auto const* key : keys) {
    auto const it = place->is_object() ? place->find(key) : place->end();
    if (!place->is_object() || it == place->end()) return kNull;
    place = &*it;
  }
  return *place;
}

/// "" if there is none.
inline std::string text_at(nlohmann::json const& value, std::initializer_list<char const*> keys) {
  auto const& found = at(value, keys);
  return found.is_string() ? found.get<std::string>() : "";
}

/// 0 if there is none.
inline long number_at(nlohmann::json const& value, std::initializer_list<char const*> keys) {
  auto const& found = at(value, keys);
  return found.is_number_integer() ? found.get<long>() : 0;
}

/// Each object of kubectl's answers: of a list its items.
inline std::vector<nlohmann::json const*> objects_in(std::vector<nlohmann::json> const& answers) {
  std::vector<nlohmann::json const*> objects;
  for (auto const& answer : answers)
    if (auto const& items = at(answer, {"items"}); items.is_array())
      for (auto const& item : items) objects.push_back(&item);
    else
      objects.push_back(&answer);
  return objects;
}

}  // namespace e2e::step
