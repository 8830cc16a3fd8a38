// Profiles: what one says is laid over a document.
#pragma once

#include "base/diagnostics.h"
#include "spec/document.h"

namespace e2e::spec {

/// By name, then key by key: a text or a list takes the place of the one before, maps are merged, a new name is added,
/// and what is null there is taken away: an error if it is a name that the document does not have.
void patch(Document& document, Profile const& profile, Diagnostics& diagnostics);

}  // namespace e2e::spec
