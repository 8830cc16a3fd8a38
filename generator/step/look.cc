#include "step/look.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "base/diagnostics.h"

namespace e2e::step {

void cannot_read(std::string const& path, int error) {
  throw Failure(fmt::format("cannot read {}: {}", path, std::strerror(error)));
}

bool is_gone(int error) {
  return error == ENOENT || error == ENOTDIR;
}

std::string join_path(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  return fmt::format("{}{}{}", folder, folder.ends_with('/') ? "" : "/", name);
}

std::optional<struct stat> status_of(std::string const& path, int flags) {
  struct stat status {};
  if (::fstatat(AT_FDCWD, path.c_str(), &status, flags) == 0) return status;
  if (is_gone(errno) || errno == ELOOP || errno == ENAMETOOLONG) return std::nullopt;
  cannot_read(path, errno);
}

std::string link_target(std::string const& path) {
  char target[PATH_MAX];
  auto const size = ::readlink(path.c_str(), target, sizeof target);
  if (size < 0 && !is_gone(errno) && errno != EINVAL) cannot_read(path, errno);
  return size < 0 ? std::string() : std::string(target, static_cast<std::size_t>(size));
}

Folder open_folder(std::string const& path, int flags) {
  int const fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
  if (fd < 0 && (is_gone(errno) || errno == ELOOP)) return {};
  if (fd < 0) cannot_read(path, errno);
  Folder folder(::fdopendir(fd));
  if (!folder) {
    int const error = errno;
    ::close(fd);
    cannot_read(path, error);
  }
  return folder;
}

dirent const* next_entry(DIR* folder, std::string const& path) {
  for (;;) {
    errno = 0;
    auto const* entry = ::readdir(folder);
    if (!entry && errno != 0) cannot_read(path, errno);
    if (!entry || (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0)) return entry;
  }
}

}  // namespace e2e::step
