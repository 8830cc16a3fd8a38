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
};

struct Pair {
  Text name;
  Text value;
};

/// Built from a Containerfile, written by a command, or pulled (`image`).
struct Image {
  Text name;
  std::string variant;  // the profiles that changed it
  std::optional<Text> ref, containerfile, context, target, image, prebuilt, platform, pull, network, memory, ssh,
      timeout, expected;
  std::vector<Text> command, sources, go, volumes, flags, needs;
  std::vector<Pair> args, secrets;
};

struct Cluster {
  Text name;  // of the cluster; its place is that of `cluster:` where no name is given
  std::optional<Text> given_name, provider, config, node_image, nodes, kubeconfig, context, registry, transport,
      timeout;
  std::optional<yaml::Node> inline_config;
  std::vector<Text> versions, needs;
  std::vector<Pair> ports, mounts;
};

/// A chart, and what it is rendered with.
struct Helm {
  Place place;
  std::optional<Text> chart, release, name_space;
  std::vector<Text> values;
  std::vector<Pair> set;
};

struct Deployment {
  Text name;
  std::optional<Helm> helm;
  std::optional<Text> kustomize, name_space, timeout;
  std::vector<Text> manifests, needs, images, ready, endpoints;
  std::vector<Pair> values;
};

/// A task and a test suite are written alike: a command that runs once what it needs is there.
struct Command {
  Text name;
  std::optional<Text> pod, name_space, retries, shards, junit, timeout;
  std::vector<Text> command, inputs, outputs, needs, images, data, finally, on_failure;
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

}  // namespace e2e::spec
