#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "base/text.h"
#include "lower/parts.h"
#include "plan/containerfile.h"

namespace e2e::lower {

namespace {

using plan::Transport;

/// Each image has an index of its own below it; the blobs are shared.
constexpr std::string_view kLayout = ".e2e/oci";

/// What manifests and nodes call an image: `stamp` is one that has its ID.
std::string reference(plan::Image const& image, std::string const& stamp) {
  return fmt::format("{}:{}", node_reference(image), claim::tag_of(stamp));
}

std::string archive_file(plan::Image const& image) {
  return fmt::format("{}/{}.tar", kImages, node_name(image));
}

std::vector<graph::Binding> layout_of(plan::Image const& image) {
  return bindings(word("layout", fmt::format("{}/images/{}", kLayout, node_name(image))),
                  word("blobs", fmt::format("{}/blobs", kLayout)));
}

void add(std::vector<graph::Binding>& to, std::vector<graph::Binding> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

graph::Edge archive(plan::Image const& image) {
  graph::Edge edge{.rule = "image_archive", .outputs = {}, .bindings = bindings(word("archive", archive_file(image)))};
  edge.claim = claim::Claim{.title = "archive " + image.name, .products = {archive_file(image)}};
  return edge;
}

graph::Edge layers(plan::Image const& image) {
  graph::Edge edge{.rule = "image_layers", .outputs = {}, .bindings = layout_of(image)};
  // its products are the blobs, which are known once it is exported; it may be that nothing else has the image
  edge.claim = claim::Claim{.title = "layers " + image.name};
  edge.restores.push_back(restore(image));
  return edge;
}

}  // namespace

std::string export_stamp(plan::Image const& image, Transport transport) {
  return fmt::format("{}/{}.{}.stamp", kImages, node_name(image), plan::transport_name(transport));
}

bool uses(plan::Plan const& plan, Transport transport) {
  for (auto const& environment : plan.environments)
    for (auto const& cluster : environment.clusters)
      if (cluster.transport == transport) return true;
  return false;
}

graph::Restore restore(plan::Image const& image) {
  auto const stamp = image_stamp(image);
  graph::Restore restore{
      .rule = "image_restore",
      .bindings = bindings(word("image", claim::result_of(stamp)), word("reference", reference(image, stamp))),
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
    if (transport == Transport::registry) {
      // pushed from the store
      nodes[plan::ImageId{static_cast<std::uint32_t>(i)}] = images[i];
      continue;
    }
    if (!image.loaded && transport == Transport::archive) continue;
    auto const stamp = image_stamp(image);
    auto edge = transport == Transport::archive ? archive(image) : layers(image);
    edge.outputs = {graph.node(export_stamp(image, transport))};
    edge.inputs = {images[i]};
    edge.phase = graph::Phase::archive;
    edge.origin = image.origin;
    auto more = std::exchange(edge.bindings, bindings(word("name", image.name), word("image", claim::result_of(stamp)),
                                                      word("reference", reference(image, stamp))));
    add(edge.bindings, std::move(more));
    edge.claim->result = claim::ResultFrom::input;
    edge.claim->timeout = image.timeout;
    nodes[plan::ImageId{static_cast<std::uint32_t>(i)}] = graph.add(std::move(edge));
  }
  return nodes;
}

std::string node_reference(plan::Image const& image) {
  return without_tag(plan::normal_reference(image.ref));
}

std::string pushed_name(plan::Cluster const& cluster, plan::Image const& image) {
  auto const name = node_reference(image);
  return fmt::format("{}/{}", cluster.registry, name.substr(name.find('/') + 1));
}

graph::NodeId load(graph::Graph& graph, Scope const& scope, plan::Image const& image, graph::NodeId exported) {
  auto const transport = scope.cluster.transport;
  // the same image may go to several clusters
  auto const name = scope.cluster.key.empty() ? image.name : fmt::format("{}/{}", scope.cluster.key, image.name);
  auto const stamp = image_stamp(image);
  graph::Edge edge{.rule = scope.rule("layers_load"),
                   .outputs = {graph.node(scope.state(fmt::format("load/{}.stamp", node_name(image))))},
                   .inputs = {exported, scope.node},
                   .bindings = of_cluster(scope),
                   .phase = graph::Phase::cluster,
                   .origin = image.origin,
                   .claim = claim::Claim{.title = "load " + name,
                                         .result = claim::ResultFrom::input,
                                         .probe = scope.place + "/images",
                                         .timeout = image.timeout}};
  edge.bindings.push_back(word("name", name));
  switch (transport) {
    case Transport::archive:
      edge.rule = scope.rule("image_load");
      edge.bindings.push_back(word("archive", archive_file(image)));
      break;
    case Transport::layers:
      edge.bindings.push_back(word("reference", reference(image, export_stamp(image, transport))));
      add(edge.bindings, layout_of(image));
      break;
    case Transport::registry:
      edge.rule = "image_push";
      edge.bindings.push_back(word("image", claim::result_of(stamp)));
      edge.bindings.push_back(
          word("reference", fmt::format("{}:{}", pushed_name(scope.cluster, image), claim::tag_of(stamp))));
      edge.claim->title = "push " + name;
      // what scan asks for is the name under which the registry has it
      edge.claim->result = claim::ResultFrom::identify;
      edge.claim->identify = "image_pushed";
      break;
  }
  return graph.add(std::move(edge));
}

}  // namespace e2e::lower
