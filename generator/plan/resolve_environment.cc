#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/disk.h"
#include "base/text.h"
#include "base/yaml.h"
#include "plan/lookup.h"
#include "plan/reference.h"
#include "spec/fields.h"

namespace e2e::plan {

namespace {

class Environments {
 public:
  explicit Environments(Lookup const& lookup) : lookup_(lookup) {}

  void environment() {
    auto const& document = lookup_.document;
    if (spec::clusters_of(document).empty()) {
      bool const tasks = document.tasks.size() > host_tasks(document).size();
      if (!document.deployments.empty() || tasks || !document.tests.empty() || document.images.empty())
        if (!lookup_.diagnostics.any())
          lookup_.error(document.place, "no 'cluster'",
                        "add 'cluster: {name: my-e2e}'; that of an included spec does not count");
      return;
    }
    Environment environment;
    environment.name = environment_name();
    environment.clusters = resolve_clusters(lookup_);
    // a chart is rendered for the version of its cluster
    auto const& versions = spec::clusters_of(document).front()->versions;
    if (!versions.empty()) environment.clusters.front().node_image = versions.front().value;
    needs(environment);
    unused(environment);
    this->versions(std::move(environment));
  }

 private:
  Plan& plan() const { return lookup_.plan; }

  /// specs/NAME.yaml, or NAME.yaml, is NAME. One in another folder has its path in its name: two specs of one name
  /// would share their state.
  std::string environment_name() const {
    auto const& document = lookup_.document;
    auto path = document.path;
    if (path.starts_with("specs/") && path.find('/', 6) == path.npos) path.erase(0, 6);
    path.resize(path.rfind('.'));
    auto const name = name_of_spec(document.path);
    auto const bad = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f || c == '|' || c == '+' || c == '%'; };
    if (name.empty() || name.front() == '.' || name.back() == '.' || name.front() == '-' || not_utf8(path) ||
        std::any_of(path.begin(), path.end(), bad))
      lookup_.error(
          document.place, fmt::format("'{}' can't be the name of an environment", path),
          "rename the spec or its folder: names of targets and folders are made of it, without | + %, control "
          "characters and dots at the ends");
    // what is in specs/ has the name
    for (auto const& first : {"specs/" + name + ".yaml", "specs/" + name + ".yml"})
      if (path == name && !document.path.starts_with("specs/") && lookup_.files.read(first))
        lookup_.error(document.place, fmt::format("'{}' and '{}' have one name", document.path, first),
                      fmt::format("rename one: their state would be one folder, .e2e/env/{}", name));
    return path_as_name(path);
  }

  /// Each version of a cluster is an environment of its own.
  void versions(Environment environment) {
    auto const& written = *spec::clusters_of(lookup_.document).front();
    if (written.versions.empty()) return plan().environments.push_back(std::move(environment));
    if (!lookup_.overrides.node_image.empty())
      lookup_.warning(warnings::kNodeImage, written.versions.front().place,
                      "--node-image is passed over: 'versions' names the node images", "leave one of the two out");
    for (std::size_t i = 0; i < written.versions.size(); ++i) {
      auto one = environment;
      auto const number = fmt::format("-{}", i + 1);
      one.name += number;
      auto& cluster = one.clusters.front();
      cluster.name += number;
      cluster.node_image = written.versions[i].value;
      cluster.origin = written.versions[i].place;
      if (i > 0 && has_chart() && !lookup_.diagnostics.any()) needs(one);
      plan().environments.push_back(std::move(one));
    }
  }

