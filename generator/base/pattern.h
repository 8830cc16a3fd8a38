// Patterns of paths: in a name * stands for anything, and a name ** for any number of folders. As in a shell, what
// begins with a dot is meant only by a name that begins with one; links to folders are not entered by **.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace e2e {

bool is_pattern(std::string_view path);
/// The folder that all of what the pattern means lies in: "." where it begins with a *.
std::string fixed_part(std::string_view pattern);

/// How folders are looked at.
struct FolderLook {
  std::function<std::vector<std::string>(std::string const&)> names;  // in a folder; none if it is no folder
  std::function<bool(std::string const&)> is_folder;                  // and no link to one, as far as that is known
};

/// Tells of each path that a normal pattern means, perhaps more than once, until `found` returns false. What stands
/// behind the last name that is a ** is all of a folder: web/** is web.
void each_match(std::string_view pattern, FolderLook const& look, std::function<bool(std::string const&)> const& found);

}  // namespace e2e
