#include "step/world.h"

#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "catch.h"
#include "memory.h"
#include "ninja/rules.h"
#include "step/lock.h"
#include "step/ownership.h"
#include "step/undermined.h"
#include "step/withdraw.h"

using namespace e2e;
using step::Result;
using step::Said;
using step::Stamp;

namespace {

namespace fs = std::filesystem;

/// What a rule of a template runs, given these variables.
std::string command_of(std::string const& file, std::string const& rule, ninja::Variables const& variables) {
  auto const text = read_file(test::source_folder() + "/templates/" + file);
  return ninja::expand(ninja::read_rules(text.value()).commands.at(rule), variables);
}

/// A program of that name that comes before all others of it.
void program(test::InFolder const& folder, std::string const& name, std::string const& script) {
  write_file("bin/" + name, "#!/bin/sh\n" + script + "\n");
  fs::permissions("bin/" + name, fs::perms::owner_all);
  ::setenv("PATH", (folder.path("bin") + ":/usr/bin:/bin").c_str(), 1);
}

std::map<std::string, step::Testimony> told(std::string const& command, std::set<std::string> const& things) {
  return step::testimonies({{"p", command}}, {{"p", things}}, false);
}

step::Stamp made(std::string const& result) {
  return {{}, Result(result), {}};
}

}  // namespace

TEST_CASE("what is printed is there, what is not is not, and a failure says nothing", "[world]") {
  auto const answer = told("printf 'a\\nname id\\n? c\\n'", {"a", "b", "c"}).at("p");
  CHECK(answer.of("a") == Said::yes);
  CHECK(answer.of("b") == Said::no);
  CHECK(answer.of("c") == Said::nothing);
  CHECK(answer.ids.at("name") == "id");
  CHECK_FALSE(answer.trouble.empty());
  auto const silence = told("echo a; echo 'no route' >&2; exit 1", {"a", "b"}).at("p");
  CHECK(silence.of("a") == Said::nothing);
  CHECK(silence.trouble.find("no route") != std::string::npos);
  CHECK(step::testimonies({}, {{"q", {"a"}}}, false).at("q").of("a") == Said::nothing);
}

TEST_CASE("what has to stay of a stamp are its facts, or else its result", "[world]") {
  auto const answer = told("printf 'u1 a applied:1\\nu2 a\\n'", {"u1 a applied:1", "u1 a ready"}).at("p");
  step::Stamp stamp{{}, Result("u1"), {}};
  CHECK(answer.of(stamp) == Said::no);
  CHECK(answer.what_is_gone(stamp) == "it is not there any more");
  stamp.facts = {"u1 a applied:1"};
  CHECK(answer.of(stamp) == Said::yes);
  CHECK(answer.what_is_gone(stamp).empty());
  stamp.facts = {"u1 a applied:1", "u1 a ready"};
  CHECK(answer.of(stamp) == Said::no);
  CHECK(answer.what_is_gone(stamp) == "a is not ready any more");
  stamp.facts = {"u3 a applied:1"};
  CHECK(answer.what_is_gone(stamp) == "a is not there any more");
  stamp.facts = std::vector<std::string>{};
  CHECK(answer.of(stamp) == Said::yes);
}

TEST_CASE("of several lines a no counts more than no answer, and that more than a yes", "[world]") {
  auto const answer = told("printf 'a\\n? c\\n'", {"a", "b", "c"}).at("p");
  CHECK(answer.of(made("a")) == Said::yes);
  CHECK(answer.of(made("a\nc")) == Said::nothing);
  CHECK(answer.of(made("a\nc\nb")) == Said::no);
}

TEST_CASE("one question that fails leaves the others their answers", "[world]") {
  std::set<std::string> things;
  for (int i = 100; i < 350; ++i) things.insert(std::to_string(i));
  // asked in parts, of which the one with 120 fails
  auto const answer =
      told("set -- '%{wanted}'; for i; do test $i != 120 || exit 1; done; printf '%s\\n' \"$@\"", things).at("p");
  CHECK(answer.of("120") == Said::nothing);
  CHECK(answer.of("101") == Said::nothing);
  CHECK(answer.of("349") == Said::yes);
}

