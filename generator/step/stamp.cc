#include "step/stamp.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/machine.h"
#include "base/text.h"
#include "step/context.h"
#include "step/layout.h"
#include "step/look.h"

namespace e2e::step {

namespace {

constexpr std::string_view kRecipe = "recipe", kContext = "context ", kFile = "file ", kResult = "result ",
                           kPackages = "packages", kArchitecture = "architecture";

std::string part(std::string_view kind, std::string_view what) {
  return std::string(kind) + std::string(what);
}

/// A part of a key in words.
std::string worded(std::string_view name) {
  if (name == kRecipe) return "the command";
  if (name == kPackages) return "the Go packages";
  if (name == kArchitecture) return "the machine's architecture";
  if (name.starts_with(kContext)) return fmt::format("the build context {}", name.substr(kContext.size()));
  if (name.starts_with(kFile)) return std::string(name.substr(kFile.size()));
  auto what = name.substr(kResult.size());
  if (what.starts_with(".e2e/")) what.remove_prefix(5);
  if (what.ends_with(".stamp")) what.remove_suffix(6);
  return std::string(what);
}

}  // namespace

Result::Result(std::string text) : text_(std::move(text)) {
  if (text_.empty()) throw Failure("a step without a result claims nothing");
}

std::vector<std::string> what_has_to_stay(Stamp const& stamp) {
  return stamp.facts ? *stamp.facts : lines_of(stamp.result.text());
}

std::optional<Stamp> read_stamp(std::string const& path) {
  auto const text = read_looked_at(path);
  if (!text) return std::nullopt;
  auto const json = nlohmann::json::parse(*text, nullptr, false);
  try {
    auto const& result = json.at("result").get_ref<std::string const&>();
    if (result.empty()) return std::nullopt;
    Stamp stamp{json.at("key").get<Key>(), Result(result), {}};
    if (json.contains("products")) json.at("products").get_to(stamp.products);
    if (json.contains("narrowed")) json.at("narrowed").get_to(stamp.narrowed);
    if (json.contains("bases")) json.at("bases").get_to(stamp.bases);
    if (json.contains("facts")) stamp.facts = json.at("facts").get<std::vector<std::string>>();
    return stamp;
  } catch (nlohmann::json::exception const&) {
    return std::nullopt;  // half a disk, or a user's editor
  }
}

void write_stamp(std::string const& path, Stamp const& stamp) {
  nlohmann::ordered_json json{{"result", stamp.result.text()}, {"key", stamp.key}};
  if (!stamp.products.empty()) json["products"] = stamp.products;
  if (!stamp.narrowed.empty()) json["narrowed"] = stamp.narrowed;
  if (!stamp.bases.empty()) json["bases"] = stamp.bases;
  if (stamp.facts) json["facts"] = *stamp.facts;
  write_file(path, json.dump(2) + "\n");
}

std::string in_doubt(std::string const& path) {
  return path + ".doubted";
}

std::optional<Stamp> read_stamp_or_doubted(std::string const& path) {
  auto stamp = read_stamp(path);
  return stamp ? stamp : read_stamp(in_doubt(path));
}

void remove_stamp(std::string const& path) {
  remove_file(path);
  remove_file(in_doubt(path));
}

Results results_of(claim::Claim const& claim) {
  Results results;
  for (auto const& path : claim.stamps)
    if (auto const stamp = read_stamp(path)) results.emplace(path, stamp->result.text());
  return results;
}

Key key_of(claim::Claim const& claim, Results const& results, StatCache& cache,
           std::vector<std::string> const& narrowed) {
  Key key{{std::string(kRecipe), claim.recipe}};
  if (claim.context)
    key[claim.context->containerfile.empty() ? std::string(kPackages) : part(kContext, claim.context->root)] =
        context_digest(*claim.context, cache, narrowed);
  if (claim.by_architecture) key[std::string(kArchitecture)] = machine::architecture();
  for (auto const& file : claim.files) key[part(kFile, file)] = tree_digest(file, cache);
  for (auto const& [path, result] : results) key[part(kResult, path)] = result;
  return key;
}

std::optional<std::uint64_t> product_size(std::string const& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

std::optional<std::string> product_digest(std::string const& path, StatCache& cache) {
  if (!product_size(path)) return std::nullopt;
  auto const named = digest_in(path);
  return named.empty() ? cache.file_digests({path}).front() : named;
}

std::vector<std::string> changed_products(Stamp const& stamp, StatCache& cache) {
  std::vector<std::string> paths, changed;
  for (auto const& [path, digest] : stamp.products) paths.push_back(path);
  auto const contents = cache.file_digests(paths);
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (contents[i] != stamp.products.at(paths[i])) changed.push_back(paths[i]);
  return changed;
}

bool products_hold(claim::Claim const& claim, Stamp const& stamp, StatCache& cache) {
  for (auto const& path : claim.products)
    if (!stamp.products.contains(path)) return false;
  return changed_products(stamp, cache).empty();
}

void remove_damaged(claim::Claim const& claim, Stamp const& stamp, StatCache& cache) {
  for (auto const& path : changed_products(stamp, cache))
    if (std::find(claim.products.begin(), claim.products.end(), path) == claim.products.end()) remove_file(path);
}

std::vector<std::string> differences(Key const& then, Key const& now) {
  std::vector<std::string> out;
  for (auto const& [name, value] : now)
    if (auto const it = then.find(name); it == then.end() || it->second != value) out.push_back(worded(name));
  for (auto const& [name, value] : then)
    if (!now.contains(name) && !name.starts_with(kResult)) out.push_back(worded(name));
  return out;
}

std::map<std::string, std::string> bases_in(std::vector<std::string> const& answer,
                                            std::vector<std::string> const& bases) {
  std::map<std::string, std::string> out;
  for (auto const& line : answer) {
    auto const space = line.find(' ');
    if (space == line.npos) continue;
    auto const name = line.substr(0, space);
    for (auto const& base : bases) {
      auto const tagged = base.find(':', base.rfind('/') + 1) == base.npos ? base + ":latest" : base;  // npos + 1 is 0
      if (name == tagged || name.ends_with("/" + tagged)) out[name] = line.substr(space + 1);
    }
  }
  return out;
}

std::vector<std::string> moved(std::map<std::string, std::string> const& then,
                               std::map<std::string, std::string> const& now) {
  std::vector<std::string> out;
  for (auto const& [name, id] : then)
    if (auto const it = now.find(name); it != now.end() && it->second != id) out.push_back(name);
  return out;
}

std::string flat_name(std::string stamp) {
  if (stamp.starts_with(".e2e/")) stamp.erase(0, 5);
  if (stamp.ends_with(".stamp")) stamp.resize(stamp.size() - 6);
  // no two stamps have one name: names of folders and files neither begin nor end with a dot
  std::string name;
  for (char const c : stamp) name += c == '/' ? "." : c == '.' ? ".." : std::string(1, c);
  return name;
}

std::string lock_file(std::string const& stamp) {
  return fmt::format(".e2e/locks/{}.lock", flat_name(stamp));
}

}  // namespace e2e::step
