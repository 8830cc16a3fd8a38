// The house has one-way stairs: which stage may include which.
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "base/disk.h"
#include "base/text.h"
#include "catch.h"
#include "memory.h"

using namespace e2e;
namespace fs = std::filesystem;

namespace {

using Names = std::set<std::string>;

/// Each stage, and those beside itself and base that it may include. Only app knows the compiler and the steps; they
/// meet in the claims file, so claim is what both know.
std::map<std::string, Names> const kAllowed{
    {"base", {}},
    {"claim", {}},
    {"spec", {}},
    {"graph", {"claim"}},
    {"plan", {"spec"}},
    {"init", {"spec", "plan"}},
    {"ninja", {"graph", "claim"}},
    {"lower", {"plan", "graph", "claim"}},
    {"step", {"claim"}},
    {"app", {"claim", "graph", "init", "lower", "ninja", "plan", "spec", "step"}},
};

/// What is wrong with the includes of a file of that stage; empty if nothing is.
std::string complaints(std::string const& stage, std::string const& path, std::string const& text) {
  std::istringstream lines(text);
  std::string found;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    auto const start = line.find_first_not_of(" \t");
    if (start == line.npos || line.compare(start, 8, "#include") != 0) continue;
    auto const quote = line.find('"');
    if (quote == line.npos) continue;
    auto const target = line.substr(quote + 1, line.find('/', quote) - quote - 1);
    if (target == stage || (target == "base" && stage != "base") || kAllowed.at(stage).contains(target)) continue;
    found += path + ":" + std::to_string(number) + ": " + stage + " must not include " + target + "\n";
  }
  return found;
}

std::vector<fs::path> files_of(std::string const& stage) {
  std::vector<fs::path> files;
  for (auto const& entry : fs::recursive_directory_iterator(test::source_folder() + "/generator/" + stage))
    if (entry.path().extension() == ".cc" || entry.path().extension() == ".h") files.push_back(entry.path());
  return files;
}

}  // namespace

TEST_CASE("includes go one way", "[includes]") {
  std::string found;
  for (auto const& entry : fs::directory_iterator(test::source_folder() + "/generator")) {
    if (!entry.is_directory()) continue;
    auto const stage = entry.path().filename().string();
    INFO("a folder that the map above does not know: " << stage);
    REQUIRE(kAllowed.contains(stage));
    for (auto const& file : files_of(stage))
      found += complaints(stage, stage + "/" + file.filename().string(), read_file(file).value());
  }
  CHECK(found.empty());
  INFO(found);
  CHECK(found == "");
}

TEST_CASE("each stage is there, and base stands on nothing", "[includes]") {
  for (auto const& [stage, others] : kAllowed) CHECK_FALSE(files_of(stage).empty());
  // what is allowed makes no circle: every path ends
  for (auto const& [stage, others] : kAllowed) {
    Names reached, todo = others;
    while (!todo.empty()) {
      auto const next = *todo.begin();
      todo.erase(todo.begin());
      if (!reached.insert(next).second) continue;
      todo.insert(kAllowed.at(next).begin(), kAllowed.at(next).end());
    }
    INFO(stage);
    CHECK_FALSE(reached.contains(stage));
  }
}

TEST_CASE("an include that goes the other way is found", "[includes]") {
  CHECK(complaints("plan", "plan/x.cc", "#include <map>\n#include \"plan/x.h\"\n  #include \"graph/graph.h\"\n") ==
        "plan/x.cc:3: plan must not include graph\n");
  for (auto const* compiler : {"spec", "plan", "init", "graph", "lower", "ninja", "app"}) {
    auto const include = std::string("#include \"") + compiler + "/x.h\"\n";
    CHECK_FALSE(complaints("step", "x", include).empty());
    CHECK_FALSE(complaints("base", "x", include).empty());
    if (std::string_view(compiler) != "app")
      CHECK_FALSE(complaints(compiler, "x", "#include \"step/scan.h\"\n").empty());
  }
}

TEST_CASE("only base/yaml_* know the parsers of YAML, and only ninja/ escapes", "[includes]") {
  for (auto const& [stage, others] : kAllowed)
    for (auto const& file : files_of(stage)) {
      auto const name = stage + "/" + file.filename().string();
      auto const text = read_file(file).value();
      INFO(name);
      CHECK((text.find("yaml-cpp/") == text.npos || name == "base/yaml_spec.cc"));
      CHECK((text.find("<yaml.h>") == text.npos || name == "base/yaml_manifest.cc"));
      CHECK((text.find("yaml_builder.h") == text.npos || name.starts_with("base/yaml_")));
      CHECK((text.find("shell_line(") == text.npos || stage == "ninja" || stage == "base" || stage == "step" ||
             stage == "app"));
    }
}

// Providers are data: their tools' names stand in templates/, not in C++.
TEST_CASE("no provider's name decides anything in the compiler", "[includes]") {
  for (auto const* stage : {"base", "spec", "graph", "lower", "ninja"})
    for (auto const& file : files_of(stage)) {
      auto const text = read_file(file).value();
      INFO(stage << "/" << file.filename().string());
      if (file.filename() == "foreign.cc") continue;  // what others call things; it decides nothing
      if (file.filename() == "pod.cc") continue;      // where "kind" is a key of an object
      for (auto const* tool : {"\"podman", "\"kind\"", "\"docker", "\"kubectl"}) CHECK(text.find(tool) == text.npos);
    }
}
