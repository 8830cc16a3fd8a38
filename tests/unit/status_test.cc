#include "step/status.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "step/workloads.h"

using namespace e2e;
using step::Colours;
using step::State;
using step::Status;

namespace {

Status everything() {
  Status status{.ninja = "e2e.ninja"};
  status.places.push_back(
      {"fleet/hub",
       {{.kind = "cluster", .name = "fleet-hub", .since = 1000},
        {.kind = "deployment", .name = "api", .since = 1000, .workload = step::Workload{1, 2, 3, 940}},
        {.kind = "deployment",
         .name = "store",
         .state = State::lost,
         .why = "deployment/store was scaled by somebody\nmore",
         .workload = step::Workload{0, 0, 0, 0}},
        {.kind = "task", .name = "seed", .state = State::missing},
        {.kind = "test", .name = "smoke", .state = State::failed, .since = 1000},
        {.kind = "test", .name = "near", .state = State::rests, .since = 1000}}});
  status.shared = {
      {.kind = "image", .name = "api", .since = 1000, .loaded = {{"fleet/hub", true}, {"fleet/spoke", false}}},
      {.kind = "image", .name = "base", .state = State::doubted, .why = "no answer"}};
  return status;
}

claim::Claim made(std::string stamp, std::vector<std::string> stamps = {}, std::string phase = "deploy") {
  return {.stamp = std::move(stamp), .phase = std::move(phase), .stamps = std::move(stamps)};
}

std::vector<std::string> stamps_of(claim::File const& file) {
  std::vector<std::string> stamps;
  for (auto const& one : file.claims) stamps.push_back(one.stamp);
  return stamps;
}

}  // namespace

TEST_CASE("a status is one screen", "[status]") {
  auto status = everything();
  status.runs = {"image base", "task seed"};
  status.perhaps = {"test near"};
  CHECK(step::status_text({status}, 1000 + 60 * 60 * 3, Colours::no) == R"(fleet/hub
  cluster     fleet-hub  up for 3 h
  deployment  api        ready 1/2, 3 restarts, for 3 h
  deployment  store      deployment/store was scaled by somebody; ready 0/0
  task        seed       not done yet
  test        smoke      failed 3 h ago
  test        near       green 3 h ago, rests on what is to be made anew
images
  image  api   built 3 h ago, not loaded in fleet/spoke
  image  base  can't be told: no answer
next run:
  image base, task seed
  if that comes out otherwise: test near
)");
}

