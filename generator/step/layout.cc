#include "step/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/hash.h"
#include "step/stamp.h"

namespace e2e::step {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kAlgorithm = "sha256:", kNameKey = "org.opencontainers.image.ref.name";

bool is_hex(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// A digest becomes part of a path: it has to look like one.
std::string checked(std::string digest) {
  if (!digest.starts_with(kAlgorithm) || !is_hex(std::string_view(digest).substr(kAlgorithm.size())))
    throw Failure(fmt::format("'{}' is no SHA-256 digest", digest));
  return digest;
}

std::string must_read(std::string const& path) {
  auto text = read_file(path);
  if (!text) throw Failure(fmt::format("no file {}", path));
  return std::move(*text);
}

Json entry(Json const& index, std::string const& name) {
  for (auto const& one : index.at("manifests"))
    if (one.contains("annotations") && one.at("annotations").value(kNameKey, "") == name) return one;
  throw Failure(fmt::format("the layout has no image '{}'", name));
}

Blob blob(Json const& descriptor) {
  return {checked(descriptor.at("digest")), descriptor.at("size")};
}

template <class Read>
auto guarded(std::string const& path, Read read) {
  try {
    return read();
  } catch (nlohmann::json::exception const& error) {
    throw Failure(fmt::format("{} is damaged ({})", path, error.what()));
  }
}

std::string index_path(Layout const& layout) {
  return layout.folder + "/index.json";
}

}  // namespace

std::string blob_path(Layout const& layout, std::string const& digest) {
  return fmt::format("{}/sha256/{}", layout.blobs, digest.substr(kAlgorithm.size()));
}

std::string digest_in(std::string const& path) {
  constexpr std::string_view kFolder = "/sha256/";
  auto const name = path.rfind('/') + 1;  // npos + 1 is 0
  return std::string_view(path).substr(0, name).ends_with(kFolder) && is_hex(std::string_view(path).substr(name))
             ? path.substr(name)
             : std::string();
}

Exported read_layout(Layout const& layout, std::string const& name) {
  Exported image;
  auto const add = [&](Blob one) {
    if (std::none_of(image.blobs.begin(), image.blobs.end(), [&](auto const& b) { return b.digest == one.digest; }))
      image.blobs.push_back(std::move(one));
  };
  guarded(index_path(layout), [&] {
    auto const found = entry(Json::parse(must_read(index_path(layout))), name);
    image.descriptor = found.dump();
    add(blob(found));
    return 0;
  });
  auto const path = blob_path(layout, image.blobs.front().digest);
  auto const text = must_read(path);
  if (kAlgorithm.data() + sha256(text) != image.blobs.front().digest) throw Failure(fmt::format("{} is damaged", path));
  guarded(path, [&] {
    auto const manifest = Json::parse(text);
    if (!manifest.contains("layers")) throw Failure(fmt::format("{} describes no single image", path));
    auto config = blob(manifest.at("config"));
    image.image = config.digest;
    add(std::move(config));
    for (auto const& layer : manifest.at("layers")) add(blob(layer));
    return 0;
  });
  return image;
}

std::string exported(Layout const& layout, std::string const& name, std::string const& image, StatCache& cache) {
  auto const found = read_layout(layout, name);
  if (found.image != image)
    throw Failure(
        fmt::format("{} became {} on its way into the layout\n  help: the image was made in Docker's format, which an "
                    "OCI layout can't hold: build it in OCI format (is BUILDAH_FORMAT set?), or write 'transport: "
                    "archive' below 'cluster:'",
                    image, found.image));
  auto files = fmt::format("{}\n{}/oci-layout\n", index_path(layout), layout.folder);
  std::vector<std::string> paths;
  for (auto const& one : found.blobs) paths.push_back(blob_path(layout, one.digest));
  auto const contents = cache.file_digests(paths);
  std::string wrong;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    files += paths[i] + "\n";
    if (contents[i] == digest_in(paths[i])) continue;
    wrong += fmt::format("{} {}\n", paths[i], product_size(paths[i]) ? "was damaged: removed" : "is missing");
    remove_file(paths[i]);
  }
  if (!wrong.empty()) throw Failure(wrong);
  write_if_changed(index_path(layout), fmt::format("{{\"schemaVersion\":2,\"manifests\":[{}]}}", found.descriptor));
  return files;
}

}  // namespace e2e::step
