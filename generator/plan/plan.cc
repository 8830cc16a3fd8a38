#include "plan/plan.h"

#include <algorithm>

#include "base/order.h"

namespace e2e::plan {

std::string_view transport_name(Transport transport) {
  switch (transport) {
    case Transport::layers: return "layers";
    case Transport::archive: return "archive";
    case Transport::registry: return "registry";
  }
  return "";
}

std::optional<Transport> transport_named(std::string_view name) {
  for (auto const transport : {Transport::layers, Transport::archive, Transport::registry})
    if (transport_name(transport) == name) return transport;
  return std::nullopt;
}

std::set<ImageId> images_of(Deployment const& deployment) {
  std::set<ImageId> all;
  for (auto const* images : {&deployment.images, &deployment.before.images, &deployment.after.images})
    for (auto const& [ref, image] : *images) all.insert(image);
  return all;
}

OrderOfNeeds in_order_of_needs(Environment const& environment) {
  auto const& deployments = environment.deployments;
  auto const& tasks = environment.tasks;
  auto const id = [&](std::size_t index) {
    return index < deployments.size() ? NeedId{false, static_cast<std::uint32_t>(index)}
                                      : NeedId{true, static_cast<std::uint32_t>(index - deployments.size())};
  };
  auto const found = in_order(deployments.size() + tasks.size(), [&](std::size_t index) {
    std::vector<std::size_t> needs;
    auto const one = id(index);
    for (auto const need : one.task ? tasks[one.index].needs : deployments[one.index].needs)
      needs.push_back(need.task ? deployments.size() + need.index : need.index);
    return needs;
  });
  OrderOfNeeds out;
  for (auto const index : found.order) out.order.push_back(id(index));
  for (auto const& circle : found.circles) {
    out.circles.emplace_back();
    for (auto const index : circle) out.circles.back().push_back(id(index));
  }
  return out;
}

std::string Plan::suffix(Provider const& provider) const {
  for (auto const& environment : environments)
    for (auto const& cluster : environment.clusters)
      if (cluster.provider != environments.front().clusters.front().provider) return "." + provider.short_name();
  return "";
}

}  // namespace e2e::plan
