#include "spec/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.h"
#include "spec/fields.h"
#include "spec/foreign.h"
#include "spec/old_words.h"
#include "spec/value.h"

namespace e2e::spec {

namespace {

/// Reads one file by the tables of fields.
class Reader {
 public:
  Reader(Sources const& sources, Diagnostics& diagnostics) : sources_(sources), diagnostics_(diagnostics) {}

  /// In a profile, only what a profile may change.
  Document document(yaml::Node const& root, bool profile) {
    profile_ = profile;
    Document document;
    document.path = sources_.path(root.place.file);
    auto const what = profile ? "a profile" : "a spec";
    for (auto const& entry : root.entries) {
      auto const& key = entry.key;
      auto const& value = entry.value;
      auto const fields = document_fields();
      auto const field = std::find_if(fields.begin(), fields.end(), [&](auto const& f) { return f.key == key.text; });
      if (is_for_anchors(key.text) && !profile) continue;
      if (profile && !in_profiles(key.text)) {
        unknown_key(key, what, "spec", known_sections(true));
      } else if (field != fields.end()) {
        set(document, *field, value);
      } else if (key.text == "policy") {
        document.policy = policy(key, value);
      } else if (key.text == "cluster") {
        document.cluster = cluster(key, value);
      } else if (key.text == "clusters") {
        document.clusters = section<Cluster>(value, "clusters", clusters_fields());
      } else if (key.text == "images") {
        document.images = section<Image>(value, "images", image_fields());
      } else if (key.text == "deployments") {
        document.deployments = section<Deployment>(value, "deployments", deployment_fields());
      } else if (key.text == "tasks") {
        document.tasks = section<Command>(value, "tasks", task_fields());
      } else if (key.text == "tests") {
        document.tests = section<Command>(value, "tests", test_fields());
      } else if (key.text == "profiles") {
        document.profiles = profiles(value);
      } else {
        unknown_key(key, what, "spec", known_sections(false));
      }
    }
    return document;
  }

 private:
  static std::vector<std::string> known_sections(bool profile) {
    std::vector<std::string> known;
    for (auto const& section : sections())
      if (!profile || in_profiles(section.key)) known.emplace_back(section.key);
    return known;
  }

  /// `part`: the section that the key is in, or "spec".
  void unknown_key(yaml::Node const& key, std::string_view where, std::string_view part,
                   std::span<std::string const> known) {
    auto help = in_our_words(part, key.text, known);
    if (help.empty()) help = suggestion(key.text, known);
    diagnostics_.add({key.place, fmt::format("{} has no key '{}'", where, key.text), std::move(help)});
  }

  void wrong_shape(yaml::Node const& value, std::string_view key, std::string_view expected, std::string help) {
    if (value.is_null()) help = fmt::format("give '{}' a value, or leave the key out", key);
    diagnostics_.add({value.place, fmt::format("'{}' wants {}, this is {}", key, expected, yaml::kind_name(value)),
                      std::move(help)});
  }

  /// The same of a map of such fields: "key:value" is one word.
  template <class T>
  void no_map(yaml::Node const& value, std::string_view key, std::span<Field<T> const> table, std::string help) {
    auto const before = value.text.substr(0, value.text.find(':'));
    for (auto const& field : table)
      if (value.is_scalar() && field.key == before && before.size() < value.text.size())
        help = fmt::format("a blank is missing behind '{}:'", before);
    wrong_shape(value, key, "a map", std::move(help));
  }

  /// `example`: how the key looks with what it wants.
  std::optional<Text> text(yaml::Node const& value, std::string_view key, Shape shape, std::string_view example,
                           std::span<std::string const> choices = {}) {
    if (!value.is_scalar()) {
      bool const part = example.empty();
      wrong_shape(value, key, part && shape != Shape::port ? "texts" : shape_name(shape),
                  part ? "each of them is one text" : fmt::format("write it as '{}'", example));
      return std::nullopt;
    }
    // an empty word of a command, or an empty build argument, is one that was meant if it is quoted
    if (value.text.empty() && !(value.quoted && shape == Shape::word)) {
      diagnostics_.add({value.place, fmt::format("'{}' is empty", key), "give it a value, or leave the key out"});
      return std::nullopt;
    }
    Text text{value.text, value.place};
    // what variables make of it is checked when they are filled in
    if (text.value.find("${") == std::string::npos && !good_value(text, key, shape, choices, diagnostics_))
      return std::nullopt;
    return text;
  }

