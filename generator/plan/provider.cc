#include "plan/provider.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace e2e::plan {

namespace {

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (!(text = trimmed(text)).empty()) {
    auto const end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

std::string filled(std::string_view format, Item const& item) {
  std::string out;
  while (!format.empty()) {
    if (format.starts_with("{name}")) {
      out += item.name;
      format.remove_prefix(6);
    } else if (format.starts_with("{value}")) {
      out += item.value;
      format.remove_prefix(7);
    } else {
      out += format.front();
      format.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> Provider::words(std::string const& binding, std::vector<Item> const& items) const {
  std::vector<std::string> out;
  if (items.empty()) return out;
  auto const format = formats.find(binding);
  if (format == formats.end())
    throw Failure(
        fmt::format("the template '{}' has no words for '{}'\n  help: add '#: words {} = ...' to it; see "
                    "docs/providers.md",
                    name, binding, binding));
  for (auto const& item : items) out.push_back(filled(format->second, item));
  return out;
}

std::vector<std::string> needed_rules(Provider const& provider) {
  using Names = std::vector<std::string>;
  static std::map<std::string, Names> const kOfRole{
      {"common",
       {"generate",  "scan",   "go_sources", "go_files",   "apply",          "apply_crds_first", "objects",
        "applied",   "ready",  "stores",     "rollout",    "condition",      "rollout_later",    "condition_later",
        "endpoints", "answer", "run",        "run_in_pod", "run_with_ports", "merge_reports"}},
      {"builder", {"image_build", "image_import", "image_pull", "image_prebuilt", "images_stored"}},
      {"cluster", {"cluster_create", "cluster_identity", "cluster_down", "cluster_logs"}}};
  static std::map<std::string, Names> const kOffered{{"layers", {"image_layers", "image_restore"}},
                                                     {"archive", {"image_archive"}},
                                                     {"registry", {"image_push", "image_pushed", "images_pushed"}}};
  static std::map<std::string, Names> const kAccepted{{"layers", {"layers_load", "images_loaded"}},
                                                      {"archive", {"image_load", "images_loaded"}}};
  Names needed;
  auto const add = [&](std::map<std::string, Names> const& from, std::string const& key) {
    auto const it = from.find(key);
    if (it == from.end()) return;
    for (auto const& rule : it->second)
      if (std::find(needed.begin(), needed.end(), rule) == needed.end()) needed.push_back(rule);
  };
  add(kOfRole, provider.role);
  for (auto const& transport : provider.offers) add(kOffered, transport);
  for (auto const& transport : provider.accepts) add(kAccepted, transport);
  return needed;
}

Provider parse_provider(std::string name, Sources const& sources, std::int32_t file, Diagnostics& diagnostics) {
  static std::vector<std::string> const kTraits{"role",  "offers", "accepts",  "ports", "folders", "config",
                                                "apply", "tool",   "compiler", "words", "retry",   "hint"};
  static std::map<std::string, std::vector<std::string> Provider::*> const kLists{
      {"offers", &Provider::offers},   {"accepts", &Provider::accepts}, {"ports", &Provider::ports},
      {"folders", &Provider::folders}, {"config", &Provider::config},   {"apply", &Provider::apply}};
  Provider provider{.name = std::move(name), .text = sources.text(file)};
  std::string_view rest = provider.text;
  for (std::int32_t line = 1; !rest.empty(); ++line) {
    auto const end = std::min(rest.find('\n'), rest.size());
    auto text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!text.starts_with("#:")) continue;
    Place const place{file, line, 1, static_cast<std::int32_t>(text.size())};
    text.remove_prefix(2);
    auto const equals = text.find(" = ");
    if (equals == text.npos) {
      diagnostics.add({place, "a trait without ' = '", "write it as '#: trait = value'"});
      continue;
    }
    auto const left = trimmed(text.substr(0, equals));
    std::string value{trimmed(text.substr(equals + 3))};
    auto const space = std::min(left.find_first_of(" \t"), left.size());
    std::string const trait{left.substr(0, space)};
    std::string const what{trimmed(left.substr(space))};
    if (auto const list = kLists.find(trait); list != kLists.end())
      provider.*list->second = split(value);
    else if (trait == "role")
      provider.role = value;
    else if (trait == "tool")
      provider.tools[what] = value;
    else if (trait == "compiler")
      provider.compilers[what] = value;
    else if (trait == "words")
      provider.formats[what] = value;
    else if (trait == "retry")
      provider.retries.emplace(what, value);
    else if (trait == "hint")
      provider.hints.emplace_back(what, value);
    else
      diagnostics.add({place, fmt::format("no trait is called '{}'", trait), suggestion(trait, kTraits)});
  }
  if (provider.role != "common" && provider.role != "builder" && provider.role != "cluster")
    diagnostics.add({{file, 1, 1, 1},
                     fmt::format("the template '{}' has no role", provider.name),
                     "it begins with '#: role = builder' or '#: role = cluster'"});
  return provider;
}

}  // namespace e2e::plan
