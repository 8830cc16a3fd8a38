// The clusters of a spec: one, or several that have names.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/disk.h"
#include "base/text.h"
#include "base/yaml.h"
#include "plan/lookup.h"
#include "plan/reference.h"
#include "spec/fields.h"

namespace e2e::plan {

namespace {

constexpr int kClusterTimeout = 10 * 60;

class Clusters {
 public:
  explicit Clusters(Lookup const& lookup) : lookup_(lookup) {}

  std::vector<Cluster> all() {
    auto const& document = lookup_.document;
    std::vector<Cluster> out;
    if (document.cluster) out.push_back(cluster(*document.cluster, ""));
    if (document.cluster && !document.clusters.empty())
      lookup_.error(document.clusters.front().name.place, "the spec has 'cluster' and 'clusters'",
                    "keep one: give that cluster a name too, and write it below 'clusters'",
                    {{document.cluster->name.place, "the other one"}});
    for (auto const& written : document.clusters) out.push_back(cluster(written, written.name.value));
    apart();
    return out;
  }

 private:
  Plan& plan() const { return lookup_.plan; }

  /// Their names become those of variables, and only one can be the default.
  void apart() const {
    std::map<std::string, Place> variables;
    spec::Cluster const* otherwise = nullptr;
    for (auto const& written : lookup_.document.clusters) {
      auto const& name = written.name.value;
      auto const& place = written.name.place;
      if (auto const [same, fresh] = variables.emplace(as_variable(name), place); !fresh)
        lookup_.error(place, fmt::format("'{}' is in KUBECONFIG_{} like another cluster", name, as_variable(name)),
                      "rename one of the two", {{same->second, "the other one"}});
      if (!is_default(written)) continue;
      if (otherwise)
        lookup_.error(written.by_default->place, "two clusters are the default", "keep one of the two",
                      {{otherwise->by_default->place, "the other one"}});
      otherwise = &written;
    }
  }

  /// `key`: what the spec calls it, if it has several.
  Cluster cluster(spec::Cluster const& written, std::string key) {
    Cluster cluster;
    cluster.key = std::move(key);
    cluster.origin = written.name.place;
    auto const spec = name_of_spec(lookup_.document.path);
    cluster.name = value(written.given_name, cluster.key.empty() ? spec : spec + "-" + cluster.key);
    bool const good = cluster.key.empty() || lookup_.good_name(written.name, "a cluster");
    if (good || written.given_name) lookup_.good_name({cluster.name, cluster.origin}, "a cluster");
    cluster.node_image = value(written.node_image, "");
    cluster.timeout = seconds(written.timeout, kClusterTimeout);
    if (written.inline_config) cluster.inline_config = yaml::to_json(*written.inline_config);
    cluster.nodes = value(written.nodes, "");
    cluster.kubeconfig = value(written.kubeconfig, "");
    cluster.context = value(written.context, "");
    cluster.registry = value(written.registry, "");
    cluster.flags = values(written.flags);
    for (auto const& flag : written.flags) lookup_.one_flag(flag);
    cluster.needs = values(written.needs);
    for (auto const& [port, node_port] : written.ports) cluster.ports.push_back({port.value, node_port.value});
    for (auto const& [folder, inside] : written.mounts) {
      if (!inside_workspace(folder.value))
        lookup_.error(folder.place, fmt::format("'{}' leaves the workspace", folder.value),
                      "paths are relative to the folder in which e2egen runs, and stay in it");
      constexpr std::string_view kOdd = ":\"'\\$`";
      for (auto const* text : {&folder, &inside})
        if (text->value.find_first_of(kOdd) != std::string::npos || (text == &inside && !text->value.starts_with('/')))
          lookup_.error(text->place, fmt::format("'{}' can't be mounted", text->value),
                        "write 'mounts: {coverdata: /coverdata}', without quotes, colons or $");
      cluster.mounts.push_back({normal_path(folder.value), inside.value});
    }
    one_configuration(written);
    cluster.provider = lookup_.provider("cluster/" + value(written.provider, "kind"), written.provider);
    if (!cluster.provider) return cluster;
    words(written, *cluster.provider);
    configuration(written, *cluster.provider, cluster);
    if (!plan().builder) return cluster;
    // the command line speaks to those that have one
    if (!lookup_.overrides.node_image.empty() && cluster.provider->has_words("node_image"))
      cluster.node_image = lookup_.overrides.node_image;
    cluster.host_ports = host_ports(written, *cluster.provider, lookup_.files, lookup_.sources);
    transport(written, cluster);
    return cluster;
  }

