#include "init/repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/parallel.h"
#include "base/text.h"
#include "base/yaml.h"
#include "init/builds.h"
#include "init/commands.h"
#include "init/makefile.h"
#include "init/names.h"
#include "init/paths.h"
#include "init/workflows.h"

namespace e2e::init {

namespace {

constexpr std::size_t kMostFiles = 200'000;
constexpr int kDeepest = 16;

/// What is made, fetched or meant for something else.
bool passed_over(std::string_view folder) {
  return folder.starts_with('.') ||
         one_of(folder, {"node_modules", "vendor", "build", "dist", "target", "testdata", "third_party", "third-party",
                         "_output", "bower_components", "venv", "__pycache__", "site-packages"});
}

/// A name that a spec could have in it.
bool can_be_written(std::string const& name) {
  return !not_utf8(name) && name.find("${") == name.npos &&
         std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_kustomization(std::string_view name) {
  return one_of(name, {"kustomization.yaml", "kustomization.yml", "Kustomization"});
}

bool is_compose(std::string_view name) {
  return is_yaml(name) && (name.starts_with("compose.") || name.starts_with("docker-compose.") ||
                           name.starts_with("compose-") || name.starts_with("docker-compose-"));
}

bool is_containerfile(std::string_view name) {
  if (name.find("Containerfile") == name.npos && name.find("Dockerfile") == name.npos) return false;
  for (std::string_view const end :
       {"ignore", ".md",  ".yaml", ".yml", ".sh", ".go", ".py",  ".txt", ".json", ".tmpl",   ".template", ".j2",  ".in",
        "~",      ".bak", ".orig", ".rs",  ".ts", ".js", ".tpl", ".mod", ".sum",  ".golden", ".toml",     ".lock"})
    if (name.ends_with(end)) return false;
  return true;
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

/// What a file that may be a manifest turns out to be.
struct Look {
  std::optional<ManifestFile> manifest;
  std::string remark;
  bool cluster = false, skaffold = false;  // a configuration of kind, or of skaffold under another name
};

Look look_at(std::string const& path, std::string const& text) {
  Look look;
  Sources sources;
  Diagnostics diagnostics;
  auto const documents = yaml::parse_manifest(sources, sources.add(path, text), diagnostics);
  if (diagnostics.any()) {
    look.remark = text.find("{{") != text.npos ? "a template, not a manifest" : "not YAML";
    return look;
  }
  for (auto const& document : documents) {
    if (document.is_null()) continue;
    auto const version = document.text_at("apiVersion");
    auto const kind = document.text_at("kind");
    bool const of_kind = version.starts_with("kind.x-k8s.io/");
    look.cluster |= of_kind && kind == "Cluster";
    look.skaffold = version.starts_with("skaffold/");
    if (of_kind || look.skaffold || version.empty() || kind.empty() || of_a_tool(version, kind) ||
        version.starts_with("kustomize.config.k8s.io/"))
      return look;
  }
  auto read = read_manifest(path, text, documents, look.remark);
  if (read.patch || says_patch(path))
    look.remark = fmt::format("a patch, by {}", read.patch ? "what it lacks" : "its name");
  else if (look.remark.empty())
    look.manifest = std::move(read);
  return look;
}

class Reader {
 public:
  Reader(std::string const& root, Files const& files) : files_(files) { found_.root = root; }

  Repository run() {
    walk(found_.root, 0);
    manifests();
    // unless they are all that there is, or what is deployed
    bool const nothing = found_.containerfiles.empty() && found_.manifests.empty() && found_.kustomizations.empty();
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      auto const folder = samples_[i];  // there may be others in it
      if (nothing || deployed(folder))
        walk(folder, 0);
      else
        found_.remarks.push_back(fmt::format("{}: passed over, by its name", folder));
    }
    manifests();
    for (auto const& path : makefiles_) read_makefile(path, files_, found_);
    for (auto const& path : scripts_) script(path);
    read_workflows(found_.root, files_, found_);
    std::stable_sort(found_.builds.begin(), found_.builds.end(),
                     [](auto const& a, auto const& b) { return a.authority < b.authority; });
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
      found_.charts.push_back(folder);
      return;
    }
    std::vector<std::string> folders;
    for (auto const& name : names) {
      if (!can_be_written(name)) continue;
      auto const path = below(folder, name);
      if (files_.is_folder(path)) {
        if (passed_over(name) || depth == kDeepest) continue;
        (says_sample(name) ? samples_ : folders).push_back(path);
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
    if (one_of(name, {"Makefile", "makefile", "GNUmakefile"})) makefiles_.push_back(path);
    if (name.ends_with(".sh")) scripts_.push_back(path);
    if (name.ends_with("_test.go") || name.ends_with("_test.py") ||
        (name.starts_with("test_") && name.ends_with(".py")))
      found_.tests.push_back(path);
    if (name == "package.json") found_.packages.push_back(path);
    if (name.starts_with('.') || (!is_yaml(name) && !is_kustomization(name))) return;
    auto const text = files_.read(path).value_or("");
    Sources sources;
    Diagnostics diagnostics;
    if (is_kustomization(name))
      kustomization(path, yaml::parse_manifest(sources, sources.add(path, text), diagnostics));
    else if (is_compose(name))
      read_compose(path, yaml::parse_manifest(sources, sources.add(path, text), diagnostics), files_, found_);
    else if (name.starts_with("skaffold."))
      read_skaffold(path, yaml::parse_manifest(sources, sources.add(path, text), diagnostics), files_, found_);
    else if (text.find("apiVersion:") != text.npos && text.find("kind:") != text.npos)
      candidates_.emplace_back(path, text);
    if (diagnostics.any()) found_.remarks.push_back(fmt::format("{}: not YAML", path));
  }

  bool deployed(std::string const& folder) const {
    auto const inside = [&](auto const& path) { return path == folder || path.starts_with(folder + "/"); };
    return std::any_of(found_.deployed.begin(), found_.deployed.end(), inside) ||
           std::any_of(found_.kustomized.begin(), found_.kustomized.end(), inside);
  }

  /// A script is run in the repository, or where it stands.
  void script(std::string const& path) {
    auto const text = files_.read(path).value_or("");
    if (text.find(" build ") == text.npos && text.find(" test ") == text.npos && text.find("pytest") == text.npos)
      return;
    auto const none = [](auto const&) { return std::optional<std::string>(); };
    auto const before = found_.builds.size() + found_.runs.size();
    read_script(text, none, {path, found_.root, kByScript}, files_, found_);
    if (found_.builds.size() + found_.runs.size() == before)
      read_script(text, none, {path, folder_of(path), kByScript}, files_, found_);
  }

  /// Reads those that were found since, side by side.
  void manifests() {
    std::vector<Look> looks(candidates_.size());
    for_each_index(looks.size(), 8, [&] {
      return [&](std::size_t i) { looks[i] = look_at(candidates_[i].first, candidates_[i].second); };
    });
    for (std::size_t i = 0; i < looks.size(); ++i) {
      auto& look = looks[i];
      auto const& [path, text] = candidates_[i];
      if (look.cluster) found_.cluster_configs.push_back(path);
      if (look.manifest) found_.manifests.push_back(std::move(*look.manifest));
      if (!look.remark.empty()) found_.remarks.push_back(fmt::format("{}: {}", path, look.remark));
      Sources sources;
      Diagnostics ignored;
      if (look.skaffold)
        read_skaffold(path, yaml::parse_manifest(sources, sources.add(path, text), ignored), files_, found_);
    }
    candidates_.clear();
  }

  void kustomization(std::string const& path, std::vector<yaml::Node> const& documents) {
    Kustomization one{folder_of(path), {}};
    for (auto const& document : documents) {
      one.component = document.text_at("kind") == "Component";
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

  Files const& files_;
  Repository found_;
  std::vector<std::string> makefiles_, scripts_, samples_;
  std::vector<std::pair<std::string, std::string>> candidates_;  // what may be manifests, with their texts
  std::size_t files_seen_ = 0;
};

}  // namespace

Repository read_repository(std::string const& root, Files const& files) {
  return Reader(root, files).run();
}

}  // namespace e2e::init
