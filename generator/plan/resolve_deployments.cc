#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/disk.h"
#include "base/text.h"
#include "base/yaml.h"
#include "plan/lookup.h"

namespace e2e::plan {

namespace {

constexpr int kReadyTimeout = 5 * 60;
constexpr int kDeepest = 20;  // kustomizations of kustomizations
constexpr std::size_t kLongestPath = 500;

class Deployments {
 public:
  explicit Deployments(Lookup const& lookup) : lookup_(lookup) {}

  Deployment deployment(spec::Deployment const& written, std::vector<NeedId> needs, std::vector<Manifest>& manifests) {
    Deployment deployment{.name = written.name.value,
                          .manifests = {},
                          .name_space = value(written.name_space, ""),
                          .waits = {},
                          .images = {},
                          .needs = std::move(needs),
                          .timeout = seconds(written.timeout, kReadyTimeout),
                          .origin = written.name.place};
    if (written.name_space) lookup_.good_name(*written.name_space, "a namespace");
    if (written.manifests.empty() && !written.kustomize)
      lookup_.error(written.name.place, fmt::format("the deployment '{}' deploys nothing", written.name.value),
                    "give it 'manifests'");
    auto const ns = deployment.name_space.empty() ? "default" : deployment.name_space;
    Manifest all;
    auto const add = [&](std::int32_t file) {
      merge(parse_manifest(lookup_.sources, file, ns, lookup_.diagnostics), all);
    };
    for (auto const& path : expand_manifests(lookup_, written.manifests))
      if (auto const file = lookup_.open(path, "a manifest")) {
        deployment.manifests.push_back(normal_path(path.value));
        add(*file);
      }
    if (written.kustomize) {
      deployment.kustomized = kustomized(*written.kustomize);
      if (!deployment.kustomized.empty())
        add(lookup_.sources.add(normal_path(written.kustomize->value) + "/ (kustomized)", deployment.kustomized));
    }
    images(all, deployment, written);
    if (all.crds.size() < all.objects) deployment.crds = all.crds;
    deployment.waits = waits(written, ns, std::move(all.waits));
    manifests.push_back(std::move(all));
    return deployment;
  }

 private:
  Plan& plan() const { return lookup_.plan; }

  static void merge(Manifest from, Manifest& into) {
    auto const append = [](auto& to, auto& more) {
      to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    };
    append(into.waits, from.waits);
    append(into.images, from.images);
    append(into.crds, from.crds);
    append(into.services, from.services);
    append(into.pods, from.pods);
    into.objects += from.objects;
    into.defines.merge(from.defines);
    into.uses.merge(from.uses);
    into.namespaces.merge(from.namespaces);
  }

  /// Read, so that a change of any part of it is seen: each text in it that names a file or folder does.
  std::string kustomized(spec::Text const& written) {
    auto const folder = normal_path(written.value);
    if (!lookup_.files.is_folder(folder)) {
      lookup_.error(written.place, fmt::format("no folder '{}'", folder), "name the folder of a kustomization");
      return {};
    }
    read_kustomization(folder, 0);
    try {
      return lookup_.files.kustomized(folder);
    } catch (Failure const& failure) {
      lookup_.error(written.place, fmt::format("the kustomization '{}' can't be read", folder), failure.what());
      return {};
    }
  }

  void read_kustomization(std::string const& folder, int depth) {
    if (depth > kDeepest) return;
    for (auto const* name : {"kustomization.yaml", "kustomization.yml", "Kustomization"})
      if (auto const text = lookup_.files.read(folder + "/" + name)) {
        Sources sources;
        Diagnostics ignored;
        for (auto const& document : yaml::parse(sources, sources.add(name, *text), ignored))
          read_texts(document, folder, depth);
      }
  }

  void read_texts(yaml::Node const& node, std::string const& folder, int depth) {
    for (auto const& item : node.items) read_texts(item, folder, depth);
    for (auto const& entry : node.entries) read_texts(entry.value, folder, depth);
    if (!node.is_scalar() || node.text.empty() || node.text.size() > kLongestPath) return;
    // "NAME=FILE" in generators
    auto const path = normal_path(folder + "/" + node.text.substr(node.text.find('=') + 1));
    if (!inside_workspace(path)) return;
    if (lookup_.files.is_folder(path))
      read_kustomization(path, depth + 1);
    else
      (void)lookup_.files.read(path);
  }

