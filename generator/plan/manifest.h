// What Kubernetes manifests tell: which objects to wait for, which images they name, and what has to fit together.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/diagnostics.h"
#include "spec/document.h"

namespace e2e::plan {

/// How to know that an object is ready.
struct Wait {
  std::string object;     // deployment/postgres, endpoints/postgres, an address; with a selector: pods
  std::string ns;         // its namespace; "default" where the manifest gives none
  std::string condition;  // as kubectl takes it: condition=Complete; empty: `rollout status`
  Place place;
  bool made = false;          // whether a manifest of the deployment makes that object
  std::string never = {};     // why that does not come to an end
  bool surely = false;        // or only if nobody does something about it
  std::string selector = {};  // of labels, for all objects that it finds
  std::string status = {};    // that an address answers with: 404, 2??
  bool later = false;         // no manifest of the deployment makes it, so it need not be there yet

  /// What tells it apart.
  std::string name() const { return selector.empty() ? object : object + "(" + selector + ")"; }
};

struct ImageReference {
  std::string ref;
  Place place;
  Place always = {};   // of its `imagePullPolicy: Always`
  bool of_pod = true;  // whether a node pulls it, or who knows what it is
};

/// A Service, and what it looks for.
struct Service {
  std::string name, ns;
  std::map<std::string, std::string> selector;
  std::vector<std::string> node_ports;
  std::vector<std::string> ports = {};
  Place place;
};

/// One of the objects: "deployment", "store", "default"; without a namespace if its kind has none.
struct Made {
  std::string resource, name, ns;
  bool operator<(Made const& other) const {
    return std::tie(resource, name, ns) < std::tie(other.resource, other.name, other.ns);
  }
};

/// Where the data of what makes pods lies: in each of its pods, in their containers even, or on claims that it makes.
/// What neither needs nor can be lost with a pod is not told: a volume claim is an object like others.
struct Store {
  std::string_view where;  // "pod", "container", "persistentvolumeclaim"
  std::string ns;
  std::map<std::string, std::string> labels;  // of those pods or claims
};

/// What stands for each ${NAME}; nothing for what a task writes, which nobody knows yet.
using Values = std::map<std::string, std::optional<std::string>>;

struct Manifest {
  std::vector<Wait> waits;
  std::vector<ImageReference> images;
  std::size_t objects = 0;
  std::vector<std::string> crds;        // names of the CRDs in it
  std::set<std::string> defines, uses;  // GROUP/KIND of its CRDs, and of all its objects
  std::set<std::string> namespaces;     // that it makes
  std::vector<Service> services;
  std::set<Made> made;                // of a custom kind its name in small letters
  bool custom = false;                // whether there are others: an operator may make things of them
  std::vector<ImageReference> texts;  // whatever looks like a reference and stands elsewhere than under `image`
  std::vector<Store> stores;
  std::set<std::string> host_ports;  // ports of the node that its pods take
  std::set<std::string> autoscaled;  // "deployment/api": what its autoscalers scale
  std::set<std::string> configs;     // "configmap/shop/settings": what pods read that roll when it changes
  std::set<std::string> values;      // names of those that stand in it
  /// Namespace and labels of everything that makes pods.
  std::vector<std::pair<std::string, std::map<std::string, std::string>>> pods;
};

/// Where this manifest makes `object`, KIND/NAME as kubectl takes it: namespaces, "" if its kind has none.
std::vector<std::string> namespaces_of(Manifest const& manifest, std::string_view object);
/// Where to look for what it does not make: `written`, or else where all that it makes is.
std::string namespace_of(Manifest const& manifest, std::optional<spec::Text> const& written);

/// `ns` is that of objects that name none. `texts`: whether to look for those. `values`: if there are any, each ${NAME}
/// is one of them.
Manifest parse_manifest(Sources const& sources, std::int32_t file, std::string const& ns, bool texts,
                        Values const& values, Diagnostics& diagnostics);

}  // namespace e2e::plan
