#include "step/stamp.h"

#include "base/disk.h"
#include "catch.h"
#include "memory.h"

using namespace e2e;
using step::Key;
using step::Result;
using step::Stamp;
using Names = std::vector<std::string>;

TEST_CASE("a stamp is read as it was written, and half of one is none", "[stamp]") {
  test::InFolder const folder;
  Stamp const stamp{
      {{"recipe", "1"}, {"file a", "2"}}, Result("sha256:3"), {{"out", "4"}}, {"!cmd/*.go"}, {{"go:1", "5"}}};
  step::write_stamp("a.stamp", stamp);
  auto const again = step::read_stamp("a.stamp");
  REQUIRE(again);
  CHECK(again->key == stamp.key);
  CHECK(again->result.text() == "sha256:3");
  CHECK(again->products == stamp.products);
  CHECK(again->narrowed == stamp.narrowed);
  CHECK(again->bases == stamp.bases);
  auto const text = *read_file("a.stamp");
  CHECK(text.ends_with("}\n"));
  for (auto const& half :
       {text.substr(0, text.size() / 2), std::string(), std::string("{\"result\": \"\", \"key\": {}}"),
        std::string("{\"result\": \"x\"}"), std::string("[]")}) {
    write_file("a.stamp", half);
    CHECK_FALSE(step::read_stamp("a.stamp"));
  }
  CHECK_FALSE(step::read_stamp("none.stamp"));
}

TEST_CASE("what differs between two keys is told in words", "[stamp]") {
  Key const then{{"recipe", "1"},
                 {"context svc", "1"},
                 {"file kind.yaml", "1"},
                 {"result .e2e/images/base.stamp", "1"},
                 {"result other", "1"}};
  CHECK(step::differences(then, then).empty());
  auto now = then;
  for (auto& [name, value] : now) value = "2";
  CHECK(step::differences(then, now) ==
        Names{"the build context svc", "kind.yaml", "the command", "images/base", "other"});
  // a result that is missing says nothing, all else that is gone does
  now = then;
  now.erase("result other");
  CHECK(step::differences(then, now).empty());
  now.erase("file kind.yaml");
  CHECK(step::differences(then, now) == Names{"kind.yaml"});
  now["file new"] = "1";
  CHECK(step::differences(then, now) == Names{"new", "kind.yaml"});
}

TEST_CASE("bases are known by their whole names, and by short ones", "[stamp]") {
  Names const answer{"docker.io/library/golang:1.22 a", "localhost/base:latest b", "quay.io/x/other:1 c", "nameless",
                     "docker.io/library/mygolang:1.22 d"};
  CHECK(step::bases_in(answer, {"golang:1.22", "base", "quay.io/x/other:1", "nameless"}) ==
        std::map<std::string, std::string>{
            {"docker.io/library/golang:1.22", "a"}, {"localhost/base:latest", "b"}, {"quay.io/x/other:1", "c"}});
  CHECK(step::bases_in(answer, {}).empty());
  CHECK(step::bases_in({"localhost:5000/base:latest e"}, {"localhost:5000/base"}).size() == 1);
}

TEST_CASE("a base that is another image has moved, one that is gone has not", "[stamp]") {
  std::map<std::string, std::string> const then{{"a:1", "1"}, {"b:1", "2"}, {"c:1", "3"}};
  CHECK(step::moved(then, {{"a:1", "1"}, {"b:1", "other"}, {"d:1", "4"}}) == Names{"b:1"});
  CHECK(step::moved(then, then).empty());
}

TEST_CASE("logs and locks have flat names, each its own", "[stamp]") {
  CHECK(step::flat_name(".e2e/env/gateway/load/redis.stamp") == "env.gateway.load.redis");
  CHECK(step::flat_name("a.b/c") == "a..b.c");
  CHECK(step::lock_file(".e2e/host/make.stamp") == ".e2e/locks/host.make.lock");
}
