#include "init/paths.h"

#include "base/disk.h"

namespace e2e::init {

std::string folder_of(std::string const& path) {
  auto const slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, slash);
}

std::string last_part(std::string const& path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::string below(std::string const& folder, std::string const& path) {
  return normal_path(path.starts_with('/') ? path : folder + "/" + path);
}

}  // namespace e2e::init
