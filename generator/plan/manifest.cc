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

std::string text_at(yaml::Node const& map, std::string_view key) {
  auto const* value = map.find(key);
  return value && value->is_scalar() ? value->text : "";
}

void find_images(yaml::Node const& node, std::vector<ImageReference>& found) {
  for (auto const& item : node.items) find_images(item, found);
  for (auto const& [key, value] : node.entries) {
    if (key.text == "image" && value.is_scalar()) found.push_back({value.text, value.place});
    find_images(value, found);
  }
}

void add_object(yaml::Node const& object, Manifest& manifest, Diagnostics& diagnostics) {
  auto const kind = text_at(object, "kind");
  auto const* metadata = object.find("metadata");
  if (kind == "List" || kind.ends_with("List")) {
    if (auto const* items = object.find("items"))
      for (auto const& item : items->items) add_object(item, manifest, diagnostics);
    return;
  }
  if (kind.empty() || text_at(object, "apiVersion").empty()) {
    diagnostics.add({object.place, "not a Kubernetes object: it has no kind or no apiVersion",
                     "each document of a manifest begins with 'apiVersion:' and 'kind:'"});
    return;
  }
  ++manifest.objects;
  for (auto const& ready : kReady)
    if (kind == ready.kind) {
      auto const name = metadata ? text_at(*metadata, "name") : "";
      auto const ns = metadata ? text_at(*metadata, "namespace") : "";
      if (name.empty())
        diagnostics.add({object.place, fmt::format("this {} has no name", kind),
                         "give it 'metadata: {name: ...}': what has no name of its own can't be waited for"});
      for (auto const& one : {name, ns})
        if (one.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") != one.npos)
          diagnostics.add({object.place, fmt::format("'{}' can't be the name of a Kubernetes object", one),
                           "a name has small letters, digits, '-' and '.'"});
      manifest.waits.push_back({fmt::format("{}/{}", ready.resource, name), ns.empty() ? "default" : ns,
                                std::string(ready.condition), object.place});
    }
  find_images(object, manifest.images);
}

}  // namespace

Manifest parse_manifest(Sources const& sources, std::int32_t file, Diagnostics& diagnostics) {
  Manifest manifest;
  auto const before = diagnostics.count();
  for (auto const& document : yaml::parse(sources, file, diagnostics)) {
    if (document.is_map())
      add_object(document, manifest, diagnostics);
    else if (!document.is_null())
      diagnostics.add({document.place, fmt::format("not a Kubernetes object: it is {}", yaml::kind_name(document)),
                       "each document of a manifest begins with 'apiVersion:' and 'kind:'"});
  }
  if (manifest.objects == 0 && diagnostics.count() == before)
    diagnostics.add({{file, 1, 1, 1}, "the manifest holds no object", "leave it out of 'manifests', or fill it"});
  return manifest;
}

}  // namespace e2e::plan
