#include "init/repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "base/yaml.h"

namespace e2e::init {

namespace {

constexpr std::size_t kMostFiles = 5000;
constexpr int kDeepest = 16;

bool one_of(std::string_view text, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), text) != all.end();
}

/// What is made, fetched or meant for something else.
bool passed_over(std::string_view folder) {
  return folder.starts_with('.') ||
         one_of(folder, {"node_modules", "vendor", "build", "dist", "target", "testdata", "third_party", "_output"});
}

/// A name that a spec could have in it.
bool can_be_written(std::string const& name) {
  return !not_utf8(name) && name.find("${") == name.npos &&
         std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_yaml(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml");
}

bool is_kustomization(std::string_view name) {
  return one_of(name, {"kustomization.yaml", "kustomization.yml", "Kustomization"});
}

bool is_compose(std::string_view name) {
  return one_of(name, {"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"});
}

bool is_containerfile(std::string_view name) {
  if (name.find("Containerfile") == name.npos && name.find("Dockerfile") == name.npos) return false;
  for (std::string_view const end : {"ignore", ".md", ".yaml", ".yml", ".sh", ".go", ".py", ".txt", ".json", ".tmpl",
                                     ".template", ".j2", ".in", "~", ".bak", ".orig"})
    if (name.ends_with(end)) return false;
  return true;
}

std::string text_at(yaml::Node const* map, std::string_view key) {
  auto const* value = map ? map->find(key) : nullptr;
  return value && value->is_scalar() ? value->text : "";
}

yaml::Node const* at(yaml::Node const* node, std::initializer_list<std::string_view> path) {
  for (auto const key : path) node = node ? node->find(key) : nullptr;
  return node;
}

/// A text, or the texts of a list.
std::vector<std::string> texts(yaml::Node const* node) {
  std::vector<std::string> out;
  if (!node) return out;
  if (node->is_scalar()) out.push_back(node->text);
  for (auto const& item : node->items)
    if (item.is_scalar()) out.push_back(item.text);
  return out;
}

/// With the defaults that it gives for its variables; nothing if one has none.
std::optional<std::string> filled(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto const dollar = std::min(text.find('$'), text.size());
    out += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.empty()) break;
    if (text.starts_with("$$")) {
      out += '$';
      text.remove_prefix(2);
      continue;
    }
    auto const end = text.find('}');
    auto const dash = text.find('-');
    if (!text.starts_with("${") || end == text.npos || dash > end) return std::nullopt;
    out += text.substr(dash + 1, end - dash - 1);
    text.remove_prefix(end + 1);
  }
  return out.find("{{") == out.npos && out.find("${") == out.npos ? std::optional(out) : std::nullopt;
}

/// A build argument whose value is known.
void add_arg(std::string const& name, std::optional<std::string> const& written, Build& build) {
  auto const value = written ? filled(*written) : std::nullopt;
  if (value)
    build.args.emplace_back(name, *value);
  else
    build.remarks.push_back(
        fmt::format("{} gives the build argument {} a value that is not known here", build.told_by, name));
}

