#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/disk.h"
#include "base/parallel.h"
#include "base/pod.h"
#include "base/text.h"
#include "base/yaml.h"
#include "plan/kinds.h"
#include "plan/lookup.h"
#include "plan/reference.h"
#include "plan/rendered.h"

namespace e2e::plan {

namespace {

constexpr int kReadyTimeout = 5 * 60;
/// A thread costs about as much as this many manifests.
constexpr std::size_t kTextsOfAThread = 4;

class Deployments {
 public:
  explicit Deployments(Lookup const& lookup) : lookup_(lookup) {}

  std::vector<Deployment> deployments(std::vector<Placed> placed, std::vector<Manifest>& manifests) {
    auto const& all = lookup_.document.deployments;
    std::vector<Deployment> deployments;
    for (std::size_t i = 0; i < all.size(); ++i) deployments.push_back(deployment(all[i], std::move(placed[i])));
    auto stages = parsed();
    std::set<std::string> autoscaled;
    for (auto const& parts : stages)
      for (auto const& one : parts) autoscaled.insert(one.autoscaled.begin(), one.autoscaled.end());
    for (std::size_t i = 0; i < all.size(); ++i) {
      manifests.push_back(told(all[i], stages[i], deployments[i]));
      deployments[i].autoscaled = autoscaled;
    }
    return deployments;
  }

 private:
  /// What is applied by a step of its own: hooks of a chart, and all else.
  enum Stage : std::uint8_t { itself, before, after };
  using Stages = std::array<Manifest, 3>;

  /// A text to parse: a manifest, or what a kustomization or a chart became.
  struct Text {
    std::size_t deployment;
    Stage stage;
    std::int32_t file;
    std::string ns;      // of objects that name none
    bool texts = false;  // whether references to images are looked for everywhere
    Values values = {};
  };

  Deployment deployment(spec::Deployment const& written, Placed placed) {
    Deployment deployment{.name = written.name.value,
                          .cluster = placed.cluster,
                          .manifests = {},
                          .name_space = value(written.name_space, ""),
                          .waits = {},
                          .images = {},
                          .needs = std::move(placed.needs),
                          .timeout = seconds(written.timeout, kReadyTimeout),
                          .origin = written.name.place};
    deployment.roll = value(written.roll, "true") == "true";
    if (written.name_space) lookup_.good_name(*written.name_space, "a namespace");
    if (written.manifests.empty() && !written.kustomize && !written.helm)
      lookup_.error(written.name.place, fmt::format("the deployment '{}' deploys nothing", written.name.value),
                    "give it 'manifests'");
    auto const add = [&](std::int32_t file, Stage stage = itself) {
      texts_.push_back({count_, stage, file, name_space(written), !written.images.empty(), known_values(deployment)});
    };
    values(written, deployment);
    for (auto const& path : expand_manifests(lookup_, written.manifests))
      if (auto const file = lookup_.open(path, "a manifest")) {
        deployment.manifests.push_back(normal_path(path.value));
        add(*file);
      }
    if (written.kustomize) {
      deployment.kustomized = kustomized(lookup_, *written.kustomize);
      if (!deployment.kustomized.empty())
        add(lookup_.sources.add(normal_path(written.kustomize->value) + "/ (kustomized)", deployment.kustomized));
    }
    if (written.helm) {
      auto chart = charted(lookup_, written, placed.node_image);
      auto const name = value(written.helm->chart, "");
      if (!chart.text.empty()) add(lookup_.sources.add(name + " (rendered)", chart.text));
      deployment.charted = std::move(chart.text);
      for (auto const& [stage, hooks, into] :
           {std::tuple(before, &chart.before, &deployment.before), std::tuple(after, &chart.after, &deployment.after)})
        for (auto& [object, text] : *hooks) {
          add(lookup_.sources.add(name + " (a hook)", text), stage);
          into->objects.push_back(std::move(object));
          into->texts.push_back(std::move(text));
        }
    }
    ++count_;
    return deployment;
  }

  void values(spec::Deployment const& written, Deployment& deployment) const {
    for (auto const& [name, text] : written.values) {
      lookup_.variable_name(name);
      auto& kind = text.output ? deployment.outputs : deployment.values;
      kind[name.value] = text.output ? normal_path(text.value) : text.value;
      if (!text.output) continue;
      lookup_.need_writers(text, deployment.writers);
      lookup_.need_writers(text, deployment.needs);
    }
  }

  static Values known_values(Deployment const& deployment) {
    Values values;
    for (auto const& [name, text] : deployment.values) values[name] = text;
    for (auto const& [name, path] : deployment.outputs) values[name] = std::nullopt;
    return values;
  }

  /// One that stands nowhere may be misspelt, or hidden: in the data of a Secret texts are written as base64.
  void unused_values(spec::Deployment const& written, Manifest const& manifest) const {
    for (auto const& [name, text] : written.values)
      if (!manifest.values.contains(name.value))
        lookup_.error(
            name.place, fmt::format("no manifest of '{}' says '${{{}}}'", written.name.value, name.value),
            "leave it out, or write that where it belongs; in base64, as in 'data' of a Secret, it is not found: "
            "'stringData' takes texts");
  }

