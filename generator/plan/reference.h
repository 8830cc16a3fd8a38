// References of container images, by the grammar that podman, containerd and registries share (distribution/reference).
#pragma once

#include <string>
#include <string_view>

namespace e2e::plan {

struct Reference {
  std::string domain;  // "registry.example.com:5000"; empty where none is written
  std::string path;    // "shop/api"
  std::string tag, digest;
  std::string wrong;  // why it is no reference, or empty
};

Reference parse_reference(std::string_view text);

/// The form that a node gives to a reference: "redis" is "docker.io/library/redis:latest". What is none stays as it is.
std::string on_a_node(std::string_view text);

}  // namespace e2e::plan
