#include "spec/old_words.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/warnings.h"

namespace e2e::spec {

namespace {

constexpr std::string_view kImages = "images", kDeployments = "deployments";
constexpr std::string_view kSources = "sources", kInputs = "inputs", kBesideGo = "beside-go";
constexpr std::string_view kEndpoints = "endpoints", kReady = "ready", kManifests = "manifests";

void moved(Image& image, std::string_view now, std::vector<Text>& into, Diagnostics& diagnostics) {
  if (image.sources.empty() || !into.empty()) return;
  tell_old_word(image.sources.front().place, kImages, kSources, now, diagnostics);
  into = std::exchange(image.sources, {});
}

/// What takes the place of so many bytes of a text, by where they begin.
using Edits = std::map<std::size_t, std::pair<std::size_t, std::string>>;

void rename(yaml::Node const& key, std::string_view now, Edits& edits) {
  edits[key.offset] = {key.text.size() + (key.quoted ? 2 : 0), std::string(now)};
}

/// A list in brackets, a list with dashes, or one name.
void services(yaml::Node const& names, std::string const& text, Edits& edits) {
  if (names.is_scalar()) {
    edits[names.offset] = {names.text.size() + (names.quoted ? 2 : 0),
                           fmt::format("[{}, service/{}]", kManifests, names.text)};
    return;
  }
  for (auto const& name : names.items) {
    auto word = fmt::format("service/{}", name.text);
    if (&name == &names.items.front()) {
      auto const line = text.rfind('\n', name.offset) + 1;  // npos + 1 is 0
      auto const before = text.substr(line, name.offset - line);
      bool const dashes = before.find_first_not_of(" -") == before.npos && before.find('-') != before.npos;
      word = fmt::format("{}{}{}", kManifests, dashes ? "\n" + before : ", ", word);
    }
    edits[name.offset] = {name.text.size() + (name.quoted ? 2 : 0), word};
  }
}

void section(yaml::Node const& spec, std::string_view name, std::string const& text, Edits& edits) {
  auto const* entries = spec.find(name);
  if (!entries || !entries->is_map()) return;
  for (auto const& [entry, body] : entries->entries) {
    if (!body.is_map()) continue;
    bool const rootfs = body.find("rootfs") || body.find("command");
    for (auto const& [key, value] : body.entries) {
      auto const now = key.text == kSources && name == kImages ? rootfs            ? kInputs
                                                                 : body.find("go") ? kBesideGo
                                                                                   : ""
                                                               : new_word(name, key.text);
      // two keys of one name would have to be put together
      if (now.empty() || body.find(now)) continue;
      rename(key, now, edits);
      if (now == kReady) services(value, text, edits);
    }
  }
}

}  // namespace

std::string_view new_word(std::string_view section, std::string_view old) {
  if (section == kImages && old == "command") return "rootfs";
  if (section == kDeployments && old == kEndpoints) return kReady;
  return {};
}

void tell_old_word(Place const& place, std::string_view section, std::string_view old, std::string_view now,
                   Diagnostics& diagnostics) {
  auto const how = now == kReady ? "write 'ready: [manifests, service/NAME]'" : fmt::format("write '{}'", now);
  diagnostics.add({place,
                   fmt::format("'{}' of '{}' is called '{}' now", old, section, now),
                   fmt::format("{}; `e2egen fmt` does it", how),
                   {},
                   warnings::kOldWord});
}

void understand_old_words(Document& document, Diagnostics& diagnostics) {
  for (auto& image : document.images) {
    if (!image.rootfs.empty()) moved(image, kInputs, image.inputs, diagnostics);
    if (!image.go.empty()) moved(image, kBesideGo, image.beside_go, diagnostics);
  }
  for (auto& deployment : document.deployments) {
    if (deployment.endpoints.empty()) continue;
    auto& ready = deployment.ready;
    if (ready.empty()) ready.push_back({std::string(kManifests), deployment.endpoints.front().place});
    if (ready.size() == 1 && ready.front().value == "none") ready.clear();
    for (auto const& name : deployment.endpoints) ready.push_back({"service/" + name.value, name.place});
  }
}

std::string in_new_words(yaml::Node const& spec, std::string text) {
  Edits edits;
  std::vector<yaml::Node const*> all{&spec};
  if (auto const* profiles = spec.find("profiles"); profiles && profiles->is_map())
    for (auto const& profile : profiles->entries) all.push_back(&profile.value);
  for (auto const* one : all)
    for (auto const name : {kImages, kDeployments})
      if (one->is_map()) section(*one, name, text, edits);
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit)
    text.replace(edit->first, edit->second.first, edit->second.second);
  return text;
}

}  // namespace e2e::spec
