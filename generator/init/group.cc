#include "init/group.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostics.h"
#include "base/text.h"
#include "init/names.h"
#include "init/paths.h"
#include "plan/rendered.h"

namespace e2e::init {

namespace {

bool below_or_same(std::string const& path, std::string const& folder) {
  return folder == "." || path == folder || path.starts_with(folder + "/");
}

class Grouper {
 public:
  Grouper(Repository const& repository, std::string const& name, Scopes const& scopes, Files const& files)
      : repository_(repository), name_(name), scopes_(scopes), files_(files) {}

  Grouping run() {
    auto const left = outside_of_kustomizations();
    kustomizations();
    by_folder(without_doubles(deployable(left)));
    charts();
    return std::move(out_);
  }

 private:
  std::vector<ManifestFile const*> outside_of_kustomizations() {
    for (auto const& one : repository_.kustomizations)
      for (auto const& path : one.names) out_.in_kustomizations.insert(path);
    std::vector<ManifestFile const*> out;
    for (auto const& manifest : repository_.manifests)
      if (!out_.in_kustomizations.contains(manifest.path)) out.push_back(&manifest);
    return out;
  }

  /// Of several kustomizations that build on the same, one.
  void kustomizations() {
    std::map<std::string, std::vector<std::string>> taken;  // a part, and who has it
    for (auto const& top : tops()) {
      auto const parts = parts_of(top);
      auto const rival =
          std::find_if(parts.begin(), parts.end(), [&](auto const& part) { return met(top, taken[part]); });
      if (rival != parts.end() && *met(top, taken[*rival]) != top) {
        out_.remarks.push_back(fmt::format("{}: a kustomization of {}, as {} is, which was chosen", top, *rival,
                                           *met(top, taken[*rival])));
        continue;
      }
      for (auto const& part : parts) taken[part].push_back(top);
      Group group{name_of_kustomization(top), {}, top, {}};
      made([&] { return files_.kustomized(top); }, top, "the kustomization can't be read", group);
      out_.groups.push_back(std::move(group));
    }
  }

  /// Of the others the first one that would be there together with this one.
  std::string const* met(std::string const& path, std::vector<std::string> const& others) const {
    auto const scope = scopes_.of(path);
    for (auto const& other : others)
      if (auto const of = scopes_.of(other); scope.empty() || of.empty() || of == scope) return &other;
    return nullptr;
  }

  /// Those that no other one builds on, or that skaffold deploys.
  std::vector<std::string> tops() {
    std::vector<std::string> out;
    for (auto const& one : repository_.kustomizations)
      if (!one.component && !out_.in_kustomizations.contains(one.folder)) out.push_back(one.folder);
    auto const& deployed = repository_.kustomized;
    if (!deployed.empty()) {
      for (auto const& top : out)
        if (std::find(deployed.begin(), deployed.end(), top) == deployed.end())
          out_.remarks.push_back(fmt::format("{}: a kustomization that skaffold does not deploy", top));
      out = deployed;
    }
    std::sort(out.begin(), out.end(), liked_more);
    return out;
  }

  /// The first folder above that says what it is, not where it runs.
  std::string name_of_kustomization(std::string const& top) const {
    auto name = last_part(top);
    for (auto folder = top; folder != "." && (says_environment(name) || name == "." || says_all(name));) {
      folder = folder_of(folder);
      name = folder == "." ? name_ : last_part(folder);
    }
    return name;
  }

  /// Puts into the group what a tool makes of the folder, or why it doesn't.
  template <class Make>
  void made(Make const& make, std::string const& folder, std::string_view trouble, Group& group) {
    std::string wrong;
    try {
      out_.made.push_back(std::make_unique<ManifestFile>(read_manifest(folder, make(), wrong)));
      group.files.push_back(out_.made.back().get());
    } catch (Failure const& failure) {
      wrong = failure.what();
      wrong.resize(std::min(wrong.find('\n'), wrong.size()));
      // what the tool says may have the time in it
      if (auto const at = wrong.find("' failed with "); at != wrong.npos)
        wrong.resize(std::min(wrong.find(':', at), wrong.size()));
    }
    if (!wrong.empty()) group.off = fmt::format("{}: {}", trouble, wrong);
  }