TEST_CASE("who is silent is asked again, and who has spoken is not", "[world]") {
  test::InFolder const folder;
  auto const answers = step::ask_patiently(
      {"echo x >>asked.1; test $(wc -l <asked.1) = 3 && echo at last", "echo x >>asked.2; echo at once"});
  CHECK(answers.at(0).out == "at last\n");
  CHECK(read_file("asked.1") == "x\nx\nx\n");
  CHECK(read_file("asked.2") == "x\n");
  CHECK_THROWS_AS(step::lines_of_answer("echo x >>asked.3; exit 1"), Failure);
  CHECK(read_file("asked.3") == "x\nx\nx\nx\n");
}

TEST_CASE("a stamp without a result can't be made, nor read", "[world]") {
  test::InFolder const folder;
  CHECK_THROWS_AS(Result(""), Failure);
  write_file("s", R"({"result": "", "key": {}})");
  CHECK_FALSE(step::read_stamp("s"));
}

TEST_CASE("only the stamp that was judged is withdrawn", "[world]") {
  test::InFolder const folder;
  step::StatCache cache{""};
  claim::Claim claim;
  claim.stamp = ".e2e/a.stamp";
  auto const write = [&](char const* result) { step::write_stamp(claim.stamp, {{}, Result(result), {}}); };
  write("old");
  auto const seen = step::see_stamp(claim.stamp);
  SECTION("it is still the same") {
    CHECK(step::withdraw(claim, seen, step::Withdrawal::deleted, cache));
    CHECK_FALSE(fs::exists(claim.stamp));
  }
  SECTION("in doubt it stays beside") {
    CHECK(step::withdraw(claim, seen, step::Withdrawal::doubted, cache));
    CHECK_FALSE(step::read_stamp(claim.stamp));
    CHECK(step::read_stamp_or_doubted(claim.stamp)->result.text() == "old");
    step::remove_stamp(claim.stamp);
    CHECK_FALSE(step::read_stamp_or_doubted(claim.stamp));
  }
  SECTION("a step has written another one") {
    write("new");
    CHECK_FALSE(step::withdraw(claim, seen, step::Withdrawal::deleted, cache));
    CHECK(step::read_stamp(claim.stamp)->result.text() == "new");
  }
  SECTION("a step has taken it away, and works") {
    step::Lock const lock(step::lock_file(claim.stamp));
    remove_file(claim.stamp);
    CHECK_FALSE(step::withdraw(claim, seen, step::Withdrawal::deleted, cache));
  }
  SECTION("a step is about to write another one, under its lock") {
    auto lock = std::make_unique<step::Lock>(step::lock_file(claim.stamp));
    std::thread step([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      write("new");
      lock.reset();
    });
    CHECK_FALSE(step::withdraw(claim, seen, step::Withdrawal::deleted, cache));
    step.join();
    CHECK(step::read_stamp(claim.stamp)->result.text() == "new");
  }
}

TEST_CASE("what carries our token is ours, and nothing else is", "[world]") {
  test::InFolder const folder;
  claim::Claim claim;
  claim.stamp = "c.stamp";
  claim.name = "c";
  claim.names = "cat names";
  claim.members = "cat members";
  write_file("names", "b\nc\n");
  write_file("members", "");
  CHECK(step::owner_of(claim) == step::Owner::others);
  write_file(claim::owner_file(claim.stamp), "");
  write_file("members", "node\n");
  CHECK(step::owner_of(claim) == step::Owner::others);
  step::begin_owning(claim);
  auto const token = read_file(claim::owner_file(claim.stamp));
  CHECK(token->size() == 33);
  CHECK(step::owner_of(claim) == step::Owner::us);
  write_file("members", "");
  CHECK(step::owner_of(claim) == step::Owner::others);
  write_file("names", "b\n");
  CHECK(step::owner_of(claim) == step::Owner::nobody);
  step::begin_owning(claim);
  CHECK(read_file(claim::owner_file(claim.stamp)) != token);
  remove_file("names");
  CHECK_THROWS_AS(step::owner_of(claim), Failure);
}

// --- the questions of the templates, asked of tools that fail

