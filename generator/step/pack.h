// An image of an OCI layout as a tar, without the blobs that the receiver has.
#pragma once

#include <set>
#include <string>

#include "step/layout.h"

namespace e2e::step {

/// Writes to the descriptor `out` a tar of oci-layout, an index.json with that one image, and those of its blobs whose
/// digests are not in `without`. Each blob is held against its digest on its way: one that is damaged is removed, so
/// that it is exported anew, and the tar ends in the middle. Throws Failure.
void pack(Layout const& layout, std::string const& name, std::set<std::string> const& without, int out);

/// The same as a verb: to standard output, without the digests that stand in the file `without`, one on each line; ""
/// is none.
int pack(Layout const& layout, std::string const& name, std::string const& without);

}  // namespace e2e::step
