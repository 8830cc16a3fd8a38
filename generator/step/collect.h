// The files below folders, less what is ignored, with the digests of what is in them.
#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "step/ignore.h"
#include "step/statcache.h"

namespace e2e::step {

/// What was found.
struct Item {
  std::string name;  // relative to the context
  FileKey key;
  Digest digest = {};       // of a file
  std::string target = {};  // of a link; numbers of a device
};

/// Walks folders, collects items, and has the contents of files digested in the end, all at once. What e2egen itself
/// writes in a workspace is no item, whatever the rules say.
class Collector {
 public:
  /// `modes`: the permission bits that count.
  Collector(IgnoreRules const& rules, mode_t modes) : rules_(rules), modes_(modes) {}

  /// What is at `disk`; its name for the outside is `name`.
  void add(std::string const& disk, std::string name, struct stat const& status);
  /// All below a folder, not the folder itself: that has no entry in the image, only what it holds has.
  /// The ignore rules see `inside`, the path in the context; it differs from `name` where a link led here.
  void add_below(std::string const& disk, std::string const& inside, std::string const& name);
  /// Takes in what the links lead to that were met in the folder `root`, as "LINK/" and "LINK//..." (no file is called
  /// so), and what the links there lead to. Each folder is entered once, links to it that come later say where that
  /// was; one that the link lies in, or `root`, is no part of the tree. A link that leads nowhere brings nothing.
  void follow_links(std::string const& root);
  /// What e2egen wrote and the rules let through: paths in the context, as `inside`, of folders `.e2e` and Ninja files.
  std::vector<std::string> const& own() const { return own_; }
  /// Whether it is what e2egen wrote; then it is one of own() from now on. `status`: of what is at `disk`.
  bool take_own(std::string const& disk, std::string_view inside, struct stat const& status);
  /// Sorted by name, each once; without a cache nothing is read, and there are no digests.
  std::vector<Item> finish(StatCache* cache);

 private:
  struct Names;
  struct File {
    std::size_t item;
    std::string disk;
  };

  void walk(Names& names, int nofollow);
  bool visit(Names const& names, int folder, dirent const* entry);

  IgnoreRules const& rules_;
  mode_t modes_;
  std::vector<Item> items_;
  std::vector<File> files_;
  std::vector<std::pair<std::string, std::string>> links_;  // name and disk
  std::vector<std::string> own_;
};

}  // namespace e2e::step
