#include "plan/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/pod.h"
#include "base/text.h"
#include "base/yaml.h"
#include "plan/kinds.h"
#include "plan/reference.h"

namespace e2e::plan {

namespace {

/// What keeps an object from ever being ready.
struct Never {
  std::string_view kind, key, value, why;
  bool surely;
};
constexpr std::string_view kOnDelete = "with OnDelete its pods stay until somebody deletes them";
constexpr auto kNever = std::to_array<Never>({
    {"StatefulSet", "updateStrategy", "OnDelete", kOnDelete, true},
    {"DaemonSet", "updateStrategy", "OnDelete", kOnDelete, true},
    {"Deployment", "paused", "true", "it is paused", false},
    {"Job", "suspend", "true", "it is suspended", false},
    {"Job", "ttlSecondsAfterFinished", "0", "it is deleted as soon as it is done", false},
});

Never const* never_ready(yaml::Node const& object, std::string_view kind) {
  auto const* spec = object.find("spec");
  auto const* it = std::find_if(kNever.begin(), kNever.end(), [&](Never const& one) {
    auto const* value = yaml::find(spec, {one.key});
    if (value && value->is_map()) value = value->find("type");
    return one.kind == kind && value && value->is_scalar() && value->text == one.value;
  });
  return it == kNever.end() ? nullptr : it;
}

void find_images(yaml::Node const& node, bool of_pod, std::vector<ImageReference>& found) {
  for (auto const& item : node.items) find_images(item, of_pod, found);
  for (auto const& [key, value] : node.entries) {
    if (key.text == "image" && value.is_scalar()) {
      auto const* policy = node.find("imagePullPolicy");
      bool const always = policy && policy->is_scalar() && policy->text == "Always";
      found.push_back({value.text, value.place, always ? policy->place : Place{}, of_pod});
    }
    find_images(value, of_pod, found);
  }
}

/// "registry.example.com/api:1", and what stands behind the last '=' of "--image=localhost/api".
void find_texts(yaml::Node const& node, std::vector<ImageReference>& found) {
  for (auto const& item : node.items) find_texts(item, found);
  for (auto const& [key, value] : node.entries)
    if (key.text != "image" || !value.is_scalar()) find_texts(value, found);
  auto const ref = std::string_view(node.text).substr(node.text.rfind('=') + 1);  // npos + 1 is 0
  if (node.is_scalar() && ref.find_first_of("/:") != ref.npos && parse_reference(ref).wrong.empty())
    found.push_back({std::string(ref), node.place});
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
  /// `item_of`: the kind of the list that it is an item of, and may leave its own to: ConfigMapList.
  Object(yaml::Node const& node, std::string const& otherwise, Object const* item_of) : node_(node) {
    auto const* metadata = node.find("metadata");
    kind = node.text_at("kind");
    version = node.text_at("apiVersion");
    if (item_of && kind.empty() && version.empty() && item_of->kind.ends_with("List") && item_of->kind != "List") {
      kind = item_of->kind.substr(0, item_of->kind.size() - 4);
      version = item_of->version;
    }
    name = metadata ? metadata->text_at("name") : "";
    own_ns = metadata ? metadata->text_at("namespace") : "";
    ns = own_ns.empty() ? otherwise : own_ns;
  }

  void add_to(Manifest& manifest) const {
    auto const slash = version.find('/');
    manifest.uses.insert((slash == version.npos ? "" : version.substr(0, slash)) + "/" + kind);
    manifest.custom |= is_custom(version) || kind == "CustomResourceDefinition";
    if (auto const* known = kind_of(kind); known && !is_custom(version))
      manifest.made.insert({std::string(known->resource), name, known->in_namespace ? ns : ""});
    else
      manifest.made.insert({in_small_letters(kind), name, own_ns});
    if (kind == "Namespace") manifest.namespaces.insert(name);
    if (kind == "CustomResourceDefinition") {
      auto const* spec = node_.find("spec");
      auto const* names = yaml::find(spec, {"names"});
      manifest.crds.push_back(name);
      if (spec && names) manifest.defines.insert(spec->text_at("group") + "/" + names->text_at("kind"));
    }
    if (kind == "Service") service(manifest);
    if (auto const* target = yaml::find(&node_, {"spec", "scaleTargetRef"}))
      manifest.autoscaled.insert(
          fmt::format("{}/{}", in_small_letters(target->text_at("kind")), target->text_at("name")));
    auto const* pod = kind == "Pod"       ? &node_
                      : kind == "CronJob" ? yaml::find(&node_, {"spec", "jobTemplate", "spec", "template"})
                                          : yaml::find(&node_, {"spec", "template"});
    if (auto const* labels = yaml::find(pod, {"metadata", "labels"})) manifest.pods.emplace_back(ns, texts_at(labels));
    if (auto const* rolled = yaml::rolled_template(node_))
      for (auto const& [what, config] : yaml::configs_read_by(*rolled))
        manifest.configs.insert(yaml::config_name(what, ns, config));
    if (auto const* spec = yaml::find(pod, {"spec"})) {
      host_ports(*spec, manifest);
      store(*spec, manifest);
    }
  }

  std::string kind, version, name, ns, own_ns;

 private:
  /// Jobs end, and what they did lies elsewhere.
  void store(yaml::Node const& pod, Manifest& manifest) const {
    if (one_of(kind, {"Job", "CronJob"})) return;
    auto labels = texts_at(kind == "Pod" ? yaml::find(&node_, {"metadata", "labels"})
                                         : yaml::find(&node_, {"spec", "selector", "matchLabels"}));
    bool on_claims = false, in_pod = false;
    if (auto const* volumes = pod.find("volumes"))
      for (auto const& volume : volumes->items) {
        on_claims |= volume.find("persistentVolumeClaim") != nullptr;
        in_pod |= volume.find("emptyDir") != nullptr;
      }
    if (yaml::find(&node_, {"spec", "volumeClaimTemplates"}))
      manifest.stores.push_back({"persistentvolumeclaim", ns, std::move(labels)});
    else if (!on_claims && !labels.empty())
      manifest.stores.push_back({in_pod ? "pod" : "container", ns, std::move(labels)});
  }

  void service(Manifest& manifest) const {
    Service service{name, ns, texts_at(yaml::find(&node_, {"spec", "selector"})), {}, {}, node_.place};
    if (auto const* ports = yaml::find(&node_, {"spec", "ports"}))
      for (auto const& port : ports->items) {
        if (auto const text = port.text_at("nodePort"); !text.empty()) service.node_ports.push_back(text);
        if (auto const text = port.text_at("port"); !text.empty()) service.ports.push_back(text);
      }
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

/// One may leave its kind out.
bool is_kustomization(yaml::Node const& node, std::string const& kind) {
  if (one_of(kind, {"Kustomization", "Component"}))
    return node.text_at("apiVersion").starts_with("kustomize.config.k8s.io/");
  constexpr std::string_view kKeys[] = {"resources",          "bases",           "patches", "patchesStrategicMerge",
                                        "configMapGenerator", "secretGenerator", "images",  "namePrefix",
                                        "commonLabels"};
  return kind.empty() &&
         std::any_of(std::begin(kKeys), std::end(kKeys), [&](auto key) { return node.find(key) != nullptr; });
}

void add_object(yaml::Node const& node, std::string const& ns, bool texts, Object const* item_of, Manifest& manifest,
                Diagnostics& diagnostics) {
  Object const object(node, ns, item_of);
  auto const& kind = object.kind;
  if (auto const* objects = yaml::objects_of(node)) {
    for (auto const& one : *objects) add_object(one, ns, texts, &object, manifest, diagnostics);
    return;
  }
  if (kind == "List" && object.version == "v1") return;  // of nothing
  if (is_kustomization(node, kind)) {
    diagnostics.add({node.place, "this is a kustomization, and no Kubernetes object",
                     "name its folder by 'kustomize' instead of 'manifests': it is rendered then"});
    return;
  }
  if (kind.empty() || object.version.empty()) {
    diagnostics.add({node.place, "not a Kubernetes object: it has no kind or no apiVersion",
                     "each document of a manifest begins with 'apiVersion:' and 'kind:'"});
    return;
  }
  ++manifest.objects;
  object.add_to(manifest);
  bool const custom = is_custom(object.version);
  if (auto const* known = custom ? nullptr : kind_of(kind); known && known->waited) {
    if (object.name.empty())
      diagnostics.add({node.place, fmt::format("this {} has no name", kind),
                       "give it 'metadata: {name: ...}': what has no name of its own can't be waited for"});
    for (auto const& one : {object.name, object.own_ns})
      if (one.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") != one.npos)
        diagnostics.add({node.place, fmt::format("'{}' can't be the name of a Kubernetes object", one),
                         "a name has small letters, digits, '-' and '.'"});
    auto const* never = never_ready(node, kind);
    manifest.waits.push_back({.object = fmt::format("{}/{}", known->resource, object.name),
                              .ns = object.ns,
                              .condition = known->rolls ? "" : fmt::format("condition={}", known->condition),
                              .place = node.place,
                              .made = true,
                              .never = never ? std::string(never->why) : "",
                              .surely = never && never->surely});
  }
  find_images(node, !custom && kind != "ConfigMap" && kind != "Secret", manifest.images);
  if (texts) find_texts(node, manifest.texts);
}

Place place_at(std::string_view text, std::size_t at, std::int32_t file, std::size_t width) {
  auto const before = text.substr(0, at);
  auto const line = std::count(before.begin(), before.end(), '\n') + 1;
  return {file, static_cast<std::int32_t>(line), static_cast<std::int32_t>(at - (before.rfind('\n') + 1)) + 1,
          static_cast<std::int32_t>(width)};
}

/// Where a template of a chart has its first hole.
std::optional<Place> hole(std::string_view text, std::int32_t file) {
  auto const at = text.find("{{");
  return at == text.npos ? std::nullopt : std::optional(place_at(text, at, file, 2));
}

/// Puts values into a tree, as the step that applies it does with the text.
class FillIn {
 public:
  FillIn(Sources const& sources, std::int32_t file, Values const& values, Manifest& manifest, Diagnostics& diagnostics)
      : text_(sources.text(file)), file_(file), values_(values), manifest_(manifest), diagnostics_(diagnostics) {}

  void tree(yaml::Node& node) {
    for (auto& item : node.items) tree(item);
    for (auto& [key, value] : node.entries) {
      tree(key);
      tree(value);
    }
    if (!node.is_scalar() || node.text.find("${") == node.text.npos) return;
    node.text = fill_holes(node.text, [&](std::string const& name) -> std::optional<std::string> {
      auto const value = values_.find(name);
      if (value == values_.end()) {
        unknown(node, name);
        return std::nullopt;
      }
      manifest_.values.insert(name);
      return value->second;
    });
  }

 private:
  void unknown(yaml::Node const& node, std::string const& name) {
    std::vector<std::string> known;
    for (auto const& [one, value] : values_) known.push_back(one);
    auto const hole = "${" + name;
    auto const at = text_.find(hole, node.offset);
    auto const place = at < node.end ? place_at(text_, at, file_, hole.size() + 1) : node.place;
    if (name.empty())
      return diagnostics_.add({place, "'${' without a name, or without '}'", "write ${NAME}, or $${ for the literal"});
    auto const near = closest(name, known);
    diagnostics_.add({place, fmt::format("no value is called '{}'", name),
                      fmt::format("{} ($${{...}} for the literal)",
                                  near ? fmt::format("did you mean ${{{}}}?", *near)
                                       : fmt::format("add it to the deployment: 'values: {{{}: ...}}'",
                                                     name.substr(0, name.find_first_of(":-=?+"))))});
  }

  std::string_view text_;
  std::int32_t file_;
  Values const& values_;
  Manifest& manifest_;
  Diagnostics& diagnostics_;
};

/// The documents of a manifest. What a template is for YAML nobody wants to know.
std::vector<yaml::Node> documents_of(Sources const& sources, std::int32_t file, Diagnostics& diagnostics) {
  Diagnostics wrong;
  auto documents = yaml::parse_manifest(sources, file, wrong);
  auto const template_at = wrong.any() ? hole(sources.text(file), file) : std::nullopt;
  if (!template_at)
    diagnostics.add(std::move(wrong));
  else
    diagnostics.add({*template_at, "not YAML: it looks like a template",
                     "name the folder of its chart by 'helm: {chart: FOLDER}'"});
  return documents;
}

}  // namespace

std::vector<std::string> namespaces_of(Manifest const& manifest, std::string_view object) {
  auto const slash = object.find('/');
  if (slash == object.npos) return {};
  auto const* known = kind_called(object.substr(0, slash));
  auto const word = in_small_letters(object.substr(0, std::min(slash, object.find('.'))));
  auto const called = [&](std::string const& resource) {
    if (known) return resource == known->resource;
    return word == resource || word == resource + "s" || word == resource + "es" ||
           (resource.ends_with('y') && word == resource.substr(0, resource.size() - 1) + "ies");
  };
  std::vector<std::string> spaces;
  for (auto const& one : manifest.made)
    if (one.name == object.substr(slash + 1) && called(one.resource)) spaces.push_back(one.ns);
  return spaces;
}

std::string namespace_of(Manifest const& manifest, std::optional<spec::Text> const& written) {
  if (written) return written->value;
  std::set<std::string> spaces;
  for (auto const& one : manifest.made)
    if (!one.ns.empty()) spaces.insert(one.ns);
  return spaces.size() == 1 ? *spaces.begin() : "default";
}

Manifest parse_manifest(Sources const& sources, std::int32_t file, std::string const& ns, bool texts,
                        Values const& values, Diagnostics& diagnostics) {
  Manifest manifest;
  auto const before = diagnostics.count();
  for (auto& document : documents_of(sources, file, diagnostics)) {
    if (!values.empty()) FillIn(sources, file, values, manifest, diagnostics).tree(document);
    if (document.is_map())
      add_object(document, ns, texts, nullptr, manifest, diagnostics);
    else if (!document.is_null())
      diagnostics.add({document.place, fmt::format("not a Kubernetes object: it is {}", yaml::kind_name(document)),
                       "each document of a manifest begins with 'apiVersion:' and 'kind:'"});
  }
  if (manifest.objects == 0 && diagnostics.count() == before)
    diagnostics.add({{file, 1, 1, 1}, "the manifest holds no object", "leave it out of 'manifests', or fill it"});
  return manifest;
}

}  // namespace e2e::plan
