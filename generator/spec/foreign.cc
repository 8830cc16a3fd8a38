#include "spec/foreign.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"

namespace e2e::spec {

namespace {

/// A word without capitals, - and _, or a pattern of such words, and the key that it is called by here; or, where there
/// is none, what to do.
struct Word {
  std::string_view part, theirs, ours, help = {};
};

constexpr std::string_view kCommands = "commands";  // tasks and tests
constexpr std::string_view kFrom = "what an image is FROM is read from its Containerfile: leave it out";
constexpr std::string_view kInManifest = "that is said in the manifest: leave it out";
constexpr std::string_view kCharts = "write 'deployments: {NAME: {helm: {chart: ...}}}'";
constexpr std::string_view kFlat =
    "its keys stand right below the name of the image: 'containerfile', 'context', 'args'";
constexpr std::string_view kObject =
    "a spec is no Kubernetes object: leave it out; manifests are named in 'deployments'";

constexpr std::array kWords = std::to_array<Word>({
    {"spec", "services", "", "a service is one of 'images' and one of 'deployments' here; `e2egen init` drafts both"},
    {"spec", "build", "images"},
    {"spec", "builds", "images"},
    {"spec", "artifacts", "images"},
    {"spec", "containers", "images"},
    {"spec", "provider", "", "write 'cluster: {provider: ...}'"},
    {"spec", "registry", "", "write 'cluster: {registry: ...}'"},
    {"spec", "name", "", "a spec is called as its file is; the cluster: 'cluster: {name: ...}'"},
    {"spec", "deploy", "deployments"},
    {"spec", "manifests", "", "write 'deployments: {NAME: {manifests: ...}}'"},
    {"spec", "kustomize", "", "write 'deployments: {NAME: {kustomize: ...}}'"},
    {"spec", "helm", "", kCharts},
    {"spec", "charts", "", kCharts},
    {"spec", "releases", "", kCharts},
    {"spec", "jobs", "tasks"},
    {"spec", "commands", "tasks"},
    {"spec", "suites", "tests"},
    {"spec", "vars", "variables"},
    {"spec", "environment", "", "write 'variables: {NAME: its default}' and 'from-environment: [NAME]'"},
    {"spec", "env", "", "write 'variables: {NAME: its default}' and 'from-environment: [NAME]'"},
    {"spec", "imports", "include"},
    {"spec", "extends", "include"},
    {"spec", "version", "", "a spec has no version: leave it out"},
    {"spec", "apiversion", "", kObject},
    {"spec", "kind", "", kObject},
    {"spec", "metadata", "", kObject},

    {"images", "build", "", kFlat},
    {"images", "docker", "", kFlat},
    {"images", "dockerfile", "containerfile"},
    {"images", "file", "containerfile"},
    {"images", "buildargs", "args"},
    {"images", "arguments", "args"},
    {"images", "environment", "", "ENV of the Containerfile sets it; 'args' are build arguments"},
    {"images", "env", "", "ENV of the Containerfile sets it; 'args' are build arguments"},
    {"images", "path", "context"},
    {"images", "buildcontext", "context"},
    {"images", "dir", "context"},
    {"images", "stage", "target"},
    {"images", "tag", "ref"},
    {"images", "tags", "ref"},
    {"images", "name", "ref"},
    {"images", "repository", "ref"},
    {"images", "reference", "ref"},
    {"images", "from", "", kFrom},
    {"images", "base", "", kFrom},
    {"images", "dependson", "", kFrom},
    {"images", "needs", "", kFrom},
    {"images", "requires", "", kFrom},
    {"images", "cmd", "rootfs"},
    {"images", "run", "rootfs"},
    {"images", "script", "rootfs"},
    {"images", "inputs", "sources"},
    {"images", "files", "sources"},
    {"images", "platforms", "platform"},
    {"images", "mounts", "volumes"},
    {"images", "pullpolicy", "pull"},
    {"images", "imagepullpolicy", "pull"},
    {"images", "options", "flags"},
    {"images", "extraargs", "flags"},
    {"images", "memlimit", "memory"},

    {"cluster", "kind", "provider"},
    {"cluster", "type", "provider"},
    {"cluster", "driver", "provider"},
    {"cluster", "configfile", "config"},
    {"cluster", "image", "node-image"},
    {"cluster", "version", "node-image"},
    {"cluster", "kubernetesversion", "node-image"},
    {"cluster", "k8sversion", "node-image"},
    {"cluster", "workers", "nodes"},
    {"cluster", "kubecontext", "context"},
    {"cluster", "extraportmappings", "ports"},
    {"cluster", "portmappings", "ports"},
    {"cluster", "volumes", "mounts"},
    {"cluster", "extramounts", "mounts"},

    {"clusters", "versions", "",
     "only 'cluster' has versions, each an environment: name the node image of each cluster"},

    {"deployments", "manifest", "manifests"},
    {"deployments", "files", "manifests"},
    {"deployments", "path", "manifests"},
    {"deployments", "resources", "manifests"},
    {"deployments", "rawyaml", "manifests"},
    {"deployments", "kustomization", "kustomize"},
    {"deployments", "overlay", "kustomize"},
    {"deployments", "chart", "", "write 'helm: {chart: ...}'"},
    {"deployments", "release", "", "write 'helm: {release: ...}'"},
    {"helm", "path", "chart"},
    {"helm", "chartpath", "chart"},
    {"helm", "name", "release"},
    {"helm", "releasename", "release"},
    {"helm", "valuesfiles", "values"},
    {"helm", "valuefiles", "values"},
    {"helm", "setvalues", "set"},
    {"helm", "version", "", "a chart is a folder or file of the workspace: `helm pull` brings one of that version"},
    {"helm", "repo", "", "a chart is a folder or file of the workspace: `helm pull` brings one"},
    {"deployments", "dependson", "needs"},
    {"deployments", "requires", "needs"},
    {"deployments", "after", "needs"},
    {"deployments", "wait", "ready"},
    {"deployments", "waitfor", "ready"},
    {"deployments", "services", "", "write 'ready: [manifests, service/NAME]'"},
    {"deployments", "ns", "namespace"},
    {"deployments", "image", "images"},
    {"deployments", "environment", "", kInManifest},
    {"deployments", "env", "", kInManifest},
    {"deployments", "ports", "", kInManifest},
    {"deployments", "replicas", "", kInManifest},
    {"deployments", "command", "", "a deployment applies manifests; a command is one of 'tasks'"},

    {kCommands, "cmd", "command"},
    {kCommands, "run", "command"},
    {kCommands, "script", "command"},
    {kCommands, "exec", "command"},
    {kCommands, "dependson", "needs"},
    {kCommands, "requires", "needs"},
    {kCommands, "after", "needs"},
    {kCommands, "env", "environment"},
    {kCommands, "variables", "environment"},
    {kCommands, "portforward", "forward"},
    {kCommands, "ports", "forward"},
    {kCommands, "files", "inputs"},
    {kCommands, "sources", "inputs"},
    {kCommands, "artifacts", "outputs"},
    {kCommands, "image", "images"},
    {kCommands, "container", "pod"},
    {kCommands, "retry", "retries"},
    {kCommands, "ns", "namespace"},
    {kCommands, "work*dir*", "folder"},
    {kCommands, "cwd", "folder"},
    {kCommands, "dir", "folder"},
    {"tests", "parallel", "shards"},
    {"tests", "parallelism", "shards"},
    {"tests", "report", "junit"},
    {"tasks", "shards", "", "only one of 'tests' runs in shards"},
    {"tasks", "junit", "", "only one of 'tests' has a report"},
});

std::string plain(std::string_view key) {
  std::string out;
  for (char const c : key)
    if (c != '-' && c != '_') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

std::string in_our_words(std::string_view part, std::string_view key, std::span<std::string const> known) {
  auto const called = [](std::string_view ours) { return fmt::format("it is called '{}' here", ours); };
  auto const theirs = plain(key);
  for (auto const& one : known)
    if (plain(one) == theirs) return called(one);
  auto const wider = one_of(part, {"tasks", "tests"}) ? kCommands : part == "clusters" ? "cluster" : part;
  auto const it = std::find_if(kWords.begin(), kWords.end(), [&](Word const& word) {
    return (word.part == part || word.part == "*" || word.part == wider) && matches(word.theirs, theirs);
  });
  if (it == kWords.end()) return {};
  return it->ours.empty() ? std::string(it->help) : called(it->ours);
}

}  // namespace e2e::spec
