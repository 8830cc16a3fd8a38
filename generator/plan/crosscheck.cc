// What has to fit together across files: manifests that folders and patterns name, Services and what they find, ports.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/disk.h"
#include "base/text.h"
#include "base/yaml.h"
#include "plan/lookup.h"

namespace e2e::plan {

std::vector<spec::Text> expand_manifests(Lookup const& lookup, std::vector<spec::Text> const& written) {
  std::vector<spec::Text> out;
  std::map<std::string, Place> there;
  for (auto const& text : written) {
    auto const path = normal_path(text.value);
    auto const slash = path.rfind('/');
    auto const last = path.substr(slash + 1);  // npos + 1 is 0
    bool const pattern = last.find('*') != last.npos;
    if (!pattern && !lookup.files.is_folder(path)) {
      if (auto const [same, fresh] = there.emplace(path, text.place); fresh)
        out.push_back(text);
      else
        lookup.error(text.place, fmt::format("'{}' is named twice", path), "name it once",
                     {{same->second, "the other one"}});
      continue;
    }
    auto const folder = !pattern ? path : slash == path.npos ? "." : path.substr(0, slash);
    bool found = false;
    for (auto const& name : lookup.files.list(folder)) {
      if (!(pattern ? matches(last, name) : is_yaml(name))) continue;
      found = true;
      auto const file = folder == "." ? name : fmt::format("{}/{}", folder, name);
      if (there.emplace(file, text.place).second) out.push_back({file, text.place});
    }
    if (!found)
      lookup.error(text.place, fmt::format("'{}' names no manifest", text.value),
                   folder.find('*') != folder.npos ? "a * stands for anything in the last part of a path, and nothing "
                                                     "for many folders: name each of them"
                   : pattern                       ? "a * stands for anything in the last part of a path"
                                                   : "a folder of manifests has *.yaml or *.yml files");
  }
  return out;
}

void check_services(Lookup const& lookup, std::vector<Manifest> const& manifests) {
  std::map<std::string, Place> node_ports;
  using Labels = std::map<std::string, std::string>;
  // the pods of a namespace, by each of their labels
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<Labels const*>> pods;
  // an operator may make pods of its resources, with labels that only it knows
  bool const custom = std::any_of(manifests.begin(), manifests.end(), [](auto const& one) { return one.custom; });
  for (auto const& manifest : manifests)
    for (auto const& [ns, labels] : manifest.pods)
      for (auto const& [name, text] : labels) pods[{ns, name, text}].push_back(&labels);
  for (auto const& manifest : manifests)
    for (auto const& service : manifest.services) {
      for (auto const& port : service.node_ports)
        if (auto const [it, fresh] = node_ports.emplace(port, service.place); !fresh)
          lookup.error(service.place, fmt::format("two Services have the NodePort {}", port),
                       "give one of them another one", {{it->second, "the other one"}});
      if (service.selector.empty() || custom) continue;
      auto const& first = *service.selector.begin();
      auto const& likely = pods[{service.ns, first.first, first.second}];
      bool const found = std::any_of(likely.begin(), likely.end(), [&](auto const* labels) {
        return std::includes(labels->begin(), labels->end(), service.selector.begin(), service.selector.end());
      });
      if (!found)
        lookup.warning(
            warnings::kNoPods, service.place, fmt::format("the Service '{}' finds no pod", service.name),
            fmt::format("no manifest makes pods with the labels of its selector in the namespace '{}'", service.ns));
    }
}

namespace {

/// What the configuration of a cluster maps, where the provider says that it does.
void mapped(yaml::Node const& config, std::vector<std::string> const& where, std::vector<HostPort>& ports) {
  for (auto const* one : maps_in(config, where))
    if (auto const* port = one->find(where[2]); port && port->is_scalar())
      ports.push_back({port->text, one->text_at(where[3]), port->place});
}

}  // namespace

std::vector<yaml::Node const*> maps_in(yaml::Node const& config, std::vector<std::string> const& where) {
  std::vector<yaml::Node const*> maps;
  if (auto const* outer = where.size() < 2 ? nullptr : config.find(where[0]))
    for (auto const& one : outer->items)
      if (auto const* inner = one.find(where[1]))
        for (auto const& map : inner->items) maps.push_back(&map);
  return maps;
}

std::vector<HostPort> host_ports(spec::Cluster const& cluster, Provider const& provider, Files const& files,
                                 Sources& sources) {
  std::vector<HostPort> ports;
  for (auto const& [port, node_port] : cluster.ports) ports.push_back({port.value, node_port.value, port.place});
  if (provider.ports.size() != 4) return ports;
  if (cluster.inline_config) mapped(*cluster.inline_config, provider.ports, ports);
  if (!cluster.config) return ports;
  auto const path = normal_path(cluster.config->value);
  Diagnostics ignored;  // it is the provider's to complain
  if (auto text = files.read(path))
    for (auto const& document : yaml::parse_manifest(sources, sources.add(path, std::move(*text)), ignored))
      mapped(document, provider.ports, ports);
  return ports;
}

void check_host_ports(Lookup const& lookup, Cluster const& cluster, std::vector<Manifest> const& manifests) {
  std::set<std::string> answered;
  for (auto const& manifest : manifests) {
    answered.insert(manifest.host_ports.begin(), manifest.host_ports.end());
    for (auto const& service : manifest.services) answered.insert(service.node_ports.begin(), service.node_ports.end());
  }
  for (auto const& [port, node_port, place] : cluster.host_ports)
    if (!answered.contains(node_port))
      lookup.warning(
          warnings::kPort, place,
          fmt::format("port {} of the machine leads to {}, where nothing answers", port, node_port),
          fmt::format("no Service of the manifests has 'nodePort: {0}', and no pod 'hostPort: {0}'", node_port));
}

}  // namespace e2e::plan
