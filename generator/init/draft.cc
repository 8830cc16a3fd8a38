#include "init/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "base/diagnostics.h"
#include "base/text.h"
#include "init/images.h"

namespace e2e::init {

namespace {

/// Of several that can't all be meant, the one that sounds most like an end-to-end test.
int liking(std::string const& path) {
  static std::array<std::string_view, 8> const words{"e2e", "test", "kind", "local", "dev", "ci", "default", "base"};
  for (std::size_t i = 0; i < words.size(); ++i)
    if (path.find(words[i]) != path.npos) return static_cast<int>(i);
  return static_cast<int>(words.size());
}

bool liked_more(std::string const& a, std::string const& b) {
  return std::pair(liking(a), a) < std::pair(liking(b), b);
}

bool of_kubernetes(std::string const& ns) {
  return ns.empty() || ns == "default" || ns.starts_with("kube-");
}

bool below_or_same(std::string const& path, std::string const& folder) {
  return folder == "." || path == folder || path.starts_with(folder + "/");
}

std::string stem(std::string const& path) {
  auto const name = last_part(path);
  return name.substr(0, name.rfind('.'));
}

/// "api" of "api-deployment.yaml" and of "20-api.yaml".
std::string subject(std::string const& path) {
  auto name = stem(path);
  while (!name.empty() && (std::isdigit(static_cast<unsigned char>(name[0])) || name[0] == '-' || name[0] == '_'))
    name.erase(0, 1);
  for (std::string_view const kind :
       {"deployment", "deploy",       "service",     "svc",     "configmap", "config",
        "cm",         "secret",       "statefulset", "sts",     "rbac",      "serviceaccount",
        "sa",         "role",         "rolebinding", "ingress", "pvc",       "hpa",
        "pdb",        "networkpolicy"})
    for (auto const& end : {fmt::format("-{}", kind), fmt::format("_{}", kind), fmt::format(".{}", kind)})
      if (name.ends_with(end)) return name.substr(0, name.size() - end.size());
  return name;
}

/// A folder of everything.
bool says_nothing(std::string const& folder) {
  static std::set<std::string> const words{"k8s",        "kubernetes",  "manifests",    "deploy",
                                           "deployment", "deployments", "config",       "kustomize",
                                           "overlays",   "manifest",    "kustomization"};
  return words.contains(folder);
}

/// Whether the API server has kinds of that group without any CRD.
bool built_in(std::string const& group) {
  static std::set<std::string> const groups{"rbac.authorization.k8s.io",
                                            "networking.k8s.io",
                                            "storage.k8s.io",
                                            "apiextensions.k8s.io",
                                            "apiregistration.k8s.io",
                                            "scheduling.k8s.io",
                                            "coordination.k8s.io",
                                            "admissionregistration.k8s.io",
                                            "node.k8s.io",
                                            "discovery.k8s.io",
                                            "authentication.k8s.io",
                                            "authorization.k8s.io",
                                            "certificates.k8s.io",
                                            "events.k8s.io",
                                            "resource.k8s.io",
                                            "flowcontrol.apiserver.k8s.io"};
  return group.find('.') == group.npos || groups.contains(group);
}

/// Manifests that become one deployment.
struct Group {
  std::string wanted_name;
  std::vector<ManifestFile const*> files;
  std::string kustomize;
  std::vector<std::string> remarks;
};

class Drafter {
 public:
  Drafter(Repository const& repository, std::string const& name, Files const& files)
      : repository_(repository), files_(files) {
    out_.name = name;
  }

  Draft run() {
    auto const left = outside_of_kustomizations();
    kustomizations();
    by_folder(without_doubles(deployable(left)));
    images();
    cluster();
    deployments();
    needs();
    switch_off();
    for (auto const& remark : repository_.remarks)
      if (std::none_of(in_kustomizations_.begin(), in_kustomizations_.end(),
                       [&](auto const& path) { return remark.starts_with(path + ": "); }))
        out_.remarks.push_back(remark);
    return std::move(out_);
  }

 private:
  std::vector<ManifestFile const*> outside_of_kustomizations() {
    for (auto const& one : repository_.kustomizations)
      for (auto const& path : one.names) in_kustomizations_.insert(path);
    std::vector<ManifestFile const*> out;
    for (auto const& manifest : repository_.manifests)
      if (!in_kustomizations_.contains(manifest.path)) out.push_back(&manifest);
    return out;
  }

