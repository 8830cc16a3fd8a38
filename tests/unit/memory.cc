#include "memory.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "app/templates.h"
#include "graph/check.h"
#include "lower/lower.h"

namespace e2e::test {

namespace fs = std::filesystem;

std::optional<std::string> MemoryFiles::read(std::string const& path) const {
  asked_.insert(path);
  auto const it = texts_.find(path);
  return it == texts_.end() ? std::nullopt : std::optional(it->second);
}

bool MemoryFiles::is_folder(std::string const& path) const {
  return path == "." ||
         std::any_of(texts_.begin(), texts_.end(), [&](auto const& one) { return one.first.starts_with(path + "/"); });
}

std::vector<std::string> MemoryFiles::list(std::string const& folder) const {
  std::set<std::string> names;
  auto const start = folder == "." ? "" : folder + "/";
  for (auto const& [path, text] : texts_)
    if (path.starts_with(start)) names.insert(path.substr(start.size(), path.find('/', start.size()) - start.size()));
  return {names.begin(), names.end()};
}

Compiler::Compiler() : providers(app::providers("", files, sources, diagnostics)) {}

void Compiler::provide(std::string const& name, std::string const& text) {
  std::erase_if(providers, [&](auto const& one) { return one.name == name; });
  providers.push_back(
      plan::parse_provider(name, sources, sources.add("templates/" + name + ".ninja", text), diagnostics));
}

spec::Document Compiler::load(std::string const& path) {
  return spec::load(path, choices, files, sources, diagnostics);
}

plan::Plan Compiler::resolve(std::string const& path) {
  return plan::resolve({load(path)}, providers, {}, files, sources, diagnostics);
}

graph::Graph Compiler::lower(std::string const& path) {
  auto const plan = resolve(path);
  return diagnostics.any() ? graph::Graph{} : lower::lower(plan);
}

ninja::Output Compiler::compile(std::string const& path) {
  auto const plan = resolve(path);
  if (diagnostics.any()) return {};
  auto graph = lower::lower(plan);
  if (!diagnostics.any()) graph::check(graph, diagnostics);
  if (diagnostics.any()) return {};
  ninja::Input input{graph, sources, {}, {"s"}, {}};
  std::set<plan::Provider const*> used{plan.common, plan.builder};
  for (auto const& environment : plan.environments)
    for (auto const& cluster : environment.clusters) used.insert(cluster.provider);
  for (auto const& provider : providers) {
    if (!used.contains(&provider)) continue;
    input.templates.push_back(provider.text);
    input.retries.insert(provider.retries.begin(), provider.retries.end());
  }
  return ninja::write(ninja::Names("e2e.ninja"), input);
}

TempFolder::TempFolder() {
  auto path = (fs::temp_directory_path() / "e2egen-test-XXXXXX").string();
  root_ = ::mkdtemp(path.data());
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

std::string TempFolder::path(std::string_view name) const {
  return name.empty() ? root_ : root_ + "/" + std::string(name);
}

InFolder::InFolder() : before_(fs::current_path().string()), programs_(std::getenv("PATH")) {
  fs::current_path(folder_.path());
}

InFolder::~InFolder() {
  fs::current_path(before_);
  ::setenv("PATH", programs_.c_str(), 1);
}

Run run_shell(std::string const& line) {
  auto* pipe = ::popen(("exec 2>&1; " + line).c_str(), "r");
  if (!pipe) throw Failure("no shell");
  Run run{0, ""};
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) run.output.append(buffer, n);
  auto const status = ::pclose(pipe);
  run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return run;
}

std::string source_folder() {
  auto const* folder = std::getenv("E2EGEN_SOURCE");
  return folder ? folder : ".";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace e2e::test
