// A single value: whether it is what its key wants.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "spec/document.h"
#include "spec/fields.h"

namespace e2e::spec {

/// Says what is wrong with the text as a value of that shape. `choices`: the values that there are, or none for any.
bool good_value(Text const& text, std::string_view key, Shape shape, std::span<std::string const> choices,
                Diagnostics& diagnostics);

}  // namespace e2e::spec
