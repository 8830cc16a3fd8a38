// Profiles: what one says is laid over a document.
#pragma once

#include "base/diagnostics.h"
#include "spec/document.h"

namespace e2e::spec {

/// By name, then key by key: a text or a list takes the place of the one before, maps are merged, a new name is added.
void patch(Document& document, Profile const& profile);

}  // namespace e2e::spec
