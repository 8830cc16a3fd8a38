#include "base/pod.h"

#include <fmt/format.h>

#include "base/text.h"

namespace e2e::yaml {

namespace {

using Configs = std::set<std::pair<std::string, std::string>>;

void add(Configs& configs, Node const* from, std::string_view key, std::string_view name, std::string_view kind) {
  if (auto text = text_at(from, {key, name}); !text.empty()) configs.emplace(kind, std::move(text));
}

void add_volume(Configs& configs, Node const& volume) {
  add(configs, &volume, "configMap", "name", "configmap");
  add(configs, &volume, "secret", "secretName", "secret");
  if (auto const* sources = find(&volume, {"projected", "sources"}))
    for (auto const& source : sources->items) {
      add(configs, &source, "configMap", "name", "configmap");
      add(configs, &source, "secret", "name", "secret");
    }
}

void add_container(Configs& configs, Node const& container) {
  if (auto const* all = container.find("envFrom"))
    for (auto const& one : all->items) {
      add(configs, &one, "configMapRef", "name", "configmap");
      add(configs, &one, "secretRef", "name", "secret");
    }
  if (auto const* all = container.find("env"))
    for (auto const& one : all->items) {
      auto const* from = one.find("valueFrom");
      add(configs, from, "configMapKeyRef", "name", "configmap");
      add(configs, from, "secretKeyRef", "name", "secret");
    }
}

}  // namespace

Node const* rolled_template(Node const& object) {
  if (!one_of(object.text_at("kind"), {"Deployment", "StatefulSet", "DaemonSet"}) ||
      !object.text_at("apiVersion").starts_with("apps/"))
    return nullptr;
  auto const* found = find(&object, {"spec", "template"});
  return found && found->is_map() && !found->entries.empty() ? found : nullptr;
}

Configs configs_read_by(Node const& pod_template) {
  Configs configs;
  auto const* spec = pod_template.find("spec");
  if (auto const* volumes = find(spec, {"volumes"}))
    for (auto const& volume : volumes->items) add_volume(configs, volume);
  for (auto const* kind : {"initContainers", "containers"})
    if (auto const* containers = find(spec, {kind}))
      for (auto const& container : containers->items) add_container(configs, container);
  return configs;
}

std::string config_name(std::string const& kind, std::string const& ns, std::string const& name) {
  return fmt::format("{}/{}/{}", kind, ns.empty() ? "default" : ns, name);
}

std::string config_name(Node const& object, std::string const& ns) {
  auto const kind = in_small_letters(object.text_at("kind"));
  if (!one_of(kind, {"configmap", "secret"}) || object.text_at("apiVersion") != "v1") return {};
  auto const* metadata = object.find("metadata");
  auto const own = text_at(metadata, {"namespace"});
  return config_name(kind, own.empty() ? ns : own, text_at(metadata, {"name"}));
}

}  // namespace e2e::yaml