  std::optional<yaml::Node> tree(yaml::Node const& value, std::string_view key, Shape shape) {
    if (value.is_map()) return value;
    wrong_shape(value, key, shape_name(shape), "write its keys below it, indented");
    return std::nullopt;
  }

  std::vector<Text> words(yaml::Node const& value, std::string_view key, Shape shape, std::string_view example,
                          std::span<std::string const> choices) {
    std::vector<Text> result;
    if (!value.is_scalar() && !value.is_sequence()) {
      wrong_shape(value, key, shape_name(shape), fmt::format("write it as '{}'", example));
      return result;
    }
    auto const add = [&](yaml::Node const& item) {
      if (auto word = text(item, key, part_of(shape), {}, choices)) result.push_back(std::move(*word));
    };
    if (value.is_scalar()) add(value);
    if (value.is_scalar() && shape == Shape::command && !result.empty()) by_shell(result);
    for (auto const& item : value.items) add(item);
    if (value.is_sequence() && value.items.empty())
      diagnostics_.add({value.place, fmt::format("'{}' is empty", key), "name something, or leave the key out"});
    return result;
  }

  /// One text is what a shell reads, unless it means the same as a word.
  static void by_shell(std::vector<Text>& command) {
    auto text = command.front();
    if (shell_word(text.value) == text.value) return;
    text.shell = true;
    command = {{"sh", text.place}, {"-ec", text.place}, std::move(text)};
  }

  std::vector<Pair> pairs(yaml::Node const& value, std::string_view key, Shape shape, std::string_view example) {
    std::vector<Pair> result;
    if (!value.is_map()) {
      wrong_shape(value, key, shape_name(shape), fmt::format("write it as '{}'", example));
      return result;
    }
    for (auto const& [name, item] : value.entries) {
      auto variable = text(name, key, name_of(shape), {});
      if (item.is_null() && profile_ && key != "variables" && variable) {
        Text const nothing{.value = {}, .place = name.place, .unset = true};
        result.push_back({std::move(*variable), nothing});
        continue;
      }
      auto word =
          shape == Shape::values && item.is_map() ? output(item, name.text) : text(item, name.text, part_of(shape), {});
      if (variable && word) result.push_back({std::move(*variable), std::move(*word)});
    }
    return result;
  }

  /// The path in {output: PATH}.
  std::optional<Text> output(yaml::Node const& value, std::string_view key) {
    auto const* path = value.find("output");
    if (path && value.entries.size() == 1) {
      auto written = text(*path, "output", Shape::path, "output: out/token");
      if (written) written->output = true;
      return written;
    }
    diagnostics_.add({value.place, fmt::format("'{}' is neither a text nor what a task writes", key),
                      "write 'NAME: a text', or 'NAME: {output: PATH}' with an output of a task"});
    return std::nullopt;
  }

  template <class T>
  void set(T& object, Field<T> const& field, yaml::Node const& value) {
    std::visit(
        [&](auto member) {
          using Value = std::remove_cvref_t<decltype(object.*member)>;
          if constexpr (std::is_same_v<Value, std::optional<Text>>)
            object.*member = text(value, field.key, field.shape, field.example, field.choices);
          else if constexpr (std::is_same_v<Value, std::vector<Text>>)
            object.*member = words(value, field.key, field.shape, field.example, field.choices);
          else if constexpr (std::is_same_v<Value, std::vector<Pair>>)
            object.*member = pairs(value, field.key, field.shape, field.example);
          else if constexpr (std::is_same_v<Value, std::optional<Helm>>)
            object.*member = helm(value);
          else
            object.*member = tree(value, field.key, field.shape);
        },
        field.member);
  }

