#include "spec/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "base/yaml.h"
#include "spec/fields.h"

namespace e2e::spec {

namespace {

/// Reads one file by the tables of fields.
class Reader {
 public:
  Reader(Sources const& sources, Diagnostics& diagnostics) : sources_(sources), diagnostics_(diagnostics) {}

  Document document(yaml::Node const& root) {
    Document document;
    document.path = sources_.path(root.place.file);
    for (auto const& [key, value] : root.entries) {
      if (key.text == "include") {
        document.include = words(value, "include", Shape::words);
      } else if (key.text == "builder") {
        document.builder = text(value, "builder", Shape::text);
      } else if (key.text == "cluster") {
        document.cluster = cluster(key, value);
      } else if (key.text == "images") {
        document.images = section<Image>(value, "images", image_fields());
      } else if (key.text == "deployments") {
        document.deployments = section<Deployment>(value, "deployments", deployment_fields());
      } else if (key.text == "tasks") {
        document.tasks = section<Command>(value, "tasks", command_fields());
      } else if (key.text == "tests") {
        document.tests = section<Command>(value, "tests", command_fields());
      } else {
        std::vector<std::string> known;
        for (auto const& section : sections()) known.emplace_back(section.key);
        unknown_key(key, "a spec", known);
      }
    }
    return document;
  }

 private:
  void unknown_key(yaml::Node const& key, std::string_view where, std::span<std::string const> known) {
    diagnostics_.add({key.place, fmt::format("{} has no key '{}'", where, key.text), suggestion(key.text, known)});
  }

  void wrong_shape(yaml::Node const& value, std::string_view key, std::string_view expected, std::string help) {
    if (value.is_null()) help = fmt::format("give '{}' a value, or leave the key out", key);
    diagnostics_.add({value.place, fmt::format("'{}' wants {}, this is {}", key, expected, yaml::kind_name(value)),
                      std::move(help)});
  }

  std::optional<Text> text(yaml::Node const& value, std::string_view key, Shape shape) {
    if (!value.is_scalar()) {
      bool const item = shape == Shape::words || shape == Shape::paths || shape == Shape::pairs;
      wrong_shape(value, key, item ? "texts" : shape_name(shape),
                  item ? "each of them is one text" : fmt::format("write it as '{}: value'", key));
      return std::nullopt;
    }
    // an empty word of a command, or an empty build argument, is one that was meant if it is quoted
    bool const may_be_empty = value.quoted && (shape == Shape::words || shape == Shape::pairs);
    if (value.text.empty() && !may_be_empty) {
      diagnostics_.add({value.place, fmt::format("'{}' is empty", key), "give it a value, or leave the key out"});
      return std::nullopt;
    }
    if (value.text.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos) {
      diagnostics_.add({value.place, fmt::format("'{}' has a line break in it", key),
                        "write it on one line; a longer command belongs into a script"});
      return std::nullopt;
    }
    if (shape == Shape::duration && !parse_duration(value.text)) {
      diagnostics_.add({value.place, fmt::format("'{}' is not a duration", value.text),
                        "write it with its unit: 90s, 15m, 1h30m; a week at most"});
      return std::nullopt;
    }
    if ((shape == Shape::path || shape == Shape::paths) && !inside_workspace(value.text)) {
      diagnostics_.add({value.place, fmt::format("'{}' leaves the workspace", value.text),
                        "paths are relative to the folder in which e2egen runs, and stay in it"});
      return std::nullopt;
    }
    return Text{value.text, value.place};
  }

  std::vector<Text> words(yaml::Node const& value, std::string_view key, Shape shape) {
    std::vector<Text> result;
    if (!value.is_scalar() && !value.is_sequence()) {
      wrong_shape(value, key, shape_name(shape), fmt::format("write it as '{}: [first, second]'", key));
      return result;
    }
    auto const add = [&](yaml::Node const& item) {
      if (auto word = text(item, key, shape)) result.push_back(std::move(*word));
    };
    if (value.is_scalar()) add(value);
    for (auto const& item : value.items) add(item);
    if (value.is_sequence() && value.items.empty())
      diagnostics_.add({value.place, fmt::format("'{}' is empty", key), "name something, or leave the key out"});
    return result;
  }

  std::vector<Pair> pairs(yaml::Node const& value, std::string_view key) {
    std::vector<Pair> result;
    if (!value.is_map()) {
      wrong_shape(value, key, shape_name(Shape::pairs), fmt::format("write it as '{}: {{NAME: value}}'", key));
      return result;
    }
    for (auto const& [name, item] : value.entries) {
      auto variable = text(name, key, Shape::text);
      auto word = text(item, name.text, Shape::pairs);
      if (variable && word) result.push_back({std::move(*variable), std::move(*word)});
    }
    return result;
  }

  template <class T>
  void fields(T& object, yaml::Node const& map, std::string_view what, std::span<Field<T> const> table) {
    for (auto const& entry : map.entries) {
      auto const& key = entry.key;
      auto const& value = entry.value;
      auto const field = std::find_if(table.begin(), table.end(), [&](auto const& f) { return f.key == key.text; });
      if (field == table.end()) {
        std::vector<std::string> known;
        for (auto const& f : table) known.emplace_back(f.key);
        unknown_key(key, what, known);
        continue;
      }
      std::visit(
          [&](auto member) {
            using Value = std::remove_cvref_t<decltype(object.*member)>;
            if constexpr (std::is_same_v<Value, std::optional<Text>>)
              object.*member = text(value, field->key, field->shape);
            else if constexpr (std::is_same_v<Value, std::vector<Text>>)
              object.*member = words(value, field->key, field->shape);
            else
              object.*member = pairs(value, field->key);
          },
          field->member);
    }
  }

