#include "spec/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "base/yaml.h"
#include "spec/fields.h"
#include "spec/old_words.h"
#include "spec/profile.h"
#include "spec/read.h"
#include "spec/variables.h"

namespace e2e::spec {

namespace {

std::string folder_of(std::string const& path) {
  auto const slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash + 1);
}

/// Reads files depth first, each once, and merges them.
class Loader {
 public:
  Loader(Files const& files, Sources& sources, Diagnostics& diagnostics)
      : files_(files), sources_(sources), diagnostics_(diagnostics) {}

  Document run(std::string const& path, Choices const& choices) {
    Document merged;
    merged.path = path;
    load(path, merged);
    known_variables(merged);
    lay_over(choices.profiles, merged);
    understand_old_words(merged, diagnostics_);
    fill_in(merged, variables(choices, merged), diagnostics_);
    for (auto const& image : merged.images) without_meaning(image);
    for (auto& deployment : merged.deployments)
      if (deployment.helm && !deployment.name_space) deployment.name_space = deployment.helm->name_space;
    return merged;
  }

 private:
  /// Tells of keys that would be passed over.
  void without_meaning(Image const& image) {
    auto const way = image.image ? pulled : !image.rootfs.empty() ? by_command : built;
    auto const [is, instead] = way == pulled       ? std::pair("pulled", "image")
                               : way == by_command ? std::pair("made by a command", "rootfs")
                                                   : std::pair("built from a Containerfile", "containerfile");
    for (auto const& field : image_fields())
      if (auto const place = place_of(image, field); place && !(field.ways & way))
        diagnostics_.add(
            {*place, fmt::format("the image '{}' is {}: '{}' means nothing for it", image.name.value, is, field.key),
             fmt::format("leave it out, or leave '{}' out", instead)});
  }

  /// A profile gives a variable another value; a new one would be a mistake in its name.
  void known_variables(Document const& document) {
    std::vector<std::string> known;
    for (auto const& variable : document.variables) known.push_back(variable.name.value);
    for (auto const& profile : document.profiles)
      for (auto const& [name, value] : profile.patch.variables)
        if (std::find(known.begin(), known.end(), name.value) == known.end())
          diagnostics_.add({name.place, fmt::format("no variable is called '{}'", name.value),
                            fmt::format("{} (a new one gets its default in 'variables' of the spec)",
                                        suggestion(name.value, known))});
  }

  /// Of one name that of an included spec comes before that of the spec that includes it.
  void lay_over(std::vector<std::string> const& names, Document& document) {
    auto const profiles = document.profiles;
    for (auto const& name : names)
      for (auto const& profile : profiles)
        if (profile.name.value == name) patch(document, profile, diagnostics_);
  }

  /// The command line says more than the environment, and that more than the spec.
  std::map<std::string, std::string> variables(Choices const& choices, Document& document) {
    std::map<std::string, std::string> out;
    for (auto const& [name, value] : document.variables) out[name.value] = value.value;
    for (auto const& name : document.from_environment) {
      if (!out.contains(name.value)) {
        diagnostics_.add({name.place, fmt::format("no variable is called '{}'", name.value),
                          fmt::format("give it a default: 'variables: {{{}: \"\"}}'", name.value)});
        continue;
      }
      auto const given = choices.environment.find(name.value);
      if (given == choices.environment.end() || choices.variables.contains(name.value)) continue;
      out[name.value] = given->second;
      document.taken.emplace_back(name.value, given->second);
    }
    for (auto& [name, value] : out)
      if (auto const given = choices.variables.find(name); given != choices.variables.end()) value = given->second;
    return out;
  }

  /// A file that is being read, and how far its includes have been.
  struct Open {
    std::string path;
    Document document;
    std::size_t next = 0;
  };

  /// Depth first, with a stack of its own: a chain of includes may be longer than the machine's.
  void load(std::string const& path, Document& into) {
    open(path, Place{}, into);
    while (!open_.empty()) {
      auto& top = open_.back();
      if (top.next < top.document.include.size()) {
        auto const include = top.document.include[top.next++];
        auto const included = normal_path(folder_of(top.path) + include.value);
        if (inside_workspace(included))
          open(included, include.place, into);
        else
          diagnostics_.add({include.place, fmt::format("'{}' leaves the workspace", include.value),
                            "an include is relative to the file that includes, and stays in the workspace"});
        continue;
      }
      auto document = std::move(top.document);
      open_.pop_back();
      merge(std::move(document), into, open_.empty());
    }
  }

  /// The spec that may be meant.
  std::string nearest(std::string const& path) const {
    auto const folder = folder_of(path);
    std::vector<std::string> others;
    for (auto const& name : files_.list(folder.empty() ? "." : folder.substr(0, folder.size() - 1)))
      if (is_yaml(name)) others.push_back(folder + name);
    auto const meant = closest(path, others);
    return meant ? fmt::format("did you mean '{}'?", *meant) : "name a spec in specs/, or a path that ends in .yaml";
  }

