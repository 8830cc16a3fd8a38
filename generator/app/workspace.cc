#include "app/workspace.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/diagnostics.h"
#include "base/hash.h"
#include "base/text.h"
#include "ninja/escape.h"
#include "ninja/rules.h"
#include "step/child.h"

namespace e2e::app {

namespace {

constexpr int kTimeout = 60;

/// kubectl says what went wrong with a file, and again what went wrong when it took it for a folder.
std::string said_once(std::string text) {
  auto const begin = text.find("err=\"");  // of a line of its log
  if (begin != text.npos) text.erase(0, begin + 5);
  if (auto const again = text.find("': must build at directory"); again != text.npos) text.resize(again);
  while (!text.empty() && (text.back() == '\n' || text.back() == '"')) text.pop_back();
  replace_all(text, "\\\"", "\"");
  replace_all(text, std::filesystem::current_path().string() + "/", "");
  return text;
}

}  // namespace

void WorkspaceFiles::learn(std::vector<plan::Provider> const& templates) {
  for (auto const& one : templates) {
    auto const rules = ninja::read_rules(one.text);
    if (auto const it = rules.commands.find("kustomize"); it != rules.commands.end()) command_ = it->second;
    if (auto const it = rules.commands.find("helm"); it != rules.commands.end()) helm_ = it->second;
  }
}

std::string WorkspaceFiles::kustomized(std::string const& folder) const {
  if (command_.empty()) return DiskFiles::kustomized(folder);
  auto const command = ninja::expand(command_, {{"folder", ninja::words({folder})}});
  auto const answer = step::ask({command}, kTimeout).front();
  if (answer.exit != 0)
    throw Failure(fmt::format("'{}' failed with {}: {}", command, answer.exit, said_once(answer.err)));
  return answer.out;
}

std::string WorkspaceFiles::charted(std::map<std::string, std::vector<std::string>> const& words,
                                    std::vector<std::string> const& inputs) const {
  if (helm_.empty()) return Files::charted(words, inputs);
  ninja::Variables variables;
  for (auto const& [name, values] : words) variables[name] = ninja::words(values);
  auto const command = ninja::expand(helm_, variables);
  Hasher hasher;
  hasher.field(command);
  for (auto const& path : inputs) hasher.field(path).field(read(path).value_or(""));
  auto const mark = fmt::format("# rendered of {}\n", hasher.hex());
  auto const kept = fmt::format(".e2e/charts/{}.yaml", Hasher().field(command).hex().substr(0, 16));
  auto text = read_file(kept).value_or("");
  if (!text.starts_with(mark)) {
    auto const answer = step::ask({command}, kTimeout).front();
    if (answer.exit != 0) throw Failure(answer.err);
    text = mark + answer.out;
  }
  renderings_[kept] = text;
  return text;
}

}  // namespace e2e::app
