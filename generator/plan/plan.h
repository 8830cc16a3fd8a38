// Plan: what is meant. Defaults are filled in, references are resolved to ids, providers are matched.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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
  // from a Containerfile ...
  std::string containerfile, context, target;
  std::vector<Item> args;
  std::vector<Base> bases;                 // images of the plan
  std::vector<std::string> foreign_bases;  // all others that its Containerfile names, but those named by digest
  // ... or from a command
  std::vector<std::string> command;
  std::vector<std::string> sources;  // relative to the context, or of a command: to the workspace
  std::vector<std::string> go;       // folders of Go packages: of `sources` counts what they are made of, and ...
  std::vector<std::string> kept;     // ... this
  int timeout = 0;                   // seconds, as everywhere
  int expected = 0;
  bool loaded = false;  // a manifest names it

  bool from_command() const { return !command.empty(); }
};

/// How images get from the builder's store into the nodes; by these names in templates and specs.
///   layers   an OCI layout for all images; what an image needs and the layout, or a node, has is not copied
///   archive  a tar of the whole image
enum class Transport : std::uint8_t { layers, archive };
std::string_view transport_name(Transport transport);
std::optional<Transport> transport_named(std::string_view name);

struct Cluster {
  std::string name, config, node_image;
  int timeout = 0;
  Place origin;
};

/// Where in an environment a thing to do stands: what `needs` speaks of.
struct NeedId {
  bool task = false;
  std::uint32_t index = 0;
};

struct Deployment {
  std::string name;
  std::vector<std::string> manifests;
  std::vector<Wait> waits;
  std::map<std::string, ImageId> images;  // reference as written -> image
  std::vector<NeedId> needs;
  int timeout = 0;
  Place origin;
};

struct Command {
  std::string name;
  std::vector<std::string> command, inputs;
  std::vector<Item> environment;
  std::vector<NeedId> needs;
  int timeout = 0;
  Place origin;
};

struct Environment {
  std::string name;
  Cluster cluster;
  Provider const* provider = nullptr;  // owned by the caller of resolve
  Transport transport = Transport::archive;
  std::vector<Deployment> deployments;
  std::vector<Command> tasks, suites;
};

struct Plan {
  Provider const* common = nullptr;
  Provider const* builder = nullptr;
  std::vector<Image> images;
  std::vector<Environment> environments;

  Image const& image(ImageId id) const { return images.at(static_cast<std::size_t>(id)); }
};

}  // namespace e2e::plan
