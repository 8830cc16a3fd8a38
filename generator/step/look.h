// What stands in folders while others write there: what is gone is no error, what can't be read is.
#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace e2e::step {

/// Throws the Failure of this errno.
[[noreturn]] void cannot_read(std::string const& path, int error);
/// The file went away while we looked, or something took the place of a folder above it: to us it is absent.
bool is_gone(int error);

std::string join_path(std::string_view folder, std::string_view name);
/// Nothing if it is gone. `flags`: of fstatat.
std::optional<struct stat> status_of(std::string const& path, int flags);
/// "" if it is gone, or no link.
std::string link_target(std::string const& path);

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

/// Nothing if it is gone. `flags`: of open.
Folder open_folder(std::string const& path, int flags);
/// The next entry but "." and ".."; null at the end.
dirent const* next_entry(DIR* folder, std::string const& path);

}  // namespace e2e::step
