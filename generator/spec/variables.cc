#include "spec/variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/machine.h"
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
      std::visit(
          [&](auto member) {
            fill(object.*member, {field.key, field.shape, field.choices, takes_machine(field)});
          },
          field.member);
  }

  template <class T>
  void fill(std::vector<T>& objects, std::span<Field<T> const> fields) const {
    for (auto& object : objects) fill(object, fields);
  }

  void fill(std::optional<Text>& text) const { fill(text, {"builder", Shape::text}); }
  void fill(std::vector<Text>& texts) const { fill(texts, {"external", Shape::words}); }

 private:
  /// What is to be known of the key that a value belongs to.
  struct Key {
    std::string_view name;
    Shape shape = Shape::yaml;
    std::span<std::string const> choices = {};
    bool machine = false;  // variables of the machine may stand there
    bool script = false;   // a shell reads it, which has variables of its own
  };

  void fill(std::optional<Text>& text, Key const& key) const {
    if (!text || !fill_text(*text, key)) return;
    // a variable may leave nothing, as if the key were not there
    if (text->value.empty()) text.reset();
  }

  void fill(std::vector<Text>& texts, Key key) const {
    bool const command = key.shape == Shape::command;
    key.shape = part_of(key.shape);
    if (!texts.empty() && texts.back().shell) return given(texts, key);
    for (auto& text : texts) {
      fill_text(text, key);
      // sh -c, bash -ec: a shell reads the next word
      key.script = command && text.value.starts_with('-') && text.value.ends_with('c');
    }
  }

  /// A command that was written as one text: the shell has the variables, and fills them in where quotes no more count.
  void given(std::vector<Text>& command, Key key) const {
    key.script = true;
    auto& script = command.back();
    std::map<std::string, Text> names;
    auto const filled = fill_holes(script.value, [&](std::string const& name) -> std::optional<std::string> {
      auto const variable = variables_.find(name);
      if (variable == variables_.end()) return meaning(script, name, key);
      if (!is_variable_name(name))
        diagnostics_.add({script.place, fmt::format("no shell has a variable '{}'", name),
                          "give it a name of letters, digits and '_', or write the command as a list of words"});
      names[name] = {fmt::format("{}={}", name, variable->second), script.place};
      return std::nullopt;
    });
    script.value = filled;
    if (names.empty()) return;
    std::vector<Text> before{{"env", script.place}};
    for (auto& [name, text] : names)
      if (good_value(text, key.name, key.shape, {}, diagnostics_)) before.push_back(std::move(text));
    command.insert(command.begin(), before.begin(), before.end());
  }

  void fill(std::vector<Pair>& pairs, Key const& key) const {
    for (auto& [name, value] : pairs) {
      if (name.value.find("${") != std::string::npos)
        diagnostics_.add({name.place, fmt::format("a variable in a name of '{}'", key.name),
                          "variables stand in values: write the name out"});
      fill_text(value, {name.value, value.output ? Shape::path : part_of(key.shape), key.choices,
                        key.machine && !value.output});
    }
  }

  void fill(std::optional<yaml::Node>& tree, Key const& key) const {
    if (tree) fill_tree(*tree, key);
  }

  void fill(std::optional<Helm>& helm, Key const&) const {
    if (helm) fill(*helm, helm_fields());
  }

  void fill_tree(yaml::Node& node, Key const& key) const {
    node.text = filled({node.text, node.place}, key);
    for (auto& item : node.items) fill_tree(item, key);
    for (auto& entry : node.entries) fill_tree(entry.value, key);
  }

  /// Whether there was anything to fill in.
  bool fill_text(Text& text, Key const& key) const {
    if (text.value.find("${") == std::string::npos) return false;
    auto const before = diagnostics_.count();
    text.value = filled(text, key);
    if (!text.value.empty() && diagnostics_.count() == before)
      good_value(text, key.name, key.shape, key.choices, diagnostics_);
    return true;
  }

  std::string filled(Text const& text, Key const& key) const {
    return fill_holes(text.value, [&](std::string const& name) -> std::optional<std::string> {
      auto const variable = variables_.find(name);
      return variable == variables_.end() ? meaning(text, name, key) : variable->second;
    });
  }

  /// Of a name that is none of the spec's variables.
  std::optional<std::string> meaning(Text const& text, std::string const& name, Key const& key) const {
    if (name.starts_with(machine::kOwn)) return of_machine(text, name, key);
    unknown(text, name, key.script);
    return std::nullopt;
  }

  std::optional<std::string> of_machine(Text const& text, std::string const& name, Key const& key) const {
    auto const mark = machine::mark_of(name);
    if (mark && key.machine) return std::string(*mark);
    std::vector<std::string> own;
    for (auto const& one : machine::kAll) own.emplace_back(one.name);
    if (mark)
      diagnostics_.add({text.place, fmt::format("'{}' can't be known in '{}'", name, key.name),
                        "images and the Ninja file are the same on all machines: what tasks and tests run may have it, "
                        "and in a Containerfile TARGETARCH says it"});
    else
      diagnostics_.add({text.place, fmt::format("e2egen has no variable '{}'", name), suggestion(name, own)});
    return std::nullopt;
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
  for (auto const& one : variables) {
    if (one.name.value.starts_with(machine::kOwn))
      diagnostics.add({one.name.place, fmt::format("a variable can't be called '{}'", one.name.value),
                       fmt::format("names that begin with '{}' are e2egen's own", machine::kOwn)});
    if (one.value.value.find(fmt::format("${{{}", machine::kOwn)) != std::string::npos)
      diagnostics.add({one.value.place,
                       "what the machine is stands in a value of 'variables', where it is not filled in",
                       "write it where the variable stands"});
    for (auto const& other : variables)
      if (one.value.value.find(fmt::format("${{{}}}", other.name.value)) != std::string::npos)
        diagnostics.add(
            {one.value.place,
             fmt::format("'{}' stands in a value of 'variables', where it is not filled in", other.name.value),
             "write it out",
             {{other.name.place, "the variable"}}});
  }
}

}  // namespace

bool mentions(Image const& image, std::string const& variable) {
  auto const hole = fmt::format("${{{}}}", variable);
  auto const has = [&](Text const& text) { return text.value.find(hole) != std::string::npos; };
  auto const any = [&](auto const& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, std::optional<Text>>)
      return value && has(*value);
    else if constexpr (std::is_same_v<Value, std::vector<Text>>)
      return std::any_of(value.begin(), value.end(), has);
    else if constexpr (std::is_same_v<Value, std::vector<Pair>>)
      return std::any_of(value.begin(), value.end(), [&](Pair const& pair) { return has(pair.value); });
    else
      return false;  // no image has a tree
  };
  auto const fields = image_fields();
  return std::any_of(fields.begin(), fields.end(), [&](auto const& field) {
    return std::visit([&](auto member) { return any(image.*member); }, field.member);
  });
}

void fill_in(Document& document, std::map<std::string, std::string> const& variables, Diagnostics& diagnostics) {
  no_variables_in(document.variables, diagnostics);
  Filling const filling(variables, diagnostics);
  filling.fill(document.images, image_fields());
  filling.fill(document.deployments, deployment_fields());
  filling.fill(document.tasks, task_fields());
  filling.fill(document.tests, test_fields());
  filling.fill(document.clusters, clusters_fields());
  if (document.cluster) {
    filling.fill(*document.cluster, cluster_fields());
    if (document.cluster->given_name) document.cluster->name = *document.cluster->given_name;
  }
  if (document.policy) filling.fill(*document.policy, policy_fields());
  filling.fill(document.builder);
  filling.fill(document.external);
}

}  // namespace e2e::spec
