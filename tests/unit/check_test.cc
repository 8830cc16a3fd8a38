// The laws of the graph, each broken on purpose.
#include "graph/check.h"

#include "catch.h"

using namespace e2e;
using graph::Edge;
using graph::Graph;
using graph::Phase;

namespace {

struct Lab {
  Sources sources;
  std::int32_t file = sources.add("specs/s.yaml", "images:\n  one:\n  two:\ncluster:\ndeployments:\n");
  Graph graph;

  Place line(std::int32_t number) const { return {file, number, 1, 1}; }
  std::string errors() const {
    Diagnostics diagnostics;
    graph::check(graph, diagnostics);
    return diagnostics.render(sources, false);
  }
};

claim::Claim some_claim() {
  return {.title = "x"};
}

}  // namespace

TEST_CASE("a graph that keeps the laws passes", "[check]") {
  Lab lab;
  auto const image = lab.graph.add({.rule = "build", .outputs = {lab.graph.node("image")}, .claim = some_claim()});
  auto const archive = lab.graph.add({.rule = "archive",
                                      .outputs = {lab.graph.node("archive")},
                                      .inputs = {image},
                                      .phase = Phase::archive,
                                      .claim = some_claim()});
  auto const cluster = lab.graph.add({.rule = "create",
                                      .outputs = {lab.graph.node("cluster")},
                                      .implicit = {lab.graph.node("config.yaml")},
                                      .order_only = {image},
                                      .phase = Phase::cluster,
                                      .after_builds = true,
                                      .claim = some_claim()});
  lab.graph.add({.rule = "load",
                 .outputs = {lab.graph.node("load")},
                 .inputs = {archive, cluster},
                 .phase = Phase::cluster,
                 .claim = some_claim()});
  CHECK(lab.errors().empty());
}

TEST_CASE("a build that follows a cluster breaks the phase law", "[check]") {
  for (auto list : {&Edge::inputs, &Edge::implicit, &Edge::order_only}) {
    Lab lab;
    auto const cluster = lab.graph.add(
        {.rule = "create", .outputs = {lab.graph.node("cluster")}, .phase = Phase::cluster, .origin = lab.line(4)});
    Edge build{.rule = "build", .outputs = {lab.graph.node("image")}, .origin = lab.line(2)};
    (build.*list).push_back(cluster);
    lab.graph.add(std::move(build));
    CHECK(lab.errors() ==
          "specs/s.yaml:2:1: error: 'image' of phase build depends on 'cluster' of the later phase cluster\n"
          "    2 |   one:\n        ^\n"
          "specs/s.yaml:4:1: note: the later one\n"
          "    4 | cluster:\n        ^\n"
          "  help: phase law: no build ever follows a cluster, no deployment a test\n");
  }
}

TEST_CASE("a build that follows a cluster by a detour breaks the phase law", "[check]") {
  // each step of the detour claims another phase; the one that lies is found
  for (auto const detour : {Phase::build, Phase::archive, Phase::cluster, Phase::deploy, Phase::test}) {
    Lab lab;
    auto const cluster =
        lab.graph.add({.rule = "create", .outputs = {lab.graph.node("cluster")}, .phase = Phase::cluster});
    auto const between = lab.graph.add(
        {.rule = "task", .outputs = {lab.graph.node("between")}, .order_only = {cluster}, .phase = detour});
    lab.graph.add({.rule = "build", .outputs = {lab.graph.node("image")}, .implicit = {between}});
    INFO(graph::phase_name(detour));
    CHECK(lab.errors().find("of the later phase") != std::string::npos);
  }
}

TEST_CASE("every later phase is later than every earlier one", "[check]") {
  std::pair<Phase, std::string> const all[] = {{Phase::build, "build"},
                                               {Phase::archive, "archive"},
                                               {Phase::cluster, "cluster"},
                                               {Phase::deploy, "deploy"},
                                               {Phase::test, "test"}};
  for (auto const& [first, its_name] : all)
    for (auto const& [second, other_name] : all) {
      Lab lab;
      auto const before = lab.graph.add({.rule = "r", .outputs = {lab.graph.node("before")}, .phase = first});
      lab.graph.add({.rule = "r", .outputs = {lab.graph.node("after")}, .order_only = {before}, .phase = second});
      INFO(its_name << " before " << other_name);
      CHECK(lab.errors().empty() == (first <= second));
      if (first > second)
        CHECK(lab.errors().find("'after' of phase " + other_name + " depends on 'before' of the later phase " +
                                its_name) != std::string::npos);
    }
}

