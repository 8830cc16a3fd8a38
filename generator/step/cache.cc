#include "step/cache.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "step/stamp.h"

namespace e2e::step {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kShort = 12;

std::string machine() {
  utsname name{};
  return ::uname(&name) == 0 ? name.machine : "unknown";
}

bool cached(std::string const& path) {
  return std::any_of(std::begin(kCachedPaths), std::end(kCachedPaths),
                     [&](char const* root) { return path.starts_with(std::string(root) + "/"); });
}

/// ".e2e/images/gateway.layers.stamp" -> "gateway"
std::string image_of(std::string const& stamp) {
  auto name = fs::path(stamp).filename().string();
  name.resize(name.size() - std::string_view(".stamp").size());
  return name.substr(0, name.rfind('.'));
}

/// File -> the images whose exports have it among their products.
std::map<std::string, std::set<std::string>> owners() {
  std::map<std::string, std::set<std::string>> owners;
  std::error_code error;
  for (auto const& entry : fs::directory_iterator(".e2e/images", error)) {
    auto const path = entry.path().string();
    if (!path.ends_with(".stamp")) continue;
    if (auto const stamp = read_stamp(path))
      for (auto const& [product, digest] : stamp->products) owners[product].insert(image_of(path));
  }
  return owners;
}

std::string described(std::string const& path, std::map<std::string, std::set<std::string>> const& owners) {
  if (auto const it = owners.find(path); it != owners.end())
    return it->second.size() == 1 ? "image " + *it->second.begin() : "layers that several images share";
  if (path.ends_with(".stamp")) return cached(path) ? "stamps of images" : "stamps and state of environments";
  if (cached(path)) return "exports that no stamp names (e2egen gc drops them)";
  if (path.starts_with(".e2e/logs/")) return "logs of steps";
  if (path == ".e2e/trace.jsonl") return "trace";
  if (path.starts_with(".e2e/env/"))
    return path.find("/exported-logs/") != path.npos ? "exported logs" : "stamps and state of environments";
  return "others";
}

}  // namespace

CacheKey cache_key(std::vector<claim::File> const& files) {
  std::map<std::string, claim::Claim const*> claims;
  for (auto const& file : files)
    for (auto const& one : file.claims)
      if (one.phase == "build" || one.phase == "archive") claims[one.stamp] = &one;
  Hasher names, inputs;
  StatCache cache(".e2e/stat.cache");
  for (auto const& [stamp, one] : claims) {
    if (one->phase == "build") names.field(stamp);
    inputs.field(stamp);
    // a result would differ from machine to machine, and is not there yet; the claims it comes from are in here too
    for (auto const& [name, value] : key_of(*one, {}, cache, {})) inputs.field(name).field(value);
  }
  auto const prefix = fmt::format("e2egen-{}-{}-{}-", claim::version(), machine(), names.hex().substr(0, kShort));
  return {prefix + inputs.hex().substr(0, 2 * kShort), prefix};
}

std::string key_text(CacheKey const& key, KeyFormat format) {
  std::vector<std::string> const paths(std::begin(kCachedPaths), std::end(kCachedPaths));
  if (format == KeyFormat::plain)
    return fmt::format("key={}\nrestore-prefix={}\npaths={}\n", key.key, key.restore_prefix, join(paths, " "));
  if (format == KeyFormat::github)
    return fmt::format("key={}\nrestore-prefix={}\npaths<<END\n{}\nEND\n", key.key, key.restore_prefix,
                       join(paths, "\n"));
  // no prefixes there, but a cache can be written again: the newest of the branch, else the newest of the main branch
  return fmt::format(
      ".e2egen-cache:\n"
      "  variables:\n"
      "    E2EGEN_CACHE_KEY: {0}\n"
      "  cache:\n"
      "    key: {1}$CI_COMMIT_REF_SLUG\n"
      "    fallback_keys: [{1}$CI_DEFAULT_BRANCH]\n"
      "    paths: [{2}]\n",
      key.key, key.restore_prefix, join(paths, ", "));
}

std::vector<SizeEntry> cache_size() {
  auto const owned = owners();
  std::map<std::string, SizeEntry> entries;
  std::error_code error;
  for (auto const& entry : fs::recursive_directory_iterator(".e2e", error)) {
    if (entry.is_symlink(error) || !entry.is_regular_file(error)) continue;
    auto const path = entry.path().string();
    auto& sum = entries[described(path, owned)];
    sum.bytes += product_size(path).value_or(0);
    ++sum.files;
    sum.cached = cached(path);
  }
  std::vector<SizeEntry> out;
  for (auto& [what, entry] : entries) {
    entry.what = what;
    out.push_back(std::move(entry));
  }
  std::stable_sort(out.begin(), out.end(), [](auto const& a, auto const& b) { return a.bytes > b.bytes; });
  return out;
}

std::string size_text(std::vector<SizeEntry> const& entries, bool json) {
  SizeEntry all{.what = "all of .e2e"}, kept{.what = "what a CI cache keeps (*)", .cached = true};
  for (auto const& one : entries)
    for (auto* sum : {&all, &kept})
      if (sum == &all || one.cached) {
        sum->bytes += one.bytes;
        sum->files += one.files;
      }
  if (json) {
    nlohmann::ordered_json out{
        {"bytes", all.bytes}, {"cached", kept.bytes}, {"entries", nlohmann::ordered_json::array()}};
    for (auto const& one : entries)
      out["entries"].push_back(
          {{"what", one.what}, {"bytes", one.bytes}, {"files", one.files}, {"cached", one.cached}});
    return out.dump(2) + "\n";
  }
  auto const line = [](SizeEntry const& one) {
    return fmt::format("{:>8}  {:>6}  {} {}\n", human_bytes(one.bytes), one.files, one.cached ? '*' : ' ', one.what);
  };
  auto text = fmt::format("{:>8}  {:>6}\n", "size", "files");
  for (auto const& one : entries) text += line(one);
  return text + line(all) + line(kept);
}

}  // namespace e2e::step