TEST_CASE("podman's store: each image is spoken of, or there is no answer", "[world]") {
  test::InFolder const folder;
  auto const first = std::string(64, 'a'), second = std::string(64, 'b');
  auto const command = command_of("builder/podman.ninja", "images_stored", {{"images", "sha256:" + first + " two"}});
  auto const says = [&](std::string const& script) {
    program(folder, "podman", script);
    return test::run_shell(command);
  };
  auto const known = "echo " + first + " localhost/one:latest; echo; ";
  auto const all = says(known + "echo " + second + "; echo");
  CHECK(all.status == 0);
  CHECK(all.output == "sha256:" + first + "\nlocalhost/one:latest sha256:" + first + "\nsha256:" + second + "\n");
  auto const one = says(known + "echo 'Error: inspecting object: two: image not known' >&2; exit 125");
  CHECK(one.status == 0);
  CHECK(one.output.find("sha256:" + first + "\n") == 0);
  CHECK(says(known + "exit 125").status != 0);
  CHECK(says("exit 125").status != 0);
  CHECK(says("echo 'cannot connect' >&2; exit 125").status != 0);
}

TEST_CASE("registries: one that does not answer is no reason to miss what others have", "[world]") {
  test::InFolder const folder;
  program(folder, "skopeo",
          "case $3 in *there*) ;; *gone*) echo 'manifest unknown' >&2; exit 1 ;; "
          "*) echo 'connection refused' >&2; exit 1 ;; esac");
  auto const run =
      test::run_shell(command_of("builder/podman.ninja", "images_pushed", {{"references", "r/there r/gone r/slow"}}));
  CHECK(run.status == 0);
  CHECK(run.output.find("r/there\n") != std::string::npos);
  CHECK(run.output.find("r/gone") == std::string::npos);
  CHECK(run.output.find("? r/slow\n") != std::string::npos);
}

TEST_CASE("clusters: without our token there is none, and podman's failure is no answer", "[world]") {
  test::InFolder const folder;
  ninja::Variables const variables{{"owner", "owner"}, {"kubeconfig", "k"}, {"cluster", "c"}};
  for (auto const* rule : {"cluster_identity", "cluster_members", "images_loaded"}) {
    INFO(rule);
    auto const command = command_of("cluster/kind.ninja", rule, variables);
    remove_file("owner");
    program(folder, "podman", "exit 1");
    CHECK(test::run_shell(command).status == 0);
    write_file("owner", "token\n");
    CHECK(test::run_shell(command).status != 0);
  }
  program(folder, "kubectl", "echo uid");
  auto const identity = command_of("cluster/kind.ninja", "cluster_identity", variables);
  program(folder, "podman", "case $* in *--filter\\ label=e2egen.owner=token*) echo node ;; esac");
  CHECK(test::run_shell(identity).output == "uid\n");
  program(folder, "podman", "case $* in *--all*) echo node; echo stopped ;; *) echo node ;; esac");
  CHECK(test::run_shell(identity).output.empty());
  program(folder, "podman", "echo node");
  program(folder, "kubectl", "exit 1");
  CHECK(test::run_shell(identity).status != 0);
}

TEST_CASE("the images of nodes: one that can't be asked is no answer", "[world]") {
  test::InFolder const folder;
  write_file("owner", "token\n");
  auto const command = command_of("cluster/kind.ninja", "images_loaded", {{"owner", "owner"}});
  program(folder, "podman", "case $* in ps*) echo one; echo two ;; *one*) echo a; echo b ;; *) echo b ;; esac");
  CHECK(test::run_shell(command).output == "b\n");
  program(folder, "podman", "case $* in ps*) echo one; echo two ;; *one*) echo a; echo b ;; *) exit 1 ;; esac");
  CHECK(test::run_shell(command).status != 0);
}