  /// A name would mean either.
  void one_of_two(std::string const& path, Place const& place) {
    auto const stem = path.substr(0, path.rfind('.'));
    auto const other = stem + (path.ends_with(".yml") ? ".yaml" : ".yml");
    if (is_yaml(path) && files_.read(path) && files_.read(other))
      diagnostics_.add({place, fmt::format("'{}' and '{}' are both there", path, other),
                        fmt::format("rename one: '{}' would mean either, and their state would be one folder", stem)});
  }

  /// Reads a file, unless it was read; its includes come next.
  void open(std::string const& path, Place const& wanted_by, Document& into) {
    bool const outermost = open_.empty();
    if (!done_.insert(path).second) {
      auto start = std::find_if(open_.begin(), open_.end(), [&](auto const& one) { return one.path == path; });
      if (start == open_.end()) return;
      std::vector<std::string> circle;
      for (; start != open_.end(); ++start) circle.push_back(start->path);
      diagnostics_.add(
          {wanted_by, fmt::format("'{}' includes itself", path),
           fmt::format("the files go round in a circle: {} -> {}; take one include out", join(circle, " -> "), path)});
      return;
    }
    if (outermost) one_of_two(path, wanted_by);
    if (files_.is_folder(path)) {
      diagnostics_.add({wanted_by, fmt::format("'{}' is a folder", path), "name a spec, which is a file"});
      return;
    }
    auto text = files_.read(path);
    if (!text) {
      diagnostics_.add({wanted_by, fmt::format("no file '{}'", path),
                        outermost ? nearest(path) : "an include is relative to the file that includes"});
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
      open_.push_back({path, read(documents[0], sources_, diagnostics_)});
    }
  }

  template <class T>
  void add_all(std::vector<T> more, std::vector<T>& into, std::string_view what) {
    auto& there = there_[what];
    for (auto& one : more)
      if (auto const [same, fresh] = there.emplace(one.name.value, one.name.place); fresh)
        into.push_back(std::move(one));
      else
        diagnostics_.add({one.name.place,
                          fmt::format("the {} '{}' stands in two files", what, one.name.value),
                          "keep one, or give one another name",
                          {{same->second, "the other one"}}});
  }

  void merge(Document document, Document& into, bool outermost) {
    add_all(std::move(document.images), into.images, "image");
    add_all(std::move(document.deployments), into.deployments, "deployment");
    add_all(std::move(document.tasks), into.tasks, "task");
    // the outermost comes last, and what it says stays
    for (auto& variable : document.variables) {
      std::erase_if(into.variables, [&](auto const& other) { return other.name.value == variable.name.value; });
      into.variables.push_back(std::move(variable));
    }
    std::move(document.from_environment.begin(), document.from_environment.end(),
              std::back_inserter(into.from_environment));
    std::move(document.external.begin(), document.external.end(), std::back_inserter(into.external));
    std::move(document.allow.begin(), document.allow.end(), std::back_inserter(into.allow));
    if (document.policy) into.policy = std::move(document.policy);
    for (auto& profile : document.profiles) {
      if (!outermost) profile.patch.cluster.reset(), profile.patch.clusters.clear(), profile.patch.tests.clear();
      into.profiles.push_back(std::move(profile));
    }
    if (!outermost) return;
    into.builder = std::move(document.builder);
    into.cluster = std::move(document.cluster);
    into.clusters = std::move(document.clusters);
    into.tests = std::move(document.tests);
    into.include = std::move(document.include);
  }

  Files const& files_;
  Sources& sources_;
  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::set<std::string> done_;
  std::map<std::string_view, std::map<std::string, Place>> there_;  // kind -> name -> where it stands
};

}  // namespace

std::string find(std::string const& name, Files const& files) {
  if (is_yaml(name)) return normal_path(name);
  for (auto const& path : {"specs/" + name + ".yaml", "specs/" + name + ".yml", name + ".yaml", name + ".yml"})
    if (files.read(path)) return path;
  return "specs/" + name + ".yaml";
}

Document load(std::string const& path, Choices const& choices, Files const& files, Sources& sources,
              Diagnostics& diagnostics) {
  return Loader(files, sources, diagnostics).run(path, choices);
}

void check_choices(std::vector<Document> const& documents, Choices const& choices, Diagnostics& diagnostics) {
  if (diagnostics.any() || documents.empty()) return;
  std::vector<std::string> profiles, variables;
  for (auto const& document : documents) {
    for (auto const& profile : document.profiles)
      if (std::find(profiles.begin(), profiles.end(), profile.name.value) == profiles.end())
        profiles.push_back(profile.name.value);
    for (auto const& variable : document.variables) variables.push_back(variable.name.value);
  }
  auto const known = [](auto const& names, auto const& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  auto const& place = documents.front().place;
  for (auto const& name : choices.profiles)
    if (!known(profiles, name))
      diagnostics.add({place, fmt::format("no profile is called '{}', which --profile names", name),
                       profiles.empty() ? "profiles stand below 'profiles:' in the spec that the command line names"
                                        : suggestion(name, profiles)});
  for (auto const& [name, value] : choices.variables)
    if (!known(variables, name))
      diagnostics.add(
          {place, fmt::format("no variable is called '{}', which --set names", name),
           variables.empty() ? "variables stand below 'variables:' in a spec" : suggestion(name, variables)});
}

}  // namespace e2e::spec