  static std::string name_space(spec::Deployment const& written) { return value(written.name_space, "default"); }

  /// What the texts tell, for each deployment; it is what takes time, so they are parsed side by side.
  std::vector<Stages> parsed() {
    std::vector<Manifest> manifests(texts_.size());
    std::vector<Diagnostics> diagnostics(texts_.size());
    for_each_index(texts_.size(), kTextsOfAThread, [&] {
      return [&](std::size_t i) {
        manifests[i] = parse_manifest(lookup_.sources, texts_[i].file, texts_[i].ns, texts_[i].texts, texts_[i].values,
                                      diagnostics[i]);
      };
    });
    std::vector<Stages> all(count_);
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      lookup_.diagnostics.add(std::move(diagnostics[i]));
      merge(std::move(manifests[i]), all[texts_[i].deployment][texts_[i].stage]);
    }
    return all;
  }

  Manifest told(spec::Deployment const& written, Stages& stages, Deployment& deployment) {
    auto& manifest = stages[itself];
    images(manifest, deployment.images, written);
    images(stages[before], deployment.before.images, written);
    images(stages[after], deployment.after.images, written);
    images_anywhere(stages, deployment, written);
    for (auto const& [where, ns, labels] : manifest.stores) {
      std::vector<std::string> selector;
      for (auto const& [label, text] : labels) selector.push_back(fmt::format("{}={}", label, text));
      deployment.stores.push_back(fmt::format("{}:{}:{}", where, ns, join(selector, ",")));
    }
    if (manifest.crds.size() < manifest.objects) deployment.crds = manifest.crds;
    for (auto const stage : {before, after}) {
      auto& hooks = stages[stage];
      hooks.waits.clear();  // its step does that
      merge(std::move(hooks), manifest);
    }
    if (!written.helm || !deployment.charted.empty()) unused_values(written, manifest);
    deployment.waits = resolve_waits(lookup_, written, manifest);
    return std::move(manifest);
  }

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
    append(into.stores, from.stores);
    append(into.texts, from.texts);
    into.values.merge(from.values);
    into.made.merge(from.made);
    into.custom |= from.custom;
    into.objects += from.objects;
    into.defines.merge(from.defines);
    into.uses.merge(from.uses);
    into.namespaces.merge(from.namespaces);
    into.host_ports.merge(from.host_ports);
    into.autoscaled.merge(from.autoscaled);
    into.configs.merge(from.configs);
  }

  void images(Manifest const& manifest, std::map<std::string, ImageId>& found, spec::Deployment const& written) {
    for (auto const& image : manifest.images) {
      if (auto const id = lookup_.image_of(image.ref)) {
        found.emplace(image.ref, *id);
        plan().images[static_cast<std::size_t>(*id)].loaded = true;
      } else if (image.ref.starts_with("localhost/")) {
        lookup_.error(image.place, fmt::format("no image of the spec is '{}'", image.ref),
                      lookup_.no_image(image.ref, lookup_.image_refs()), {{written.name.place, "deployed by this"}});
      } else if (auto const wrong = parse_reference(image.ref).wrong; !wrong.empty()) {
        // of a custom resource it may be anything
        if (image.of_pod && image.ref.find("${") != image.ref.npos)
          lookup_.error(image.place, fmt::format("what a task writes can't be a part of the reference '{}'", image.ref),
                        "which images a cluster has to have is told when the spec is compiled: take a variable");
        else if (image.of_pod)
          lookup_.error(image.place, fmt::format("'{}' can't be an image's reference: {}", image.ref, wrong),
                        "no node would pull it: write it like registry.example.com/redis:7");
      } else if (!external(image.ref)) {
        lookup_.warning(warnings::kPulled, image.place, fmt::format("the nodes pull '{}' by themselves", image.ref),
                        pulled_help(image.ref));
      }
    }
  }

  /// Only a reference with its registry, or just that of a pulled image: "api" alone may be the name of anything.
  void images_anywhere(Stages const& stages, Deployment& deployment, spec::Deployment const& written) {
    std::map<ImageId, spec::Text const*> wanted;
    for (auto const& name : written.images) {
      if (auto const it = lookup_.images.by_name.find(name.value); it != lookup_.images.by_name.end())
        wanted.emplace(it->second, &name);
      else
        lookup_.error(name.place, fmt::format("no image is called '{}'", name.value),
                      lookup_.no_image(name.value, lookup_.image_names()));
    }
    auto missing = wanted;
    auto const find = [&](Manifest const& manifest, auto& into) {
      for (auto const& text : manifest.texts) {
        auto const id = lookup_.image_of(text.ref);
        if (!id || !wanted.contains(*id)) continue;
        auto& image = plan().images[static_cast<std::size_t>(*id)];
        if (text.ref.find('/') == text.ref.npos && !image.is_pulled()) continue;
        into.images.emplace(text.ref, *id);
        into.anywhere.insert(text.ref);
        image.loaded = true;
        missing.erase(*id);
      }
    };
    find(stages[itself], deployment);
    find(stages[before], deployment.before);
    find(stages[after], deployment.after);
    for (auto const& [id, name] : missing)
      lookup_.error(name->place,
                    fmt::format("no manifest of '{}' names '{}' elsewhere than as an 'image'", written.name.value,
                                plan().image(id).ref),
                    "leave it out: what a field 'image' names is found without it");
  }

