// What no spec refers to any more goes: files in .e2e, images in the builder's store, images on the nodes of clusters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "claim/claim.h"

namespace e2e::step {

struct GcOptions {
  bool dry_run = false;      // says what it would do, and changes nothing
  bool build_cache = false;  // nameless images that were built FROM ours go too
};

struct DoomedFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::string why;
};

/// The files of .e2e that no claim needs, sorted; what was kept and may surprise is added to `notes`. Clusters that may
/// still run keep their folder, whoever named them.
std::vector<DoomedFile> doomed_files(std::vector<claim::File> const& specs, std::vector<std::string>& notes);

/// `specs`: what all specs that count compile to now. Says what goes and how much it gives back. A removal that fails
/// is reported, and the rest goes on. Returns the exit status: 1 if something failed.
int gc(std::vector<claim::File> const& specs, GcOptions const& options);

}  // namespace e2e::step