  void images(Manifest const& manifest, Deployment& deployment, spec::Deployment const& written) {
    for (auto const& image : manifest.images) {
      if (auto const id = lookup_.image_of(image.ref)) {
        deployment.images.emplace(image.ref, *id);
        plan().images[static_cast<std::size_t>(*id)].loaded = true;
        if (image.always.known())
          lookup_.error(image.always, fmt::format("'imagePullPolicy: Always' for '{}', which is loaded", image.ref),
                        "the node would ask a registry for it: leave the policy out, or write IfNotPresent");
      } else if (image.ref.starts_with("localhost/")) {
        lookup_.error(image.place, fmt::format("no image of the spec is '{}'", image.ref),
                      suggestion(image.ref, lookup_.image_refs()), {{written.name.place, "deployed by this"}});
      } else if (!external(image.ref)) {
        lookup_.warning(
            image.place, fmt::format("the nodes pull '{}' by themselves", image.ref),
            fmt::format("add it to 'images' ('NAME: {{image: \"{}\"}}') to have it pulled once and loaded, or "
                        "to 'external'",
                        image.ref));
      }
    }
  }

  bool external(std::string const& ref) const {
    return std::any_of(lookup_.document.external.begin(), lookup_.document.external.end(),
                       [&](auto const& pattern) { return matches(pattern.value, ref); });
  }

  /// What the manifests tell, unless the spec says it.
  std::vector<Wait> waits(spec::Deployment const& written, std::string const& ns, std::vector<Wait> told) const {
    std::vector<Wait> out = std::move(told);
    if (!written.ready.empty()) {
      out.clear();
      for (auto const& text : written.ready) {
        if (text.value == "none" && written.ready.size() == 1) break;
        auto const equals = text.value.find('=');
        auto const object = text.value.substr(0, equals);
        auto const slash = object.find('/');
        if (slash == object.npos || slash == 0 || slash + 1 == object.size() || object.starts_with('-'))
          lookup_.error(text.place, fmt::format("'{}' is nothing that can be waited for", text.value),
                        "write KIND/NAME, KIND/NAME=CONDITION, or none");
        out.push_back({object, ns, equals == text.value.npos ? "" : text.value.substr(equals + 1), text.place});
      }
    }
    for (auto const& service : written.endpoints)
      if (lookup_.good_name(service, "a Service")) out.push_back({"endpoints/" + service.value, ns, "", service.place});
    return out;
  }

  Lookup const& lookup_;
};

}  // namespace

Deployment resolve_deployment(Lookup const& lookup, spec::Deployment const& written, std::vector<NeedId> needs,
                              std::vector<Manifest>& manifests) {
  return Deployments(lookup).deployment(written, std::move(needs), manifests);
}

void fit_together(Lookup const& lookup, Environment& environment, std::vector<Manifest> manifests) {
  std::map<std::string, std::uint32_t> defined;
  std::set<std::string> namespaces;
  for (std::uint32_t i = 0; i < manifests.size(); ++i) {
    for (auto const& kind : manifests[i].defines) defined.emplace(kind, i);
    namespaces.insert(manifests[i].namespaces.begin(), manifests[i].namespaces.end());
  }
  for (std::uint32_t i = 0; i < manifests.size(); ++i) {
    auto& deployment = environment.deployments[i];
    deployment.make_namespace = !deployment.name_space.empty() && deployment.name_space != "default" &&
                                !namespaces.contains(deployment.name_space);
    for (auto const& kind : manifests[i].uses) {
      auto const it = defined.find(kind);
      if (it == defined.end() || it->second == i) continue;
      if (std::none_of(deployment.needs.begin(), deployment.needs.end(),
                       [&](auto const& need) { return !need.task && need.index == it->second; }))
        deployment.needs.push_back({false, it->second});
    }
  }
  check_services(lookup, manifests);
  for (auto& manifest : manifests)
    std::move(manifest.services.begin(), manifest.services.end(), std::back_inserter(environment.services));
}

}  // namespace e2e::plan