  void needs(Environment& environment) {
    std::map<std::string, std::pair<NeedId, Place>> names;
    auto const name = [&](spec::Text const& text, NeedId id, std::string_view what) {
      lookup_.good_name(text, what);
      if (auto const [it, fresh] = names.emplace(text.value, std::pair(id, text.place)); !fresh)
        lookup_.error(text.place, fmt::format("'{}' is the name of a deployment and of a task", text.value),
                      "'needs' could not tell them apart: rename one", {{it->second.second, "the other one"}});
    };
    for (std::uint32_t i = 0; i < lookup_.document.deployments.size(); ++i)
      name(lookup_.document.deployments[i].name, {false, i}, "a deployment");
    for (std::uint32_t i = 0; i < lookup_.document.tasks.size(); ++i)
      name(lookup_.document.tasks[i].name, {true, i}, "a task");
    for (auto const& suite : lookup_.document.tests) lookup_.good_name(suite.name, "a test");

    std::vector<std::string> known;
    for (auto const& [text, id] : names) known.push_back(text);
    auto const look_up = [&](std::vector<spec::Text> const& texts) {
      std::vector<NeedId> ids;
      for (auto const& text : texts) {
        if (auto const it = names.find(text.value); it != names.end())
          ids.push_back(it->second.first);
        else if (image_named(text.value))
          lookup_.error(text.place,
                        fmt::format("'{}' is an image: 'needs' speaks of deployments and tasks", text.value),
                        "an image comes by itself, where a manifest or a FROM line names it");
        else if (test_named(text.value))
          lookup_.error(text.place, fmt::format("'{}' is a test: nothing can need one", text.value),
                        "leave it out; what others wait for is a task");
        else
          lookup_.error(text.place, fmt::format("no deployment or task is called '{}'", text.value),
                        suggestion(text.value, known, "leave it out: there is neither a deployment nor a task"));
      }
      return ids;
    };
    auto const host = host_tasks(lookup_.document);
    std::vector<Manifest> manifests;  // of each deployment
    std::vector<Placed> placed;
    for (auto const& written : lookup_.document.deployments) {
      auto& one = placed.emplace_back(Placed{look_up(written.needs)});
      one.cluster = written.cluster ? cluster(environment, *written.cluster) : only_cluster(environment, written.name);
      one.node_image = environment.clusters[one.cluster].node_image;
    }
    environment.tasks.clear();
    environment.suites.clear();
    for (auto& cluster : environment.clusters) cluster.services.clear();
    environment.deployments = resolve_deployments(lookup_, std::move(placed), manifests);
    for (auto const& written : lookup_.document.tasks) {
      bool const early = host.contains(written.name.value);
      auto& task = environment.tasks.emplace_back(resolve_command(lookup_, written, look_up(written.needs), early));
      if (!early) task.clusters = clusters(environment, written);
    }
    for (auto const& written : lookup_.document.tests)
      environment.suites.emplace_back(resolve_command(lookup_, written, look_up(written.needs), false)).clusters =
          clusters(environment, written);
    for (std::size_t i = 0; i < environment.tasks.size(); ++i)
      environment.tasks[i].stores = stores(lookup_.document.tasks[i], environment.tasks[i], environment);
    for (std::size_t i = 0; i < environment.clusters.size(); ++i) fit_together(lookup_, environment, i, manifests);
    circles(environment);
  }