TEST_CASE("objects: those of a CRD that is gone are gone, and all else that fails is no answer", "[world]") {
  auto const* const e2egen = std::getenv("E2EGEN");
  if (!e2egen) return;
  test::InFolder const folder;
  write_file("a.yaml", "");
  auto const command =
      command_of("common.ninja", "objects", {{"files", "a.yaml none.yaml"}, {"kubeconfig", "k"}, {"e2egen", e2egen}});
  auto const says = [&](std::string const& script) {
    program(folder, "kubectl", script);
    return test::run_shell(command);
  };
  std::string const one = R"(echo '{"kind": "ConfigMap", "metadata": {"uid": "u", "name": "one"}}'; )";
  auto const well = says("for i; do case $i in *none*) exit 1 ;; esac; done; " + one + "echo 'Warning: old' >&2");
  CHECK(well.status == 0);
  CHECK(well.output == "u configmap/one applied:\n");
  // as kubectl 1.32 says it
  std::string const gone =
      "echo 'error: resource mapping not found for name: \"o\" namespace: \"\" from \"b.yaml\": no matches for kind "
      "\"Order\" in version \"e.com/v1\"' >&2; echo 'ensure CRDs are installed first' >&2; ";
  auto const some = says(one + gone + "exit 1");
  CHECK(some.status == 0);
  CHECK(some.output == "u configmap/one applied:\n");
  CHECK(says(gone + "exit 1").status == 0);
  CHECK(says("exit 0").output.empty());
  CHECK(says(one + gone + "echo 'connection refused' >&2; exit 1").status != 0);
  CHECK(says("echo 'connection refused' >&2; exit 1").status != 0);
  CHECK(says("echo no JSON").status != 0);
  CHECK(says("exit 1").status != 0);
  CHECK(says("kill -9 $$").status != 0);
}

TEST_CASE("what the world took away from under a command", "[world]") {
  test::InFolder const folder;
  claim::File file;
  file.probes = {{"s/objects", "cat objects"}, {"s/stores", "cat stores"}, {"images", "echo asked >images; exit 1"}};
  auto const add = [&](std::string const& name, std::string const& probe, std::vector<std::string> stamps,
                       std::vector<std::string> const& facts) {
    file.claims.push_back({.stamp = name + ".stamp", .title = name, .stamps = std::move(stamps), .probe = probe});
    step::write_stamp(name + ".stamp", {{}, Result("u"), {}, {}, {}, facts});
  };
  add("apply a", "s/objects", {"image.stamp"}, {"u deployment/a applied:1"});
  add("apply b", "s/objects", {}, {"v deployment/b applied:1"});
  add("image", "images", {}, {"i"});
  add("ready a", "s/objects", {"apply a.stamp"}, {"u deployment/a applied:1", "u deployment/a rolled-out"});
  add("task seed", "s/stores", {"ready a.stamp"}, {"p pod/a-1 there"});
  add("test t", "", {"task seed.stamp"}, {});
  write_file("claims", claim::to_text(file));
  auto const of = [&](std::size_t i, std::vector<std::string> const& ground = {}) {
    return step::undermined("claims", file.claims[i], ground);
  };
  auto const none = std::vector<std::string>{};
  std::string const objects = "u deployment/a applied:1\nu deployment/a rolled-out\n", stores = "p pod/a-1 there\n";

  write_file("objects", objects);
  write_file("stores", stores);
  CHECK(of(5) == none);
  write_file("objects", "u deployment/a applied:1\n");
  write_file("stores", "");
  CHECK(of(5) == std::vector<std::string>{"ready a: deployment/a is not ready any more",
                                          "task seed: pod/a-1 is not there any more"});
  // the seed was to be made anew: what it said before counts for nothing, where its command began does
  CHECK(of(4, {"q pod/a-2 there"}) == std::vector<std::string>{"ready a: deployment/a is not ready any more",
                                                               "task seed: pod/a-2 is not there any more"});
  // what was waited for is gone with what was applied; what the test does not rest on is not asked for
  write_file("objects", "u deployment/a applied:2\nu deployment/a rolled-out\n");
  CHECK(of(4) == std::vector<std::string>{"apply a: deployment/a was changed by somebody"});
  CHECK(of(1) == none);
  CHECK_FALSE(read_file("images"));
  // no answer is silence, and so is a claims file that is gone; a no that was heard once is none
  remove_file("objects");
  write_file("stores", stores);
  CHECK(of(5) == none);
  file.probes[0].command = "cat objects; echo >>objects 'u deployment/a rolled-out'";
  write_file("claims", claim::to_text(file));
  write_file("objects", "u deployment/a applied:1\n");
  CHECK(of(5) == none);
  remove_file("claims");
  CHECK(of(5) == none);
}
