#include "app/ports.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "app/terminal.h"
#include "base/disk.h"
#include "base/text.h"
#include "base/warnings.h"
#include "plan/resolve.h"
#include "spec/load.h"

namespace e2e::app {

namespace {

struct Line {
  int port;
  std::string node_port, service, cluster, place;
};

/// "shop/api" for the Service that has that NodePort.
std::string service_of(plan::Cluster const& cluster, std::string const& node_port) {
  for (auto const& service : cluster.services)
    if (std::find(service.node_ports.begin(), service.node_ports.end(), node_port) != service.node_ports.end())
      return fmt::format("{}/{}", service.ns, service.name);
  return "no Service of the manifests";
}

void add(plan::Plan const& plan, Sources const& sources, std::vector<Line>& lines) {
  for (auto const& environment : plan.environments)
    for (auto const& cluster : environment.clusters)
      for (auto const& [port, node_port, place] : cluster.host_ports)
        lines.push_back({parse_port(port), node_port, service_of(cluster, node_port), cluster.name,
                         sources.path(cluster.origin.file)});
}

/// The specs in the folders of these that are none of these.
std::set<std::string> neighbours(std::vector<spec::Document> const& documents) {
  std::set<std::string> paths;
  for (auto const& document : documents) {
    auto const folder = document.path.substr(0, document.path.rfind('/') + 1);  // npos + 1 is 0
    for (auto const& name : names_in(folder.empty() ? "." : folder))
      if (is_yaml(name)) paths.insert(folder + name);
  }
  for (auto const& document : documents) paths.erase(document.path);
  return paths;
}

/// None if the spec can't be read: that is told when it is compiled.
std::vector<plan::HostPort> ports_of(std::string const& path, std::vector<plan::Provider> const& templates,
                                     Files const& files, Sources& sources) try {
  Diagnostics ignored;
  auto const spec = spec::load(path, {}, files, sources, ignored);
  std::vector<plan::HostPort> ports;
  if (ignored.any()) return ports;
  for (auto const* cluster : spec::clusters_of(spec)) {
    auto const& wanted = cluster->provider;
    auto const provider = std::find_if(templates.begin(), templates.end(), [&](auto const& one) {
      return one.name == "cluster/" + (wanted ? wanted->value : "kind");
    });
    if (provider == templates.end()) continue;
    for (auto& port : plan::host_ports(*cluster, *provider, files, sources)) ports.push_back(std::move(port));
  }
  return ports;
} catch (Failure const&) {
  return {};
}

}  // namespace

void check_neighbours(Planned const& planned, Sources& sources, Diagnostics& diagnostics) {
  std::map<std::string, std::pair<std::string, Place>> taken;  // port -> spec, and where it says so
  DiskFiles const files;
  for (auto const& path : neighbours(planned.documents))
    for (auto const& port : ports_of(path, planned.templates, files, sources))
      taken.emplace(port.port, std::pair(path, port.place));
  for (auto const& environment : planned.plan.environments)
    for (auto const& cluster : environment.clusters)
      for (auto const& port : cluster.host_ports)
        if (auto const it = taken.find(port.port); it != taken.end())
          diagnostics.add(
              {.place = port.place,
               .message = fmt::format("{} takes port {} of the machine too", it->second.first, port.port),
               .help = "the two can't be up at once: give one of them another port; `e2egen ports` lists all",
               .notes = {{it->second.second, "the other one"}},
               .warning = warnings::kShared});
}

int ports(GenerateOptions const& options) {
  auto const specs = one_by_one(options);
  if (!specs) return 1;
  std::vector<Line> lines;
  bool failed = false;
  for (auto const& one : *specs) {
    Sources sources;
    Diagnostics diagnostics;
    if (auto const planned = plan_of(one, sources, diagnostics)) {
      add(planned->plan, sources, lines);
    } else {
      print_error(diagnostics.render(sources, colour_on_stderr()));
      failed = true;
    }
  }
  std::stable_sort(lines.begin(), lines.end(), [](auto const& a, auto const& b) {
    return std::tie(a.port, a.cluster) < std::tie(b.port, b.cluster);
  });
  constexpr std::string_view kService = "Service", kCluster = "cluster";
  std::size_t services = kService.size(), clusters = kCluster.size();
  for (auto const& line : lines) {
    services = std::max(services, line.service.size());
    clusters = std::max(clusters, line.cluster.size());
  }
  auto const print_line = [&](auto const& port, std::string_view node_port, std::string_view service,
                              std::string_view cluster, std::string_view rest) {
    print(
        fmt::format("{:>6} {:>8}  {:<{}}  {:<{}}  {}\n", port, node_port, service, services, cluster, clusters, rest));
  };
  print_line("port", "NodePort", kService, kCluster, "spec");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto const& line = lines[i];
    bool const taken =
        (i > 0 && lines[i - 1].port == line.port) || (i + 1 < lines.size() && lines[i + 1].port == line.port);
    failed |= taken;
    print_line(line.port, line.node_port, line.service, line.cluster,
               line.place + (taken ? "  taken twice: these can't be up together" : ""));
  }
  return failed ? 1 : 0;
}

}  // namespace e2e::app
