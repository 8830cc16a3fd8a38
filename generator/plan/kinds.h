// The kinds of Kubernetes itself, as far as it matters which one an object is.
#pragma once

#include <string_view>

namespace e2e::plan {

struct Kind {
  std::string_view kind;      // Deployment
  std::string_view resource;  // deployment, as what is waited for is called
  std::string_view plural, short_name = {};
  bool rolls = false;               // whether `rollout status` knows it
  std::string_view condition = {};  // that says that it is ready
  bool waited = false;              // whether it takes time, so that it is waited for without being said
  bool named_later = false;         // whether controllers make such objects too, by names of their own
  bool in_namespace = true;
};

/// By its kind, or by what kubectl calls it (deploy, deployments.apps); nullptr for a custom one, and for one that
/// nobody asks for.
Kind const* kind_of(std::string_view kind);
Kind const* kind_called(std::string_view word);

/// Whether an apiVersion is one of a custom resource.
bool is_custom(std::string_view version);

}  // namespace e2e::plan
