#include "spec/fields.h"

#include <array>

namespace e2e::spec {

std::span<Section const> sections() {
  static std::array<Section, 7> const all{{
      {"include", "Specs to merge into this one, relative to this file. Their cluster and tests are left out."},
      {"builder", "The template that builds images. Default: podman."},
      {"images", "Images to build, by name."},
      {"cluster", "The cluster of this environment."},
      {"deployments", "Kubernetes manifests to apply and to wait for, by name."},
      {"tasks", "Commands that run once what they need is ready, such as migrations, by name."},
      {"tests", "Test suites, by name; `ninja test` runs them."},
  }};
  return all;
}

std::span<Field<Image> const> image_fields() {
  static std::array<Field<Image>, 10> const fields{{
      {"ref", Shape::text, &Image::ref,
       "The reference that FROM lines and manifests use for this image. Default: localhost/NAME."},
      {"containerfile", Shape::path, &Image::containerfile, "The Containerfile or Dockerfile to build."},
      {"context", Shape::path, &Image::context, "The build context. Default: the folder of the Containerfile."},
      {"target", Shape::text, &Image::target, "The stage to build. Default: the last one."},
      {"args", Shape::pairs, &Image::args, "Build arguments, as --build-arg."},
      {"command", Shape::words, &Image::command,
       "Instead of a Containerfile: a command that writes a tar of a root file system to its standard output."},
      {"sources", Shape::paths, &Image::sources,
       "What the image is made of. Default for a Containerfile: what its COPY and ADD lines name."},
      {"go", Shape::paths, &Image::go,
       "Folders of the Go packages that the build compiles: of the folders that COPY names, only what `go list -deps` "
       "finds there counts, and what 'sources' names."},
      {"timeout", Shape::duration, &Image::timeout, "When a build counts as hung. Default: 15m."},
      {"expected", Shape::duration, &Image::expected, "How long a build takes; the longest ones are started first."},
  }};
  return fields;
}

std::span<Field<Cluster> const> cluster_fields() {
  static std::array<Field<Cluster>, 6> const fields{{
      {"name", Shape::text, &Cluster::given_name, "The name of the cluster. Default: the name of the spec."},
      {"provider", Shape::text, &Cluster::provider, "The template that makes it. Default: kind."},
      {"config", Shape::path, &Cluster::config, "The provider's own configuration file."},
      {"node-image", Shape::text, &Cluster::node_image, "The node image. Default: the provider's own choice."},
      {"transport", Shape::text, &Cluster::transport,
       "How images get into the nodes: layers (only what is missing) or archive. Default: what the provider does "
       "best."},
      {"timeout", Shape::duration, &Cluster::timeout, "When creating it counts as hung. Default: 10m."},
  }};
  return fields;
}

std::span<Field<Deployment> const> deployment_fields() {
  static std::array<Field<Deployment>, 3> const fields{{
      {"manifests", Shape::paths, &Deployment::manifests, "Files of Kubernetes objects, applied in this order."},
      {"needs", Shape::words, &Deployment::needs, "Deployments and tasks that must be ready before."},
      {"timeout", Shape::duration, &Deployment::timeout, "How long it may take to become ready. Default: 5m."},
  }};
  return fields;
}

std::span<Field<Command> const> command_fields() {
  static std::array<Field<Command>, 5> const fields{{
      {"command", Shape::words, &Command::command,
       "The words of a command. It runs in the workspace, with KUBECONFIG, E2E_CLUSTER and E2E_ENVIRONMENT set."},
      {"inputs", Shape::paths, &Command::inputs, "Files and folders that it reads: it runs again when they change."},
      {"needs", Shape::words, &Command::needs, "Deployments and tasks that must be ready before."},
      {"environment", Shape::pairs, &Command::environment, "Further environment variables. Not for secrets."},
      {"timeout", Shape::duration, &Command::timeout, "When it counts as hung. Default: 10m."},
  }};
  return fields;
}

std::string_view shape_name(Shape shape) {
  switch (shape) {
    case Shape::text: return "a text";
    case Shape::path: return "a path";
    case Shape::duration: return "a duration such as 90s, 15m or 1h30m";
    case Shape::words: return "a list of texts";
    case Shape::paths: return "a list of paths";
    case Shape::pairs: return "a map of texts";
  }
  return "";
}

}  // namespace e2e::spec