  /// Where what a task did lies, in the first of its clusters.
  std::vector<std::string> stores(spec::Command const& written, Command const& task,
                                  Environment const& environment) const {
    std::vector<std::string> out;
    auto const here = task.clusters.empty() ? 0 : task.clusters.front();
    auto const add = [&](Deployment const& one) { out.insert(out.end(), one.stores.begin(), one.stores.end()); };
    if (written.data.empty())
      for (auto const id : task.needs)
        if (!id.task && environment.deployments[id.index].cluster == here) add(environment.deployments[id.index]);
    if (written.data.size() == 1 && written.data[0].value == "none") return {};
    std::vector<std::string> names;
    for (auto const& one : environment.deployments) names.push_back(one.name);
    for (auto const& name : written.data) {
      auto const at = std::find(names.begin(), names.end(), name.value);
      if (at == names.end()) {
        lookup_.error(name.place, fmt::format("no deployment is called '{}'", name.value),
                      suggestion(name.value, names, "write 'data: none'"));
        continue;
      }
      auto const& one = environment.deployments[static_cast<std::size_t>(at - names.begin())];
      if (one.cluster != here)
        lookup_.error(name.place,
                      fmt::format("'{}' is in the cluster '{}', and '{}' is of '{}'", name.value,
                                  environment.clusters[one.cluster].key, task.name, environment.clusters[here].key),
                      "what a task did is looked for in the first of its clusters: name that one first");
      add(one);
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  /// The one that is called so.
  std::size_t cluster(Environment const& environment, spec::Text const& name) const {
    std::vector<std::string> keys;
    for (auto const& one : environment.clusters) keys.push_back(one.key);
    auto const it = std::find(keys.begin(), keys.end(), name.value);
    if (it != keys.end()) return static_cast<std::size_t>(it - keys.begin());
    bool const named = !keys.front().empty();
    lookup_.error(name.place, fmt::format("no cluster is called '{}'", name.value),
                  named
                      ? suggestion(name.value, keys)
                      : fmt::format("leave it out; clusters with names are written as 'clusters: {{{}: ...}}' instead "
                                    "of 'cluster'",
                                    name.value));
    return 0;
  }

  /// Of what does not say which; `by`: its name.
  std::size_t only_cluster(Environment const& environment, spec::Text const& by) const {
    auto const& all = lookup_.document.clusters;
    if (environment.clusters.size() == 1) return 0;
    auto const it = std::find_if(all.begin(), all.end(), is_default);
    if (it != all.end()) return static_cast<std::size_t>(it - all.begin());
    std::vector<std::string> words;
    for (auto const& one : environment.clusters) words.push_back(fmt::format("'cluster: {}'", one.key));
    lookup_.error(by.place, fmt::format("it is not said which cluster '{}' is for", by.value),
                  fmt::format("write {}, or 'default: true' for one of these clusters", join(words, " or ")));
    return 0;
  }

  std::vector<std::size_t> clusters(Environment const& environment, spec::Command const& written) const {
    if (written.clusters.empty()) return {only_cluster(environment, written.name)};
    std::vector<std::size_t> all;
    for (auto const& name : written.clusters) {
      auto const one = cluster(environment, name);
      if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
    }
    return all;
  }

  bool has_chart() const {
    auto const& all = lookup_.document.deployments;
    return std::any_of(all.begin(), all.end(), [](auto const& one) { return one.helm.has_value(); });
  }

  bool test_named(std::string const& name) const {
    auto const& tests = lookup_.document.tests;
    return std::any_of(tests.begin(), tests.end(), [&](auto const& test) { return test.name.value == name; });
  }

  bool image_named(std::string const& name) const { return image(name).has_value(); }

  std::optional<ImageId> image(std::string const& name) const {
    auto const it = lookup_.images.by_name.find(name);
    return it == lookup_.images.by_name.end() ? std::nullopt : std::optional(it->second);
  }

  /// What this spec itself builds, and nothing uses.
  void unused(Environment const& environment) const {
    std::set<ImageId> used;
    for (auto const& deployment : environment.deployments) used.merge(images_of(deployment));
    for (auto const* commands : {&environment.tasks, &environment.suites})
      for (auto const& command : *commands) used.insert(command.images.begin(), command.images.end());
    for (auto const id : lookup_.images.ids)
      for (auto const& base : plan().image(id).bases) used.insert(base.image);
    for (auto const id : lookup_.images.ids) {
      auto const& image = plan().image(id);
      if (!used.contains(id) && lookup_.sources.path(image.origin.file) == lookup_.document.path)
        lookup_.warning(warnings::kUnused, image.origin, fmt::format("nothing uses the image '{}'", image.name),
                        fmt::format("no manifest names '{}', and no FROM line", image.ref));
    }
  }

  void circles(Environment const& environment) const {
    for (auto const& circle : in_order_of_needs(environment).circles) {
      std::vector<std::string> names;
      auto const of = [&](NeedId id, auto const& tell) {
        id.task ? tell(environment.tasks[id.index]) : tell(environment.deployments[id.index]);
      };
      for (auto const id : circle) of(id, [&](auto const& one) { names.push_back(one.name); });
      of(circle.front(), [&](auto const& one) {
        lookup_.error(
            one.origin, fmt::format("'{}' needs itself", one.name),
            fmt::format("the needs go round in a circle: {} -> {}; take one out", join(names, " -> "), one.name));
      });
    }
  }

  Lookup const& lookup_;
};

}  // namespace

void resolve_environment(Lookup const& lookup) {
  Environments(lookup).environment();
}

}  // namespace e2e::plan