  /// Those that no other one builds on; of several that build on the same, one.
  void kustomizations() {
    std::vector<std::string> tops;
    for (auto const& one : repository_.kustomizations)
      if (!one.component && !in_kustomizations_.contains(one.folder)) tops.push_back(one.folder);
    if (!repository_.kustomized.empty()) {
      for (auto const& top : tops)
        if (std::find(repository_.kustomized.begin(), repository_.kustomized.end(), top) ==
            repository_.kustomized.end())
          out_.remarks.push_back(fmt::format("{}: a kustomization that skaffold does not deploy", top));
      tops = repository_.kustomized;
    }
    std::sort(tops.begin(), tops.end(), liked_more);
    std::map<std::string, std::string> taken;  // a part, and who has it
    for (auto const& top : tops) {
      auto const parts = parts_of(top);
      auto const rival =
          std::find_if(parts.begin(), parts.end(), [&](auto const& part) { return taken.contains(part); });
      if (rival != parts.end() && taken[*rival] != top) {
        out_.remarks.push_back(
            fmt::format("{}: a kustomization of {}, as {} is, which was chosen", top, *rival, taken[*rival]));
        continue;
      }
      for (auto const& part : parts) taken[part] = top;
      auto name = last_part(top);
      for (auto folder = top; folder != "." && (liking(name) < 8 || name == "." || says_nothing(name));) {
        folder = folder_of(folder);
        name = folder == "." ? out_.name : last_part(folder);
      }
      Group group{name, {}, top, {}};
      try {
        std::string wrong;
        made_.push_back(std::make_unique<ManifestFile>(read_manifest(top, files_.kustomized(top), wrong)));
        if (!wrong.empty()) broken_[top] = wrong;
        group.files = {made_.back().get()};
      } catch (Failure const& failure) {
        std::string why = failure.what();
        why.resize(std::min(why.find('\n'), why.size()));
        // what the tool says may have the time in it
        if (auto const at = why.find("' failed with "); at != why.npos)
          why.resize(std::min(why.find(':', at), why.size()));
        broken_[top] = why;
      }
      groups_.push_back(std::move(group));
    }
  }

  /// The kustomizations below, and the one itself if it has none.
  std::set<std::string> parts_of(std::string const& top) const {
    std::set<std::string> out, seen;
    std::vector<std::string> todo{top};
    while (!todo.empty()) {
      auto const folder = todo.back();
      todo.pop_back();
      if (!seen.insert(folder).second) continue;
      for (auto const& one : repository_.kustomizations) {
        if (one.folder != folder) continue;
        if (folder != top && !one.component) out.insert(folder);
        for (auto const& name : one.names) todo.push_back(name);
      }
    }
    if (last_part(folder_of(top)) == "overlays") out.insert(folder_of(top));
    if (out.empty()) out.insert(top);
    return out;
  }

  std::vector<ManifestFile const*> deployable(std::vector<ManifestFile const*> const& all) {
    std::vector<ManifestFile const*> out;
    for (auto const* one : all) {
      auto const& path = one->path;
      bool sample = false;
      for (auto folder = folder_of(path); folder != "." && folder != repository_.root; folder = folder_of(folder)) {
        auto const name = last_part(folder);
        sample |= name == "samples" || name == "examples" || name == "example" || name == "fixtures";
      }
      auto const deployed = [&] {
        return std::any_of(repository_.deployed.begin(), repository_.deployed.end(),
                           [&](auto const& pattern) { return matches(pattern, path) || below_or_same(path, pattern); });
      };
      if (sample)
        out_.remarks.push_back(fmt::format("{}: a sample, by its folder", path));
      else if (!repository_.deployed.empty() && !deployed())
        out_.remarks.push_back(fmt::format("{}: skaffold does not deploy it", path));
      else
        out.push_back(one);
    }
    return out;
  }

  /// Two files that make one object can't both be meant.
  std::vector<ManifestFile const*> without_doubles(std::vector<ManifestFile const*> all) {
    std::stable_sort(all.begin(), all.end(), [](auto const* a, auto const* b) { return liked_more(a->path, b->path); });
    std::map<std::string, std::string> made;
    for (auto const& group : groups_)
      for (auto const* file : group.files)
        for (auto const& object : file->defines) made.emplace(object, file->path);
    std::vector<ManifestFile const*> out;
    for (auto const* one : all) {
      auto const same = std::find_if(one->defines.begin(), one->defines.end(),
                                     [&](auto const& object) { return made.contains(object); });
      if (same != one->defines.end()) {
        out_.remarks.push_back(fmt::format("{}: has the {} that {} has", one->path, *same, made[*same]));
        continue;
      }
      for (auto const& object : one->defines) made.emplace(object, one->path);
      out.push_back(one);
    }
    std::sort(out.begin(), out.end(), [](auto const* a, auto const* b) { return a->path < b->path; });
    return out;
  }