  std::optional<Cluster> cluster(yaml::Node const& key, yaml::Node const& value) {
    if (!value.is_map()) {
      wrong_shape(value, "cluster", "a map", "write at least 'cluster: {name: my-e2e}'");
      return std::nullopt;
    }
    Cluster cluster;
    fields(cluster, value, "a cluster", cluster_fields());
    cluster.name = cluster.given_name.value_or(Text{"", key.place});
    return cluster;
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
      if (body.is_map())
        fields(object, body, what, table);
      else
        wrong_shape(body, name.text, "a map", fmt::format("write '{}:', and its keys below it, indented", name.text));
      result.push_back(std::move(object));
    }
    return result;
  }

  Sources const& sources_;
  Diagnostics& diagnostics_;
};

std::string folder_of(std::string const& path) {
  auto const slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash + 1);
}

/// Reads files depth first, each once, and merges them.
class Loader {
 public:
  Loader(Files const& files, Sources& sources, Diagnostics& diagnostics)
      : files_(files), sources_(sources), diagnostics_(diagnostics) {}

  Document run(std::string const& path) {
    Document merged;
    merged.path = path;
    load(path, Place{}, merged, true);
    return merged;
  }

 private:
  void load(std::string const& path, Place const& wanted_by, Document& into, bool outermost) {
    if (auto const start = std::find(open_.begin(), open_.end(), path); start != open_.end()) {
      diagnostics_.add({wanted_by, fmt::format("'{}' includes itself", path),
                        fmt::format("the files go round in a circle: {} -> {}; take one include out",
                                    join(std::vector<std::string>(start, open_.end()), " -> "), path)});
      return;
    }
    if (!done_.insert(path).second) return;
    if (files_.is_folder(path)) {
      diagnostics_.add({wanted_by, fmt::format("'{}' is a folder", path), "name a spec, which is a file"});
      return;
    }
    auto text = files_.read(path);
    if (!text) {
      diagnostics_.add({wanted_by, fmt::format("no file '{}'", path),
                        outermost ? "name a spec in specs/, or a path that ends in .yaml"
                                  : "an include is relative to the file that includes"});
      return;
    }
    auto const file = sources_.add(path, std::move(*text));
    auto const before = diagnostics_.count();
    auto const documents = yaml::parse(sources_, file, diagnostics_);
    Place const start{file, 1, 1, 1};
    if (outermost) into.place = start;
    if (documents.size() > 1) {
      diagnostics_.add({documents[1].place, "a second document in one spec", "make it a file, and include it"});
    } else if (documents.empty() || documents[0].is_null()) {
      if (diagnostics_.count() == before)
        diagnostics_.add({start, "the spec is empty", "start with 'images:' and 'cluster:'; see docs/spec.md"});
    } else if (!documents[0].is_map()) {
      diagnostics_.add({documents[0].place, fmt::format("a spec is a map, this is {}", yaml::kind_name(documents[0])),
                        "start with 'images:' and 'cluster:'; see docs/spec.md"});
    } else {
      auto document = Reader(sources_, diagnostics_).document(documents[0]);
      open_.push_back(path);
      for (auto const& include : document.include) {
        auto const included = normal_path(folder_of(path) + include.value);
        if (inside_workspace(included))
          load(included, include.place, into, false);
        else
          diagnostics_.add({include.place, fmt::format("'{}' leaves the workspace", include.value),
                            "an include is relative to the file that includes, and stays in the workspace"});
      }
      open_.pop_back();
      merge(std::move(document), into, outermost);
    }
  }

  template <class T>
  void add_all(std::vector<T> more, std::vector<T>& into, std::string_view what) {
    for (auto& one : more) {
      auto const same =
          std::find_if(into.begin(), into.end(), [&](T const& other) { return other.name.value == one.name.value; });
      if (same == into.end())
        into.push_back(std::move(one));
      else
        diagnostics_.add({one.name.place,
                          fmt::format("the {} '{}' stands in two files", what, one.name.value),
                          "keep one, or give one another name",
                          {{same->name.place, "the other one"}}});
    }
  }

  void merge(Document document, Document& into, bool outermost) {
    add_all(std::move(document.images), into.images, "image");
    add_all(std::move(document.deployments), into.deployments, "deployment");
    add_all(std::move(document.tasks), into.tasks, "task");
    if (!outermost) return;
    into.builder = std::move(document.builder);
    into.cluster = std::move(document.cluster);
    into.tests = std::move(document.tests);
    into.include = std::move(document.include);
  }

  Files const& files_;
  Sources& sources_;
  Diagnostics& diagnostics_;
  std::vector<std::string> open_;
  std::set<std::string> done_;
};

}  // namespace

std::string find(std::string const& name, Files const& files) {
  if (name.ends_with(".yaml") || name.ends_with(".yml")) return normal_path(name);
  for (auto const& path : {"specs/" + name + ".yaml", name + ".yaml"})
    if (files.read(path)) return path;
  return "specs/" + name + ".yaml";
}

Document load(std::string const& path, Files const& files, Sources& sources, Diagnostics& diagnostics) {
  return Loader(files, sources, diagnostics).run(path);
}

}  // namespace e2e::spec
