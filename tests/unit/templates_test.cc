// What the rules of templates do when a shell runs them.
#include <cstdlib>
#include <filesystem>

#include "base/disk.h"
#include "base/text.h"
#include "catch.h"
#include "memory.h"
#include "ninja/rules.h"
#include "step/child.h"

using namespace e2e;

namespace {

/// The command of a rule of common.ninja.
std::string command(std::string const& rule, ninja::Variables const& variables) {
  for (auto const& provider : test::Compiler().providers)
    if (provider.role == "common") return ninja::expand(ninja::read_rules(provider.text).commands.at(rule), variables);
  throw std::logic_error("no common template");
}

}  // namespace

TEST_CASE("the objects of many manifests are asked for, however long their names together", "[templates]") {
  auto const* const e2egen = std::getenv("E2EGEN");
  if (!e2egen) return;
  test::TempFolder const folder;
  // says how many manifests it got, and that it got all else
  auto const kubectl = folder.path("bin/kubectl");
  write_file(kubectl,
             "#!/bin/sh\ntest \"$1 $2 $5 $6 $7\" = '--kubeconfig k get --ignore-not-found --output' || exit 9\n"
             "for word; do case $word in --filename=/*) n=$((n + 1)) ;; esac; done\n"
             "echo '{\"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"c\", \"uid\": \"'${n:-0}'\"}}'\n");
  std::filesystem::permissions(kubectl, std::filesystem::perms::owner_all);
  auto const manifest = folder.path(std::string(200, 'm'));
  write_file(manifest, "");
  auto const asked = [&](std::string const& files) {
    auto const line = command("objects", {{"files", files}, {"kubeconfig", "k"}, {"e2egen", e2egen}});
    auto const answer = step::ask({"PATH=" + folder.path("bin") + ":$PATH; " + line}, 60).front();
    CHECK(answer.err.empty());
    CHECK(answer.exit == 0);
    int sum = 0;
    for (auto const& said : lines_of(answer.out)) sum += std::stoi(said);
    return sum;
  };
  std::string files;
  for (int i = 0; i < 15'000; ++i) files += manifest + " ";
  CHECK(files.size() > 3'000'000);
  CHECK(asked(files) == 15'000);
  CHECK(asked(manifest + " " + folder.path("gone") + " '" + manifest + "'") == 2);
  CHECK(asked(folder.path("gone")) == 0);
}
