#include "base/own.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "base/disk.h"

namespace e2e {

bool is_in_state(std::string_view path) {
  while (!path.empty()) {
    auto const slash = path.find('/');
    if (path.substr(0, slash) == kStateFolder) return true;
    path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
  }
  return false;
}

bool is_own_ninja_file(std::string_view name, std::string const& disk) {
  constexpr std::string_view kExtension = ".ninja";
  if (is_temporary(name)) {
    name.remove_suffix(std::string_view(".tmp").size());
    return name.substr(0, name.rfind('.')).ends_with(kExtension);
  }
  if (!name.ends_with(kExtension)) return false;
  Descriptor const file(::open(disk.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<char, kNinjaMark.size()> beginning{};
  return file.open() && ::read(file.get(), beginning.data(), beginning.size()) == std::ssize(beginning) &&
         std::string_view(beginning.data(), beginning.size()) == kNinjaMark;
}

}  // namespace e2e
