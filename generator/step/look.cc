#include "step/look.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <mutex>

#include "base/diagnostics.h"
#include "base/disk.h"

namespace e2e::step {

namespace {

std::mutex mutex;
bool noting = false, complete = false;
std::vector<Look> noted;

}  // namespace

Looks::Looks() {
  std::scoped_lock const lock(mutex);
  noting = complete = true;
  noted.clear();
}

Looks::~Looks() {
  std::scoped_lock const lock(mutex);
  noting = false;
  noted.clear();
}

std::optional<std::vector<Look>> Looks::taken() {
  std::scoped_lock const lock(mutex);
  if (!complete) return std::nullopt;
  auto const place = [](Look const& look) { return std::pair(std::string_view(look.path), look.followed); };
  std::stable_sort(noted.begin(), noted.end(), [&](Look const& a, Look const& b) { return place(a) < place(b); });
  for (std::size_t i = 1; i < noted.size(); ++i)
    if (place(noted[i - 1]) == place(noted[i]) && noted[i - 1].key != noted[i].key) return std::nullopt;
  noted.erase(
      std::unique(noted.begin(), noted.end(), [&](Look const& a, Look const& b) { return place(a) == place(b); }),
      noted.end());
  return noted;
}

void note_look(std::string_view path, bool followed, std::optional<FileKey> const& key) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  std::scoped_lock const lock(mutex);
  if (noting) noted.push_back({std::string(path), followed, key});
}

void note_more_than_looks() {
  std::scoped_lock const lock(mutex);
  complete = false;
}

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
  bool const followed = (flags & AT_SYMLINK_NOFOLLOW) == 0;
  if (::fstatat(AT_FDCWD, path.c_str(), &status, flags) == 0) {
    note_look(path, followed, FileKey::of(status));
    return status;
  }
  if (!is_gone(errno) && errno != ELOOP && errno != ENAMETOOLONG) cannot_read(path, errno);
  note_look(path, followed, std::nullopt);
  return std::nullopt;
}

std::string link_target(std::string const& path) {
  auto const status = status_of(path, AT_SYMLINK_NOFOLLOW);
  if (!status || !S_ISLNK(status->st_mode)) return {};
  char target[PATH_MAX];
  auto const size = ::readlink(path.c_str(), target, sizeof target);
  if (size < 0 && !is_gone(errno) && errno != EINVAL) cannot_read(path, errno);
  return size < 0 ? std::string() : std::string(target, static_cast<std::size_t>(size));
}

std::optional<std::string> read_looked_at(std::string const& path) {
  Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open() && !is_gone(errno)) cannot_read(path, errno);
  if (!file.open()) {
    note_look(path, true, std::nullopt);
    return std::nullopt;
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) cannot_read(path, errno);
  note_look(path, true, FileKey::of(status));
  return read_all(file, path);
}

Folder open_folder(std::string const& path, int flags) {
  int const fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
  if (fd < 0 && !is_gone(errno) && errno != ELOOP) cannot_read(path, errno);
  if (fd < 0) {
    note_look(path, (flags & O_NOFOLLOW) == 0, std::nullopt);
    return {};
  }
  struct stat status {};
  if (::fstat(fd, &status) == 0) note_look(path, (flags & O_NOFOLLOW) == 0, FileKey::of(status));
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
