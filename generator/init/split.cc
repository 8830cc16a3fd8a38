#include "init/split.h"

#include <algorithm>

#include "init/names.h"
#include "init/paths.h"

namespace e2e::init {

namespace {

bool inside(std::string const& path, std::string const& folder) {
  return path == folder || path.starts_with(folder + "/");
}

/// What a target needs, itself too, as "MAKEFILE TARGET".
std::set<std::string> closure(Repository const& repository, std::string const& makefile, std::string const& target) {
  std::set<std::string> out;
  std::vector<std::string> todo{target};
  while (!todo.empty()) {
    auto const name = todo.back();
    todo.pop_back();
    if (!out.insert(makefile + " " + name).second) continue;
    for (auto const& one : repository.targets)
      if (one.makefile == makefile && one.name == name) todo.insert(todo.end(), one.needs.begin(), one.needs.end());
  }
  return out;
}

/// What belongs to one scope alone stays in it; what is needed from elsewhere is shared.
void share(Draft& draft) {
  std::map<std::string, std::string*> scopes;
  for (auto& one : draft.deployments) scopes[one.name] = &one.scope;
  for (bool more = true; more;) {
    more = false;
    for (auto const& one : draft.deployments)
      for (auto const& need : one.needs)
        if (auto& scope = *scopes.at(need); !scope.empty() && scope != one.scope) scope.clear(), more = true;
  }
}

}  // namespace

std::string Scopes::of(std::string const& path) const {
  for (auto const& [folder, all] : builds)
    if (inside(path, folder)) return folder;
  return "";
}

Scopes scopes_of(Repository const& repository, std::vector<Suite> const& suites) {
  Scopes out;
  for (auto const& suite : suites) {
    if (suite.folder.empty() || suite.folder == repository.root) continue;
    auto const here = [&](std::string const& path) { return inside(path, suite.folder); };
    bool apart = std::any_of(repository.manifests.begin(), repository.manifests.end(),
                             [&](auto const& one) { return here(one.path); }) ||
                 std::any_of(repository.kustomizations.begin(), repository.kustomizations.end(),
                             [&](auto const& one) { return here(one.folder); }) ||
                 std::any_of(repository.cluster_configs.begin(), repository.cluster_configs.end(), here) ||
                 std::any_of(repository.builds.begin(), repository.builds.end(),
                             [&](auto const& one) { return one.authority == kByCompose && here(one.told_by); });
    std::set<std::string> needed;
    for (auto const& run : repository.runs)
      if (!run.target.empty() && std::find(run.paths.begin(), run.paths.end(), suite.folder) != run.paths.end())
        needed.merge(closure(repository, run.told_by, run.target));
    apart |= std::any_of(repository.builds.begin(), repository.builds.end(), [&](auto const& one) {
      return !one.made_by.empty() && needed.contains(one.told_by + " " + one.made_by);
    });
    if (apart) out.builds[suite.folder] = std::move(needed);
  }
  if (out.builds.size() < 2) out.builds.clear();
  return out;
}

std::vector<Draft> split(Draft draft) {
  std::map<std::string, Draft> parts;
  for (auto const& suite : draft.suites)
    if (!suite.scope.empty()) parts[suite.scope].name = suite.name;
  if (parts.empty()) return {std::move(draft)};
  share(draft);
  auto const move = [&](auto& all, auto into) {
    for (auto& one : all)
      if (!one.scope.empty()) (parts.at(one.scope).*into).push_back(one);
    std::erase_if(all, [](auto const& one) { return !one.scope.empty(); });
  };
  move(draft.images, &Draft::images);
  move(draft.deployments, &Draft::deployments);
  move(draft.suites, &Draft::suites);
  bool const shared = !draft.images.empty() || !draft.deployments.empty();
  std::vector<Draft> out;
  std::set<std::string> names{draft.name};
  auto const name = draft.name;
  if (shared || !draft.suites.empty()) out.push_back(draft);
  for (auto& [folder, part] : parts) {
    part.name = free_name(names, part.name, name + "-" + part.name);
    names.insert(part.name);
    auto const own = std::find_if(draft.scoped_configs.begin(), draft.scoped_configs.end(),
                                  [&, &folder = folder](auto const& path) { return inside(path, folder); });
    part.cluster_config = own == draft.scoped_configs.end() ? draft.cluster_config : *own;
    part.node_ports = draft.scoped_ports[folder];
    if (shared) part.include = name;
    if (!shared) part.external = draft.external;
    if (out.empty()) part.remarks = draft.remarks;
    out.push_back(std::move(part));
  }
  return out;
}

}  // namespace e2e::init
