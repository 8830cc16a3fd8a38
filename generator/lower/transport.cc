#include <algorithm>
#include <numeric>

#include "lower/parts.h"
#include "plan/containerfile.h"

namespace e2e::lower {

namespace {

using plan::Transport;

/// Each image has an index of its own below it; the blobs are shared.
constexpr std::string_view kLayout = ".e2e/oci";

/// What manifests and nodes call an image: `stamp` is one that has its ID.
std::string reference(plan::Image const& image, std::string const& stamp) {
  auto ref = plan::normal_reference(image.ref);
  if (ref.ends_with(":latest")) ref.resize(ref.size() - 7);
  return fmt::format("{}:{}", ref, claim::tag_of(stamp));
}

std::string archive_file(plan::Image const& image) {
  return fmt::format("{}/{}.tar", kImages, image.name);
}

std::vector<graph::Binding> layout_of(plan::Image const& image) {
  return {{"layout", {fmt::format("{}/images/{}", kLayout, image.name)}},
          {"blobs", {fmt::format("{}/blobs", kLayout)}}};
}

void add(std::vector<graph::Binding>& bindings, std::vector<graph::Binding> more) {
  bindings.insert(bindings.end(), more.begin(), more.end());
}

graph::Edge archive(plan::Image const& image) {
  graph::Edge edge{.rule = "image_archive", .outputs = {}, .bindings = {{"archive", {archive_file(image)}}}};
  edge.claim = graph::Claim{.title = "archive " + image.name, .products = {archive_file(image)}};
  return edge;
}

graph::Edge layers(plan::Image const& image) {
  graph::Edge edge{.rule = "image_layers", .outputs = {}, .bindings = layout_of(image)};
  // its products are the blobs, which are known once it is exported; it may be that nothing else has the image
  edge.claim = graph::Claim{.title = "layers " + image.name, .restores = {restore(image)}};
  return edge;
}

}  // namespace

std::string export_stamp(plan::Image const& image, Transport transport) {
  return fmt::format("{}/{}.{}.stamp", kImages, image.name, plan::transport_name(transport));
}

bool uses(plan::Plan const& plan, Transport transport) {
  return std::any_of(plan.environments.begin(), plan.environments.end(),
                     [&](auto const& environment) { return environment.transport == transport; });
}

graph::Restore restore(plan::Image const& image) {
  auto const stamp = image_stamp(image);
  graph::Restore restore{.rule = "image_restore",
                         .bindings = {{"image", {claim::result_of(stamp)}}, {"reference", {reference(image, stamp)}}},
                         .stamp = export_stamp(image, Transport::layers)};
  add(restore.bindings, layout_of(image));
  return restore;
}

Exports exports(graph::Graph& graph, plan::Plan const& plan, Transport transport,
                std::vector<graph::NodeId> const& images) {
  std::vector<std::size_t> order(plan.images.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // a cluster waits for those that are loaded
  std::stable_partition(order.begin(), order.end(), [&](auto i) { return plan.images[i].loaded; });
  Exports nodes;
  for (auto const i : order) {
    auto const& image = plan.images[i];
    if (!image.loaded && transport == Transport::archive) continue;
    auto const stamp = image_stamp(image);
    auto edge = transport == Transport::archive ? archive(image) : layers(image);
    edge.outputs = {graph.node(export_stamp(image, transport))};
    edge.inputs = {images[i]};
    edge.phase = graph::Phase::archive;
    edge.origin = image.origin;
    edge.bindings.insert(
        edge.bindings.begin(),
        {{"name", {image.name}}, {"image", {claim::result_of(stamp)}}, {"reference", {reference(image, stamp)}}});
    edge.claim->result = claim::ResultFrom::input;
    edge.claim->timeout = image.timeout;
    nodes[plan::ImageId{static_cast<std::uint32_t>(i)}] = graph.add(std::move(edge));
  }
  return nodes;
}

graph::NodeId load(graph::Graph& graph, Scope const& scope, plan::Image const& image, graph::NodeId exported,
                   graph::NodeId cluster) {
  auto const transport = scope.environment.transport;
  graph::Edge edge{.rule = transport == Transport::archive ? "image_load" : "layers_load",
                   .outputs = {graph.node(scope.state(fmt::format("load/{}.stamp", image.name)))},
                   .inputs = {exported, cluster},
                   .bindings = {{"cluster", {scope.environment.cluster.name}},
                                {"kubeconfig", {scope.kubeconfig()}},
                                {"name", {image.name}}},
                   .phase = graph::Phase::cluster,
                   .origin = image.origin,
                   .claim = graph::Claim{.title = "load " + image.name,
                                         .result = claim::ResultFrom::input,
                                         .probe = scope.environment.name + "/images",
                                         .timeout = image.timeout}};
  if (transport == Transport::archive) {
    edge.bindings.push_back({"archive", {archive_file(image)}});
  } else {
    edge.bindings.push_back({"reference", {reference(image, export_stamp(image, transport))}});
    add(edge.bindings, layout_of(image));
  }
  return graph.add(std::move(edge));
}

}  // namespace e2e::lower
