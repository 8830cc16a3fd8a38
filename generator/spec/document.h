// Document: what was written, before anything is looked up. Every text carries its place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/yaml.h"

namespace e2e::spec {

struct Text {
  std::string value;
  Place place;
  bool output = false;  // a value that names a file which a task writes: its content is meant
  bool shell = false;   // a command that was written as one text, which a shell reads
  bool unset = false;   // in a profile: what was there before is taken away
};

struct Pair {
  Text name;
  Text value;
};

/// Built from a Containerfile, written by a command (`rootfs`), or pulled (`image`).
struct Image {
  Text name;
  bool removed = false;     // of each of these: in a profile, all of it is taken away
  std::vector<Text> unset;  // in a profile, keys that are
  std::string variant;      // the profiles that changed it
  std::optional<Text> ref, containerfile, context, target, image, prebuilt, platform, pull, network, memory, ssh,
      timeout, expected;
  std::vector<Text> rootfs, inputs, sources, go, beside_go, volumes, flags, needs;
  std::vector<Pair> args, secrets;
};

struct Cluster {
  /// Of `cluster` the name that is given, or "" at the place of `cluster:`; of one of `clusters` what the spec calls
  /// it.
  Text name;
  bool removed = false;
  std::optional<Text> given_name, provider, config, node_image, nodes, kubeconfig, context, registry, transport,
      timeout, by_default;
  std::optional<yaml::Node> inline_config;
  std::vector<Text> versions, flags, needs, unset;
  std::vector<Pair> ports, mounts;
};

/// A chart, and what it is rendered with.
struct Helm {
  Place place;
  std::optional<Text> chart, release, name_space;
  std::vector<Text> values;
  std::vector<Pair> set;
  std::vector<Text> unset;
};

struct Deployment {
  Text name;
  bool removed = false;
  std::vector<Text> unset;
  std::optional<Helm> helm;
  std::optional<Text> kustomize, name_space, cluster, roll, timeout;
  std::vector<Text> manifests, needs, images, ready;
  std::vector<Text> endpoints;  // an old word, see old_words.h
  std::vector<Pair> values;
};

/// A task and a test suite are written alike: a command that runs once what it needs is there.
struct Command {
  Text name;
  bool removed = false;
  std::vector<Text> unset;
  std::optional<Text> folder, pod, name_space, retries, shards, junit, timeout;
  std::vector<Text> command, inputs, go, outputs, needs, images, data, clusters, finally, on_failure;
  std::vector<Pair> environment, forward;
};

/// What every Containerfile has to keep to.
struct Policy {
  Place place;
  std::optional<Text> run, pinned, latest;
};

struct Profile;

struct Document {
  std::string path;
  Place place;  // its beginning
  std::vector<Text> include, from_environment, external, allow;
  std::vector<Pair> variables;
  std::vector<std::pair<std::string, std::string>> taken;  // variables that the environment gave
  std::optional<Text> builder;
  std::optional<Policy> policy;
  std::optional<Cluster> cluster;
  std::vector<Cluster> clusters;
  std::vector<Image> images;
  std::vector<Deployment> deployments;
  std::vector<Command> tasks, tests;
  std::vector<Profile> profiles;
};

/// What it says is laid over the document, by name and by key.
struct Profile {
  Text name;
  Document patch;
};

/// However it says so.
inline std::vector<Cluster const*> clusters_of(Document const& document) {
  std::vector<Cluster const*> all;
  if (document.cluster) all.push_back(&*document.cluster);
  for (auto const& cluster : document.clusters) all.push_back(&cluster);
  return all;
}

}  // namespace e2e::spec
