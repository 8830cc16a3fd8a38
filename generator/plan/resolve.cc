#include "plan/resolve.h"

#include <fmt/format.h>

#include <map>

#include "plan/lookup.h"

namespace e2e::plan {

namespace {

/// Two environments can't have one folder for their state, nor one name or port of the machine for their clusters.
void check_environments(Lookup const& lookup, std::vector<Environment> const& environments) {
  std::map<std::string, Place> names, clusters, ports;
  auto const once = [&](auto& seen, std::string const& key, Place const& place, std::string const& message,
                        std::string const& help) {
    if (auto const [it, fresh] = seen.emplace(key, place); !fresh)
      lookup.error(place, message, help, {{it->second, "the other one"}});
  };
  for (auto const& one : environments) {
    once(names, one.name, one.cluster.origin, fmt::format("two environments are called '{}'", one.name),
         "rename one of the two specs");
    once(clusters, one.cluster.name, one.cluster.origin, fmt::format("two clusters are called '{}'", one.cluster.name),
         "give one of them another name");
    for (auto const& [port, node_port] : one.host_ports) {
      // those of one file are its `versions`, and have one configuration
      auto const other = ports.find(port);
      bool const versions = other != ports.end() && other->second.file == one.cluster.origin.file;
      once(ports, port, one.cluster.origin, fmt::format("two clusters take port {} of the machine", port),
           versions ? "the clusters of 'versions' have one configuration: leave its ports out, and let tasks and tests "
                      "reach Services by 'forward'"
                    : "give one of them another port in its configuration; `e2egen ports` lists all of them");
    }
  }
}

}  // namespace

Plan resolve(std::vector<spec::Document> const& documents, std::vector<Provider> const& providers,
             Overrides const& overrides, Files const& files, Sources& sources, Diagnostics& diagnostics) {
  Plan plan;
  for (auto const& document : documents) {
    KnownImages images;
    Lookup const lookup{document, providers, overrides, files, sources, diagnostics, plan, images};
    if (!plan.common) plan.common = lookup.provider("common", {});
    auto const* builder = lookup.provider("builder/" + value(document.builder, "podman"), document.builder);
    if (plan.builder && builder && builder != plan.builder)
      lookup.error(document.builder ? document.builder->place : document.place,
                   "specs of one Ninja file have one builder", "give both the same 'builder'");
    plan.builder = builder;
    resolve_images(lookup);
    resolve_environment(lookup);
    if (&document == &documents.back()) check_environments(lookup, plan.environments);
  }
  return plan;
}

}  // namespace e2e::plan
