#include "app/templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "app/builtin_templates.h"
#include "ninja/rules.h"

namespace e2e::app {

namespace fs = std::filesystem;

namespace {

/// Whether Ninja takes it as a part of the name of a rule.
bool plain(std::string const& name) {
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; });
}

/// Reads one, and tells what it lacks before anything is made of it.
plan::Provider provider(std::string const& name, std::string const& path, std::string text, Sources& sources,
                        Diagnostics& diagnostics) {
  auto const file = sources.add(path, std::move(text));
  auto const before = diagnostics.count();
  auto provider = plan::parse_provider(name, sources, file, diagnostics);
  if (diagnostics.count() > before) return provider;
  Place const start{file, 1, 1, 1};
  if (name != provider.role && (name != provider.role + "/" + provider.short_name() || !plain(provider.short_name())))
    diagnostics.add({start, fmt::format("the template '{}' has the role '{}'", name, provider.role),
                     fmt::format("its file is called {}, NAME being of letters, digits, '-' and '_'",
                                 provider.role == "common" ? "common.ninja" : provider.role + "/NAME.ninja")});
  auto const rules = ninja::read_rules(provider.text).commands;
  for (auto const& rule : plan::needed_rules(provider))
    if (!rules.contains(rule))
      diagnostics.add(
          {start, fmt::format("the template '{}' has no rule '{}'", name, rule),
           fmt::format("docs/providers.md has the rules of a {}, and what each of them does", provider.role)});
  return provider;
}

}  // namespace

std::vector<plan::Provider> providers(std::string const& folder, Files const& files, Sources& sources,
                                      Diagnostics& diagnostics) {
  std::vector<std::pair<std::string, std::string>> texts;  // name, path
  std::vector<plan::Provider> result;
  if (folder.empty()) {
    for (auto const& [name, text] : builtin_templates())
      result.push_back(provider(std::string(name), fmt::format("templates/{}.ninja", name), std::string(text), sources,
                                diagnostics));
    return result;
  }
  std::error_code error;
  for (auto const& entry : fs::recursive_directory_iterator(folder, error))
    if (entry.path().extension() == ".ninja") {
      auto const path = entry.path().string();
      auto const name = fs::relative(entry.path(), folder).replace_extension().string();
      texts.emplace_back(name, path);
    }
  if (texts.empty()) throw Failure(fmt::format("no template in the folder '{}'", folder));
  std::sort(texts.begin(), texts.end());
  for (auto const& [name, path] : texts)
    result.push_back(provider(name, path, files.read(path).value_or(""), sources, diagnostics));
  return result;
}

}  // namespace e2e::app