  template <class T>
  void fields(T& object, yaml::Node const& map, std::string_view what, std::string_view part,
              std::span<Field<T> const> table) {
    for (auto const& entry : map.entries) {
      auto const& key = entry.key;
      auto const& value = entry.value;
      auto const now = new_word(part, key.text);
      if constexpr (std::is_same_v<T, Deployment>)
        if (key.text == "endpoints") {
          object.endpoints = words(value, key.text, Shape::words, "ready: [manifests, service/api]", {});
          if (!value.is_null()) tell_old_word(key.place, part, key.text, now, diagnostics_);
          continue;
        }
      auto const field = std::find_if(table.begin(), table.end(),
                                      [&](auto const& f) { return f.key == (now.empty() ? key.text : now); });
      if (!now.empty() && map.find(now)) {
        diagnostics_.add({key.place, fmt::format("'{}' is called '{}' now, which is here as well", key.text, now),
                          "take one of the two out"});
        continue;
      }
      if (!now.empty()) tell_old_word(key.place, part, key.text, now, diagnostics_);
      if (field == table.end()) {
        std::vector<std::string> known;
        for (auto const& f : table) known.emplace_back(f.key);
        unknown_key(key, what, part, known);
        continue;
      }
      if constexpr (requires { object.unset; })
        if (value.is_null() && profile_) {
          object.unset.push_back({std::string(field->key), key.place});
          continue;
        }
      set(object, *field, value);
    }
  }

  std::optional<Cluster> cluster(yaml::Node const& key, yaml::Node const& value) {
    if (!value.is_map()) {
      no_map(value, "cluster", cluster_fields(), "write at least 'cluster: {name: my-e2e}'");
      return std::nullopt;
    }
    Cluster cluster;
    fields(cluster, value, "a cluster", "cluster", cluster_fields());
    cluster.name = cluster.given_name.value_or(Text{"", key.place});
    return cluster;
  }

  std::optional<Helm> helm(yaml::Node const& value) {
    if (!value.is_map()) {
      no_map(value, "helm", helm_fields(), "write 'helm: {chart: charts/api}'");
      return std::nullopt;
    }
    Helm helm;
    helm.place = value.place;
    fields(helm, value, "a chart", "helm", helm_fields());
    return helm;
  }

  std::optional<Policy> policy(yaml::Node const& key, yaml::Node const& value) {
    if (!value.is_map()) {
      no_map(value, "policy", policy_fields(), "write 'policy: {latest: false}'");
      return std::nullopt;
    }
    Policy policy;
    policy.place = key.place;
    fields(policy, value, "a policy", "policy", policy_fields());
    return policy;
  }

  std::vector<Profile> profiles(yaml::Node const& value) {
    std::vector<Profile> result;
    if (!value.is_map()) {
      wrong_shape(value, "profiles", "a map of names", "write 'profiles:', and below it 'NAME:', indented");
      return result;
    }
    for (auto const& [name, body] : value.entries) {
      if (!body.is_map()) {
        wrong_shape(body, name.text, "a map",
                    fmt::format("write '{}:', and what it changes below it, indented", name.text));
        continue;
      }
      auto& profile = result.emplace_back();
      profile.name = {name.text, name.place};
      profile.patch = document(body, true);
    }
    profile_ = false;
    return result;
  }

  template <class T>
  std::vector<T> section(yaml::Node const& value, std::string_view key, std::span<Field<T> const> table) {
    std::vector<T> result;
    if (!value.is_map()) {
      wrong_shape(value, key, "a map of names", fmt::format("write '{}:', and below it 'NAME:', indented", key));
      return result;
    }
    auto const what = fmt::format("an entry of '{}'", key);
    for (auto const& [name, body] : value.entries) {
      T object;
      object.name = {name.text, name.place};
      object.removed = body.is_null() && profile_;
      if (body.is_map())
        fields(object, body, what, key, table);
      else if (!object.removed)
        no_map(body, name.text, table, fmt::format("write '{}:', and its keys below it, indented", name.text));
      result.push_back(std::move(object));
    }
    return result;
  }

  Sources const& sources_;
  Diagnostics& diagnostics_;
  bool profile_ = false;
};

}  // namespace

Document read(yaml::Node const& root, Sources const& sources, Diagnostics& diagnostics) {
  return Reader(sources, diagnostics).document(root, false);
}

}  // namespace e2e::spec