TEST_CASE("a cluster that does not wait for every build is told which", "[check]") {
  Lab lab;
  auto const one = lab.graph.add({.rule = "build", .outputs = {lab.graph.node("one")}, .origin = lab.line(2)});
  lab.graph.add({.rule = "build", .outputs = {lab.graph.node("two")}, .origin = lab.line(3)});
  lab.graph.add({.rule = "create",
                 .outputs = {lab.graph.node("cluster")},
                 .order_only = {one},
                 .phase = Phase::cluster,
                 .after_builds = true,
                 .origin = lab.line(4)});
  CHECK(lab.errors() ==
        "specs/s.yaml:4:1: error: 'cluster' does not wait for 'two'\n"
        "    4 | cluster:\n        ^\n"
        "specs/s.yaml:3:1: note: what it has to wait for\n"
        "    3 |   two:\n        ^\n"
        "  help: phase law: every image is there before a cluster is created\n");
}

TEST_CASE("a cluster waits for every build, the first and the last one too", "[check]") {
  std::vector<std::string> const names{"a", "b", "c"};
  for (auto const& left_out : names) {
    Lab lab;
    std::vector<graph::NodeId> builds;
    for (auto const& name : names) {
      auto const build = lab.graph.add({.rule = "build", .outputs = {lab.graph.node(name)}});
      if (name != left_out) builds.push_back(build);
    }
    lab.graph.add({.rule = "create",
                   .outputs = {lab.graph.node("cluster")},
                   .order_only = builds,
                   .phase = Phase::cluster,
                   .after_builds = true});
    CHECK(lab.errors().find("error: 'cluster' does not wait for '" + left_out + "'\n") != std::string::npos);
  }
}

TEST_CASE("a cluster may wait for a build by way of another", "[check]") {
  Lab lab;
  auto const one = lab.graph.add({.rule = "build", .outputs = {lab.graph.node("one")}});
  auto const two = lab.graph.add({.rule = "build", .outputs = {lab.graph.node("two")}, .inputs = {one}});
  lab.graph.add({.rule = "create",
                 .outputs = {lab.graph.node("cluster")},
                 .order_only = {two},
                 .phase = Phase::cluster,
                 .after_builds = true});
  CHECK(lab.errors().empty());
}

TEST_CASE("two edges that make one file are told with both places", "[check]") {
  Lab lab;
  lab.graph.add({.rule = "build", .outputs = {lab.graph.node("x")}, .origin = lab.line(2)});
  lab.graph.add({.rule = "build", .outputs = {lab.graph.node("y"), lab.graph.node("x")}, .origin = lab.line(3)});
  CHECK(lab.errors() ==
        "specs/s.yaml:3:1: error: two edges make 'x'\n"
        "    3 |   two:\n        ^\n"
        "specs/s.yaml:2:1: note: the other one\n"
        "    2 |   one:\n        ^\n"
        "  help: give one of the two another name\n");
}

TEST_CASE("a cycle is told once, and nothing else about it", "[check]") {
  Lab lab;
  auto const x = lab.graph.node("x");
  auto const y = lab.graph.node("y");
  lab.graph.add({.rule = "r", .outputs = {x}, .inputs = {y}, .phase = Phase::test, .origin = lab.line(2)});
  lab.graph.add({.rule = "r", .outputs = {y}, .order_only = {x}, .origin = lab.line(3)});
  CHECK(lab.errors() ==
        "specs/s.yaml:2:1: error: 'x' depends on itself\n"
        "    2 |   one:\n        ^\n"
        "  help: take one of the needs out of the circle\n");
}

