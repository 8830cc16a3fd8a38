// What a CI machine has to keep from run to run: by which key, and how much it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "claim/claim.h"

namespace e2e::step {

/// The part of .e2e that makes a fresh machine build nothing: stamps of images and exports, and what was exported.
/// Everything else is about this machine, its clusters and its past.
inline constexpr char const* kCachedPaths[] = {".e2e/images", ".e2e/oci"};

struct CacheKey {
  std::string key;             // the same wherever the same images come out; another one as soon as an input differs
  std::string restore_prefix;  // of the keys of the same images on the same architecture, whatever their inputs
};

/// From the claims of images and exports alone: recipes, contexts and files, never results, so that a fresh checkout
/// where nothing was built has the key of the machine that built all.
CacheKey cache_key(std::vector<claim::File> const& files);

enum class KeyFormat { plain, github, gitlab };
/// For people, as step outputs, or as a job to be extended.
std::string key_text(CacheKey const& key, KeyFormat format);

struct SizeEntry {
  std::string what;
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  bool cached = false;  // lies below kCachedPaths
};

/// What in .e2e takes how much: exports by image, what several of them share once, then logs and the others; largest
/// first.
std::vector<SizeEntry> cache_size();
std::string size_text(std::vector<SizeEntry> const& entries, bool json);

}  // namespace e2e::step