  /// A folder with one thing that runs is one deployment; else each such file is one, with what only it needs.
  void by_folder(std::vector<ManifestFile const*> const& all) {
    std::map<std::string, std::vector<ManifestFile const*>> folders;
    for (auto const* one : all) folders[folder_of(one->path)].push_back(one);
    for (auto const& [folder, files] : folders) {
      std::vector<ManifestFile const*> running, others;
      for (auto const* one : files) (one->runs ? running : others).push_back(one);
      std::vector<Group> groups;
      for (auto const* one : running) {
        auto const same = std::find_if(groups.begin(), groups.end(),
                                       [&](auto const& group) { return group.wanted_name == subject(one->path); });
        if (same != groups.end())
          same->files.push_back(one);
        else
          groups.push_back({running.size() == 1 && files.size() > 1 ? name_of_folder(folder, one) : subject(one->path),
                            {one},
                            "",
                            {}});
      }
      for (auto const* one : others) {
        auto const index = owner(*one, groups, running.size() == 1);
        if (index < groups.size())
          groups[index].files.push_back(one);
        else
          groups_.push_back({subject(one->path), {one}, "", {}});
      }
      for (auto& group : groups) {
        std::sort(group.files.begin(), group.files.end(),
                  [](auto const* a, auto const* b) { return a->path < b->path; });
        groups_.push_back(std::move(group));
      }
    }
  }

  std::string name_of_folder(std::string const& folder, ManifestFile const* one) const {
    auto name = last_part(folder);
    if (folder != repository_.root && !says_nothing(name)) return name;
    auto const own = subject(one->path);
    return own == "deployment" || own == "deploy" ? out_.name : own;
  }

  /// The one group that this file belongs to; past the end if there is none.
  static std::size_t owner(ManifestFile const& one, std::vector<Group> const& groups, bool single) {
    if (!one.facts.namespaces.empty() || !one.facts.crds.empty()) return groups.size();
    if (single) return 0;
    std::set<std::size_t> users;
    for (std::size_t i = 0; i < groups.size(); ++i)
      for (auto const* file : groups[i].files) {
        bool uses = subject(file->path) == subject(one.path);
        for (auto const& object : file->refers) uses |= one.defines.contains(object);
        for (auto const& service : one.facts.services)
          for (auto const& [ns, labels] : file->facts.pods)
            uses |= !service.selector.empty() &&
                    std::includes(labels.begin(), labels.end(), service.selector.begin(), service.selector.end());
        if (uses) users.insert(i);
      }
    return users.size() == 1 ? *users.begin() : groups.size();
  }

  void images() {
    std::set<std::string> named, always;
    for (auto const& group : groups_)
      for (auto const* file : group.files)
        for (auto const& image : file->facts.images) {
          named.insert(image.ref);
          if (image.always.known()) always.insert(image.ref);
        }
    auto chosen = choose_images(repository_, out_.name, named, always, files_);
    out_.images = std::move(chosen.images);
    out_.external = std::move(chosen.external);
    out_.remarks.insert(out_.remarks.end(), chosen.remarks.begin(), chosen.remarks.end());
  }

  void cluster() {
    auto configs = repository_.cluster_configs;
    std::sort(configs.begin(), configs.end(), [&](auto const& a, auto const& b) {
      auto const rank = [&](auto const& path) { return std::tuple(stem(path) != out_.name, liking(path), path); };
      return rank(a) < rank(b);
    });
    if (!configs.empty()) out_.cluster_config = configs.front();
    if (configs.size() > 1) {
      configs.erase(configs.begin());
      out_.cluster_remarks.push_back("there are others: " + join(configs, ", "));
    }
    for (auto const& group : groups_)
      for (auto const* file : group.files)
        for (auto const& service : file->facts.services)
          out_.node_ports.insert(out_.node_ports.end(), service.node_ports.begin(), service.node_ports.end());
  }

  void deployments() {
    std::set<std::string> names, made;
    for (auto const& group : groups_)
      for (auto const* file : group.files) made.insert(file->facts.namespaces.begin(), file->facts.namespaces.end());
    for (auto const& group : groups_) {
      Deployment one;
      auto const wanted = good_name(group.wanted_name);
      one.name = wanted;
      if (names.contains(one.name) && !group.files.empty())
        one.name = good_name(last_part(folder_of(group.files[0]->path)) + "-" + wanted);
      for (int i = 2; names.contains(one.name); ++i) one.name = good_name(fmt::format("{}-{}", wanted, i));
      names.insert(one.name);
      one.kustomize = group.kustomize;
      one.remarks = group.remarks;
      if (group.kustomize.empty())
        for (auto const* file : group.files) one.manifests.push_back(file->path);
      if (auto const it = broken_.find(group.kustomize); it != broken_.end())
        one.off = fmt::format("the kustomization can't be read: {}", it->second);
      name_space(group, made, one);
      out_.deployments.push_back(std::move(one));
    }
  }

