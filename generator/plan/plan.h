// Plan: what is meant. Defaults are filled in, references are resolved to ids, providers are matched.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "plan/manifest.h"
#include "plan/provider.h"

namespace e2e::plan {

enum class ImageId : std::uint32_t {};

struct Base {
  std::string ref;  // as written in FROM
  ImageId image;
};

struct Image {
  std::string name;
  std::string ref;
  Place origin;
  std::string variant = {};  // the profiles that changed it, or an image that it is FROM; else empty
  // pulled ...
  std::string pulled;
  // or built from a Containerfile, unless it is there already ...
  std::string prebuilt;
  std::string containerfile, context, target;
  std::vector<Item> args;
  std::vector<Item> secrets, volumes;  // paths from /, from ~/, or of the workspace
  std::vector<std::string> flags;
  std::map<std::string, std::string> options = {};  // platform, pull, network, memory, ssh
  std::vector<Base> bases;                          // images of the plan
  std::vector<std::string> foreign_bases;  // all others that its Containerfile names, but those named by digest
  // ... or from a command
  std::vector<std::string> command;
  std::vector<std::string> sources;  // relative to the context, or of a command: to the workspace
  std::vector<std::string> sent;     // what the Containerfile names, if the spec's `sources` took its place
  std::vector<std::string> go;       // folders of Go packages: of `sources` counts what they are made of, and ...
  std::vector<std::string> kept;     // ... this
  std::vector<std::string> passed;   // with `go`: what one stage takes out of another, which may be of the context
  std::vector<std::string> needs;    // tasks of `Plan::host`
  int timeout = 0;                   // seconds, as everywhere
  int expected = 0;
  bool loaded = false;  // a manifest names it

  bool from_command() const { return !command.empty(); }
  bool is_pulled() const { return !pulled.empty(); }
};

/// How images get from the builder's store into the nodes; by these names in templates and specs.
///   layers   an OCI layout for all images; what an image needs and the layout, or a node, has is not copied
///   archive  a tar of the whole image
///   registry pushed to a registry, from which the nodes pull it
enum class Transport : std::uint8_t { layers, archive, registry };
std::string_view transport_name(Transport transport);
std::optional<Transport> transport_named(std::string_view name);

/// A port of the machine, and the one of the nodes that it leads to: a Service's NodePort, or a pod's.
struct HostPort {
  std::string port, node_port;
  Place place;
};

struct Cluster {
  std::string key = {};  // what the spec calls it; empty if the environment has one without a name
  std::string name, config, inline_config, node_image;
  std::string nodes = {};
  std::string kubeconfig = {}, context = {}, registry = {};  // of an existing one
  std::vector<Item> ports, mounts;
  std::vector<std::string> flags = {};
  std::vector<std::string> folders = {};  // of the workspace, which its configuration mounts
  std::vector<std::string> needs = {};    // tasks of `Plan::host`
  int timeout = 0;
  Place origin;
  Provider const* provider = nullptr;  // owned by the caller of resolve
  Transport transport = Transport::archive;
  std::vector<HostPort> host_ports = {};
  std::vector<Service> services = {};
};

/// Where in an environment a thing to do stands: what `needs` speaks of.
struct NeedId {
  bool task = false;
  std::uint32_t index = 0;
};

/// Hooks of a chart, in their order.
struct Hooks {
  std::vector<std::string> objects = {}, texts = {};  // as the rule `hooks` takes them
  std::map<std::string, ImageId> images = {};         // as of a deployment
  std::set<std::string> anywhere = {};
};

struct Deployment {
  std::string name;
  std::size_t cluster = 0;  // of the environment
  std::vector<std::string> manifests;
  std::string kustomized = {};  // what a kustomization became; one more manifest
  std::string charted = {};     // the same of a chart, without its hooks
  Hooks before = {}, after = {};
  std::string name_space = {};  // of objects that name none
  bool make_namespace = false;
  std::vector<std::string> crds = {};  // their names, if there is something besides them
  std::vector<Wait> waits;
  std::map<std::string, ImageId> images;  // reference as written -> image
  std::set<std::string> anywhere = {};    // those of them that stand elsewhere than under `image` too
  std::vector<std::string> stores = {};  // "pod:shop:app=store": where its data lies (Store), its namespace, its labels
  std::set<std::string> autoscaled = {};            // "deployment/api": what an autoscaler of the environment scales
  std::map<std::string, std::string> values = {};   // what stands in its manifests as ${NAME}: texts
  std::map<std::string, std::string> outputs = {};  // the same: files whose content is meant
  bool roll = true;
  /// "configmap/shop/settings", of what its pods read and is made here: the deployment of the environment that makes
  /// it.
  std::map<std::string, std::uint32_t> configs = {};
  std::vector<NeedId> needs;
  std::vector<NeedId> writers = {};  // those of them that write these files
  int timeout = 0;
  Place origin;
};

/// All that it or its hooks name.
std::set<ImageId> images_of(Deployment const& deployment);

struct Command {
  std::string name;
  std::vector<std::string> command, inputs, outputs;
  std::vector<std::string> go = {}, go_flags = {};  // folders of Go packages, and how they are compiled
  std::vector<std::string> finally = {}, on_failure = {};
  std::string pod, name_space;
  std::vector<Item> environment, forward;
  std::vector<Item> contents = {};  // more of its environment: files whose content is meant
  std::vector<ImageId> images;
  std::vector<std::size_t> clusters = {};  // of the environment, the one that it mostly speaks to first; of `host` none
  int retries = 0, shards = 1;
  std::string junit = {};
  std::vector<NeedId> needs;
  int timeout = 0;
  Place origin;
  bool host = false;                     // it is one of `Plan::host`
  std::vector<std::string> after = {};   // of such a one: others of them
  std::vector<std::string> stores = {};  // Deployment::stores of those in which is what it did
};

struct Environment {
  std::string name;
  std::vector<Cluster> clusters = {};  // one, or several that have keys
  std::vector<Deployment> deployments;
  std::vector<Command> tasks, suites;
};

/// Deployments and tasks, each after those that it needs; and the circles among them.
struct OrderOfNeeds {
  std::vector<NeedId> order;
  std::vector<std::vector<NeedId>> circles;
};
OrderOfNeeds in_order_of_needs(Environment const& environment);

struct Plan {
  Provider const* common = nullptr;
  Provider const* builder = nullptr;
  std::vector<Image> images;
  std::vector<Command> host;  // tasks that images and clusters need: they run before any of these
  std::vector<Environment> environments;

  Image const& image(ImageId id) const { return images.at(static_cast<std::size_t>(id)); }
  /// What stands behind the names of a provider's rules: nothing, unless environments have several, whose rules have
  /// the same names.
  std::string suffix(Provider const& provider) const;
};

}  // namespace e2e::plan
