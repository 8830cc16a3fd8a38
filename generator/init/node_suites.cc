#include "init/node_suites.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "init/evidence.h"
#include "init/names.h"
#include "init/paths.h"

namespace e2e::init {

namespace {

using Json = nlohmann::json;

constexpr std::array<char const*, 6> kScripts{"test:e2e", "e2e", "test-e2e", "e2e:test", "e2e:ci", "test:e2e:ci"};
constexpr std::array<char const*, 5> kBrowsers{"playwright", "cypress", "puppeteer", "testcafe", "webdriver"};

/// The script that tests the whole, and what it does; nothing if there is none.
std::pair<std::string, std::string> script_of(Json const& package, std::string const& folder) {
  auto const it = package.find("scripts");
  if (it == package.end() || !it->is_object()) return {};
  auto const text = [&](std::string const& name) {
    auto const one = it->find(name);
    return one != it->end() && one->is_string() ? one->get<std::string>() : std::string();
  };
  for (auto const* name : kScripts)
    if (!text(name).empty()) return {name, text(name)};
  if (is_e2e_folder(last_part(folder)) && !text("test").empty()) return {"test", text("test")};
  return {};
}

bool wants_packages(Json const& package) {
  return std::any_of(package.begin(), package.end(), [](auto const& value) { return value.is_object(); }) &&
         (package.value("dependencies", Json::object()).size() +
          package.value("devDependencies", Json::object()).size()) > 0;
}

}  // namespace

std::optional<Suite> node_suite(std::string const& path, std::string const& root, Files const& files) {
  auto const package = Json::parse(files.read(path).value_or(""), nullptr, false);
  if (!package.is_object()) return std::nullopt;
  auto const folder = folder_of(path);
  auto const [name, script] = script_of(package, folder);
  if (name.empty()) return std::nullopt;
  Suite suite{.name = "e2e", .folder = folder};
  for (auto above = folder; above != "." && above != root; above = folder_of(above))
    if (!is_e2e_folder(last_part(above)) && !one_of(last_part(above), {"test", "tests", "src"})) {
      suite.name = last_part(above);
      break;
    }
  suite.remarks.push_back(fmt::format("from {}: {}", path, script));
  auto const lock = below(folder, "package-lock.json");
  bool const installs = wants_packages(package);
  suite.command = {"npm", "--prefix", folder, "run", name};
  if (installs)
    suite.command = {
        "sh", "-c",
        fmt::format("npm ci --prefix {0} && npm --prefix {0} run {1}", shell_word(folder), shell_word(name))};
  // all but what is made there; of a program, what is of its tests
  bool const part = files.is_folder(below(folder, "e2e"));
  if (part) suite.folder = below(folder, "e2e");
  for (auto const& one : files.list(folder))
    if (part ? one == "e2e" || one.starts_with("package") || one.find(".config.") != one.npos
             : !one.starts_with('.') && !one_of(one, {"node_modules", "dist", "build", "coverage", "test-results",
                                                      "reports", "playwright-report"}))
      suite.inputs.push_back(below(folder, one));
  auto evidence = evidence_below(folder, {".js", ".ts", ".mjs", ".cjs", ".sh"}, files);
  add_evidence(script, evidence);
  auto const text = package.dump();
  auto const* browser =
      std::find_if(kBrowsers.begin(), kBrowsers.end(), [&](auto const* one) { return text.find(one) != text.npos; });
  if (!evidence.own.empty())
    suite.off = fmt::format("it {}", evidence.own);
  else if (browser != kBrowsers.end())
    suite.off = fmt::format("{} wants a browser, and the address of what it tests: `forward` gives one", *browser);
  else if (!evidence.address.empty())
    suite.off = fmt::format("it looks for what it tests at {}: `forward` gives it an address", evidence.address);
  else if (!evidence.cluster)
    suite.off = "nothing in it tells how it comes to the cluster";
  else if (installs && !files.exists(lock))
    suite.off = fmt::format("there is no {}", lock);
  return suite;
}

}  // namespace e2e::init
