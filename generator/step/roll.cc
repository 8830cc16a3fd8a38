#include "step/roll.h"

#include <fmt/format.h>

#include <map>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/pod.h"
#include "base/text.h"
#include "base/yaml.h"
#include "step/edits.h"

namespace e2e::step {

namespace {

constexpr std::string_view kAnnotation = "e2egen/config";
/// Digests of what may be a secret are of use for nothing else.
constexpr std::string_view kDomain = "e2egen config 1";
constexpr std::size_t kDigits = 32;

using Digests = std::map<std::string, std::string>;  // by yaml::config_name

template <class Act>
void each_object(yaml::Node const& object, Act const& act) {
  if (auto const* objects = yaml::objects_of(object))
    for (auto const& one : *objects) each_object(one, act);
  else
    act(object);
}

template <class Act>
void each_object(std::string const& name, std::string const& text, Act const& act) {
  Sources sources;
  Diagnostics diagnostics;
  for (auto const& document : yaml::parse_manifest(sources, sources.add(name, text), diagnostics))
    each_object(document, act);
  if (diagnostics.any()) throw Failure(diagnostics.render(sources, false));
}

/// Of what a reader sees of it: its labels and the comments are none of that.
std::string digest_of(yaml::Node const& config) {
  Hasher hasher;
  hasher.field(kDomain);
  for (auto const* key : {"data", "binaryData", "stringData"})
    if (auto const* data = config.find(key)) hasher.field(key).field(yaml::to_json(*data));
  return hasher.hex();
}

/// As write_digests has them.
Digests read_digests(std::string const& path) {
  auto const text = read_file(path);
  if (!text) throw Failure(fmt::format("{} is missing\n  help: run ninja again", path));
  Digests digests;
  for (auto const& line : lines_of(*text)) {
    auto const space = line.find(' ');
    digests[line.substr(0, space)] = line.substr(std::min(space, line.size() - 1) + 1);
  }
  return digests;
}

void write_digests(std::string const& path, Digests const& digests) {
  std::string text;
  for (auto const& [name, digest] : digests) text += fmt::format("{} {}\n", name, digest);
  write_if_changed(path, text, Readers::owner);
}

/// Empty if the template reads none of them.
std::string digest_of_read(yaml::Node const& object, yaml::Node const& pods, std::string const& ns,
                           Digests const& digests) {
  auto const own = yaml::text_at(&object, {"metadata", "namespace"});
  Hasher hasher;
  bool any = false;
  for (auto const& [kind, name] : yaml::configs_read_by(pods)) {
    auto const it = digests.find(yaml::config_name(kind, own.empty() ? ns : own, name));
    if (it == digests.end()) continue;
    hasher.field(it->first).field(it->second);
    any = true;
  }
  return any ? hasher.hex().substr(0, kDigits) : "";
}

/// Where the key has a map of no entries for its value, or none: in braces, right behind its colon.
void put_into_empty(yaml::Node const& key, std::string const& entry, std::string const& name, std::string const& text,
                    Edits& edits) {
  auto const colon = text.find(':', key.offset + key.text.size());
  auto const value = text.find_first_not_of(' ', std::min(colon, text.size() - 1) + 1);
  if (colon == text.npos) throw Failure(fmt::format("{}: '{}' is written oddly", name, key.text));
  if (value != text.npos && text[value] == '{')
    edits[value + 1] = {0, entry};
  else if (value == text.npos || std::string_view("\r\n#,}").find(text[value]) != std::string_view::npos)
    edits[colon + 1] = {0, fmt::format(" {{{}}}", entry)};
  else
    throw Failure(fmt::format("{}: '{}' is empty in an odd way: leave it out", name, key.text));
}

void annotate(yaml::Node const& pods, std::string const& digest, std::string const& name, std::string const& text,
              Edits& edits) {
  auto const quoted = yaml::quoted(digest);
  auto const entry = fmt::format("{}: {}", yaml::quoted(kAnnotation), quoted);
  auto const* from = &pods;
  // what stands before its own key stands elsewhere, and belongs to others too
  auto const own = [&](yaml::Node const& key, yaml::Node const& value) {
    if (!value.entries.empty() && value.entries.front().key.offset < key.offset)
      throw Failure(
          fmt::format("{}: '{}' of a template that reads a ConfigMap or Secret is an alias: write it out, or 'roll: "
                      "false' in the spec",
                      name, key.text));
  };
  for (auto const* wanted : {"metadata", "annotations"}) {
    yaml::Entry const* found = nullptr;
    for (auto const& one : from->entries)
      if (one.key.text == wanted) found = &one;
    bool const last = std::string_view(wanted) == "annotations";
    auto const below = last ? entry : fmt::format("\"annotations\": {{{}}}", entry);
    if (!found) return put_first(*from, wanted, fmt::format("{{{}}}", below), name, text, edits);
    own(found->key, found->value);
    if (found->value.entries.empty()) return put_into_empty(found->key, below, name, text, edits);
    from = &found->value;
  }
  put_first(*from, kAnnotation, quoted, name, text, edits);
}

}  // namespace

void roll_readers(claim::Render const& render, std::vector<std::string>& texts) {
  if (render.configs.empty() && render.tells.empty()) return;
  Digests own, read;
  for (std::size_t i = 0; i < texts.size(); ++i)
    each_object(render.from[i], texts[i], [&](yaml::Node const& object) {
      if (auto const name = yaml::config_name(object, render.ns); !name.empty()) own[name] = digest_of(object);
    });
  if (!render.tells.empty()) write_digests(render.tells, own);
  for (auto const& [name, path] : render.configs) {
    auto const digests = path.empty() ? own : read_digests(path);
    if (auto const it = digests.find(name); it != digests.end()) read.insert(*it);
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Edits edits;
    each_object(render.from[i], texts[i], [&](yaml::Node const& object) {
      auto const* pods = yaml::rolled_template(object);
      if (!pods) return;
      if (auto const digest = digest_of_read(object, *pods, render.ns, read); !digest.empty())
        annotate(*pods, digest, render.from[i], texts[i], edits);
    });
    texts[i] = edited(texts[i], edits);
  }
}

}  // namespace e2e::step
