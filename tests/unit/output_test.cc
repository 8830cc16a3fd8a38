// What must hold of every output, whatever the spec.
#include <algorithm>
#include <filesystem>
#include <random>
#include <set>
#include <sstream>

#include "base/disk.h"
#include "catch.h"
#include "memory.h"

using namespace e2e;
using test::Compiler;
namespace fs = std::filesystem;

namespace {

struct Entry {
  std::string name, body;
};

/// A spec of `n` images, each FROM an earlier one, and as many deployments, its entries in the order of `seed`.
Compiler workspace(std::size_t n, unsigned seed) {
  std::vector<Entry> images, deployments;
  Compiler compiler;
  for (std::size_t i = 0; i < n; ++i) {
    auto const number = std::to_string(i);
    images.push_back({"i" + number, "{containerfile: i" + number + "/Containerfile}"});
    deployments.push_back({"d" + number, "{manifests: d" + number + ".yaml" +
                                             (i > 0 ? ", needs: d" + std::to_string(i - 1) : std::string()) + "}"});
    compiler.files.write("i" + number + "/Containerfile",
                         i > 0 ? "FROM localhost/i" + std::to_string((i - 1) / 2) + "\n" : "FROM scratch\n");
    compiler.files.write("d" + number + ".yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j" + number +
                                                     "}\nspec: {image: localhost/i" + number + "}\n");
  }
  std::mt19937 random(seed);
  std::shuffle(images.begin(), images.end(), random);
  std::shuffle(deployments.begin(), deployments.end(), random);
  std::string spec = "cluster: {name: c}\nimages:\n";
  for (auto const& [name, body] : images) spec += "  " + name + ": " + body + "\n";
  spec += "deployments:\n";
  for (auto const& [name, body] : deployments) spec += "  " + name + ": " + body + "\n";
  compiler.files.write("specs/s.yaml", spec);
  return compiler;
}

/// The edges, each with its variables and without its place, in alphabetical order; order-only inputs sorted.
std::multiset<std::string> edges(std::string const& ninja) {
  std::multiset<std::string> all;
  std::istringstream lines(ninja);
  std::string edge;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  ") && !edge.empty()) {
      edge += "\n" + line;
      continue;
    }
    if (!edge.empty()) all.insert(std::exchange(edge, ""));
    if (!line.starts_with("build ")) continue;
    auto const bar = line.find(line.find(": phony") == line.npos ? " || " : ": phony ");
    edge = line.substr(0, bar);
    if (bar == line.npos) continue;
    std::istringstream words(line.substr(bar));
    std::multiset<std::string> sorted;
    for (std::string word; words >> word;) sorted.insert(word);
    for (auto const& word : sorted) edge += " " + word;
  }
  if (!edge.empty()) all.insert(edge);
  return all;
}

}  // namespace

TEST_CASE("the same input gives the same bytes", "[output]") {
  auto first = workspace(20, 1);
  auto second = workspace(20, 1);
  auto const one = first.compile();
  auto const two = second.compile();
  REQUIRE(first.errors().empty());
  CHECK(one.ninja == two.ninja);
  auto const text = [](ninja::Output const& output) {
    claim::File file;
    file.probes = output.probes;
    file.claims = output.claims;
    return claim::to_text(file);
  };
  CHECK(text(one) == text(two));
}

TEST_CASE("the order of a spec's entries changes the order of the edges, and no edge", "[output]") {
  auto const expected = edges(workspace(20, 1).compile().ninja);
  CHECK(expected.size() > 80);
  for (unsigned seed = 2; seed < 6; ++seed) CHECK(edges(workspace(20, seed).compile().ninja) == expected);
}

TEST_CASE("claims are sorted by stamp, each once, and each is an edge's", "[output]") {
  auto const output = workspace(20, 3).compile();
  for (std::size_t i = 1; i < output.claims.size(); ++i) CHECK(output.claims[i - 1].stamp < output.claims[i].stamp);
  for (auto const& claim : output.claims)
    CHECK(output.ninja.find("\nbuild " + claim.stamp + ": ") != std::string::npos);
}

TEST_CASE("a claim's recipe does not depend on where the claims file is", "[output]") {
  auto compiler = workspace(1, 1);
  auto const written = [&](std::string const& name) {
    auto graph = compiler.lower();
    ninja::Input input{graph, compiler.sources, {}, {"s"}, {}};
    for (auto const& provider : compiler.providers)
      if (provider.name != "cluster/existing") input.templates.push_back(provider.text);
    return ninja::write(ninja::Names(name), input);
  };
  auto const one = written("e2e.ninja"), two = written("other.ninja");
  REQUIRE(one.claims.size() == two.claims.size());
  for (std::size_t i = 0; i < one.claims.size(); ++i) CHECK(one.claims[i].recipe == two.claims[i].recipe);
}

TEST_CASE("nothing of this machine stands in the output", "[output]") {
  auto const output = workspace(3, 1).compile();
  CHECK(output.ninja.find(fs::current_path().string()) == std::string::npos);
  CHECK(output.ninja.find(fs::temp_directory_path().string() + "/") == std::string::npos);
  CHECK(ninja::host_part(ninja::Names("x/e2e.ninja"), "/opt/e 2/e2egen", "/w s") ==
        "# of this machine alone\ne2egen = '/opt/e 2/e2egen'\nbuild /w$ s/x/e2e.ninja: phony .e2e/x+e2e.done\n");
}

TEST_CASE("the parts of a Ninja file are named after it", "[output]") {
  ninja::Names const names("gateway.e2e.ninja");
  CHECK(names.claims == ".e2e/gateway.e2e.claims");
  CHECK(names.host == ".e2e/gateway.e2e.host.ninja");
  CHECK(names.logs == ".e2e/gateway.e2e.builddir");
  CHECK(ninja::Names("out/e2e.ninja").claims == ".e2e/out+e2e.claims");
  CHECK(ninja::Names("plain").claims == ".e2e/plain.claims");
}

TEST_CASE("ninja reads the output of a large spec", "[output]") {
  auto const output = workspace(300, 1).compile();
  test::TempFolder const folder;
  write_file(folder.path("e2e.ninja"), output.ninja);
  write_file(folder.path(".e2e/e2e.host.ninja"), ninja::host_part(ninja::Names("e2e.ninja"), "e2egen", folder.path()));
  auto const run = test::run_shell("cd " + folder.path() + " && ninja -f e2e.ninja -t targets rule apply | wc -l");
  CHECK(run.output == "300\n");
}
