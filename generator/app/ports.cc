#include "app/ports.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "app/terminal.h"
#include "base/text.h"

namespace e2e::app {

namespace {

struct Line {
  int port;
  std::string node_port, service, cluster, place;
};

/// "shop/api" for the Service that has that NodePort.
std::string service_of(plan::Environment const& environment, std::string const& node_port) {
  for (auto const& service : environment.services)
    if (std::find(service.node_ports.begin(), service.node_ports.end(), node_port) != service.node_ports.end())
      return fmt::format("{}/{}", service.ns, service.name);
  return "no Service of the manifests";
}

void add(plan::Plan const& plan, Sources const& sources, std::vector<Line>& lines) {
  for (auto const& environment : plan.environments)
    for (auto const& [port, node_port] : environment.host_ports)
      lines.push_back({parse_port(port), node_port, service_of(environment, node_port), environment.cluster.name,
                       sources.path(environment.cluster.origin.file)});
}

}  // namespace

int ports(std::vector<std::string> const& specs, GenerateOptions const& options) {
  std::vector<Line> lines;
  bool failed = false;
  for (auto const& spec : specs) {
    Sources sources;
    Diagnostics diagnostics;
    auto one = options;
    one.specs = {spec};
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
  print(fmt::format("{:>6} {:>8}  {:<28} {:<24} {}\n", "port", "NodePort", "Service", "cluster", "spec"));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto const& line = lines[i];
    bool const taken =
        (i > 0 && lines[i - 1].port == line.port) || (i + 1 < lines.size() && lines[i + 1].port == line.port);
    failed |= taken;
    print(fmt::format("{:>6} {:>8}  {:<28} {:<24} {}{}\n", line.port, line.node_port, line.service, line.cluster,
                      line.place, taken ? "  taken twice: these can't be up together" : ""));
  }
  return failed ? 1 : 0;
}

}  // namespace e2e::app
