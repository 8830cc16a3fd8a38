// The reference of the spec language, from the same tables that the loader reads by.
#pragma once

#include <string>

namespace e2e::spec {

/// Markdown; docs/spec.md is this text.
std::string reference();

}  // namespace e2e::spec
