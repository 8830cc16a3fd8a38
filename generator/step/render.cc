#include "step/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/disk.h"
#include "base/text.h"
#include "base/yaml.h"
#include "step/edits.h"
#include "step/roll.h"
#include "step/stamp.h"
#include "step/values.h"

namespace e2e::step {

namespace {

/// "localhost/api:e2e-0123" for "localhost/api", with or without a tag or digest.
std::string tagged(std::string const& ref, ImageNames const& images) {
  auto const name = images.names.find(ref);
  return fmt::format("{}:{}", name == images.names.end() ? without_tag(ref) : name->second, images.tags.at(ref));
}

void edit_image(yaml::Node const& value, std::string_view ref, std::string const& name, std::string const& text,
                ImageNames const& images, Edits& edits) {
  // the mark is that of the value or of its opening quote
  auto const start = text.find(value.text, value.offset);
  if (start == text.npos || start > value.offset + 1)
    throw Failure(
        fmt::format("{}: '{}' is written in a way that can't be given a tag: write it plainly", name, value.text));
  edits[start + value.text.size() - ref.size()] = {ref.size(), tagged(std::string(ref), images)};
}

/// By its tag an image has one content, and the node that has it need ask nobody.
void edit_policy(yaml::Node const& container, std::string const& name, std::string const& text, Edits& edits) {
  constexpr std::string_view kAlways = "Always";
  auto const* policy = container.find("imagePullPolicy");
  if (!policy || policy->text != kAlways) return;
  auto const start = text.find(kAlways, policy->offset);
  if (start == text.npos || start > policy->offset + 1)
    throw Failure(
        fmt::format("{}: 'imagePullPolicy: Always' is written in a way that can't be changed: write it plainly", name));
  edits[start] = {kAlways.size(), "IfNotPresent"};
}

/// `key`: of that value; empty for an item of a list.
void edit_images(yaml::Node const& node, std::string_view key, std::string const& name, std::string const& text,
                 ImageNames const& images, Edits& edits) {
  for (auto const& item : node.items) edit_images(item, "", name, text, images, edits);
  for (auto const& entry : node.entries) edit_images(entry.value, entry.key.text, name, text, images, edits);
  if (images.tags.contains(node.text_at("image"))) edit_policy(node, name, text, edits);
  if (!node.is_scalar()) return;
  if (key == "image" && images.tags.contains(node.text)) return edit_image(node, node.text, name, text, images, edits);
  auto const ref = std::string_view(node.text).substr(node.text.rfind('=') + 1);  // npos + 1 is 0
  if (std::find(images.anywhere.begin(), images.anywhere.end(), ref) != images.anywhere.end())
    edit_image(node, ref, name, text, images, edits);
}

using Values = std::map<std::string, std::string>;

/// Where a value stands, in place of what was written. A tag before it stays.
void edit_values(yaml::Node const& node, Sources const& sources, std::string const& text, Values const& values,
                 Edits& edits) {
  for (auto const& item : node.items) edit_values(item, sources, text, values, edits);
  for (auto const& [key, value] : node.entries) {
    edit_values(key, sources, text, values, edits);
    edit_values(value, sources, text, values, edits);
  }
  if (!node.is_scalar() || node.text.find("${") == node.text.npos) return;
  auto const filled = fill_holes(node.text, [&](std::string const& name) -> std::optional<std::string> {
    if (auto const value = values.find(name); value != values.end()) return value->second;
    throw Failure(fmt::format("{}: no value is called '{}'", sources.name(node.place), name));
  });
  auto const length = node.end - node.offset;
  bool const block = text.compare(node.end - 1, 1, "\n") == 0;
  edits[node.offset] = {length, yaml::quoted(filled) + (block ? "\n" : "")};
}

std::string kind_of(yaml::Node const& object) {
  return object.text_at("kind");
}

/// The kinds of Kubernetes itself that belong to no namespace.
bool cluster_wide(std::string const& kind) {
  static std::set<std::string> const kinds{"Namespace",
                                           "Node",
                                           "PersistentVolume",
                                           "ClusterRole",
                                           "ClusterRoleBinding",
                                           "CustomResourceDefinition",
                                           "StorageClass",
                                           "PriorityClass",
                                           "APIService",
                                           "MutatingWebhookConfiguration",
                                           "ValidatingWebhookConfiguration",
                                           "IngressClass",
                                           "RuntimeClass",
                                           "CSIDriver",
                                           "PodSecurityPolicy"};
  return kinds.contains(kind);
}

void edit_namespace(yaml::Node const& object, std::string const& name, std::string const& text, std::string const& ns,
                    Edits& edits) {
  auto const* metadata = object.find("metadata");
  if (ns.empty() || !metadata || metadata->entries.empty() || metadata->find("namespace") ||
      cluster_wide(kind_of(object)))
    return;
  put_first(*metadata, "namespace", ns, name, text, edits);
}

/// How many there are to be has to be said: `kubectl apply` leaves alone what it was never told, so that what somebody
/// scaled to 0 would stay so.
void edit_replicas(yaml::Node const& object, std::string const& name, std::string const& text,
                   std::vector<std::string> const& autoscaled, Edits& edits) {
  auto const kind = kind_of(object);
  auto const *spec = object.find("spec"), *metadata = object.find("metadata");
  if (!one_of(kind, {"Deployment", "StatefulSet"}) || !object.text_at("apiVersion").starts_with("apps/") || !metadata ||
      !spec || spec->entries.empty() || spec->find("replicas"))
    return;
  auto const thing = fmt::format("{}/{}", in_small_letters(kind), metadata->text_at("name"));
  if (std::find(autoscaled.begin(), autoscaled.end(), thing) == autoscaled.end())
    put_first(*spec, "replicas", "1", name, text, edits);
}

void edit_object(yaml::Node const& object, std::string const& name, std::string const& text, std::string const& ns,
                 std::vector<std::string> const& autoscaled, Edits& edits) {
  if (auto const* objects = yaml::objects_of(object)) {
    for (auto const& one : *objects) edit_object(one, name, text, ns, autoscaled, edits);
    return;
  }
  edit_namespace(object, name, text, ns, edits);
  edit_replicas(object, name, text, autoscaled, edits);
}

/// Those of the documents that others need to be there: namespaces and CRDs.
std::string first_of(std::string const& text) {
  std::string out;
  for (auto const& document : yaml::documents_of(text)) {
    Sources sources;
    Diagnostics ignored;
    for (auto const& object : yaml::parse_manifest(sources, sources.add("", document), ignored))
      if (auto const kind = kind_of(object); kind == "Namespace" || kind == "CustomResourceDefinition")
        out += "---\n" + document;
  }
  return out;
}

}  // namespace

std::string rendered(std::string const& name, std::string const& text, ImageNames const& images, std::string const& ns,
                     std::vector<std::string> const& autoscaled) {
  Sources sources;
  Diagnostics diagnostics;
  Edits edits;
  for (auto const& document : yaml::parse_manifest(sources, sources.add(name, text), diagnostics)) {
    edit_images(document, "", name, text, images, edits);
    edit_object(document, name, text, ns, autoscaled, edits);
  }
  if (diagnostics.any()) throw Failure(diagnostics.render(sources, false));
  return edited(text, edits);
}

std::string with_values(std::string const& name, std::string const& text,
                        std::map<std::string, std::string> const& values) {
  Sources sources;
  Diagnostics diagnostics;
  Edits edits;
  auto const file = sources.add(name, text);
  for (auto const& document : yaml::parse_manifest(sources, file, diagnostics))
    edit_values(document, sources, text, values, edits);
  if (diagnostics.any()) throw Failure(diagnostics.render(sources, false));
  return edited(text, edits);
}

void render_manifests(claim::Render const& render) {
  ImageNames images{{}, render.names, render.anywhere};
  for (auto const& [ref, path] : render.images) {
    auto const stamp = read_stamp(path);
    if (!stamp) throw Failure(fmt::format("{} is missing: run ninja again", path));
    images.tags[ref] = claim::image_tag(stamp->result.text());
  }
  auto const values = values_of(render);
  std::vector<std::string> texts;
  for (auto const& path : render.from) {
    auto text = read_file(path);
    if (text && !values.empty()) text = with_values(path, *text, values);
    if (!text) throw Failure(fmt::format("no file {}", path));
    texts.push_back(rendered(path, *text, images, render.ns, render.autoscaled));
  }
  roll_readers(render, texts);
  std::string out;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    out += fmt::format("---\n# from {}\n{}", render.from[i], texts[i]);
    if (!out.ends_with('\n')) out += '\n';
  }
  write_if_changed(render.to, out, Readers::owner);
  if (!render.first.empty()) write_if_changed(render.first, first_of(out), Readers::owner);
}

}  // namespace e2e::step
