#include "init/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"
#include "init/bases.h"
#include "init/group.h"
#include "init/images.h"
#include "init/names.h"
#include "init/paths.h"
#include "init/split.h"
#include "init/suites.h"

namespace e2e::init {

namespace {

bool of_kubernetes(std::string const& ns) {
  return ns.empty() || ns == "default" || ns.starts_with("kube-");
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

class Drafter {
 public:
  Drafter(Repository const& repository, std::string const& name, Files const& files)
      : repository_(repository),
        files_(files),
        suites_(find_suites(repository, files)),
        scopes_(scopes_of(repository, suites_)),
        grouping_(group_manifests(repository, name, scopes_, files)) {
    out_.name = name;
  }

  std::vector<Draft> run() {
    out_.remarks = grouping_.remarks;
    images();
    cluster();
    deployments();
    needs();
    switch_off();
    scopes_of_images();
    suites();
    for (auto const& remark : repository_.remarks)
      if (std::none_of(grouping_.in_kustomizations.begin(), grouping_.in_kustomizations.end(),
                       [&](auto const& path) { return remark.starts_with(path + ": "); }))
        out_.remarks.push_back(remark);
    return split(std::move(out_));
  }

 private:
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
    std::copy_if(configs.begin(), configs.end(), std::back_inserter(out_.scoped_configs),
                 [&](auto const& path) { return !scopes_.of(path).empty(); });
    std::erase_if(configs, [&](auto const& path) { return !scopes_.of(path).empty(); });
    std::sort(configs.begin(), configs.end(), [&](auto const& a, auto const& b) {
      auto const rank = [&](auto const& path) { return std::tuple(stem(path) != out_.name, liking(path), path); };
      return rank(a) < rank(b);
    });
    if (!configs.empty()) out_.cluster_config = configs.front();
    if (configs.size() > 1) {
      configs.erase(configs.begin());
      out_.cluster_remarks.push_back("there are others: " + join(configs, ", ") +
                                     "; if all are up at once, they are 'clusters', by name");
    }
    for (auto const& group : groups_)
      for (auto const* file : group.files)
        for (auto const& service : file->facts.services) {
          auto const scope = scopes_.of(file->path);
          auto& ports = scope.empty() ? out_.node_ports : out_.scoped_ports[scope];
          ports.insert(ports.end(), service.node_ports.begin(), service.node_ports.end());
        }
  }

  void deployments() {
    std::set<std::string> names, made;
    for (auto const& group : groups_)
      for (auto const* file : group.files) made.insert(file->facts.namespaces.begin(), file->facts.namespaces.end());
    for (auto const& group : groups_) {
      Deployment one;
      auto const folder = group.files.empty() ? "" : last_part(folder_of(group.files[0]->path));
      one.name = free_name(names, group.wanted_name, folder.empty() ? "" : folder + "-" + group.wanted_name);
      names.insert(one.name);
      one.kustomize = group.kustomize;
      one.chart = group.chart;
      one.remarks = group.remarks;
      one.off = group.off;
      auto const& folder_of_all = group.chart.empty() ? group.kustomize : group.chart;
      if (folder_of_all.empty())
        for (auto const* file : group.files) one.manifests.push_back(file->path);
      one.scope = scopes_.of(folder_of_all.empty() && !group.files.empty() ? group.files[0]->path : folder_of_all);
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

  /// Who uses an image, as scopes: of its deployments, of what is FROM it, else of the Makefile or compose file that
  /// builds it.
  void scopes_of_images() {
    std::map<std::string, std::set<std::string>> users;  // by name
    auto const user = [&](std::string const& ref, std::string const& scope) {
      auto const* image = image_of(ref, out_.images);
      return image && users[image->name].insert(scope).second;
    };
    for (std::size_t i = 0; i < groups_.size(); ++i)
      for (auto const* file : groups_[i].files)
        for (auto const& image : file->facts.images) user(image.ref, out_.deployments[i].scope);
    for (auto& image : out_.images)
      if (users[image.name].empty())
        for (auto const& by : image.made_by) {
          for (auto const& [folder, builds] : scopes_.builds)
            if (builds.contains(by)) users[image.name].insert(folder);
          if (auto const scope = scopes_.of(by); !scope.empty()) users[image.name].insert(scope);
        }
    for (bool more = true; more;) {
      more = false;
      for (auto& image : out_.images)
        for (auto const& base : image.bases)
          for (auto const& scope : std::set(users[image.name])) more |= user(base, scope);
    }
    for (auto& image : out_.images)
      if (users[image.name].size() == 1) image.scope = *users[image.name].begin();
  }

  /// A suite can't run before all that it may test is deployed.
  void suites() {
    out_.suites = suites_;
    for (auto& suite : out_.suites) {
      if (scopes_.builds.contains(suite.folder)) suite.scope = suite.folder;
      if (suite.off.empty()) suite.off = missing(suite.scope);
    }
  }

  std::string missing(std::string const& scope) const {
    bool none = true;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      auto const& one = out_.deployments[i];
      if (!one.scope.empty() && one.scope != scope) continue;
      none = false;
      bool const own = std::any_of(groups_[i].files.begin(), groups_[i].files.end(), [&](auto const* file) {
        return std::any_of(file->facts.images.begin(), file->facts.images.end(), [&](auto const& image) {
          auto const* made = image_of(image.ref, out_.images);
          return !made || made->pulled.empty();
        });
      });
      if (!one.off.empty() && (own || groups_[i].files.empty()))
        return fmt::format("it may test {}, which is left out", one.name);
    }
    return none ? "nothing is deployed here that it could test" : "";
  }

  Repository const& repository_;
  Files const& files_;
  std::vector<Suite> const suites_;
  Scopes const scopes_;
  Grouping const grouping_;
  std::vector<Group> const& groups_ = grouping_.groups;
  std::map<std::size_t, std::set<std::size_t>> needs_;
  Draft out_;
};

}  // namespace

std::vector<Draft> draft(Repository const& repository, std::string const& name, Files const& files) {
  return Drafter(repository, name, files).run();
}

}  // namespace e2e::init
