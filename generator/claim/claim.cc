#include "claim/claim.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/diagnostics.h"

namespace e2e::claim {

namespace {

using Json = nlohmann::ordered_json;

/// Raised with every change of the format, so that an old file is written anew and never misread.
constexpr int kVersion = 2;

template <class T>
void put(Json& json, char const* key, T const& value) {
  if (!(value == T{})) json[key] = value;
}

template <class T>
void get(Json const& json, char const* key, T& value) {
  if (auto const it = json.find(key); it != json.end()) value = it->get<T>();
}

Json to_json(Claim const& c) {
  Json json{{"stamp", c.stamp}, {"title", c.title}, {"phase", c.phase}, {"origin", c.origin}, {"recipe", c.recipe}};
  put(json, "stamps", c.stamps);
  put(json, "files", c.files);
  if (c.context)
    json["context"] = {
        {"root", c.context->root}, {"containerfile", c.context->containerfile}, {"sources", c.context->sources}};
  put(json, "result", static_cast<int>(c.result));
  put(json, "identify", c.identify);
  put(json, "probe", c.probe);
  put(json, "products", c.products);
  put(json, "backup", c.backup);
  put(json, "until_used", c.until_used);
  put(json, "ledger", c.ledger);
  put(json, "timeout", c.timeout);
  put(json, "retry", c.retry);
  put(json, "undo", c.undo);
  put(json, "names", c.names);
  put(json, "name", c.name);
  put(json, "explain", c.explain);
  put(json, "environment", c.environment);
  for (auto const& r : c.restores) json["restores"].push_back({{"command", r.command}, {"stamp", r.stamp}});
  if (c.render) json["render"] = {{"from", c.render->from}, {"to", c.render->to}, {"images", c.render->images}};
  return json;
}

Claim to_claim(Json const& json) {
  Claim c;
  json.at("stamp").get_to(c.stamp);
  get(json, "title", c.title);
  get(json, "phase", c.phase);
  get(json, "origin", c.origin);
  get(json, "recipe", c.recipe);
  get(json, "stamps", c.stamps);
  get(json, "files", c.files);
  if (auto const it = json.find("context"); it != json.end())
    c.context = Context{it->at("root"), it->at("containerfile"), it->at("sources")};
  int result = 0;
  get(json, "result", result);
  c.result = static_cast<ResultFrom>(result);
  get(json, "identify", c.identify);
  get(json, "probe", c.probe);
  get(json, "products", c.products);
  get(json, "backup", c.backup);
  get(json, "until_used", c.until_used);
  get(json, "ledger", c.ledger);
  get(json, "timeout", c.timeout);
  get(json, "retry", c.retry);
  get(json, "undo", c.undo);
  get(json, "names", c.names);
  get(json, "name", c.name);
  get(json, "explain", c.explain);
  get(json, "environment", c.environment);
  if (auto const it = json.find("restores"); it != json.end())
    for (auto const& r : *it) c.restores.push_back({r.at("command"), r.at("stamp")});
  if (auto const it = json.find("render"); it != json.end())
    c.render = Render{it->at("from"), it->at("to"), it->at("images")};
  return c;
}

Json header(File const& file) {
  Json json{{"e2egen-claims", kVersion},
            {"ninja", file.ninja},
            {"arguments", file.arguments},
            {"reads", file.reads},
            {"tools", file.tools}};
  for (auto const& p : file.probes)
    json["probes"].push_back({{"name", p.name}, {"command", p.command}, {"must_answer", p.must_answer}});
  for (auto const& h : file.hints) json["hints"].push_back({{"text", h.text}, {"meaning", h.meaning}});
  return json;
}

File to_header(std::string_view line) {
  auto const json = Json::parse(line);
  if (json.at("e2egen-claims") != kVersion) throw Failure("the claims file is of another version");
  File file;
  json.at("ninja").get_to(file.ninja);
  json.at("arguments").get_to(file.arguments);
  json.at("reads").get_to(file.reads);
  json.at("tools").get_to(file.tools);
  if (json.contains("probes"))
    for (auto const& p : json.at("probes")) file.probes.push_back({p.at("name"), p.at("command"), p.at("must_answer")});
  if (json.contains("hints"))
    for (auto const& h : json.at("hints")) file.hints.push_back({h.at("text"), h.at("meaning")});
  return file;
}

std::string_view next_line(std::string_view& text) {
  auto const end = text.find('\n');
  auto const line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

template <class Read>
File guarded(Read read) {
  try {
    return read();
  } catch (nlohmann::json::exception const& error) {
    throw Failure(fmt::format("the claims file is damaged ({}): run e2egen again", error.what()));
  }
}

}  // namespace

std::string result_of(std::string_view stamp) {
  return fmt::format("%{{{}}}", stamp);
}

std::string tag_of(std::string_view stamp) {
  return fmt::format("%{{{}#tag}}", stamp);
}

std::string image_tag(std::string_view image_id) {
  if (auto const colon = image_id.find(':'); colon != image_id.npos) image_id.remove_prefix(colon + 1);
  return fmt::format("e2e-{}", image_id.substr(0, 12));
}

int version() {
  return kVersion;
}

std::string to_text(File const& file) {
  try {
    auto text = header(file).dump() + "\n";
    for (auto const& c : file.claims) text += to_json(c).dump() + "\n";
    return text;
  } catch (nlohmann::json::exception const& error) {
    throw Failure(fmt::format("the claims file can't hold a name that is not UTF-8 ({})", error.what()));
  }
}

File parse(std::string_view text) {
  return guarded([&] {
    auto file = to_header(next_line(text));
    while (!text.empty()) file.claims.push_back(to_claim(Json::parse(next_line(text))));
    return file;
  });
}

File parse_one(std::string_view text, std::string_view stamp) {
  return guarded([&] {
    // ordered JSON: each line begins with its stamp, so that the others need not be parsed
    auto const start = text.find(fmt::format("\n{{\"stamp\":{},", Json(stamp).dump()));
    if (start == text.npos) throw Failure(fmt::format("no claim {} in the claims file: run e2egen again", stamp));
    auto rest = text.substr(start + 1);
    auto file = to_header(next_line(text));
    file.claims.push_back(to_claim(Json::parse(next_line(rest))));
    return file;
  });
}

}  // namespace e2e::claim