TEST_CASE("an edge that depends on its own output is a cycle", "[check]") {
  Lab lab;
  auto const x = lab.graph.node("x");
  lab.graph.add({.rule = "r", .outputs = {x}, .implicit = {x}});
  CHECK(lab.errors().find("error: 'x' depends on itself\n") != std::string::npos);
}

TEST_CASE("a claim rests on claims alone", "[check]") {
  Lab lab;
  lab.graph.add({.rule = "r",
                 .outputs = {lab.graph.node("x.stamp")},
                 .inputs = {lab.graph.node("plain-file")},
                 .origin = lab.line(2),
                 .claim = some_claim()});
  CHECK(lab.errors().find("specs/s.yaml:2:1: error: 'x.stamp' rests on 'plain-file', which claims nothing\n") == 0);

  Lab other;
  auto const plain = other.graph.add({.rule = "r", .outputs = {other.graph.node("made")}});
  other.graph.add({.rule = "r", .outputs = {other.graph.node("x.stamp")}, .inputs = {plain}, .claim = some_claim()});
  CHECK(other.errors().find("'x.stamp' rests on 'made', which claims nothing\n") != std::string::npos);
}

TEST_CASE("a claim has one stamp", "[check]") {
  Lab lab;
  lab.graph.add({.rule = "r", .outputs = {lab.graph.node("x.stamp"), lab.graph.node("y")}, .claim = some_claim()});
  CHECK(lab.errors().find("error: 'x.stamp' is a stamp and yet not alone\n") != std::string::npos);
}

TEST_CASE("a chain longer than the machine's stack is walked", "[check]") {
  Lab lab;
  auto last = lab.graph.node("start");
  for (int i = 0; i < 200'000; ++i)
    last = lab.graph.add({.rule = "r", .outputs = {lab.graph.node("n" + std::to_string(i))}, .order_only = {last}});
  CHECK(lab.errors().empty());
}

TEST_CASE("two targets of one name are told, and one that is called like a file", "[check]") {
  Lab lab;
  auto const x = lab.graph.add({.rule = "r", .outputs = {lab.graph.node("x")}});
  lab.graph.aliases = {{"up", {x}, lab.line(2)}, {"down", {x}, {}}, {"up", {x}, lab.line(3)}};
  CHECK(lab.errors() ==
        "specs/s.yaml:3:1: error: two targets are called 'up'\n"
        "    3 |   two:\n        ^\n"
        "specs/s.yaml:2:1: note: the other one\n"
        "    2 |   one:\n        ^\n"
        "  help: rename the spec, or what it names so\n");
  lab.graph.aliases = {{"x", {x}, lab.line(2)}};
  CHECK(lab.errors().find("specs/s.yaml:2:1: error: a target and a file are called 'x'\n") == 0);
  lab.graph.aliases = {{"up", {x}, lab.line(2)}, {"up", {x}, {}}};
  CHECK(lab.errors() ==
        "specs/s.yaml:2:1: error: two targets are called 'up'\n"
        "    2 |   one:\n        ^\n"
        "  help: rename the spec, or what it names so\n");
}

TEST_CASE("what is rendered has a file of its own", "[check]") {
  auto const errors = [](claim::Render const& first, claim::Render const& second) {
    Lab lab;
    lab.graph.texts["made.yaml"] = "";
    for (auto const& [render, line] : {std::pair(first, 2), std::pair(second, 3)}) {
      Edge edge{.rule = "r", .outputs = {lab.graph.node(std::to_string(line))}, .origin = lab.line(line)};
      edge.claim = some_claim();
      edge.claim->render = render;
      lab.graph.add(std::move(edge));
    }
    return lab.errors();
  };
  CHECK(errors({.from = {"a.yaml"}, .to = "x"}, {.from = {"a.yaml"}, .to = "y"}).empty());
  auto const told = "specs/s.yaml:3:1: error: two steps write 'x'\n";
  CHECK(errors({.to = "x"}, {.to = "x"}).find(told) == 0);
  CHECK(errors({.to = "y", .first = "x"}, {.to = "x"}).find(told) == 0);
  CHECK(errors({.from = {"made.yaml"}, .to = "y"}, {.to = "made.yaml"}).find("two steps write 'made.yaml'") !=
        std::string::npos);
}
