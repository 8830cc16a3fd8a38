#include "app/workspace.h"

#include <fmt/format.h>

#include "base/diagnostics.h"
#include "ninja/escape.h"
#include "ninja/rules.h"
#include "step/child.h"

namespace e2e::app {

namespace {

constexpr int kTimeout = 60;

}  // namespace

void WorkspaceFiles::learn(std::vector<plan::Provider> const& templates) {
  for (auto const& one : templates) {
    auto const rules = ninja::read_rules(one.text);
    if (auto const it = rules.commands.find("kustomize"); it != rules.commands.end()) command_ = it->second;
  }
}

std::string WorkspaceFiles::kustomized(std::string const& folder) const {
  if (command_.empty()) return DiskFiles::kustomized(folder);
  auto const command = ninja::expand(command_, {{"folder", ninja::words({folder})}});
  auto const answer = step::ask({command}, kTimeout).front();
  if (answer.exit != 0) throw Failure(fmt::format("'{}' failed with {}: {}", command, answer.exit, answer.err));
  return answer.out;
}

}  // namespace e2e::app
