#include "step/facts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "catch.h"

using namespace e2e;
using nlohmann::json;
using Lines = std::vector<std::string>;

namespace {

json const kDeployment = json::parse(R"({
  "apiVersion": "apps/v1", "kind": "Deployment",
  "metadata": {"name": "api", "namespace": "shop", "labels": {"app": "api"}},
  "spec": {
    "replicas": 2,
    "selector": {"matchLabels": {"app": "api"}},
    "template": {"spec": {"containers": [
      {"name": "api", "image": "api:1", "args": ["-v"], "env": [{"name": "A", "value": "1"}],
       "resources": {"limits": {"cpu": "1000m"}}}]}}}})");

/// As the API server keeps what was applied: with defaults, in its own way of writing, and with a status.
json kept(json const& applied) {
  auto object = applied;
  object["metadata"]["uid"] = "u1";
  object["metadata"]["generation"] = 3;
  object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = applied.dump();
  return object;
}

json deployment() {
  auto object = kept(kDeployment);
  auto& pod = object["spec"]["template"]["spec"];
  pod["restartPolicy"] = "Always";
  pod["containers"][0]["resources"]["limits"]["cpu"] = "1";
  object["status"] = {
      {"observedGeneration", 3},
      {"replicas", 2},
      {"updatedReplicas", 2},
      {"availableReplicas", 2},
      {"conditions", {{{"type", "Available"}, {"status", "True"}}, {{"type", "Odd"}, {"status", "False"}}}}};
  return object;
}

std::string applied(json const& object) {
  for (auto const& fact : step::facts_of({object}))
    if (fact.find(" applied:") != fact.npos) return fact;
  return {};
}

/// What of an object that was applied is still a fact after `change`.
template <class Change>
Lines left(json const& before, Change const& change) {
  auto after = before;
  change(after);
  auto const now = step::facts_of({after});
  Lines out;
  for (auto const& fact : step::facts_of({before}))
    if (std::find(now.begin(), now.end(), fact) != now.end()) {
      auto const word = fact.substr(fact.rfind(' ') + 1);
      out.push_back(word.substr(0, word.find(':')));
    }
  return out;
}

Lines const kAll{"applied", "replicas", "rolled-out", "available"};

}  // namespace

TEST_CASE("what is there of an object is told in facts", "[facts]") {
  auto const facts = step::facts_of({deployment()});
  REQUIRE(facts.size() == 4);
  CHECK(facts[0].starts_with("u1 deployment/api applied:"));
  CHECK(facts[0].size() == std::string("u1 deployment/api applied:").size() + 32);
  CHECK(facts[1] == "u1 deployment/api replicas:2");
  CHECK(facts[2] == "u1 deployment/api rolled-out");
  CHECK(facts[3] == "u1 deployment/api available");
  CHECK(step::facts_found({deployment()}, "ready") == Lines{"u1 deployment/api ready"});
}

