// What has to fit together across files: manifests that folders and patterns name, Services and what they find, ports.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/disk.h"
#include "base/text.h"
#include "base/yaml.h"
#include "plan/lookup.h"

namespace e2e::plan {

namespace {

bool is_yaml(std::string const& name) {
  return name.ends_with(".yaml") || name.ends_with(".yml");
}

std::string text_at(yaml::Node const& map, std::string const& key) {
  auto const* value = map.find(key);
  return value && value->is_scalar() ? value->text : "";
}

}  // namespace

std::vector<spec::Text> expand_manifests(Lookup const& lookup, std::vector<spec::Text> const& written) {
  std::vector<spec::Text> out;
  for (auto const& text : written) {
    auto const path = normal_path(text.value);
    auto const slash = path.rfind('/');
    auto const last = path.substr(slash + 1);  // npos + 1 is 0
    bool const pattern = last.find('*') != last.npos;
    if (!pattern && !lookup.files.is_folder(path)) {
      out.push_back(text);
      continue;
    }
    auto const folder = !pattern ? path : slash == path.npos ? "." : path.substr(0, slash);
    auto const before = out.size();
    for (auto const& name : lookup.files.list(folder))
      if (pattern ? matches(last, name) : is_yaml(name))
        out.push_back({folder == "." ? name : fmt::format("{}/{}", folder, name), text.place});
    if (out.size() == before)
      lookup.error(text.place, fmt::format("'{}' names no manifest", text.value),
                   pattern ? "a * stands for anything in the last part of a path"
                           : "a folder of manifests has *.yaml or *.yml files");
  }
  return out;
}

void check_services(Lookup const& lookup, std::vector<Manifest> const& manifests) {
  std::map<std::string, Place> node_ports;
  using Labels = std::map<std::string, std::string>;
  // the pods of a namespace, by each of their labels
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<Labels const*>> pods;
  for (auto const& manifest : manifests)
    for (auto const& [ns, labels] : manifest.pods)
      for (auto const& [name, text] : labels) pods[{ns, name, text}].push_back(&labels);
  for (auto const& manifest : manifests)
    for (auto const& service : manifest.services) {
      for (auto const& port : service.node_ports)
        if (auto const [it, fresh] = node_ports.emplace(port, service.place); !fresh)
          lookup.error(service.place, fmt::format("two Services have the NodePort {}", port),
                       "give one of them another one", {{it->second, "the other one"}});
      if (service.selector.empty()) continue;
      auto const& first = *service.selector.begin();
      auto const& likely = pods[{service.ns, first.first, first.second}];
      bool const found = std::any_of(likely.begin(), likely.end(), [&](auto const* labels) {
        return std::includes(labels->begin(), labels->end(), service.selector.begin(), service.selector.end());
      });
      if (!found)
        lookup.warning(
            service.place, fmt::format("the Service '{}' finds no pod", service.name),
            fmt::format("no manifest makes pods with the labels of its selector in the namespace '{}'", service.ns));
    }
}

std::vector<Item> host_ports(Lookup const& lookup, spec::Cluster const& cluster, Provider const& provider) {
  std::vector<Item> out;
  for (auto const& [port, node_port] : cluster.ports) out.push_back({port.value, node_port.value});
  std::string text;
  if (cluster.inline_config)
    text = cluster.inline_config->value;
  else if (cluster.config)
    text = lookup.files.read(normal_path(cluster.config->value)).value_or("");
  if (text.empty() || provider.ports.size() != 4) return out;
  Sources sources;
  Diagnostics ignored;
  for (auto const& document : yaml::parse(sources, sources.add("", text), ignored)) {
    auto const* nodes = document.find(provider.ports[0]);
    if (!nodes) continue;
    for (auto const& node : nodes->items)
      if (auto const* mappings = node.find(provider.ports[1]))
        for (auto const& one : mappings->items)
          if (auto host = text_at(one, provider.ports[2]); !host.empty())
            out.push_back({std::move(host), text_at(one, provider.ports[3])});
  }
  return out;
}

}  // namespace e2e::plan
