// What e2egen writes in a workspace, and how it is known there: no image is made of it, and no command rests on it.
//
// It is known by itself, and not by what other specs or `.e2e` say: what one image is made of would depend on them.
#pragma once

#include <string>
#include <string_view>

namespace e2e {

/// The folder of all state, also of a workspace within this one.
inline constexpr std::string_view kStateFolder = ".e2e";

/// How the first line of each Ninja file begins: what begins otherwise is somebody else's file.
inline constexpr std::string_view kNinjaMark = "# Written by e2egen";

/// Whether one of the names of a path is that of the state's folder.
bool is_in_state(std::string_view path);

/// Whether the regular file `name`, found at `disk`, is a Ninja file that e2egen wrote, or is about to put into its
/// place. One that can't be read is not.
bool is_own_ninja_file(std::string_view name, std::string const& disk);

}  // namespace e2e
