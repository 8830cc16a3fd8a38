// A scan that found all at rest, and whether it still is: what a scan comes to is made of what it looked at on the disk
// and of what the world answered, and of nothing else. Where both are the same, nothing needs to be read and judged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "step/look.h"
#include "step/world.h"

namespace e2e::step {

/// Notes in the file `rest` what a scan that withdrew nothing was made of. `began`: when it did, by file_time_now().
/// Notes nothing if a file may change without the kernel telling: what was written to just before, or lies where
/// another clock is. Never throws: it only spares work.
void note_rest(std::string const& rest, Looks& looks, std::vector<Heard> const& answers, std::int64_t began) noexcept;

/// Looks at the same places again, and asks the same questions. Never throws.
bool at_rest(std::string const& rest) noexcept;

}  // namespace e2e::step
