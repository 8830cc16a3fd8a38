#include <algorithm>
#include <numeric>

#include "base/order.h"
#include "lower/parts.h"

namespace e2e::lower {

namespace {

std::vector<std::string> one_or_none(plan::Provider const& provider, std::string const& binding,
                                     std::string const& value) {
  return value.empty() ? std::vector<std::string>{} : provider.words(binding, {{"", value}});
}

std::vector<plan::Item> all_located(std::vector<plan::Item> const& items, bool by_name) {
  auto out = items;
  for (auto& [name, value] : out) (by_name ? name : value) = located(by_name ? name : value);
  return out;
}

/// ID, or ID=PATH,PATH: the paths as those of secrets.
std::string ssh(std::string const& written) {
  auto const equals = written.find('=');
  if (equals == written.npos) return written;
  auto out = written.substr(0, equals);
  for (auto at = equals; at < written.size();) {
    auto const end = std::min(written.find(',', at + 1), written.size());
    out += written[at] + located(written.substr(at + 1, end - at - 1));
    at = end;
  }
  return out;
}

/// What the builder is told besides.
std::vector<std::string> options(plan::Provider const& builder, plan::Image const& image) {
  std::vector<std::string> out;
  auto const add = [&](std::vector<std::string> const& more) { out.insert(out.end(), more.begin(), more.end()); };
  for (auto const& [name, value] : image.options) add(builder.words(name, {{"", name == "ssh" ? ssh(value) : value}}));
  add(builder.words("secrets", all_located(image.secrets, false)));
  add(builder.words("volumes", all_located(image.volumes, true)));
  add(image.flags);
  return out;
}

graph::Edge build(graph::Graph& graph, plan::Plan const& plan, plan::Image const& image) {
  std::vector<graph::NodeId> inputs;
  std::vector<plan::Item> bases;
  std::vector<graph::Restore> restores;
  for (auto const& base : image.bases) {
    auto const stamp = image_stamp(plan.image(base.image));
    inputs.push_back(graph.node(stamp));
    // by ID: what another folder gives the same name meanwhile is none of ours
    bases.push_back({base.ref, claim::result_of(stamp)});
    if (uses(plan, plan::Transport::layers)) restores.push_back(restore(plan.image(base.image)));
  }
  auto const& builder = *plan.builder;
  claim::Context const context{image.context, image.containerfile, image.sources, image.sent};
  graph::Edge edge{.rule = image.prebuilt.empty() ? "image_build" : "image_prebuilt",
                   .outputs = {graph.node(image_stamp(image))},
                   .inputs = std::move(inputs),
                   .bindings = bindings(
                       word("name", image.name), word("containerfile", image.containerfile),
                       word("context", image.context), words("target", one_or_none(builder, "target", image.target)),
                       words("args", builder.words("args", image.args)), words("bases", builder.words("bases", bases)),
                       words("options", options(builder, image)), words("packages", image.go),
                       words("kept", image.kept), words("passed", image.passed), word("ref", image.ref)),
                   .origin = image.origin,
                   .claim = claim::Claim{.title = "image " + image.name,
                                         .context = context,
                                         .narrow = image.go.empty() ? "" : "go_sources",
                                         .bases = image.foreign_bases,
                                         .result = claim::ResultFrom::file,
                                         .probe = "images",
                                         .timeout = image.timeout},
                   .restores = std::move(restores)};
  for (auto const& volume : image.volumes)
    if (!volume.name.starts_with('/')) edge.claim->folders.push_back(located(volume.name));
  if (!image.prebuilt.empty()) edge.bindings.push_back(word("image", image.prebuilt));
  return edge;
}

graph::Edge pull(graph::Graph& graph, plan::Plan const& plan, plan::Image const& image) {
  auto const platform = image.options.find("platform");
  graph::Edge edge{.rule = "image_pull",
                   .outputs = {graph.node(image_stamp(image))},
                   .bindings = bindings(word("name", image.name), word("image", image.pulled)),
                   .origin = image.origin,
                   .claim = claim::Claim{.title = "image " + image.name,
                                         .result = claim::ResultFrom::file,
                                         .probe = "images",
                                         .timeout = image.timeout}};
  if (platform != image.options.end())
    edge.bindings.push_back(words("options", plan.builder->words("platform", {{"", platform->second}})));
  return edge;
}

graph::Edge import(graph::Graph& graph, plan::Image const& image) {
  return {.rule = "image_import",
          .outputs = {graph.node(image_stamp(image))},
          .bindings = bindings(word("name", image.name), words("run", image.command), word("ref", image.ref)),
          .origin = image.origin,
          .claim = claim::Claim{.title = "image " + image.name,
                                .files = image.sources,
                                .result = claim::ResultFrom::file,
                                .probe = "images",
                                .timeout = image.timeout}};
}

/// Which images others are FROM.
std::vector<bool> all_bases(plan::Plan const& plan) {
  std::vector<bool> out(plan.images.size());
  for (auto const& image : plan.images)
    for (auto const& base : image.bases) out[static_cast<std::size_t>(base.image)] = true;
  return out;
}

/// Expected seconds from the start of each image to the end of the last one that is FROM it.
std::vector<int> critical_paths(plan::Plan const& plan) {
  std::vector<int> longest(plan.images.size());
  auto const order = in_order(plan.images.size(), [&](std::size_t index) {
                       std::vector<std::size_t> bases;
                       for (auto const& base : plan.images[index].bases)
                         bases.push_back(static_cast<std::size_t>(base.image));
                       return bases;
                     }).order;
  for (auto it = order.rbegin(); it != order.rend(); ++it) {  // all that are FROM an image come before it
    auto const& image = plan.images[*it];
    longest[*it] += std::max(1, image.expected);
    for (auto const& base : image.bases) {
      auto& through = longest[static_cast<std::size_t>(base.image)];
      through = std::max(through, longest[*it]);
    }
  }
  return longest;
}

}  // namespace

std::string located(std::string const& path) {
  if (path.starts_with('/')) return path;
  if (path.starts_with("~/")) return std::string(claim::kHome) + path.substr(1);
  return fmt::format("{}/{}", claim::kWorkspace, path);
}

std::string node_name(plan::Image const& image) {
  return image.variant.empty() ? image.name : fmt::format("{}@{}", image.name, image.variant);
}

std::string image_stamp(plan::Image const& image) {
  return std::string(kImages).append("/").append(node_name(image)).append(".stamp");
}

std::vector<graph::NodeId> images(graph::Graph& graph, plan::Plan const& plan) {
  graph.questions.push_back(
      {.name = "images", .rule = "images_stored", .bindings = bindings(word("images", std::string(claim::kWanted)))});
  // gc's, which puts the thing in the place of %{image}
  graph.questions.push_back({.name = "gc/images", .rule = "image_inventory", .bindings = {}, .optional = true});
  graph.questions.push_back(
      {.name = "gc/image", .rule = "image_remove", .bindings = bindings(word("image", "%{image}")), .optional = true});
  // Ninja starts what stands first: the longest way first
  auto const longest = critical_paths(plan);
  auto const is_a_base = all_bases(plan);
  std::vector<std::size_t> order(plan.images.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return longest[a] > longest[b]; });
  std::vector<graph::NodeId> nodes(plan.images.size());
  for (auto const i : order) {
    auto const& image = plan.images[i];
    auto edge = image.is_pulled()      ? pull(graph, plan, image)
                : image.from_command() ? import(graph, image)
                                       : build(graph, plan, image);
    edge.implicit = host_nodes(graph, image.needs);
    // what was exported need not be in the store, unless another image is FROM it and it can't be brought back
    if (uses(plan, plan::Transport::layers))
      edge.claim->backup = export_stamp(image, plan::Transport::layers);
    else if (uses(plan, plan::Transport::archive) && image.loaded && !is_a_base[i])
      edge.claim->backup = export_stamp(image, plan::Transport::archive);
    // nor need what all that are FROM it have been built from
    edge.claim->until_used = true;
    edge.claim->ledger = image.ref;
    nodes[i] = graph.add(std::move(edge));
  }
  return nodes;
}

}  // namespace e2e::lower
