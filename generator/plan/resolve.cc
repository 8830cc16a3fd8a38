#include "plan/resolve.h"

#include <fmt/format.h>

#include <map>

#include "base/disk.h"
#include "base/text.h"
#include "plan/lookup.h"

namespace e2e::plan {

namespace {

/// Two environments can't have one folder for their state, nor one name or port of the machine for their clusters.
void check_environments(Lookup const& lookup, std::vector<Environment> const& environments) {
  std::map<std::string, Place> names, clusters;
  std::map<std::string, std::pair<Cluster const*, Place>> ports;
  auto const once = [&](auto& seen, std::string const& key, Place const& place, std::string const& message,
                        std::string const& help) {
    if (auto const [it, fresh] = seen.emplace(key, place); !fresh)
      lookup.error(place, message, help, {{it->second, "the other one"}});
  };
  auto const check = [&](Cluster const& one) {
    once(clusters, one.name, one.origin, fmt::format("two clusters are called '{}'", one.name),
         "give one of them another name");
    for (auto const& [port, node_port, place] : one.host_ports) {
      auto const [it, fresh] = ports.emplace(port, std::pair(&one, place));
      if (fresh) continue;
      auto const& [other, there] = it->second;
      bool const versions = there == place;
      lookup.error(place,
                   other == &one ? fmt::format("port {} of the machine stands there twice", port)
                                 : fmt::format("two clusters take port {} of the machine", port),
                   versions
                       ? "the clusters of 'versions' have one configuration: leave its ports out, and let tasks and "
                         "tests reach Services by 'forward'"
                       : "give one of them another port; `e2egen ports` lists all of them",
                   versions ? std::vector<Note>{} : std::vector<Note>{{there, "the other one"}});
    }
  };
  for (auto const& one : environments) {
    once(names, one.name, one.clusters.front().origin, fmt::format("two environments are called '{}'", one.name),
         "rename one of the two specs");
    for (auto const& cluster : one.clusters) check(cluster);
  }
}

/// The files that a document names, as far as it says so itself.
std::vector<std::string> named(spec::Document const& document) {
  std::vector<std::string> paths;
  for (auto const& image : document.images)
    if (image.containerfile) paths.push_back(normal_path(image.containerfile->value));
  for (auto const& deployment : document.deployments)
    for (auto const& manifest : deployment.manifests)
      if (is_yaml(manifest.value)) paths.push_back(normal_path(manifest.value));
  std::erase_if(paths, [](auto const& path) { return !inside_workspace(path); });
  return paths;
}

}  // namespace

Plan resolve(std::vector<spec::Document> const& documents, std::vector<Provider> const& providers,
             Overrides const& overrides, Files const& files, Sources& sources, Diagnostics& diagnostics) {
  Plan plan;
  for (auto const& document : documents) {
    files.read_ahead(named(document));
    KnownImages images;
    Lookup const lookup{document, providers, overrides, files, sources, diagnostics, plan, images};
    if (!plan.common) plan.common = lookup.provider("common", {});
    auto const* builder = lookup.provider("builder/" + value(document.builder, "podman"), document.builder);
    if (plan.builder && builder && builder != plan.builder)
      lookup.error(document.builder ? document.builder->place : document.place,
                   "specs of one Ninja file have one builder", "give both the same 'builder'");
    plan.builder = builder;
    resolve_host_tasks(lookup);
    resolve_images(lookup);
    resolve_environment(lookup);
    if (&document == &documents.back()) check_environments(lookup, plan.environments);
  }
  return plan;
}

}  // namespace e2e::plan
