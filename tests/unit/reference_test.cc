#include "plan/reference.h"

#include "catch.h"

using namespace e2e::plan;

namespace {

std::string const kDigest = "sha256:" + std::string(64, 'a');

std::string parts(std::string const& text) {
  auto const r = parse_reference(text);
  return r.wrong.empty() ? r.domain + " | " + r.path + " | " + r.tag + " | " + r.digest : "wrong: " + r.wrong;
}

}  // namespace

TEST_CASE("a reference has a domain, a path, a tag and a digest", "[reference]") {
  CHECK(parts("redis") == " | redis |  | ");
  CHECK(parts("redis:7") == " | redis | 7 | ");
  CHECK(parts("shop/api:v1.2_3-x") == " | shop/api | v1.2_3-x | ");
  CHECK(parts("localhost/api") == "localhost | api |  | ");
  CHECK(parts("localhost:5000/shop/api:1") == "localhost:5000 | shop/api | 1 | ");
  CHECK(parts("registry.example.com/a__b/c--d.e") == "registry.example.com | a__b/c--d.e |  | ");
  CHECK(parts("[::1]:5000/a") == "[::1]:5000 | a |  | ");
  CHECK(parts("Registry/a") == "Registry | a |  | ");
  CHECK(parts("redis@" + kDigest) == " | redis |  | " + kDigest);
  CHECK(parts("redis:7@" + kDigest) == " | redis | 7 | " + kDigest);
}

TEST_CASE("what is no reference is told why", "[reference]") {
  CHECK(parts("") == "wrong: it has no name");
  CHECK(parts(":") == "wrong: it has no name");
  CHECK(parts("@" + kDigest) == "wrong: it has no name");
  CHECK(parts("Redis:7") == "wrong: 'Redis' has capital letters");
  CHECK(parts("shop/Api") == "wrong: 'Api' has capital letters");
  CHECK(parts("redis:") == "wrong: the tag behind its ':' is missing");
  CHECK(parts("redis@sha256:abc") == "wrong: 'sha256:abc' is no digest, which is sha256: and 64 of 0-9a-f");
  CHECK(parts("redis@") == "wrong: '' is no digest, which is sha256: and 64 of 0-9a-f");
  CHECK(parts("a:b:c") == "wrong: 'b:c' can't be a tag");
  CHECK(parts("a:-b") == "wrong: '-b' can't be a tag");
  CHECK(parts("a//b") == "wrong: a part between its '/' is empty");
  CHECK(parts("/x") == "wrong: a part between its '/' is empty");
  CHECK(parts("x/") == "wrong: a part between its '/' is empty");
  CHECK(parts("localhost/") == "wrong: it has no name");
  for (auto const* part : {"-x", "x-", "a..b", "a___b", "a.-b", "a b", "a$b", ".a"})
    CHECK(parts(std::string(part) + "/y") != " | " + std::string(part) + "/y |  | ");
  CHECK(parts("docker://redis") == "wrong: 'docker:' is no registry");
  CHECK(parts("host:0/a") == "wrong: 'host:0' is no registry");
  CHECK(parts("-a.b/c") == "wrong: '-a.b' is no registry");
  CHECK(parts("a..b/c") == "wrong: 'a..b' is no registry");
  CHECK(parts(std::string(300, 'a')) == "wrong: it is too long");
  CHECK(parts("a:" + std::string(129, 'a')).find("can't be a tag") != std::string::npos);
}

TEST_CASE("a node knows what has no registry as Docker Hub's", "[reference]") {
  CHECK(on_a_node("redis") == "docker.io/library/redis:latest");
  CHECK(on_a_node("redis:7") == "docker.io/library/redis:7");
  CHECK(on_a_node("docker.io/redis:7") == "docker.io/library/redis:7");
  CHECK(on_a_node("docker.io/library/redis:7") == "docker.io/library/redis:7");
  CHECK(on_a_node("shop/api") == "docker.io/shop/api:latest");
  CHECK(on_a_node("localhost/api") == "localhost/api:latest");
  CHECK(on_a_node("redis:7@" + kDigest) == "docker.io/library/redis@" + kDigest);
  CHECK(on_a_node("No:Reference:") == "No:Reference:");
}
