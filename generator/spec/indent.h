// The indentation of a spec.
#pragma once

#include "spec/lines.h"

namespace e2e::spec {

/// Two blanks for each level, a list one level deeper than its key. A comment goes where what it belongs to goes: to
/// what comes next, or, standing deeper than that, to what comes before. Of empty lines in a row one is left.
Lines indented(Lines lines);

}  // namespace e2e::spec
