// What stands in folders while others write there: what is gone is no error, what can't be read is.
//
// All that scan judges by is looked at through this header, so that a scan can note what it looked at (rest.h).
#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "step/statcache.h"

namespace e2e::step {

/// What the kernel said of a path. Nothing if it was not there.
struct Look {
  std::string path;
  bool followed;  // a link at its end was
  std::optional<FileKey> key;
};

/// Notes all looks, of whatever thread, while it lives; there is one at a time. Of what was read, and of a folder that
/// was listed, the look is at the open file itself: that it is still what the path leads to makes the text the same.
class Looks {
 public:
  Looks();
  ~Looks();
  Looks(Looks const&) = delete;
  Looks& operator=(Looks const&) = delete;
  /// By path, each once; nothing if two looks at one thing differed, or if looks don't tell all that was asked.
  std::optional<std::vector<Look>> taken();
};
void note_look(std::string_view path, bool followed, std::optional<FileKey> const& key);
/// Something was asked that no look can tell.
void note_more_than_looks();

/// Throws the Failure of this errno.
[[noreturn]] void cannot_read(std::string const& path, int error);
/// The file went away while we looked, or something took the place of a folder above it: to us it is absent.
bool is_gone(int error);

std::string join_path(std::string_view folder, std::string_view name);
/// Nothing if it is gone. `flags`: of fstatat.
std::optional<struct stat> status_of(std::string const& path, int flags);
/// "" if it is gone, or no link.
std::string link_target(std::string const& path);
/// Nothing if there is no such file. Throws Failure if there is one that can't be read, or a folder.
std::optional<std::string> read_looked_at(std::string const& path);

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

/// Nothing if it is gone. `flags`: of open.
Folder open_folder(std::string const& path, int flags);
/// The next entry but "." and ".."; null at the end.
dirent const* next_entry(DIR* folder, std::string const& path);

}  // namespace e2e::step