/// Objects that tools read and no cluster knows.
bool of_a_tool(std::string_view version, std::string_view kind) {
  auto const group = version.substr(0, version.find('/'));
  return (version == "v1" && kind == "Config") ||
         one_of(group, {"kubeadm.k8s.io", "kubelet.config.k8s.io", "kubeproxy.config.k8s.io",
                        "kubescheduler.config.k8s.io", "audit.k8s.io", "apiserver.config.k8s.io", "apiserver.k8s.io",
                        "ctlptl.dev", "k3d.io", "kuttl.dev", "controller-runtime.sigs.k8s.io", "chainsaw.kyverno.io",
                        "client.authentication.k8s.io", "pod-security.admission.config.k8s.io"});
}

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
    auto const kind = text_at(&object, "kind");
    if (auto const* items = object.find("items"); items && kind.ends_with("List")) {
      for (auto const& item : items->items) add(item);
      return;
    }
    auto const* metadata = object.find("metadata");
    space_ = text_at(metadata, "namespace");
    into_.defines.insert(id(kind, text_at(metadata, "name")));
    if (!cluster_wide(kind)) into_.namespaces.insert(space_);
    if (one_of(kind, {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "ReplicaSet"}))
      into_.runs = true;
    if (kind.ends_with("Role"))
      if (auto const* rules = object.find("rules"))
        for (auto const& rule : rules->items)
          for (auto const& group : texts(rule.find("apiGroups"))) into_.api_groups.insert(group);
    if (kind != "CustomResourceDefinition") refers(object);
  }

 private:
  std::string id(std::string_view kind, std::string_view name) const {
    return fmt::format("{}/{}/{}", kind, space_.empty() ? "default" : space_, name);
  }

  void refer(std::string_view kind, yaml::Node const& holder, std::string_view key) {
    auto const name = text_at(&holder, key);
    if (!name.empty() && text_at(&holder, "optional") != "true") into_.refers.insert(id(kind, name));
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

class Reader {
 public:
  Reader(std::string const& root, Files const& files) : files_(files) { found_.root = root; }

  Repository run() {
    walk(found_.root, 0);
    if (files_seen_ > kMostFiles || found_.folders.size() >= kMostFiles)
      found_.remarks.push_back(
          fmt::format("more than {} files or folders: not all were looked at; name a smaller folder", kMostFiles));
    return std::move(found_);
  }

 private:
  void walk(std::string const& folder, int depth) {
    auto const names = files_.list(folder);
    found_.folders.push_back(folder);
    if (std::find(names.begin(), names.end(), "Chart.yaml") != names.end()) {
      found_.remarks.push_back(
          fmt::format("{}: a Helm chart, which is not read: deploy what `helm template` makes of it", folder));
      return;
    }
    std::vector<std::string> folders;
    for (auto const& name : names) {
      if (!can_be_written(name)) continue;
      auto const path = below(folder, name);
      if (files_.is_folder(path)) {
        if (!passed_over(name) && depth < kDeepest) folders.push_back(path);
      } else if (++files_seen_ <= kMostFiles) {
        file(path, name);
      }
    }
    for (auto const& path : folders)
      if (files_seen_ <= kMostFiles && found_.folders.size() < kMostFiles) walk(path, depth + 1);
  }

  void file(std::string const& path, std::string const& name) {
    if (is_containerfile(name)) {
      found_.containerfiles.push_back(path);
      return;
    }
    if (name.starts_with('.') || (!is_yaml(name) && !is_kustomization(name))) return;
    auto const text = files_.read(path).value_or("");
    Sources sources;
    Diagnostics diagnostics;
    if (is_kustomization(name))
      kustomization(path, yaml::parse(sources, sources.add(path, text), diagnostics));
    else if (is_compose(name))
      compose(path, yaml::parse(sources, sources.add(path, text), diagnostics));
    else if (name.starts_with("skaffold."))
      skaffold(path, yaml::parse(sources, sources.add(path, text), diagnostics));
    else if (text.find("apiVersion:") != text.npos && text.find("kind:") != text.npos)
      manifest(path, text);
    if (diagnostics.any()) found_.remarks.push_back(fmt::format("{}: not YAML", path));
  }

  void manifest(std::string const& path, std::string const& text) {
    Sources sources;
    Diagnostics diagnostics;
    auto const documents = yaml::parse(sources, sources.add(path, text), diagnostics);
    if (diagnostics.any()) {
      found_.remarks.push_back(
          fmt::format("{}: {}", path, text.find("{{") != text.npos ? "a template, not a manifest" : "not YAML"));
      return;
    }
    for (auto const& document : documents) {
      if (document.is_null()) continue;
      auto const version = text_at(&document, "apiVersion");
      auto const kind = text_at(&document, "kind");
      if (version.starts_with("kind.x-k8s.io/") && kind == "Cluster") found_.cluster_configs.push_back(path);
      if (version.starts_with("kind.x-k8s.io/") || version.empty() || kind.empty() || of_a_tool(version, kind)) return;
      if (version.starts_with("skaffold/")) return skaffold(path, documents);
      if (version.starts_with("kustomize.config.k8s.io/")) return;
    }
    std::string wrong;
    auto read = read_manifest(path, text, wrong);
    if (wrong.empty())
      found_.manifests.push_back(std::move(read));
    else
      found_.remarks.push_back(fmt::format("{}: {}", path, wrong));
  }

  void kustomization(std::string const& path, std::vector<yaml::Node> const& documents) {
    Kustomization one{folder_of(path), {}};
    for (auto const& document : documents) {
      one.component = text_at(&document, "kind") == "Component";
      named(document, one);
    }
    found_.kustomizations.push_back(std::move(one));
  }

  void named(yaml::Node const& node, Kustomization& one) {
    for (auto const& item : node.items) named(item, one);
    for (auto const& entry : node.entries) named(entry.value, one);
    if (!node.is_scalar() || node.text.empty() || node.text.find('\n') != std::string::npos) return;
    auto path = below(one.folder, node.text.substr(node.text.find('=') + 1));
    if (path != one.folder && inside_workspace(path) && files_.exists(path)) one.names.insert(std::move(path));
  }

  void compose(std::string const& path, std::vector<yaml::Node> const& documents) {
    auto const folder = folder_of(path);
    for (auto const& document : documents) {
      auto const* services = document.find("services");
      if (!services) continue;
      for (auto const& [name, service] : services->entries) {
        auto const* written = service.find("build");
        auto const image = filled(text_at(&service, "image")).value_or("");
        if (!written) {
          if (!image.empty())
            found_.remarks.push_back(
                fmt::format("{}: the service '{}' is {}: a deployment of it wants a manifest", path, name.text, image));
          continue;
        }
        Build build{.told_by = path, .name = name.text, .ref = image};
        auto const context = filled(written->is_scalar() ? written->text : text_at(written, "context"));
        auto const file = filled(text_at(written, "dockerfile"));
        if (!context || !file || context->find("://") != std::string::npos) {
          found_.remarks.push_back(
              fmt::format("{}: where the service '{}' is built from is not known here", path, name.text));
          continue;
        }
        build.context = below(folder, context->empty() ? "." : *context);
        build.containerfile = containerfile(build.context, *file);
        build.target = filled(text_at(written, "target")).value_or("");
        if (auto const* args = written->find("args")) {
          for (auto const& [arg, value] : args->entries)
            add_arg(arg.text, value.is_scalar() ? std::optional(value.text) : std::nullopt, build);
          for (auto const& item : texts(args)) {
            auto const equals = item.find('=');
            add_arg(item.substr(0, equals), equals == item.npos ? std::nullopt : std::optional(item.substr(equals + 1)),
                    build);
          }
        }
        add(std::move(build));
      }
    }
  }

  void skaffold(std::string const& path, std::vector<yaml::Node> const& documents) {
    auto const folder = folder_of(path);
    for (auto const& document : documents) {
      if (auto const* artifacts = at(&document, {"build", "artifacts"}))
        for (auto const& artifact : artifacts->items) {
          auto const image = text_at(&artifact, "image");
          auto const context = text_at(&artifact, "context");
          auto const* docker = artifact.find("docker");
          auto const* other = std::find_if(artifact.entries.data(), artifact.entries.data() + artifact.entries.size(),
                                           [](auto const& e) {
                                             return one_of(e.key.text, {"ko", "jib", "bazel", "buildpacks", "custom"});
                                           });
          if (other != artifact.entries.data() + artifact.entries.size()) {
            found_.remarks.push_back(
                fmt::format("{}: '{}' is built by {}, not from a Containerfile", path, image, other->key.text));
            continue;
          }
          Build build{.told_by = path, .name = last_part(image), .ref = image};
          build.context = below(folder, context.empty() ? "." : context);
          build.containerfile = containerfile(build.context, text_at(docker, "dockerfile"));
          build.target = text_at(docker, "target");
          if (auto const* args = docker ? docker->find("buildArgs") : nullptr)
            for (auto const& [arg, value] : args->entries)
              add_arg(arg.text, value.is_scalar() ? std::optional(value.text) : std::nullopt, build);
          add(std::move(build));
        }
      for (auto const& keys :
           {at(&document, {"manifests", "rawYaml"}), at(&document, {"deploy", "kubectl", "manifests"})})
        for (auto const& one : texts(keys)) found_.deployed.push_back(below(folder, one));
      for (auto const& keys :
           {at(&document, {"manifests", "kustomize", "paths"}), at(&document, {"deploy", "kustomize", "paths"})})
        for (auto const& one : texts(keys)) found_.kustomized.push_back(below(folder, one));
    }
  }

  /// The one that is named, or the one that a builder looks for.
  std::string containerfile(std::string const& context, std::string const& named) const {
    if (!named.empty()) return below(context, named);
    for (auto const* name : {"Containerfile", "Dockerfile"})
      if (files_.exists(below(context, name))) return below(context, name);
    return below(context, "Dockerfile");
  }

  void add(Build build) {
    if (!inside_workspace(build.containerfile) || !files_.exists(build.containerfile)) {
      found_.remarks.push_back(
          fmt::format("{}: builds '{}' from {}, which is not there", build.told_by, build.name, build.containerfile));
      return;
    }
    found_.builds.push_back(std::move(build));
  }

  Files const& files_;
  Repository found_;
  std::size_t files_seen_ = 0;
};

}  // namespace

std::string folder_of(std::string const& path) {
  auto const slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, slash);
}

std::string last_part(std::string const& path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::string below(std::string const& folder, std::string const& path) {
  return normal_path(path.starts_with('/') ? path : folder + "/" + path);
}

ManifestFile read_manifest(std::string const& path, std::string const& text, std::string& wrong) {
  ManifestFile out;
  out.path = path;
  Sources sources;
  Diagnostics diagnostics;
  auto const file = sources.add(path, text);
  out.facts = plan::parse_manifest(sources, file, "default", diagnostics);
  Objects objects(out);
  Diagnostics ignored;
  for (auto const& document : yaml::parse(sources, file, ignored)) objects.add(document);
  if (diagnostics.any()) {
    wrong = diagnostics.render(sources, false);
    wrong.resize(std::min(wrong.find('\n'), wrong.size()));
    if (auto const at = wrong.find("error: "); at != wrong.npos) wrong.erase(0, at + 7);
  }
  return out;
}

Repository read_repository(std::string const& root, Files const& files) {
  return Reader(root, files).run();
}

}  // namespace e2e::init
