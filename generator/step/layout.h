// An image in an OCI layout. Its index.json stands in a folder of its own; the blobs lie in one folder that all images
// share, so that a layer that two of them have, or that a change left alone, is there once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "step/statcache.h"

namespace e2e::step {

struct Layout {
  std::string folder;  // holds index.json
  std::string blobs;   // holds sha256/DIGEST
};

struct Blob {
  std::string digest;  // "sha256:" and 64 hexadecimal digits
  std::uint64_t size = 0;
};

struct Exported {
  std::string descriptor;   // JSON: the image's entry in the index
  std::string image;        // the image's ID: the digest of its config
  std::vector<Blob> blobs;  // manifest, config, layers; each once
};

std::string blob_path(Layout const& layout, std::string const& digest);
/// The 64 hexadecimal digits that a blob is called by; "" if that is no path of a blob.
std::string digest_in(std::string const& path);

/// The image that the index knows by that name. Throws Failure if there is none, or if what describes it is damaged.
Exported read_layout(Layout const& layout, std::string const& name);

/// After an export: that the image is `image`, and that all of it is there, each blob with the content that it is
/// called by; those that the cache does not know are read. Returns the paths of its files, one on each line, which are
/// the products of the export, and forgets other names in the index. Throws Failure if something is wrong, having
/// removed the blobs that are: an export takes a blob of any size and content for the one it wants.
std::string exported(Layout const& layout, std::string const& name, std::string const& image, StatCache& cache);

}  // namespace e2e::step