TEST_CASE("who changes a field that was applied takes the fact away", "[facts]") {
  Lines const ready{"replicas", "rolled-out", "available"};
  auto const container = [](json& object) -> json& { return object["spec"]["template"]["spec"]["containers"][0]; };
  CHECK(left(deployment(), [&](json& o) { container(o)["image"] = "api:2"; }) == ready);
  CHECK(left(deployment(), [&](json& o) { container(o)["env"][0]["value"] = "2"; }) == ready);
  CHECK(left(deployment(), [&](json& o) { container(o)["env"] = json::array(); }) == ready);
  CHECK(left(deployment(), [&](json& o) { container(o)["args"].push_back("-w"); }) == ready);
  CHECK(left(deployment(), [&](json& o) { container(o)["resources"]["limits"].erase("cpu"); }) == ready);
  CHECK(left(deployment(), [&](json& o) { o["metadata"]["labels"]["app"] = "web"; }) == ready);
  CHECK(left(deployment(), [&](json& o) { o["spec"]["replicas"] = 0; }) == Lines{"applied", "rolled-out", "available"});
  // somebody's own `kubectl apply`
  CHECK(left(deployment(), [&](json& o) {
          auto other = kDeployment;
          other["spec"]["paused"] = true;
          o["spec"]["paused"] = true;
          o["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = other.dump();
        }) == ready);
  CHECK(left(deployment(), [](json& o) { o["metadata"]["annotations"].clear(); }) == Lines{"rolled-out", "available"});
}

TEST_CASE("what others add takes no fact away", "[facts]") {
  CHECK(left(deployment(), [](json& o) {
          auto& pod = o["spec"]["template"]["spec"];
          auto& containers = pod["containers"];
          containers[0]["env"].insert(containers[0]["env"].begin(), json{{"name", "Z"}, {"value", "injected"}});
          containers.insert(containers.begin(), json{{"name", "sidecar"}, {"image", "proxy"}});
          pod["schedulerName"] = "default-scheduler";
          o["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "4";
          o["metadata"]["labels"]["more"] = "x";
          o["metadata"]["resourceVersion"] = "77";
          o["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = "now";
        }) == kAll);
}

TEST_CASE("pods that are not ready, or not of the present template", "[facts]") {
  auto const without = [](Lines all, std::string const& one) {
    std::erase(all, one);
    return all;
  };
  auto const unready = without(kAll, "rolled-out");
  CHECK(left(deployment(), [](json& o) { o["status"]["availableReplicas"] = 1; }) == unready);
  CHECK(left(deployment(), [](json& o) { o["status"]["updatedReplicas"] = 1; }) == unready);
  CHECK(left(deployment(), [](json& o) { o["status"]["replicas"] = 3; }) == unready);
  CHECK(left(deployment(), [](json& o) { o["metadata"]["generation"] = 4; }) == unready);
  CHECK(left(deployment(), [](json& o) { o["status"].erase("availableReplicas"); }) == unready);
  CHECK(left(deployment(), [](json& o) { o["status"]["conditions"][0]["status"] = "Unknown"; }) ==
        without(kAll, "available"));
}

TEST_CASE("StatefulSets and DaemonSets are rolled out as kubectl has it", "[facts]") {
  auto const told = [](char const* text) {
    auto const facts = step::facts_of({json::parse(text)});
    return std::any_of(facts.begin(), facts.end(), [](auto const& fact) { return fact.ends_with(" rolled-out"); });
  };
  CHECK(told(R"({"kind": "StatefulSet", "spec": {"replicas": 2},
                 "status": {"readyReplicas": 2, "updatedReplicas": 2}})"));
  CHECK_FALSE(told(R"({"kind": "StatefulSet", "spec": {"replicas": 2},
                       "status": {"readyReplicas": 1, "updatedReplicas": 2}})"));
  CHECK_FALSE(told(R"({"kind": "StatefulSet", "spec": {"replicas": 2},
                       "status": {"readyReplicas": 2, "updatedReplicas": 1}})"));
  CHECK(told(R"({"kind": "StatefulSet",
                 "spec": {"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}},
                 "status": {"readyReplicas": 2, "updatedReplicas": 1}})"));
  CHECK_FALSE(told(R"({"kind": "StatefulSet",
                       "spec": {"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}},
                       "status": {"readyReplicas": 2}})"));
  CHECK(told(R"({"kind": "DaemonSet",
                 "status": {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}})"));
  CHECK_FALSE(told(R"({"kind": "DaemonSet",
                       "status": {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1}})"));
  CHECK_FALSE(told(R"({"kind": "DaemonSet",
                       "status": {"desiredNumberScheduled": 2, "updatedNumberScheduled": 1, "numberAvailable": 2}})"));
  CHECK_FALSE(told(R"({"kind": "ConfigMap"})"));
}

TEST_CASE("what controllers write is no fact", "[facts]") {
  auto const same = [](char const* text, auto const& change) {
    auto const object = kept(json::parse(text));
    auto other = object;
    change(other);
    return applied(object) == applied(other);
  };
  char const* const webhook = R"({"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "w"},
                                  "webhooks": [{"name": "a", "clientConfig": {"caBundle": "Cg==", "url": "u"}}]})";
  CHECK(same(webhook, [](json& o) { o["webhooks"][0]["clientConfig"]["caBundle"] = "real"; }));
  CHECK_FALSE(same(webhook, [](json& o) { o["webhooks"][0]["clientConfig"]["url"] = "v"; }));
  char const* const role = R"({"kind": "ClusterRole", "metadata": {"name": "r"}, "rules": [],
                               "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}})";
  CHECK(same(role, [](json& o) { o["rules"].push_back({{"verbs", {"get"}}}); }));
  char const* const plain = R"({"kind": "Role", "metadata": {"name": "r"}, "rules": [{"verbs": ["get"]}]})";
  CHECK_FALSE(same(plain, [](json& o) { o["rules"].push_back({{"verbs", {"delete"}}}); }));
  CHECK_FALSE(same(plain, [](json& o) { o["rules"][0]["verbs"].push_back("delete"); }));
  char const* const none = R"({"kind": "Role", "metadata": {"name": "r"}, "rules": []})";
  CHECK_FALSE(same(none, [](json& o) { o["rules"].push_back({{"verbs", {"delete"}}}); }));
  char const* const crd = R"({"kind": "CustomResourceDefinition", "metadata": {"name": "c", "creationTimestamp": null},
                              "spec": {"group": "g"}, "status": {"conditions": []}})";
  CHECK(same(crd, [](json& o) {
    o["status"]["conditions"].push_back({{"type", "Established"}, {"status", "True"}});
    o["metadata"]["creationTimestamp"] = "2026";
  }));
}

TEST_CASE("a Secret's texts are held against its data", "[facts]") {
  auto secret = kept(json::parse(R"({"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"password": "x"}})"));
  secret.erase("stringData");
  secret["data"]["password"] = "eA==";
  CHECK(left(secret, [](json& o) { o["data"]["more"] = "eQ=="; }) == Lines{"applied"});
  CHECK(left(secret, [](json& o) { o["data"]["password"] = "eQ=="; }).empty());
}

