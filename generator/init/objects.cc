#include "init/objects.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace e2e::init {

namespace {

/// The kinds of Kubernetes itself that belong to no namespace.
bool cluster_wide(std::string_view kind) {
  return one_of(
      kind, {"Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition",
             "StorageClass", "PriorityClass", "APIService", "MutatingWebhookConfiguration",
             "ValidatingWebhookConfiguration", "IngressClass", "RuntimeClass", "CSIDriver"});
}

/// One object, and those of a list.
class Objects {
 public:
  explicit Objects(ManifestFile& into) : into_(into) {}

  void add(yaml::Node const& object) {
    auto const kind = object.text_at("kind");
    if (auto const* items = object.find("items"); items && kind.ends_with("List")) {
      for (auto const& item : items->items) add(item);
      return;
    }
    auto const* metadata = object.find("metadata");
    space_ = yaml::text_at(metadata, {"namespace"});
    into_.defines.insert(id(kind, yaml::text_at(metadata, {"name"})));
    if (!cluster_wide(kind)) into_.namespaces.insert(space_);
    if (one_of(kind, {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "ReplicaSet"}))
      into_.runs = true;
    if (kind.ends_with("Role"))
      if (auto const* rules = object.find("rules"))
        for (auto const& rule : rules->items)
          for (auto const& group : yaml::texts(rule.find("apiGroups"))) into_.api_groups.insert(group);
    bool const definition = kind == "CustomResourceDefinition";
    if (!definition) refers(object);
    auto const* part = yaml::find(&object, {"spec", definition ? "group" : "template"});
    if (definition ? !part : one_of(kind, {"Deployment", "StatefulSet", "DaemonSet"}) && !has_images(part))
      into_.patch = true;
  }

 private:
  std::string id(std::string_view kind, std::string_view name) const {
    return fmt::format("{}/{}/{}", kind, space_.empty() ? "default" : space_, name);
  }

  void refer(std::string_view kind, yaml::Node const& holder, std::string_view key) {
    auto const name = holder.text_at(key);
    if (!name.empty() && holder.text_at("optional") != "true") into_.refers.insert(id(kind, name));
  }

  /// Of each container of a pod; what has no pod has none.
  static bool has_images(yaml::Node const* pod) {
    auto const* containers = yaml::find(pod, {"spec", "containers"});
    return containers && std::all_of(containers->items.begin(), containers->items.end(),
                                     [](auto const& one) { return one.find("image"); });
  }

  void refers(yaml::Node const& node) {
    for (auto const& item : node.items) refers(item);
    for (auto const& [key, value] : node.entries) {
      if (one_of(key.text, {"configMapRef", "configMapKeyRef", "configMap"}))
        refer("ConfigMap", value, "name");
      else if (one_of(key.text, {"secretRef", "secretKeyRef"}))
        refer("Secret", value, "name");
      else if (key.text == "secret")
        refer("Secret", value, "secretName");
      else if (key.text == "persistentVolumeClaim")
        refer("PersistentVolumeClaim", value, "claimName");
      else if (key.text == "serviceAccountName" && value.is_scalar() && value.text != "default")
        refer("ServiceAccount", node, "serviceAccountName");
      refers(value);
    }
  }

  ManifestFile& into_;
  std::string space_;
};

}  // namespace

ManifestFile read_manifest(std::string const& path, std::string const& text, std::vector<yaml::Node> const& documents,
                           std::string& wrong) {
  ManifestFile out;
  out.path = path;
  Sources sources;
  Diagnostics diagnostics;
  out.facts = plan::parse_manifest(sources, sources.add(path, text), "default", false, {}, diagnostics);
  Objects objects(out);
  for (auto const& document : documents) objects.add(document);
  if (diagnostics.any()) {
    wrong = diagnostics.render(sources, false);
    wrong.resize(std::min(wrong.find('\n'), wrong.size()));
    if (auto const at = wrong.find("error: "); at != wrong.npos) wrong.erase(0, at + 7);
  }
  return out;
}

ManifestFile read_manifest(std::string const& path, std::string const& text, std::string& wrong) {
  Sources sources;
  Diagnostics ignored;
  return read_manifest(path, text, yaml::parse_manifest(sources, sources.add(path, text), ignored), wrong);
}

}  // namespace e2e::init
