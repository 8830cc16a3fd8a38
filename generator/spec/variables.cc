#include "spec/variables.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/warnings.h"
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

  void fill(std::optional<Text>& text) const { fill(text, "builder", Shape::text, {}); }
  void fill(std::vector<Text>& texts) const { fill(texts, "external", Shape::words, {}); }

 private:
  using Values = std::vector<std::string>;

  void fill(std::optional<Text>& text, std::string_view key, Shape shape, Values const& choices) const {
    if (!text || !fill_text(*text, key, shape, choices)) return;
    // a variable may leave nothing, as if the key were not there
    if (text->value.empty()) text.reset();
  }

  void fill(std::vector<Text>& texts, std::string_view key, Shape shape, Values const& choices) const {
    bool script = false;
    for (auto& text : texts) {
      fill_text(text, key, part_of(shape), choices, script);
      // sh -c, bash -ec: a shell reads the next word
      script = shape == Shape::command && text.value.starts_with('-') && text.value.ends_with('c');
    }
  }

  void fill(std::vector<Pair>& pairs, std::string_view key, Shape shape, Values const& choices) const {
    for (auto& [name, value] : pairs) {
      if (name.value.find("${") != std::string::npos)
        diagnostics_.add({name.place, fmt::format("a variable in a name of '{}'", key),
                          "variables stand in values: write the name out"});
      fill_text(value, name.value, value.output ? Shape::path : part_of(shape), choices);
    }
  }

  void fill(std::optional<yaml::Node>& tree, std::string_view, Shape, Values const&) const {
    if (tree) fill_tree(*tree);
  }

  void fill(std::optional<Helm>& helm, std::string_view, Shape, Values const&) const {
    if (helm) fill(*helm, helm_fields());
  }

  void fill_tree(yaml::Node& node) const {
    node.text = filled({node.text, node.place}, false);
    for (auto& item : node.items) fill_tree(item);
    for (auto& entry : node.entries) fill_tree(entry.value);
  }

  /// Whether there was anything to fill in.
  bool fill_text(Text& text, std::string_view key, Shape shape, Values const& choices, bool script = false) const {
    if (text.value.find("${") == std::string::npos) return false;
    text.value = filled(text, script);
    if (!text.value.empty()) good_value(text, key, shape, choices, diagnostics_);
    return true;
  }

  /// `script`: what a shell reads, which has variables of its own.
  std::string filled(Text const& text, bool script) const {
    return fill_holes(text.value, [&](std::string const& name) -> std::optional<std::string> {
      if (auto const variable = variables_.find(name); variable != variables_.end()) return variable->second;
      unknown(text, name, script);
      return std::nullopt;
    });
  }

  void unknown(Text const& text, std::string const& name, bool script) const {
    auto const near = closest(name, known_);
    if (script && !near) return;
    if (name.empty()) {
      diagnostics_.add({text.place, "'${' without a name, or without '}'", "write ${NAME}, or $${ for the literal"});
      return;
    }
    // ${NAME:-default}
    auto const bare = name.substr(0, name.find_first_of(":-=?+"));
    auto const help = near                        ? fmt::format("did you mean ${{{}}}?", *near)
                      : bare.size() < name.size() ? fmt::format(
                                                        "a default stands in 'variables: {{{}: ...}}', and "
                                                        "${{{}}} here",
                                                        bare, bare)
                      : known_.empty() ? fmt::format("define it: 'variables: {{{}: its default}}'", name)
                                       : suggestion(name, known_);
    diagnostics_.add({text.place,
                      fmt::format("no variable is called '{}'", name),
                      fmt::format("{} ($${{...}} for the literal)", help),
                      {},
                      script ? warnings::kVariable : std::string_view()});
  }

  std::map<std::string, std::string> const& variables_;
  std::vector<std::string> known_;
  Diagnostics& diagnostics_;
};

/// A value of `variables` is taken as it is: that it names another one can't be meant.
void no_variables_in(std::vector<Pair> const& variables, Diagnostics& diagnostics) {
  for (auto const& one : variables)
    for (auto const& other : variables)
      if (one.value.value.find(fmt::format("${{{}}}", other.name.value)) != std::string::npos)
        diagnostics.add(
            {one.value.place,
             fmt::format("'{}' stands in a value of 'variables', where it is not filled in", other.name.value),
             "write it out",
             {{other.name.place, "the variable"}}});
}

}  // namespace

void fill_in(Document& document, std::map<std::string, std::string> const& variables, Diagnostics& diagnostics) {
  no_variables_in(document.variables, diagnostics);
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
  filling.fill(document.builder);
  filling.fill(document.external);
}

}  // namespace e2e::spec