  /// What names a namespace that no manifest makes gets it, if it names no other one.
  static void name_space(Group const& group, std::set<std::string> const& made, Deployment& one) {
    std::set<std::string> used;
    for (auto const* file : group.files) used.insert(file->namespaces.begin(), file->namespaces.end());
    for (auto const& ns : used) {
      if (of_kubernetes(ns) || made.contains(ns)) continue;
      if (used.size() == 1)
        one.name_space = ns;
      else
        one.remarks.push_back(fmt::format("no manifest makes the namespace '{}'", ns));
    }
  }

  void needs() {
    for (std::size_t i = 0; i < groups_.size(); ++i)
      for (std::size_t k = 0; k < groups_.size(); ++k)
        if (i != k && needs(groups_[i], groups_[k]) && !reaches(k, i)) needs_[i].insert(k);
    for (auto const& [i, all] : needs_)
      for (auto const k : all) out_.deployments[i].needs.push_back(out_.deployments[k].name);
    std::set<std::string> defined;
    for (auto const& group : groups_)
      for (auto const* file : group.files) defined.insert(file->defines.begin(), file->defines.end());
    for (std::size_t i = 0; i < groups_.size(); ++i)
      for (auto const* file : groups_[i].files)
        for (auto const& object : file->refers)
          if (!defined.contains(object) && !object.ends_with("/kube-root-ca.crt"))
            out_.deployments[i].remarks.push_back(
                fmt::format("it refers to the {}, which no manifest makes: a task may", object));
  }

  static bool needs(Group const& a, Group const& b) {
    for (auto const* file : a.files)
      for (auto const* other : b.files) {
        auto const& facts = other->facts;
        for (auto const& ns : file->namespaces)
          if (facts.namespaces.contains(ns)) return true;
        for (auto const& kind : facts.defines)
          if (file->facts.uses.contains(kind) || file->api_groups.contains(kind.substr(0, kind.find('/')))) return true;
        for (auto const& object : file->refers)
          if (other->defines.contains(object)) return true;
      }
    return false;
  }

  bool reaches(std::size_t from, std::size_t to) const {
    if (from == to) return true;
    auto const it = needs_.find(from);
    return it != needs_.end() &&
           std::any_of(it->second.begin(), it->second.end(), [&](auto const next) { return reaches(next, to); });
  }

  /// A deployment of an image that nothing makes stays a comment, and what would need it does not.
  void switch_off() {
    std::set<std::string> off, defined;
    for (auto const& group : groups_)
      for (auto const* file : group.files) defined.insert(file->facts.defines.begin(), file->facts.defines.end());
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      auto& one = out_.deployments[i];
      for (auto const* file : groups_[i].files) {
        for (auto const& kind : file->facts.uses)
          if (!built_in(kind.substr(0, kind.find('/'))) && !defined.contains(kind))
            one.off = fmt::format("it has a {}, and no CRD of that is here", kind);
        for (auto const& image : file->facts.images) {
          auto const* made = image_of(image.ref, out_.images);
          if (made ? made->off.empty() : !image.ref.starts_with("localhost/")) continue;
          one.off = made ? fmt::format("it names {}, which is left out above", image.ref)
                         : fmt::format("it names {}, and nothing here makes that", image.ref);
        }
      }
      if (!one.off.empty()) off.insert(one.name);
    }
    for (auto& one : out_.deployments) {
      if (!one.off.empty()) continue;
      std::erase_if(one.needs, [&](auto const& need) { return off.contains(need); });
    }
  }

  Repository const& repository_;
  Files const& files_;
  std::set<std::string> in_kustomizations_;
  std::vector<std::unique_ptr<ManifestFile>> made_;  // of kustomizations
  std::map<std::string, std::string> broken_;
  std::vector<Group> groups_;
  std::map<std::size_t, std::set<std::size_t>> needs_;
  Draft out_;
};

}  // namespace

std::string good_name(std::string_view text) {
  std::string out;
  for (char const c : text) {
    auto const small = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    bool const fine = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9') || small == '.';
    if (fine)
      out += small;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  out.resize(std::min<std::size_t>(out.size(), 40));
  while (!out.empty() && (out.front() == '.' || out.front() == '-')) out.erase(0, 1);
  while (!out.empty() && (out.back() == '.' || out.back() == '-')) out.pop_back();
  return out.empty() ? "unnamed" : out;
}

Draft draft(Repository const& repository, std::string const& name, Files const& files) {
  return Drafter(repository, name, files).run();
}

}  // namespace e2e::init
