#include "plan/manifest.h"

#include <fmt/format.h>

#include <array>

#include "base/yaml.h"

namespace e2e::plan {

namespace {

/// The kinds that take time to become ready, and what says that they are.
struct Ready {
  std::string_view kind, resource, condition;
};
constexpr std::array<Ready, 6> kReady{{
    {"Deployment", "deployment", ""},
    {"StatefulSet", "statefulset", ""},
    {"DaemonSet", "daemonset", ""},
    {"Job", "job", "Complete"},
    {"CustomResourceDefinition", "crd", "Established"},
    {"APIService", "apiservice", "Available"},
}};

void find_images(yaml::Node const& node, std::vector<ImageReference>& found) {
  for (auto const& item : node.items) find_images(item, found);
  for (auto const& [key, value] : node.entries) {
    if (key.text == "image" && value.is_scalar()) {
      auto const* policy = node.find("imagePullPolicy");
      bool const always = policy && policy->is_scalar() && policy->text == "Always";
      found.push_back({value.text, value.place, always ? policy->place : Place{}});
    }
    find_images(value, found);
  }
}

std::map<std::string, std::string> texts_at(yaml::Node const* map) {
  std::map<std::string, std::string> out;
  if (map)
    for (auto const& [key, value] : map->entries)
      if (value.is_scalar()) out[key.text] = value.text;
  return out;
}

/// The part of an object that others refer to.
class Object {
 public:
  Object(yaml::Node const& node, std::string const& otherwise) : node_(node) {
    auto const* metadata = node.find("metadata");
    kind = node.text_at("kind");
    version = node.text_at("apiVersion");
    name = metadata ? metadata->text_at("name") : "";
    own_ns = metadata ? metadata->text_at("namespace") : "";
    ns = own_ns.empty() ? otherwise : own_ns;
  }

  void add_to(Manifest& manifest) const {
    auto const slash = version.find('/');
    manifest.uses.insert((slash == version.npos ? "" : version.substr(0, slash)) + "/" + kind);
    if (kind == "Namespace") manifest.namespaces.insert(name);
    if (kind == "CustomResourceDefinition") {
      auto const* spec = node_.find("spec");
      auto const* names = yaml::find(spec, {"names"});
      manifest.crds.push_back(name);
      if (spec && names) manifest.defines.insert(spec->text_at("group") + "/" + names->text_at("kind"));
    }
    if (kind == "Service") service(manifest);
    auto const* pod = kind == "Pod" ? &node_ : yaml::find(&node_, {"spec", "template"});
    if (auto const* labels = yaml::find(pod, {"metadata", "labels"})) manifest.pods.emplace_back(ns, texts_at(labels));
    if (auto const* spec = yaml::find(pod, {"spec"})) host_ports(*spec, manifest);
  }

  std::string kind, version, name, ns, own_ns;

 private:
  void service(Manifest& manifest) const {
    Service service{name, ns, texts_at(yaml::find(&node_, {"spec", "selector"})), {}, node_.place};
    if (auto const* ports = yaml::find(&node_, {"spec", "ports"}))
      for (auto const& port : ports->items)
        if (auto const text = port.text_at("nodePort"); !text.empty()) service.node_ports.push_back(text);
    if (auto const* metadata = node_.find("metadata"))
      if (auto const* written = metadata->find("name")) service.place = written->place;
    manifest.services.push_back(std::move(service));
  }

  /// Those ports of its containers that are the node's.
  static void host_ports(yaml::Node const& pod, Manifest& manifest) {
    auto const* key = pod.text_at("hostNetwork") == "true" ? "containerPort" : "hostPort";
    if (auto const* containers = pod.find("containers"))
      for (auto const& container : containers->items)
        if (auto const* ports = container.find("ports"))
          for (auto const& port : ports->items) manifest.host_ports.insert(port.text_at(key));
  }

  yaml::Node const& node_;
};

void add_object(yaml::Node const& node, std::string const& ns, Manifest& manifest, Diagnostics& diagnostics) {
  Object const object(node, ns);
  auto const& kind = object.kind;
  if (kind == "List" || kind.ends_with("List")) {
    if (auto const* items = node.find("items"))
      for (auto const& item : items->items) add_object(item, ns, manifest, diagnostics);
    return;
  }
  if (kind.empty() || object.version.empty()) {
    diagnostics.add({node.place, "not a Kubernetes object: it has no kind or no apiVersion",
                     "each document of a manifest begins with 'apiVersion:' and 'kind:'"});
    return;
  }
  ++manifest.objects;
  object.add_to(manifest);
  for (auto const& ready : kReady)
    if (kind == ready.kind) {
      if (object.name.empty())
        diagnostics.add({node.place, fmt::format("this {} has no name", kind),
                         "give it 'metadata: {name: ...}': what has no name of its own can't be waited for"});
      for (auto const& one : {object.name, object.own_ns})
        if (one.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") != one.npos)
          diagnostics.add({node.place, fmt::format("'{}' can't be the name of a Kubernetes object", one),
                           "a name has small letters, digits, '-' and '.'"});
      manifest.waits.push_back(
          {fmt::format("{}/{}", ready.resource, object.name), object.ns, std::string(ready.condition), node.place});
    }
  find_images(node, manifest.images);
}

}  // namespace

Manifest parse_manifest(Sources const& sources, std::int32_t file, std::string const& ns, Diagnostics& diagnostics) {
  Manifest manifest;
  auto const before = diagnostics.count();
  for (auto const& document : yaml::parse_manifest(sources, file, diagnostics)) {
    if (document.is_map())
      add_object(document, ns, manifest, diagnostics);
    else if (!document.is_null())
      diagnostics.add({document.place, fmt::format("not a Kubernetes object: it is {}", yaml::kind_name(document)),
                       "each document of a manifest begins with 'apiVersion:' and 'kind:'"});
  }
  if (manifest.objects == 0 && diagnostics.count() == before)
    diagnostics.add({{file, 1, 1, 1}, "the manifest holds no object", "leave it out of 'manifests', or fill it"});
  return manifest;
}

}  // namespace e2e::plan
