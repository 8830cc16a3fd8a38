#include "spec/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/machine.h"
#include "base/text.h"
#include "base/warnings.h"

namespace e2e::spec {

namespace {

constexpr std::string_view kTimeoutExample = "timeout: 3m";

}  // namespace

namespace {

std::vector<std::string> names_of_warnings() {
  std::vector<std::string> names;
  for (auto const& one : warnings::kAll) names.emplace_back(one.name);
  return names;
}

std::string_view about_variables() {
  static std::string const text = [] {
    std::vector<std::string> own;
    for (auto const& one : machine::kAll) own.push_back(fmt::format("`${{{}}}` ({})", one.name, one.about));
    return fmt::format(
        "Texts with names: ${{NAME}} in any value stands for it. `--set NAME=value` gives another one. Not for "
        "secrets: they end up in the Ninja file. Of the machine that a step runs on there are {}, in what tasks and "
        "tests run, their `environment`, and `values`. Nowhere else: images and the Ninja file are the same on all "
        "machines (a Containerfile has TARGETARCH).",
        join(own, ", "));
  }();
  return text;
}

std::string_view about_warnings() {
  static std::string const text = [] {
    std::vector<std::string> all;
    for (auto const& one : warnings::kAll) all.push_back(fmt::format("`{}` ({})", one.name, one.about));
    return fmt::format("Warnings that are not to be given, by their names: {}.", join(all, ", "));
  }();
  return text;
}

}  // namespace

std::span<Section const> sections() {
  static std::array<Section, 14> const all{{
      {"include",
       "Specs to merge into this one, relative to this file. Their clusters and tests are left out; what their "
       "profiles "
       "change of the rest comes before what those of the same name change here.",
       "include: [datastorage.yaml]"},
      {"variables", about_variables(), "variables: {TAG: dev}"},
      {"from-environment",
       "Variables that an environment variable of the same name may set when the spec is compiled. "
       "No other is looked at.",
       "from-environment: [TAG]"},
      {"builder", "The template that builds images. Default: podman.", "builder: podman"},
      {"policy", "What every Containerfile has to keep to.", "policy: {latest: false}"},
      {"external",
       "References of images that nodes may pull by themselves, with * for anything. Any other image that a "
       "manifest names has to be one of `images`.",
       "external: [\"registry.example.com/*\"]"},
      {"allow", about_warnings(), "allow: [pulled-by-nodes]"},
      {"images", "Images to build or to pull, by name.", "images: {api: {containerfile: api/Containerfile}}"},
      {"cluster", "The cluster of this environment.", "cluster: {name: shop-e2e}"},
      {"clusters",
       "Instead of `cluster`: several clusters of one environment, by name. Deployments, tasks and tests say by "
       "`cluster` which they are for.",
       "clusters: {hub: {nodes: 2}, spoke: {nodes: 1}}"},
      {"deployments", "Kubernetes manifests to apply and to wait for, by name.",
       "deployments: {api: {manifests: manifests/api.yaml}}"},
      {"tasks", "Commands that run once what they need is ready, such as migrations, by name.",
       "tasks: {seed: {command: [sh, seed.sh]}}"},
      {"tests", "Test suites, by name; `ninja test` runs them.", "tests: {suite: {command: [sh, suite.sh]}}"},
      {"profiles",
       "Changes by name, for `--profile NAME`: what one says is laid over the spec, key by key; maps are "
       "merged, lists are replaced, new names are added, and what is `null` is taken away. It may give variables of "
       "the spec another value; `--set` and "
       "the environment say more than that.",
       "profiles: {coverage: {images: {api: {args: {GOFLAGS: -cover}}}}}"},
  }};
  return all;
}

bool is_for_anchors(std::string_view section) {
  return section.starts_with("x-");
}

bool in_profiles(std::string_view section) {
  return one_of(section, {"variables", "images", "cluster", "clusters", "deployments", "tasks", "tests"});
}

std::span<Field<Document> const> document_fields() {
  static std::vector<Field<Document>> const fields = [] {
    std::vector<Field<Document>> all{
        {"include", Shape::words, &Document::include, "", ""},
        {"variables", Shape::pairs, &Document::variables, "", ""},
        {"from-environment", Shape::words, &Document::from_environment, "", ""},
        {"builder", Shape::text, &Document::builder, "", ""},
        {"external", Shape::words, &Document::external, "", ""},
        {"allow", Shape::words, &Document::allow, "", "", any_way, names_of_warnings()},
    };
    for (auto& field : all)
      for (auto const& section : sections())
        if (section.key == field.key) field.example = section.example;
    return all;
  }();
  return fields;
}

std::span<Field<Image> const> image_fields() {
  static std::array<Field<Image>, 23> const fields{{
      {"ref", Shape::text, &Image::ref,
       "The reference that FROM lines and manifests use for this image; a manifest may add any tag to that of a built "
       "one. Default: localhost/NAME; of a pulled one what `image` says.",
       "ref: localhost/shop/api"},
      {"containerfile", Shape::path, &Image::containerfile, "The Containerfile or Dockerfile to build.",
       "containerfile: api/Containerfile", built},
      {"context", Shape::path, &Image::context, "The build context. Default: the folder of the Containerfile.",
       "context: api", built},
      {"target", Shape::text, &Image::target, "The stage to build. Default: the last one.", "target: runtime", built},
      {"args", Shape::pairs, &Image::args, "Build arguments, as --build-arg.", "args: {VERSION: e2e}", built},
      {"rootfs", Shape::command, &Image::rootfs,
       "Instead of a Containerfile: a command that writes a tar of a root file system to its standard output.",
       "rootfs: [sh, rootfs.sh]", by_command},
      {"inputs", Shape::paths, &Image::inputs,
       "Files and folders that the command reads, and patterns of them, as those of a task: what the image is made of.",
       "inputs: [rootfs.sh]", by_command},
      {"image", Shape::text, &Image::image,
       "Instead of a Containerfile: the reference of an image to pull, by tag or digest, with the builder's own "
       "credentials: those that its login left, or the file that REGISTRY_AUTH_FILE names.",
       "image: registry.example.com/redis:7", pulled},
      {"prebuilt", Shape::text, &Image::prebuilt,
       "A reference under which a registry or the store may already have this image: it is taken from there if it can "
       "be, and built if not. Nothing if the text is empty, as a variable may be.",
       "prebuilt: registry.example.com/api:dev", built},
      {"sources", Shape::paths, &Image::sources, "What counts of the context, in place of what COPY and ADD name.",
       "sources: [api/main.go]", built},
      {"go", Shape::paths, &Image::go,
       "Folders of the Go packages that the build compiles: of the folders that COPY names, only what `go list -deps` "
       "finds there counts, and what `beside-go` names.",
       "go: api", built},
      {"beside-go", Shape::paths, &Image::beside_go,
       "Files and folders of the context that count beside what `go` finds.", "beside-go: [api/openapi.yaml]", built},
      {"secrets", Shape::pairs, &Image::secrets,
       "Files that RUN --mount=type=secret sees, by id. Their content is no part of what the image is made of and gets "
       "nowhere else. The file may be outside of the workspace, ~/ is the home folder.",
       "secrets: {netrc: ~/.netrc}", built},
      {"ssh", Shape::text, &Image::ssh,
       "For RUN --mount=type=ssh, as --ssh: `default` is the agent of SSH_AUTH_SOCK, ID=PATH a file with a key that "
       "has no passphrase, or another agent's socket; ~/ is the home folder. Neither agent nor key is part of what the "
       "image is made of.",
       "ssh: default", built},
      {"volumes", Shape::words, &Image::volumes,
       "Folders of the machine that RUN sees, HOST:CONTAINER, such as a cache of modules; made if they are not there. "
       "What is in them is no part of what the image is made of.",
       "volumes: [.cache/go:/root/go]", built},
      {"platform", Shape::platform, &Image::platform, "The platform to build or pull for. Default: the machine's.",
       "platform: linux/amd64", built | pulled},
      {"pull",
       Shape::text,
       &Image::pull,
       "When base images are pulled. Default: missing.",
       "pull: newer",
       built,
       {"missing", "always", "newer", "never"}},
      {"network", Shape::text, &Image::network, "The network of RUN, as --network.", "network: host", built},
      {"memory", Shape::size, &Image::memory, "The most memory that RUN may take, as --memory.", "memory: 2g", built},
      {"flags", Shape::words, &Image::flags, "Further flags of the builder.", "flags: [--no-hosts]", built},
      {"needs", Shape::words, &Image::needs,
       "Tasks that run on this machine before the image is built: `make generate`, binaries for a Containerfile that "
       "only "
       "copies them. They come before any cluster, so they need no deployment, no image and no pod. What they write is "
       "named by their `outputs`.",
       "needs: [generate]"},
      {"timeout", Shape::duration, &Image::timeout, "When a build counts as hung. Default: 15m.", "timeout: 20m"},
      {"expected", Shape::duration, &Image::expected, "How long a build takes; the longest ones are started first.",
       "expected: 90s"},
  }};
  return fields;
}

std::span<Field<Cluster> const> cluster_fields() {
  static std::array<Field<Cluster>, 16> const fields{{
      {"name", Shape::text, &Cluster::given_name,
       "The name of the cluster. Default: the name of the spec; of one of `clusters` with its name there behind it, "
       "such as shop-hub.",
       "name: shop-e2e"},
      {"provider", Shape::text, &Cluster::provider,
       "The template that makes it: kind, or existing for one that e2egen never creates nor deletes. Default: kind.",
       "provider: kind"},
      {"config",
       Shape::path,
       &Cluster::config,
       "The provider's own configuration file.",
       "config: kind.yaml",
       any_way,
       {},
       "config"},
      {"inline",
       Shape::yaml,
       &Cluster::inline_config,
       "The same, written here.",
       "inline: {kind: Cluster, apiVersion: kind.x-k8s.io/v1alpha4, nodes: [{role: control-plane}]}",
       any_way,
       {},
       "config"},
      {"nodes",
       Shape::number,
       &Cluster::nodes,
       "Instead of a configuration: how many nodes. Default: 1.",
       "nodes: 2",
       any_way,
       {},
       "nodes"},
      {"ports",
       Shape::ports,
       &Cluster::ports,
       "Instead of a configuration: ports of the machine, and the NodePorts that they lead to.",
       "ports: {8080: 30080}",
       any_way,
       {},
       "ports"},
      {"mounts",
       Shape::pairs,
       &Cluster::mounts,
       "Instead of a configuration: folders of the workspace, and where each node has them.",
       "mounts: {./coverdata: /coverdata}",
       any_way,
       {},
       "mounts"},
      {"node-image",
       Shape::text,
       &Cluster::node_image,
       "The node image. Default: the provider's own choice.",
       "node-image: registry.example.com/node:v1.31.0",
       any_way,
       {},
       "node_image"},
      {"versions",
       Shape::words,
       &Cluster::versions,
       "Node images, for an environment each, all in one Ninja file; images are built once. The clusters are called "
       "NAME-1, NAME-2 and so on. Not in `clusters`.",
       "versions: [registry.example.com/node:v1.30.0, registry.example.com/node:v1.31.0]",
       any_way,
       {},
       "node_image"},
      {"kubeconfig",
       Shape::text,
       &Cluster::kubeconfig,
       "Of an existing cluster: its kubeconfig. It may be outside of the workspace, ~/ is the home folder.",
       "kubeconfig: ~/.kube/config",
       any_way,
       {},
       "from"},
      {"context",
       Shape::text,
       &Cluster::context,
       "Of an existing cluster: the context in its kubeconfig.",
       "context: staging",
       any_way,
       {},
       "context"},
      {"registry", Shape::text, &Cluster::registry,
       "Where images go by the transport `registry`: they are pushed there with the builder's credentials, and "
       "manifests "
       "name them there. Nodes do not have those: where pulling wants some, pods want imagePullSecrets.",
       "registry: localhost:5000"},
      {"transport", Shape::text, &Cluster::transport,
       "How images get to the nodes: layers (only what is missing), archive, or registry. Default: what the provider "
       "does "
       "best.",
       "transport: archive"},
      {"flags",
       Shape::words,
       &Cluster::flags,
       "Further flags of the command that creates it.",
       "flags: [--retain]",
       any_way,
       {},
       "flags"},
      {"needs", Shape::words, &Cluster::needs,
       "Tasks that run on this machine before the cluster is created, such as one that makes certificates.",
       "needs: [certificates]"},
      {"timeout", Shape::duration, &Cluster::timeout, "When creating it counts as hung. Default: 10m.",
       kTimeoutExample},
  }};
  return fields;
}

std::span<Field<Cluster> const> clusters_fields() {
  static std::vector<Field<Cluster>> const fields = [] {
    auto const one = cluster_fields();
    std::vector<Field<Cluster>> all(one.begin(), one.end());
    std::erase_if(all, [](auto const& field) { return field.key == "versions"; });
    all.push_back({"default", Shape::flag, &Cluster::by_default,
                   "Deployments, tasks and tests that name no cluster, such as those of an included spec, are for this "
                   "one.",
                   "default: true"});
    return all;
  }();
  return fields;
}

std::span<Field<Deployment> const> deployment_fields() {
  static std::array<Field<Deployment>, 11> const fields{{
      {"manifests", Shape::paths, &Deployment::manifests,
       "Files of Kubernetes objects, folders of them (*.yaml and *.yml), or patterns with *. Namespaces and CRDs are "
       "applied first.",
       "manifests: [manifests/api.yaml]"},
      {"kustomize", Shape::path, &Deployment::kustomize,
       "A folder with a kustomization, instead of or beside manifests.", "kustomize: overlays/e2e"},
      {"helm", Shape::helm, &Deployment::helm,
       "A chart, instead of or beside manifests. It is rendered when the spec is compiled, as for an installation, and "
       "applied as manifests are: CRDs first, pre-install hooks before all else and post-install hooks once all is "
       "ready, one after the other by their weight; other hooks are left out. A hook runs again when it, or an image "
       "that it names, changes.",
       "helm: {chart: charts/api}"},
      {"namespace", Shape::text, &Deployment::name_space,
       "The namespace of objects that name none; made if it is not there.", "namespace: shop"},
      {"values", Shape::values, &Deployment::values,
       "What stands in the manifests, and in what a kustomization becomes, as ${NAME}: a text, such as a variable, or "
       "{output: PATH}, the content of a file that a task writes, without line breaks at its end. It is put there as a "
       "text, whatever is in it (!!int ${NAME} is a number); $${ is a literal ${. What a task writes may be secret: it "
       "gets into the rendered manifest, which nobody else may read, and nowhere else. That task is needed without "
       "saying so.",
       "values: {TOKEN: {output: out/token}, LOG_LEVEL: debug}"},
      {"cluster", Shape::text, &Deployment::cluster,
       "Which of `clusters` it is applied to. Default: the one with `default`, or the only one.", "cluster: hub"},
      {"needs", Shape::words, &Deployment::needs,
       "Deployments and tasks that must be ready before. One that brings the CRDs of these objects is needed without "
       "saying so.",
       "needs: [store]"},
      {"images", Shape::words, &Deployment::images,
       "Images whose references stand elsewhere than in a field 'image' too: in the value of an environment variable, "
       "behind the '=' of an argument, in a custom resource.",
       "images: [api]"},
      {"ready", Shape::words, &Deployment::ready,
       "What to wait for, instead of what the manifests tell: `manifests` for just that, KIND/NAME for a rollout, "
       "KIND/NAME=CONDITION, where a condition may be jsonpath={PATH}=VALUE; service/NAME for a Service that has an "
       "address (that pods are ready does not mean that they are found); pods(LABEL=VALUE) until all that have the "
       "label are Ready, and at least one is there, other kinds with =CONDITION; an address, http or https, that "
       "answers this machine with a status from 200 to 299, or with =STATUS (whose certificate it is does not matter); "
       "or none. What no manifest of the deployment makes, an operator may make later: it is waited for as well.",
       "ready: [manifests, service/api]"},
      {"roll", Shape::flag, &Deployment::roll,
       "Whether its pods are rolled when a ConfigMap or Secret has changed that they read by a volume or by their "
       "environment, and that it makes itself, or a deployment that it needs. false: a program that reads files anew "
       "by "
       "itself. Default: true.",
       "roll: false"},
      {"timeout", Shape::duration, &Deployment::timeout, "How long it may take to become ready. Default: 5m.",
       kTimeoutExample},
  }};
  return fields;
}

std::span<Field<Helm> const> helm_fields() {
  static std::array<Field<Helm>, 5> const fields{{
      {"chart", Shape::path, &Helm::chart,
       "The chart: its folder, or a package of it (.tgz), with its subcharts in `charts/`, as `helm dependency build` "
       "leaves them.",
       "chart: charts/api"},
      {"values", Shape::paths, &Helm::values, "Files of values, as --values: later ones win.",
       "values: [charts/e2e.yaml]"},
      {"set", Shape::pairs, &Helm::set,
       "Single values by their paths, as --set: 2 is a number and true a truth. Commas mean nothing. What a task "
       "writes "
       "gets in by `values` of the deployment: $${TOKEN} here is ${TOKEN} in what the chart becomes.",
       "set: {image.tag: dev, replicas: 1}"},
      {"release", Shape::text, &Helm::release, "The name of the release. Default: that of the deployment.",
       "release: api"},
      {"namespace", Shape::text, &Helm::name_space,
       "The namespace of the release. Default: that of the deployment, which it is too.", "namespace: shop"},
  }};
  return fields;
}

namespace {

/// What tasks and tests share.
std::vector<Field<Command>> command_fields() {
  return {
      {"command", Shape::command, &Command::command,
       "The words of a command, or one text, which `sh -ec` reads: there a variable of the spec is one of the shell, "
       "which its value can't break. It runs in the workspace, with KUBECONFIG, E2E_CLUSTER and E2E_ENVIRONMENT set.",
       "command: [sh, seed.sh]"},
      {"folder", Shape::path, &Command::folder,
       "The folder that it runs in, and what follows a test; paths of the spec stay those of the workspace. Default: "
       "the workspace.",
       "folder: web"},
      {"pod", Shape::text, &Command::pod,
       "Run it in a container instead, as kubectl exec does: a pod, or KIND/NAME for one of its pods.",
       "pod: deployment/store"},
      {"namespace", Shape::text, &Command::name_space,
       "The namespace of `pod` and `forward`, and E2E_NAMESPACE. Default: default.", "namespace: shop"},
      {"forward", Shape::pairs, &Command::forward,
       "Ports that are forwarded while it runs: a variable, which gets the address 127.0.0.1:PORT, and KIND/NAME:PORT.",
       "forward: {STORE: service/store:5432}"},
      {"cluster", Shape::words, &Command::clusters,
       "Which of `clusters` it is about, one or several. KUBECONFIG and E2E_CLUSTER are of the first one, which `pod` "
       "and "
       "`forward` speak to; of each there are KUBECONFIG_NAME and E2E_CLUSTER_NAME (capitals, _ for - and .). Default: "
       "the one with `default`, or the only one.",
       "cluster: [hub, spoke]"},
      {"inputs", Shape::paths, &Command::inputs,
       "Files and folders that it reads: it runs again when they change. In a pattern * stands for anything in a name, "
       "and ** for any folders: web/**/*.ts.",
       "inputs: [seed.sh]"},
      {"go", Shape::paths, &Command::go,
       "Folders of Go packages that it compiles, as `go test` does: all that is in them, and what `go list -deps "
       "-test` "
       "finds elsewhere in the workspace, counts as `inputs` do. Build tags are those of the command's `-tags`, or of "
       "GOFLAGS in `environment`.",
       "go: test/e2e"},
      {"outputs", Shape::paths, &Command::outputs, "Files that it writes: it runs again when one is gone or changed.",
       "outputs: [out/token]"},
      {"images", Shape::words, &Command::images,
       "Images that it uses: IMAGE_NAME is the reference by which the nodes have it (capitals, _ for - and .).",
       "images: [api]"},
      {"needs", Shape::words, &Command::needs,
       "Deployments and tasks that must be ready before. Without it a task waits for the cluster and the images that "
       "it names, and a test for all deployments and tasks.",
       "needs: [store]"},
      {"environment", Shape::values, &Command::environment,
       "Further environment variables: a text, which is not for secrets, or {output: PATH}, the content of a file that "
       "a task writes, without line breaks at its end. That task is needed without saying so.",
       "environment: {LOG_LEVEL: debug}"},
      {"retries", Shape::count, &Command::retries, "How often it is tried again when it fails. Default: never.",
       "retries: 2"},
      {"timeout", Shape::duration, &Command::timeout, "When it counts as hung. Default: 10m.", kTimeoutExample},
  };
}

}  // namespace

std::span<Field<Command> const> task_fields() {
  static std::vector<Field<Command>> const fields = [] {
    auto all = command_fields();
    all.push_back(
        {"data", Shape::words, &Command::data,
         "Deployments in whose pods lies what it does: if a pod of them is replaced, and its data was not on a "
         "volume claim, the task runs again. Default: the deployments that it needs; none for nothing.",
         "data: [store]"});
    return all;
  }();
  return fields;
}

std::span<Field<Command> const> test_fields() {
  static std::vector<Field<Command>> const fields = [] {
    auto all = command_fields();
    all.push_back({"shards", Shape::number, &Command::shards,
                   "In how many parts it runs side by side: each has E2E_SHARD (from 0) and E2E_SHARDS.", "shards: 4"});
    all.push_back(
        {"junit", Shape::path, &Command::junit,
         "The JUnit file that it writes; with shards, each writes to E2E_JUNIT and this one holds all of them.",
         "junit: out/junit.xml"});
    all.push_back(
        {"finally", Shape::command, &Command::finally,
         "A command that follows it, whatever came of it (E2E_OUTCOME: passed, failed): coverage is collected, "
         "reports are written. It runs on this machine with the environment and the time-out of the test, has "
         "a log of its own, and leaves the outcome as it is. With shards it follows each. Not after Ctrl-C.",
         "finally: [sh, collect.sh]"});
    all.push_back({"on-failure", Shape::command, &Command::on_failure,
                   "The same, only if it failed, and before `finally`.", "on-failure: [sh, dump.sh]"});
    return all;
  }();
  return fields;
}

std::span<Field<Policy> const> policy_fields() {
  static std::array<Field<Policy>, 3> const fields{{
      {"run", Shape::text, &Policy::run,
       "A text that a RUN line of the stage that is built has to have, such as a "
       "command that brings packages up to date.",
       "run: apt-get upgrade"},
      {"pinned", Shape::flag, &Policy::pinned, "Whether base images from elsewhere have to be named by digest.",
       "pinned: true"},
      {"latest", Shape::flag, &Policy::latest, "Whether base images from elsewhere may have the tag latest, or none.",
       "latest: false"},
  }};
  return fields;
}

Shape part_of(Shape shape) {
  switch (shape) {
    case Shape::words:
    case Shape::command:
    case Shape::pairs:
    case Shape::values: return Shape::word;
    case Shape::paths: return Shape::path;
    case Shape::ports: return Shape::port;
    default: return shape;
  }
}

Shape name_of(Shape shape) {
  return shape == Shape::ports ? Shape::port : Shape::text;
}

std::span<std::string_view const> architectures() {
  // those that Go has, and so podman, and the names that podman takes for them
  static constexpr std::array<std::string_view, 19> kAll{
      "386",     "amd64",   "arm",   "arm64", "loong64", "mips",   "mipsle",  "mips64", "mips64le", "ppc64",
      "ppc64le", "riscv64", "s390x", "i386",  "x86_64",  "x86-64", "aarch64", "armhf",  "armel"};
  return kAll;
}

std::string platform_pattern() {
  std::string const some =
      "(arm|armhf|armel)(/v[5-8])?|(amd64|x86_64|x86-64)(/v[1-4])?|"
      "(arm64|aarch64)(/v[89](\\.[0-9])?)?|386|i386";
  return fmt::format("linux/({}|{})|(windows|freebsd)/({})", some, fmt::join(architectures(), "|"), some);
}

std::string_view shape_name(Shape shape) {
  switch (shape) {
    case Shape::text: return "a text";
    case Shape::path: return "a path";
    case Shape::duration: return "a duration such as 90s, 15m or 1h30m";
    case Shape::number: return "a number from 1 to 1000";
    case Shape::count: return "a number from 0 to 1000";
    case Shape::size: return "a size such as 512m or 2g";
    case Shape::flag: return "true or false";
    case Shape::platform: return "a platform such as linux/arm64";
    case Shape::word: return "texts";
    case Shape::port: return "a port from 1 to 65535";
    case Shape::words:
    case Shape::command: return "a list of texts";
    case Shape::paths: return "a list of paths";
    case Shape::pairs: return "a map of texts";
    case Shape::values: return "a map of texts and outputs";
    case Shape::ports: return "a map of ports";
    case Shape::yaml: return "a map";
    case Shape::helm: return "a map of the keys of a Helm chart";
  }
  return "";
}

}  // namespace e2e::spec
