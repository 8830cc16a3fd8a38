// What Kubernetes reads of a pod's template, as far as compiler and steps both want to know it.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "base/yaml.h"

namespace e2e::yaml {

/// The template of a workload whose pods are rolled when it changes (Deployment, StatefulSet, DaemonSet), or nullptr.
Node const* rolled_template(Node const& object);

/// The ConfigMaps and Secrets that the pods of a template read, by volumes, projected ones too, envFrom and valueFrom:
/// "configmap" or "secret", and the name. They are in the namespace of the pods.
std::set<std::pair<std::string, std::string>> configs_read_by(Node const& pod_template);

/// "configmap/shop/settings": what such an object is called among others. The namespace is that of the object, or else
/// `ns`, or else "default". Empty if it is another object.
std::string config_name(Node const& object, std::string const& ns);
std::string config_name(std::string const& kind, std::string const& ns, std::string const& name);

}  // namespace e2e::yaml