  /// What the provider has to be told, it must have words for.
  void words(spec::Cluster const& written, Provider const& provider) const {
    for (auto const& field : spec::cluster_fields())
      if (auto const place = spec::place_of(written, field); place && !field.binding.empty())
        lookup_.worded(&provider, std::string(field.binding), field.key, *place);
  }

  /// The provider would refuse it too, once all images are built.
  void configuration(spec::Cluster const& written, Provider const& provider, Cluster& cluster) const {
    std::vector<yaml::Node> documents;
    Place place;
    if (written.config) {
      auto const file = lookup_.open(*written.config, "a cluster's config");
      if (!file) return;
      cluster.config = normal_path(written.config->value);
      if (provider.config.size() != 2) return;
      auto const before = lookup_.diagnostics.count();
      documents = yaml::parse_manifest(lookup_.sources, *file, lookup_.diagnostics);
      if (lookup_.diagnostics.count() > before) return;
      place = {*file, 1, 1, 1};
    } else if (written.inline_config && provider.config.size() == 2) {
      documents = {*written.inline_config};
      place = written.inline_config->place;
    } else {
      return;
    }
    auto const version = documents.empty() ? "" : documents[0].text_at("apiVersion");
    auto const kind = documents.empty() ? "" : documents[0].text_at("kind");
    if (version != provider.config[0] || kind != provider.config[1])
      lookup_.error(place, "not a configuration of a cluster that the provider reads",
                    fmt::format("it has 'apiVersion: {}' and 'kind: {}'", provider.config[0], provider.config[1]));
    if (provider.folders.size() != 3) return;
    for (auto const& document : documents)
      for (auto const* mount : maps_in(document, provider.folders))
        if (auto const folder = mount->text_at(provider.folders[2]); !folder.empty() && inside_workspace(folder))
          cluster.folders.push_back(normal_path(folder));
  }

  void one_configuration(spec::Cluster const& written) const {
    std::vector<Place> ways;
    if (written.config) ways.push_back(written.config->place);
    if (written.inline_config) ways.push_back(written.inline_config->place);
    if (written.nodes)
      ways.push_back(written.nodes->place);
    else if (!written.ports.empty())
      ways.push_back(written.ports[0].name.place);
    else if (!written.mounts.empty())
      ways.push_back(written.mounts[0].name.place);
    if (ways.size() > 1)
      lookup_.error(ways[1], "the cluster is configured in two ways",
                    "keep one: 'config', 'inline', or 'nodes' with 'ports' and 'mounts'", {{ways[0], "the other one"}});
  }

  /// The first way that the builder offers and the cluster accepts, unless the spec wants another of those.
  void transport(spec::Cluster const& written, Cluster& cluster) {
    auto const& offers = plan().builder->offers;
    auto const& accepts = cluster.provider->accepts;
    std::vector<std::string> ways;
    std::copy_if(offers.begin(), offers.end(), std::back_inserter(ways), [&](auto const& way) {
      return transport_named(way) && std::find(accepts.begin(), accepts.end(), way) != accepts.end();
    });
    if (ways.empty())
      lookup_.error(cluster.origin,
                    fmt::format("{} offers images as {}, {} accepts {}", plan().builder->name, join(offers, " or "),
                                cluster.provider->name, join(accepts, " or ")),
                    "choose another builder or another provider");
    else if (written.transport && std::find(ways.begin(), ways.end(), written.transport->value) == ways.end())
      lookup_.error(written.transport->place,
                    fmt::format("images can't go from {} to {} as '{}'", plan().builder->name, cluster.provider->name,
                                written.transport->value),
                    suggestion(written.transport->value, ways));
    else
      cluster.transport = *transport_named(value(written.transport, ways.front()));
    bool const pushed = cluster.transport == Transport::registry;
    if (pushed && !written.registry)
      lookup_.error(cluster.origin, "it is not said to which registry images go",
                    "add 'registry: HOST:PORT' to the cluster");
    if (!written.registry) return;
    auto const& registry = *written.registry;
    if (!pushed)
      lookup_.error(
          registry.place,
          fmt::format("'registry' means nothing: images go to the nodes as '{}'", transport_name(cluster.transport)),
          "leave it out");
    else if (auto const as_part = parse_reference(registry.value + "/x");
             !as_part.wrong.empty() || as_part.domain.empty())
      lookup_.error(registry.place, fmt::format("'{}' is no registry", registry.value),
                    "write HOST:PORT, or HOST/PATH, without https://");
  }

  Lookup const& lookup_;
};

}  // namespace

bool is_default(spec::Cluster const& cluster) {
  return cluster.by_default && cluster.by_default->value == "true";
}

std::vector<Cluster> resolve_clusters(Lookup const& lookup) {
  return Clusters(lookup).all();
}

}  // namespace e2e::plan