TEST_CASE("how long ago, and how many", "[status]") {
  auto const said = [](double ago) {
    Status status{.ninja = "e2e.ninja"};
    status.shared = {{.kind = "task", .name = "keys", .since = 1e9}};
    return step::status_text({status}, 1e9 + ago, Colours::no);
  };
  CHECK(said(119) == "images, and tasks of this machine\n  task  keys  done 119 s ago\nnext run: nothing to do\n");
  CHECK(said(120).find("done 2 min ago") != std::string::npos);
  CHECK(said(7200).find("done 2 h ago") != std::string::npos);
  CHECK(said(200'000).find("done 2 d ago") != std::string::npos);
  CHECK(said(-5).find("done 0 s ago") != std::string::npos);  // another clock

  Status many{.ninja = "e2e.ninja", .compiles = true};
  for (int i = 0; i < 10; ++i) many.runs.push_back("image i" + std::to_string(i));
  auto const text = step::status_text({many, many}, 0, Colours::no);
  CHECK(text.starts_with("e2e.ninja\nnext run:\n  what the compiler read has changed"));
  CHECK(text.find("image i7 and 2 more\n\ne2e.ninja\n") != std::string::npos);
}

TEST_CASE("colours are for a terminal", "[status]") {
  auto const text = step::status_text({everything()}, 1000, Colours::yes);
  CHECK(text.find("\033[32mup for 0 s\033[0m\n") != std::string::npos);
  CHECK(text.find("\033[33mnot done yet\033[0m\n") != std::string::npos);
  CHECK(text.find("\033[31mfailed 0 s ago\033[0m\n") != std::string::npos);
}

TEST_CASE("a status as JSON", "[status]") {
  auto status = everything();
  status.runs = {"image base"};
  status.work = true;
  auto const json = nlohmann::json::parse(step::status_json({status}));
  CHECK(json["status"] == 1);
  auto const& file = json["files"][0];
  CHECK(file["ninja"] == "e2e.ninja");
  auto const& place = file["places"][0];
  CHECK(place["name"] == "fleet/hub");
  CHECK(place["cluster"] == nlohmann::json{{"name", "fleet-hub"}, {"state", "holds"}, {"since", 1000}});
  CHECK(place["deployments"][0]["pods_since"] == 940);
  CHECK(place["deployments"][0]["restarts"] == 3);
  CHECK(place["deployments"][1]["why"] == "deployment/store was scaled by somebody\nmore");
  CHECK(place["tasks"][0] == nlohmann::json{{"name", "seed"}, {"state", "missing"}});
  CHECK(place["tests"].size() == 2);
  CHECK(file["images"][0]["loaded"]["fleet/spoke"] == false);
  CHECK(file["next"] ==
        nlohmann::json{{"compiles", false}, {"runs", {"image base"}}, {"perhaps", nlohmann::json::array()}});
}

TEST_CASE("the exit status: nothing to do, something, or nobody can say", "[status]") {
  Status status;
  CHECK(step::exit_status({status}) == 0);
  status.runs = {"apply api"};
  CHECK(step::exit_status({status}) == 2);
  status.work = true;
  CHECK(step::exit_status({status}) == 1);
  CHECK(step::exit_status({Status{}, Status{.ninja = "e2e.ninja", .compiles = true}}) == 1);
}

TEST_CASE("a part of a file is an environment, or a cluster, and all that it rests on", "[status]") {
  claim::File file;
  file.claims = {made(".e2e/env/fleet/clusters/hub/cluster.stamp"),
                 made(".e2e/env/fleet/clusters/hub/deploy/api.stamp", {".e2e/images/api.stamp"}),
                 made(".e2e/env/fleet/clusters/spoke/cluster.stamp"),
                 made(".e2e/env/shop/deploy/clusters.stamp"),
                 made(".e2e/env/shop/test/a.stamp", {".e2e/images/t.stamp"}, "test"),
                 made(".e2e/images/api.layers.stamp"),
                 made(".e2e/images/api.stamp", {".e2e/images/base.stamp"}),
                 made(".e2e/images/base.stamp"),
                 made(".e2e/images/t.stamp")};
  file.claims[6].backup = ".e2e/images/api.layers.stamp";
  file.claims[3].after = {".e2e/images/base.stamp"};
  CHECK(step::places_in(file) == std::vector<std::string>{"fleet", "fleet/hub", "fleet/spoke", "shop"});
  CHECK(stamps_of(step::part_of(file, "", false)).size() == 9);
  for (auto const* name : {"hub", "fleet/hub"})
    CHECK(stamps_of(step::part_of(file, name, false)) ==
          std::vector<std::string>{".e2e/env/fleet/clusters/hub/cluster.stamp",
                                   ".e2e/env/fleet/clusters/hub/deploy/api.stamp", ".e2e/images/api.layers.stamp",
                                   ".e2e/images/api.stamp", ".e2e/images/base.stamp"});
  CHECK(stamps_of(step::part_of(file, "fleet", false)).size() == 6);
  CHECK(stamps_of(step::part_of(file, "shop", true)) ==
        std::vector<std::string>{".e2e/env/shop/deploy/clusters.stamp", ".e2e/images/base.stamp"});
  CHECK(step::part_of(file, "clusters", false).claims.empty());
  CHECK(step::part_of(file, "hu", false).claims.empty());
}

TEST_CASE("workloads and the pods that they select", "[status]") {
  auto const list = nlohmann::json::parse(R"({"kind": "List", "items": [
    {"kind": "Deployment", "metadata": {"uid": "d", "namespace": "n", "name": "a"},
     "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "a"}}}, "status": {"readyReplicas": 1}},
    {"kind": "DaemonSet", "metadata": {"uid": "s", "namespace": "n", "name": "b"},
     "spec": {"selector": {"matchLabels": {"app": "b"}}}, "status": {"desiredNumberScheduled": 3, "numberReady": 2}},
    {"kind": "StatefulSet", "metadata": {"uid": "none", "namespace": "n", "name": "c"}, "spec": {"replicas": 1}},
    {"kind": "Pod", "metadata": {"namespace": "n", "labels": {"app": "a", "more": "x"}},
     "status": {"startTime": "2026-01-01T00:00:00Z", "containerStatuses": [{"restartCount": 2}, {"restartCount": 1}],
                "conditions": [{"type": "Ready", "lastTransitionTime": "1970-01-01T00:01:40Z"}]}},
    {"kind": "Pod", "metadata": {"namespace": "n", "labels": {"app": "a"}},
     "status": {"startTime": "1970-01-01T00:01:30Z", "containerStatuses": [{"restartCount": 4}]}},
    {"kind": "Pod", "metadata": {"namespace": "n", "labels": {"app": "a"}, "deletionTimestamp": "2026-01-01T00:00:00Z"},
     "status": {"containerStatuses": [{"restartCount": 99}]}},
    {"kind": "Pod", "metadata": {"namespace": "other", "labels": {"app": "a"}},
     "status": {"containerStatuses": [{"restartCount": 99}]}},
    {"kind": "Pod", "metadata": {"namespace": "n"}, "status": {"startTime": "nonsense"}}]})");
  auto const all = step::workloads_of(list);
  REQUIRE(all.size() == 3);
  CHECK(all.at("d").ready == 1);
  CHECK(all.at("d").wanted == 2);
  CHECK(all.at("d").restarts == 7);
  CHECK(all.at("d").since == 100);
  CHECK(all.at("s").ready == 2);
  CHECK(all.at("s").wanted == 3);
  CHECK(all.at("none").restarts == 0);
  CHECK(step::workloads_of(nlohmann::json("no list")).empty());
}