  /// Each as its defaults have it, unless what is deployed already has its images or its objects.
  void charts() {
    std::map<std::string, std::vector<std::string>> taken;  // an image or an object, and who has it
    for (auto const& group : out_.groups)
      for (auto const* file : group.files)
        for (auto const& thing : things_of(*file)) taken[thing].push_back(file->path);
    for (auto const& folder : repository_.charts) {
      auto const facts = chart(folder);
      if (facts.library) continue;
      Group group{.wanted_name = facts.name, .files = {}, .kustomize = {}, .remarks = {}, .chart = folder};
      made([&] { return rendered(folder, facts.name); }, folder, "the chart can't be rendered", group);
      std::set<std::string> things;
      for (auto const* file : group.files) things.merge(things_of(*file));
      auto const same =
          std::find_if(things.begin(), things.end(), [&](auto const& thing) { return met(folder, taken[thing]); });
      if (same != things.end()) group.off = fmt::format("it has the {} that {} has", *same, *met(folder, taken[*same]));
      if (!group.off.empty()) group.files.clear();
      for (auto const& thing : things)
        if (group.off.empty()) taken[thing].push_back(folder);
      out_.groups.push_back(std::move(group));
    }
  }

  static std::set<std::string> things_of(ManifestFile const& file) {
    auto things = file.defines;
    for (auto const& image : file.facts.images) things.insert("image " + last_part(without_tag(image.ref)));
    return things;
  }

  struct ChartFacts {
    std::string name;
    bool library;  // it is there for other charts only
  };

  ChartFacts chart(std::string const& folder) const {
    Sources sources;
    Diagnostics ignored;
    auto const text = files_.read(folder + "/Chart.yaml").value_or("");
    auto const documents = yaml::parse_manifest(sources, sources.add(folder, text), ignored);
    auto const* root = documents.empty() ? nullptr : &documents.front();
    auto const name = yaml::text_at(root, {"name"});
    return {good_name(name.empty() ? last_part(folder) : name), yaml::text_at(root, {"type"}) == "library"};
  }

  /// Its objects but for hooks.
  std::string rendered(std::string const& folder, std::string const& name) const {
    return plan::parse_chart(files_.charted({{"chart", {folder}}, {"release", {name}}, {"namespace", {"default"}}}, {}),
                             "default")
        .text;
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
      auto const deployed = [&] {
        return std::any_of(repository_.deployed.begin(), repository_.deployed.end(),
                           [&](auto const& pattern) { return matches(pattern, path) || below_or_same(path, pattern); });
      };
      if (!repository_.deployed.empty() && !deployed())
        out_.remarks.push_back(fmt::format("{}: skaffold does not deploy it", path));
      else
        out.push_back(one);
    }
    return out;
  }

  /// Two files that make one object can't both be meant.
  std::vector<ManifestFile const*> without_doubles(std::vector<ManifestFile const*> all) {
    std::stable_sort(all.begin(), all.end(), [](auto const* a, auto const* b) { return liked_more(a->path, b->path); });
    std::map<std::string, std::vector<std::string>> made;
    for (auto const& group : out_.groups)
      for (auto const* file : group.files)
        for (auto const& object : file->defines) made[object].push_back(file->path);
    std::vector<ManifestFile const*> out;
    for (auto const* one : all) {
      auto const same = std::find_if(one->defines.begin(), one->defines.end(),
                                     [&](auto const& object) { return met(one->path, made[object]); });
      if (same != one->defines.end()) {
        out_.remarks.push_back(
            fmt::format("{}: has the {} that {} has", one->path, *same, *met(one->path, made[*same])));
        continue;
      }
      for (auto const& object : one->defines) made[object].push_back(one->path);
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
          out_.groups.push_back({subject(one->path), {one}, "", {}});
      }
      for (auto& group : groups) {
        std::sort(group.files.begin(), group.files.end(),
                  [](auto const* a, auto const* b) { return a->path < b->path; });
        out_.groups.push_back(std::move(group));
      }
    }
  }

  std::string name_of_folder(std::string const& folder, ManifestFile const* one) const {
    auto name = last_part(folder);
    if (folder != repository_.root && !says_all(name)) return name;
    auto const own = subject(one->path);
    return own == "deployment" || own == "deploy" ? name_ : own;
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

  Repository const& repository_;
  std::string const& name_;
  Scopes const& scopes_;
  Files const& files_;
  Grouping out_;
};

}  // namespace

Grouping group_manifests(Repository const& repository, std::string const& name, Scopes const& scopes,
                         Files const& files) {
  return Grouper(repository, name, scopes, files).run();
}

}  // namespace e2e::init
