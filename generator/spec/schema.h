// The JSON Schema of the spec language, for editors, from the same tables that the loader reads by.
#pragma once

#include <string>

namespace e2e::spec {

/// JSON Schema draft 7, as YAML language servers know it.
std::string schema();

}  // namespace e2e::spec