TEST_CASE("how many there are of what an autoscaler scales is its own to say", "[facts]") {
  auto const scaler = json::parse(R"({"kind": "HorizontalPodAutoscaler", "metadata": {"name": "h", "namespace": "shop"},
      "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "api"}}})");
  auto scaled = deployment();
  scaled["spec"]["replicas"] = 7;
  auto const told = [](std::vector<json> const& answers) {
    auto const facts = step::facts_of(answers);
    return std::any_of(facts.begin(), facts.end(),
                       [](auto const& fact) {
                         return fact.starts_with("u1 deployment/api replicas:") &&
                                fact != "u1 deployment/api replicas:2";
                       })
               ? "another number"
           : std::find(facts.begin(), facts.end(), "u1 deployment/api replicas:2") != facts.end() ? "as applied"
                                                                                                  : "";
  };
  CHECK(told({{{"items", {scaled, scaler}}}}) == std::string("as applied"));
  // what is asked about side by side
  CHECK(told({{{"items", {scaled}}}, {{"items", {scaler}}}}) == std::string("as applied"));
  // the question about this one object knows no scaler: what it can't judge is no fact, or the next scan would miss it
  CHECK(told({scaled}) == std::string());
  auto other = scaler;
  other["metadata"]["namespace"] = "other";
  CHECK(told({{{"items", {scaled, other}}}}) == std::string());
}

TEST_CASE("a Job that deletes itself is not missed", "[facts]") {
  auto const job = json::parse(R"({"kind": "Job", "metadata": {"name": "j", "uid": "u2"},
                                   "spec": {"ttlSecondsAfterFinished": 30}})");
  CHECK(step::facts_of({job}) == Lines{"u2 job/j passes"});
  CHECK(step::facts_found({job}, "complete").empty());
  auto const facts = step::facts_in({"u2 job/j passes"});
  CHECK(facts.things == Lines{"u2"});
  REQUIRE(facts.lines);
  CHECK(facts.lines->empty());
}

TEST_CASE("things, and what is said of them", "[facts]") {
  auto const facts =
      step::facts_in({"u1 deployment/api applied:1", "u1 deployment/api replicas:2", "u2 service/api applied:3"});
  CHECK(facts.things == Lines{"u1", "u2"});
  CHECK(facts.lines->size() == 3);
  auto const bare = step::facts_in({"u1", "u2"});
  CHECK(bare.things == Lines{"u1", "u2"});
  CHECK_FALSE(bare.lines);
  CHECK(step::lost_fact("u1", false) == "it is not there any more");
  CHECK(step::lost_fact("u1 deployment/api applied:1", false) == "deployment/api is not there any more");
  CHECK(step::lost_fact("u1 deployment/api applied:1", true) == "deployment/api was changed by somebody");
  CHECK(step::lost_fact("u1 deployment/api replicas:2", true) == "deployment/api was scaled by somebody");
  CHECK(step::lost_fact("u1 deployment/api rolled-out", true) == "deployment/api is not ready any more");
}

TEST_CASE("the pods and claims in which something lies", "[facts]") {
  auto const answer = json::parse(R"({"items": [
    {"kind": "Pod", "metadata": {"uid": "p1", "name": "store-1", "namespace": "shop", "labels": {"app": "store", "x": "y"}},
     "status": {"phase": "Running", "containerStatuses": [{"restartCount": 2}, {"restartCount": 1}]}},
    {"kind": "Pod", "metadata": {"uid": "p2", "name": "store-2", "namespace": "shop", "labels": {"app": "store"},
     "deletionTimestamp": "now"}},
    {"kind": "Pod", "metadata": {"uid": "p3", "name": "store-3", "namespace": "shop", "labels": {"app": "store"}},
     "status": {"phase": "Failed"}},
    {"kind": "Pod", "metadata": {"uid": "p4", "name": "store-4", "namespace": "other", "labels": {"app": "store"}}},
    {"kind": "Pod", "metadata": {"uid": "p5", "name": "web", "namespace": "shop", "labels": {"app": "web"}}},
    {"kind": "PersistentVolumeClaim", "metadata": {"uid": "c1", "name": "data-store-0", "namespace": "shop",
     "labels": {"app": "store"}}}]})");
  CHECK(step::facts_of_stores({answer}, {"pod:shop:app=store"}) == Lines{"p1 pod/store-1 there"});
  CHECK(step::facts_of_stores({answer}, {"container:shop:app=store,x=y"}) == Lines{"p1 pod/store-1 started:3"});
  CHECK(step::facts_of_stores({answer}, {"container:shop:app=store,x=z"}).empty());
  CHECK(step::facts_of_stores({answer}, {"persistentvolumeclaim:shop:app=store"}) ==
        Lines{"c1 persistentvolumeclaim/data-store-0 there"});
  CHECK(step::lost_fact("p1 pod/store-1 started:3", true) == "a container of pod/store-1 was started anew");
  CHECK(step::lost_fact("p1 pod/store-1 there", false) == "pod/store-1 is not there any more");
}
