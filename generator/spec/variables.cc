#include "spec/variables.h"

#include <fmt/format.h>

#include "base/text.h"
#include "spec/fields.h"
#include "spec/value.h"

namespace e2e::spec {

namespace {

class Filling {
 public:
  Filling(std::map<std::string, std::string> const& variables, Diagnostics& diagnostics)
      : variables_(variables), diagnostics_(diagnostics) {
    for (auto const& [name, value] : variables) known_.push_back(name);
  }

  template <class T>
  void fill(T& object, std::span<Field<T> const> fields) const {
    for (auto const& field : fields)
      std::visit([&](auto member) { fill(object.*member, field.key, field.shape, field.choices); }, field.member);
  }

  template <class T>
  void fill(std::vector<T>& objects, std::span<Field<T> const> fields) const {
    for (auto& object : objects) fill(object, fields);
  }

 private:
  using Values = std::vector<std::string>;

  void fill(std::optional<Text>& text, std::string_view key, Shape shape, Values const& choices) const {
    if (!text || !fill_text(*text, key, shape, choices)) return;
    // a variable may leave nothing, as if the key were not there
    if (text->value.empty()) text.reset();
  }

  void fill(std::vector<Text>& texts, std::string_view key, Shape shape, Values const& choices) const {
    for (auto& text : texts) fill_text(text, key, shape, choices);
  }

  void fill(std::vector<Pair>& pairs, std::string_view, Shape shape, Values const& choices) const {
    for (auto& [name, value] : pairs) fill_text(value, name.value, shape, choices);
  }

  void fill(std::optional<yaml::Node>& tree, std::string_view, Shape shape, Values const&) const {
    if (tree) fill_tree(*tree, shape);
  }

  void fill_tree(yaml::Node& node, Shape shape) const {
    node.text = filled({node.text, node.place}, shape);
    for (auto& item : node.items) fill_tree(item, shape);
    for (auto& entry : node.entries) fill_tree(entry.value, shape);
  }

  /// Whether there was anything to fill in.
  bool fill_text(Text& text, std::string_view key, Shape shape, Values const& choices) const {
    if (text.value.find("${") == std::string::npos) return false;
    text.value = filled(text, shape);
    if (!text.value.empty()) good_value(text, key, shape, choices, diagnostics_);
    return true;
  }

  std::string filled(Text const& text, Shape shape) const {
    bool const of_shell = shape == Shape::words || shape == Shape::pairs || shape == Shape::yaml;
    std::string out;
    std::string_view rest = text.value;
    for (auto at = rest.find("${"); at != rest.npos; at = rest.find("${")) {
      auto const end = rest.find('}', at);
      auto const name = std::string(rest.substr(at + 2, end == rest.npos ? 0 : end - at - 2));
      auto const variable = variables_.find(name);
      auto const length = end == rest.npos ? 2 : end + 1 - at;
      out += rest.substr(0, at);
      if (variable != variables_.end())
        out += variable->second;
      else if (of_shell)
        out += rest.substr(at, length);
      else
        unknown(text, name);
      rest.remove_prefix(at + length);
    }
    return out + std::string(rest);
  }

  void unknown(Text const& text, std::string const& name) const {
    diagnostics_.add(
        {text.place, fmt::format("no variable is called '{}'", name),
         known_.empty() ? fmt::format("define it: 'variables: {{{}: its default}}'", name) : suggestion(name, known_)});
  }

  std::map<std::string, std::string> const& variables_;
  std::vector<std::string> known_;
  Diagnostics& diagnostics_;
};

}  // namespace

void fill_in(Document& document, std::map<std::string, std::string> const& variables, Diagnostics& diagnostics) {
  Filling const filling(variables, diagnostics);
  filling.fill(document.images, image_fields());
  filling.fill(document.deployments, deployment_fields());
  filling.fill(document.tasks, task_fields());
  filling.fill(document.tests, test_fields());
  if (document.cluster) {
    filling.fill(*document.cluster, cluster_fields());
    if (document.cluster->given_name) document.cluster->name = *document.cluster->given_name;
  }
  if (document.policy) filling.fill(*document.policy, policy_fields());
}

}  // namespace e2e::spec
