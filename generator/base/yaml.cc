#include "base/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"

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

std::vector<std::string> documents_of(std::string const& text) {
  std::vector<std::string> out(1);
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find('\n', at), text.size() - 1) + 1;
    auto const line = std::string_view(text).substr(at, end - at);
    if (line.starts_with("---") && (line.size() == 3 || std::string_view(" \t\r\n").find(line[3]) != line.npos))
      out.emplace_back();
    else
      out.back() += line;
    at = end;
  }
  return out;
}

std::string quoted(std::string_view text) {
  if (not_utf8(text) || text.find('\0') != text.npos) throw Failure("no text: YAML can't hold it");
  // what is no letter to libyaml, or a line break
  static constexpr std::array<std::string_view, 5> kOdd{"\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf", "\xef\xbf\xbe",
                                                        "\xef\xbf\xbf"};
  static constexpr std::array<std::string_view, 5> kWritten{"\\u2028", "\\u2029", "\\uFEFF", "\\uFFFE", "\\uFFFF"};
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const c = static_cast<unsigned char>(text[i]);
    auto const* const odd =
        std::find_if(kOdd.begin(), kOdd.end(), [&](auto one) { return text.substr(i, one.size()) == one; });
    if (odd != kOdd.end()) {
      out += kWritten[static_cast<std::size_t>(odd - kOdd.begin())];
      i += odd->size() - 1;
    } else if (c == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < ' ' || c == 0x7f) {
      out += fmt::format("\\x{:02x}", c);
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += text[i];
    }
  }
  return out + '"';
}

std::string to_json(Node const& node) {
  return json(node).dump();
}

}  // namespace e2e::yaml