  /// One that is called like an image of the spec may be meant to be that.
  std::string pulled_help(std::string const& ref) const {
    auto const bare = without_tag(ref);
    auto const same = lookup_.images.by_name.find(bare.substr(bare.rfind('/') + 1));  // npos + 1 is 0
    if (same != lookup_.images.by_name.end() && !plan().image(same->second).is_pulled())
      return fmt::format("if that is the image '{}', give it 'ref: {}'; else add '{}' to 'external'", same->first, bare,
                         ref);
    return fmt::format(
        "add it to 'images' ('NAME: {{image: \"{0}\"}}') to have it pulled once and loaded, or to "
        "'external'",
        ref);
  }

  bool external(std::string const& ref) const {
    return std::any_of(lookup_.document.external.begin(), lookup_.document.external.end(),
                       [&](auto const& pattern) { return matches(pattern.value, ref); });
  }

  Lookup const& lookup_;
  std::size_t count_ = 0;  // deployments so far
  std::vector<Text> texts_;
};

}  // namespace

std::vector<Deployment> resolve_deployments(Lookup const& lookup, std::vector<Placed> placed,
                                            std::vector<Manifest>& manifests) {
  return Deployments(lookup).deployments(std::move(placed), manifests);
}

namespace {

/// The deployments that come before this one, by however many steps, and itself.
std::set<std::uint32_t> all_before(Environment const& environment, std::uint32_t index) {
  std::set<std::pair<bool, std::uint32_t>> seen{{false, index}};
  std::vector<NeedId> open{{false, index}};
  std::set<std::uint32_t> found;
  while (!open.empty()) {
    auto const one = open.back();
    open.pop_back();
    if (!one.task) found.insert(one.index);
    auto const& needs = one.task ? environment.tasks[one.index].needs : environment.deployments[one.index].needs;
    for (auto const& need : needs)
      if (seen.emplace(need.task, need.index).second) open.push_back(need);
  }
  return found;
}

/// Who makes what the pods of each deployment read: itself, or one that comes before it.
void find_configs(Environment& environment, std::vector<Manifest> const& manifests) {
  std::map<std::string, std::set<std::uint32_t>> makers;
  for (std::uint32_t i = 0; i < manifests.size(); ++i)
    for (auto const& made : manifests[i].made)
      if (one_of(made.resource, {"configmap", "secret"}))
        makers[yaml::config_name(made.resource, made.ns, made.name)].insert(i);
  for (std::uint32_t i = 0; i < manifests.size(); ++i) {
    auto& deployment = environment.deployments[i];
    std::optional<std::set<std::uint32_t>> before;
    for (auto const& name : manifests[i].configs) {
      auto const made = makers.find(name);
      if (!deployment.roll || made == makers.end()) continue;
      if (made->second.contains(i)) {
        deployment.configs[name] = i;
        continue;
      }
      if (!before) before = all_before(environment, i);
      for (auto const maker : made->second)
        if (before->contains(maker)) deployment.configs[name] = maker;
    }
  }
}

}  // namespace

void fit_together(Lookup const& lookup, Environment& environment, std::size_t cluster, std::vector<Manifest>& all) {
  auto const is_here = [&](Deployment const& one) { return one.cluster == cluster; };
  std::vector<Manifest> manifests(all.size());  // those of other clusters stay empty: nothing of them counts
  for (std::size_t i = 0; i < all.size(); ++i)
    if (is_here(environment.deployments[i])) manifests[i] = std::move(all[i]);
  std::map<std::string, std::uint32_t> defined;
  std::set<std::string> namespaces;
  for (std::uint32_t i = 0; i < manifests.size(); ++i) {
    for (auto const& kind : manifests[i].defines) defined.emplace(kind, i);
    namespaces.insert(manifests[i].namespaces.begin(), manifests[i].namespaces.end());
  }
  for (std::uint32_t i = 0; i < manifests.size(); ++i) {
    auto& deployment = environment.deployments[i];
    if (!is_here(deployment)) continue;
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
  find_configs(environment, manifests);
  check_services(lookup, manifests);
  check_named(lookup, environment, cluster, manifests);
  auto& here = environment.clusters[cluster];
  if (std::any_of(environment.deployments.begin(), environment.deployments.end(), is_here))
    check_host_ports(lookup, here, manifests);
  for (auto& manifest : manifests)
    std::move(manifest.services.begin(), manifest.services.end(), std::back_inserter(here.services));
}

}  // namespace e2e::plan
