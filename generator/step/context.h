// What an image build can see, and its digest.
//
// The files are those that podman 4.3 (buildah 1.28) would copy, by the same rules: see ignore.h for the ignore file,
// and root.h for what COPY names. Owners don't count, since COPY makes root the owner, and neither do mtimes: they do
// reach the image, but podman's own layer cache passes over them too.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "claim/claim.h"
#include "step/statcache.h"

namespace e2e::step {

/// Hex SHA-256 over Containerfile content, and names, kinds, modes (permission bits), link targets and contents of the
/// files the build can see, but for what e2egen wrote (base/own.h). Throws Failure for what podman could not read
/// either, naming it. `narrowed` are further lines of the ignore file.
std::string context_digest(claim::Context const& context, StatCache& cache,
                           std::vector<std::string> const& narrowed = {});
/// What the builder's ignore file has to be, so that it is sent nothing that e2egen wrote: that of the user, and a line
/// for each such thing that it lets through; nothing if there is none. Throws Failure as context_digest does.
std::optional<std::string> ignore_file_without_own(claim::Context const& context);

/// What the kernel says of files, by their paths in the workspace.
using Witness = std::vector<std::pair<std::string, FileKey>>;
/// Of the same files, and of the folders that hold them, times included: where it is the same before and after
/// something, nobody wrote there meanwhile, not even what was there before.
Witness context_witness(claim::Context const& context, std::vector<std::string> const& narrowed);
/// What was written to, came or went between two of them, sorted; folders only if there is nothing else.
std::vector<std::string> written_between(Witness before, Witness after);
/// The same walk, as a sorted list of lines "mode kind path digest", for `why` and the tests. Kinds are file, folder,
/// link (whose digest is its target), fifo, char and block (major:minor); "-" is no digest.
std::vector<std::string> context_files(claim::Context const& context, StatCache& cache,
                                       std::vector<std::string> const& narrowed = {});
/// What to add to an ignore file so that, of the sources that hold one of the `kept` ("!pattern"), nothing else counts
/// but what "+pattern" adds, there or elsewhere.
std::vector<std::string> narrowed_to(std::vector<std::string> const& sources, std::vector<std::string> const& kept);
/// Content digest of a plain file or folder tree, or of all that a pattern means (base/pattern.h) (kinds, modes, link
/// targets, contents; not mtimes, not owners); "absent" if there is none. Of what e2egen wrote below a folder
/// (base/own.h) nothing counts. Links are followed, as by the command that reads it: of one below, what it says and
/// what it leads to count.
std::string tree_digest(std::string const& path, StatCache& cache);

}  // namespace e2e::step
