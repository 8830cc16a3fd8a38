// Document: what was written, before anything is looked up. Every text carries its place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"

namespace e2e::spec {

struct Text {
  std::string value;
  Place place;
};

struct Pair {
  Text name;
  Text value;
};

struct Image {
  Text name;
  std::optional<Text> ref, containerfile, context, target, timeout, expected;
  std::vector<Text> command, sources, go;
  std::vector<Pair> args;
};

struct Cluster {
  Text name;  // of the cluster; its place is that of `cluster:` where no name is given
  std::optional<Text> given_name, provider, config, node_image, transport, timeout;
};

struct Deployment {
  Text name;
  std::optional<Text> timeout;
  std::vector<Text> manifests, needs;
};

/// A task and a test suite are written alike: a command that runs once what it needs is there.
struct Command {
  Text name;
  std::optional<Text> timeout;
  std::vector<Text> command, inputs, needs;
  std::vector<Pair> environment;
};

struct Document {
  std::string path;
  Place place;  // its beginning
  std::vector<Text> include;
  std::optional<Text> builder;
  std::optional<Cluster> cluster;
  std::vector<Image> images;
  std::vector<Deployment> deployments;
  std::vector<Command> tasks, tests;
};

}  // namespace e2e::spec
