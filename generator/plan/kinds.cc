#include "plan/kinds.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace e2e::plan {

namespace {

constexpr auto kKinds = std::to_array<Kind>({
    {"Deployment", "deployment", "deployments", "deploy", true, "Available", true},
    {"StatefulSet", "statefulset", "statefulsets", "sts", true, "", true},
    {"DaemonSet", "daemonset", "daemonsets", "ds", true, "", true},
    {.kind = "Job", .resource = "job", .plural = "jobs", .condition = "Complete", .waited = true},
    {.kind = "CustomResourceDefinition",
     .resource = "crd",
     .plural = "customresourcedefinitions",
     .short_name = "crds",
     .condition = "Established",
     .waited = true,
     .in_namespace = false},
    {.kind = "APIService",
     .resource = "apiservice",
     .plural = "apiservices",
     .condition = "Available",
     .waited = true,
     .in_namespace = false},
    {.kind = "Pod", .resource = "pod", .plural = "pods", .short_name = "po", .condition = "Ready", .named_later = true},
    {.kind = "ReplicaSet", .resource = "replicaset", .plural = "replicasets", .short_name = "rs", .named_later = true},
    {.kind = "ReplicationController",
     .resource = "replicationcontroller",
     .plural = "replicationcontrollers",
     .short_name = "rc"},
    {.kind = "Service", .resource = "service", .plural = "services", .short_name = "svc"},
    {.kind = "Endpoints", .resource = "endpoints", .plural = "endpoints", .short_name = "ep", .named_later = true},
    {.kind = "CronJob", .resource = "cronjob", .plural = "cronjobs", .short_name = "cj"},
    {.kind = "Ingress", .resource = "ingress", .plural = "ingresses", .short_name = "ing"},
    {.kind = "ConfigMap", .resource = "configmap", .plural = "configmaps", .short_name = "cm", .named_later = true},
    {.kind = "Secret", .resource = "secret", .plural = "secrets", .named_later = true},
    {.kind = "PersistentVolumeClaim",
     .resource = "persistentvolumeclaim",
     .plural = "persistentvolumeclaims",
     .short_name = "pvc",
     .named_later = true},
    {.kind = "Namespace",
     .resource = "namespace",
     .plural = "namespaces",
     .short_name = "ns",
     .named_later = true,
     .in_namespace = false},
    {.kind = "Node",
     .resource = "node",
     .plural = "nodes",
     .short_name = "no",
     .condition = "Ready",
     .named_later = true,
     .in_namespace = false},
});

/// What an apiVersion has before its '/' where it is Kubernetes' own; v1 has nothing.
constexpr std::array<std::string_view, 21> kGroups{"",
                                                   "admissionregistration.k8s.io",
                                                   "apiextensions.k8s.io",
                                                   "apiregistration.k8s.io",
                                                   "apps",
                                                   "authentication.k8s.io",
                                                   "authorization.k8s.io",
                                                   "autoscaling",
                                                   "batch",
                                                   "certificates.k8s.io",
                                                   "coordination.k8s.io",
                                                   "discovery.k8s.io",
                                                   "events.k8s.io",
                                                   "flowcontrol.apiserver.k8s.io",
                                                   "networking.k8s.io",
                                                   "node.k8s.io",
                                                   "policy",
                                                   "rbac.authorization.k8s.io",
                                                   "resource.k8s.io",
                                                   "scheduling.k8s.io",
                                                   "storage.k8s.io"};

template <class Predicate>
Kind const* first(Predicate predicate) {
  auto const* it = std::find_if(kKinds.begin(), kKinds.end(), predicate);
  return it == kKinds.end() ? nullptr : it;
}

}  // namespace

Kind const* kind_of(std::string_view kind) {
  return first([&](Kind const& one) { return one.kind == kind; });
}

Kind const* kind_called(std::string_view word) {
  auto const name = in_small_letters(word.substr(0, word.find('.')));
  return first([&](Kind const& one) {
    return name == one.resource || name == one.plural || name == in_small_letters(one.kind) ||
           (!name.empty() && name == one.short_name);
  });
}

bool is_custom(std::string_view version) {
  auto const slash = version.find('/');
  auto const group = slash == version.npos ? std::string_view{} : version.substr(0, slash);
  return std::find(kGroups.begin(), kGroups.end(), group) == kGroups.end();
}

}  // namespace e2e::plan
