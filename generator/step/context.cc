#include "step/context.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>
#include <optional>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/text.h"
#include "step/ignore.h"

namespace e2e::step {

namespace {

[[noreturn]] void fail(std::string const& path, int error) {
  throw Failure(fmt::format("cannot read {}: {}", path, std::strerror(error)));
}

/// The file went away while we looked, or something took the place of a folder above it: to us it is absent.
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
  fail(path, errno);
}

std::string link_target(std::string const& path) {
  char target[PATH_MAX];
  auto const size = ::readlink(path.c_str(), target, sizeof target);
  if (size < 0 && !is_gone(errno) && errno != EINVAL) fail(path, errno);
  return size < 0 ? std::string() : std::string(target, static_cast<std::size_t>(size));
}

// ---- folders

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

/// Nothing if it is gone.
Folder open_folder(std::string const& path, int flags) {
  int const fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
  if (fd < 0 && (is_gone(errno) || errno == ELOOP)) return {};
  if (fd < 0) fail(path, errno);
  Folder folder(::fdopendir(fd));
  if (!folder) {
    int const error = errno;
    ::close(fd);
    fail(path, error);
  }
  return folder;
}

/// The next entry but "." and ".."; null at the end.
dirent const* next_entry(DIR* folder, std::string const& path) {
  for (;;) {
    errno = 0;
    auto const* entry = ::readdir(folder);
    if (!entry && errno != 0) fail(path, errno);
    if (!entry || (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0)) return entry;
  }
}

// ---- what was found

struct Item {
  std::string name;  // relative to the context
  FileKey key;
  Digest digest = {};       // of a file
  std::string target = {};  // of a link; numbers of a device
};

std::string_view kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return "file";
    case S_IFDIR: return "folder";
    case S_IFLNK: return "link";
    case S_IFIFO: return "fifo";
    case S_IFCHR: return "char";
    default: return "block";
  }
}

/// Walks folders, collects items, and has the contents of files digested in the end, all at once.
class Collector {
 public:
  /// `modes`: the permission bits that count.
  Collector(IgnoreRules const& rules, mode_t modes) : rules_(rules), modes_(modes) {}

  /// What is at `disk`; its name for the outside is `name`.
  void add(std::string const& disk, std::string name, struct stat const& status) {
    auto const kind = status.st_mode & S_IFMT;
    if (kind == S_IFSOCK) return;  // podman warns, and leaves it out
    Item item{.name = std::move(name), .key = FileKey::of(status)};
    if (kind == S_IFLNK) item.target = link_target(disk);
    if (kind == S_IFCHR || kind == S_IFBLK)
      item.target = fmt::format("{}:{}", major(status.st_rdev), minor(status.st_rdev));
    if (kind == S_IFREG) files_.push_back({items_.size(), disk});
    items_.push_back(std::move(item));
  }

  /// All below a folder, not the folder itself: that has no entry in the image, only what it holds has.
  /// The ignore rules see `inside`, the path in the context; it differs from `name` where a link led here.
  void add_below(std::string const& disk, std::string const& inside, std::string const& name) {
    Names names{disk.ends_with('/') ? disk : disk + "/", inside.empty() ? "" : inside + "/",
                name.empty() ? "" : name + "/"};
    walk(names, 0);
  }

  /// Sorted by name, each once.
  std::vector<Item> finish(StatCache& cache) {
    std::vector<StatCache::Wanted> wanted;
    std::vector<std::size_t> of;
    for (auto const& [at, disk] : files_) {
      if (auto const digest = cache.find(items_[at].key)) {
        items_[at].digest = *digest;
      } else {
        wanted.push_back({disk, items_[at].key});
        of.push_back(at);
      }
    }
    cache.read(wanted);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i].digest) items_[of[i]].digest = *wanted[i].digest;
      if (!wanted[i].digest) items_[of[i]].name.clear();  // gone since
    }
    std::erase_if(items_, [](Item const& item) { return item.name.empty(); });
    std::sort(items_.begin(), items_.end(), [](Item const& a, Item const& b) { return a.name < b.name; });
    auto const same = [](Item const& a, Item const& b) { return a.name == b.name; };
    items_.erase(std::unique(items_.begin(), items_.end(), same), items_.end());
    for (auto& item : items_) item.key.mode &= S_IFMT | modes_;
    return std::move(items_);
  }

 private:
  /// The three names of the folder that the walk is in, each ending in a slash or empty.
  struct Names {
    std::string disk, inside, name;

    void enter(char const* entry) {
      for (auto* path : {&disk, &inside, &name}) path->append(entry);
    }
    void leave(std::size_t length) {
      for (auto* path : {&disk, &inside, &name}) path->resize(path->size() - length);
    }
  };

  void walk(Names& names, int nofollow) {
    std::vector<std::string> folders;  // entered when this one is closed, so that depth costs no descriptors
    {
      auto const folder = open_folder(names.disk, nofollow);
      if (!folder) return;
      while (auto const* entry = next_entry(folder.get(), names.disk)) {
        auto const length = std::strlen(entry->d_name);
        names.enter(entry->d_name);
        if (visit(names, ::dirfd(folder.get()), entry)) folders.push_back(std::string(entry->d_name, length) + "/");
        names.leave(length);
      }
    }
    for (auto const& folder : folders) {
      names.enter(folder.c_str());
      walk(names, O_NOFOLLOW);
      names.leave(folder.size());
    }
  }

  /// Takes one entry in; returns whether it is a folder to go into.
  bool visit(Names const& names, int folder, dirent const* entry) {
    bool const ignored = rules_.ignores(names.inside);
    // Most of what is ignored is spared even the stat.
    if (ignored && entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) return false;
    if (ignored && entry->d_type == DT_DIR) return rules_.may_reinclude_below(names.inside);
    struct stat status {};
    if (::fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (is_gone(errno)) return false;
      fail(names.disk, errno);
    }
    bool const is_folder = S_ISDIR(status.st_mode);
    if (ignored) return is_folder && rules_.may_reinclude_below(names.inside);
    add(names.disk, names.name, status);
    return is_folder;
  }

  struct File {
    std::size_t item;
    std::string disk;
  };

  IgnoreRules const& rules_;
  mode_t modes_;
  std::vector<Item> items_;
  std::vector<File> files_;
};

/// One digest of all items. Names and link targets hold no NUL, so it separates.
std::string digest_of(std::vector<Item> const& items, std::string_view before) {
  Hasher hasher;
  hasher.field(before);
  std::string text;
  for (auto const& item : items) {
    fmt::format_to(std::back_inserter(text), "{:o} {}", item.key.mode, item.name);
    text += '\0';
    if (S_ISREG(item.key.mode)) text.append(item.digest.begin(), item.digest.end());
    text += item.target;
    text += '\0';
    if (text.size() < (1 << 16)) continue;
    hasher.bytes(text);
    text.clear();
  }
  return hasher.bytes(text).hex();
}

// ---- what COPY names

/// The context as podman sees it, which is in a chroot: links and ".." never lead out of it.
/// Paths here are relative to the root and clean; "" is the root.
class Root {
 public:
  explicit Root(std::string path) : path_(path.empty() ? "." : std::move(path)) {}

  std::string disk(std::string_view path) const { return path.empty() ? path_ : join_path(path_, path); }

  /// The same place without links on the way; the last name is looked up only if `follow` is set. Nothing after too
  /// many links; what isn't there stays as it is.
  std::optional<std::string> resolve(std::string_view path, bool follow) const {
    std::string done, rest(path);
    for (int links = 0; !rest.empty();) {
      auto const end = std::min(rest.find('/'), rest.size());
      auto const next = rest.substr(0, end);
      rest.erase(0, end + 1);
      if (next.empty() || next == ".") continue;
      if (next == "..") {
        done.resize(done.rfind('/') == std::string::npos ? 0 : done.rfind('/'));
        continue;
      }
      auto const here = join_path(done, next);
      auto const target = rest.empty() && !follow ? std::string() : link_target(disk(here));
      if (target.empty()) {
        done = here;
      } else {
        if (++links > 40) return std::nullopt;
        if (target.starts_with('/')) done.clear();
        rest = rest.empty() ? target : fmt::format("{}/{}", target, rest);
      }
    }
    return done;
  }

  std::optional<struct stat> status(std::string_view path, bool follow) const {
    auto const place = resolve(path, follow);
    return place ? status_of(disk(*place), AT_SYMLINK_NOFOLLOW) : std::nullopt;
  }

  /// Go's filepath.Glob: wildcards in folders too, dot files match as any other, nothing if the pattern is malformed.
  std::vector<std::string> glob(std::string const& pattern) const {
    if (!glob_is_valid(pattern)) return {};
    if (!glob_has_wildcard(pattern)) return status(pattern, false) ? std::vector{pattern} : std::vector<std::string>{};
    auto const slash = pattern.rfind('/');
    auto const above = slash == std::string::npos ? std::string() : pattern.substr(0, slash);
    auto const last = slash == std::string::npos ? pattern : pattern.substr(slash + 1);
    std::vector<std::string> found;
    for (auto const& folder : glob_has_wildcard(above) ? glob(above) : std::vector{above}) {
      auto const place = resolve(folder, true);
      if (!place) continue;
      auto const open = open_folder(disk(*place), 0);
      if (!open) continue;
      while (auto const* entry = next_entry(open.get(), disk(*place)))
        if (glob_matches(last, entry->d_name)) found.push_back(join_path(folder, entry->d_name));
    }
    return found;
  }

 private:
  std::string path_;
};

/// Of "/a/../b" the "b": the way podman clamps what would lead out of the context.
std::string clamped(std::string_view path) {
  return clean_path(fmt::format("/{}", path)).substr(1);
}

/// A source word as a path in the context. podman joins it to the context's absolute path, and clamps what then leads
/// out of it: in ".../ctx" both "../a" and "../ctx/a" are "a".
std::optional<std::string> source_path(std::string const& root, std::string_view word) {
  if (word.starts_with("http://") || word.starts_with("https://")) return std::nullopt;
  char folder[PATH_MAX] = "";
  if (!root.starts_with('/') && !::getcwd(folder, sizeof folder)) fail(".", errno);
  auto const here = clean_path(fmt::format("{}/{}", folder, root)) + "/";
  auto const there = clean_path(fmt::format("{}/{}", here, word)) + "/";
  std::size_t shared = 0;  // what is left behind the folders that both have
  for (std::size_t i = 0; i < std::min(here.size(), there.size()) && here[i] == there[i]; ++i)
    if (here[i] == '/') shared = i + 1;
  auto rest = there.substr(shared);
  if (!rest.empty()) rest.pop_back();
  return rest;
}

/// Takes in what one match of a source word brings.
void add_source(Root const& root, IgnoreRules const& rules, std::string const& match, Collector& collector) {
  // A source that is a link is followed, by a join of names that doesn't care whether its folder is a link too.
  auto inside = match;
  auto status = root.status(inside, false);
  for (int links = 0; status && S_ISLNK(status->st_mode); ++links) {
    auto const target = links < 16 ? link_target(root.disk(*root.resolve(inside, false))) : std::string();
    if (target.empty()) break;
    auto const slash = inside.rfind('/');
    auto const folder = slash == std::string::npos ? std::string() : inside.substr(0, slash);
    auto const next = clamped(target.starts_with('/') ? target : join_path(folder, target));
    auto next_status = root.status(next, false);
    if (!next_status) break;  // the build will fail; till then the link itself stands for it
    inside = next;
    status = next_status;
  }
  if (!status) return;
  auto const disk = root.disk(*root.resolve(inside, false));
  if (S_ISDIR(status->st_mode)) {
    collector.add_below(disk, inside, match);
  } else if (!rules.ignores(inside)) {
    collector.add(disk, match, *status);
  }
}

/// podman's order. With a relative -f, the first two are looked for below the context, wherever the Containerfile is.
IgnoreRules rules_of(claim::Context const& context, std::vector<std::string> const& narrowed) {
  auto const more = "\n" + join(narrowed, "\n");
  auto const beside =
      context.containerfile.starts_with('/') ? context.containerfile : join_path(context.root, context.containerfile);
  for (auto const& path : {beside + ".dockerignore", beside + ".containerignore",
                           join_path(context.root, ".containerignore"), join_path(context.root, ".dockerignore")}) {
    auto const text = read_file(path);
    if (!text) continue;
    try {
      return IgnoreRules::parse(*text + more);
    } catch (Failure const& failure) {
      throw Failure(fmt::format("{}: {}", path, failure.what()));
    }
  }
  return IgnoreRules::parse(more);
}

std::vector<Item> items_of(claim::Context const& context, StatCache& cache, std::vector<std::string> const& narrowed) {
  std::vector<std::string> sources;
  for (auto const& word : context.sources)
    if (auto const path = source_path(context.root, word)) sources.push_back(*path);
  if (sources.empty()) return {};  // podman doesn't read the ignore file either

  Root const root(context.root);
  auto const rules = rules_of(context, narrowed);
  Collector collector(rules, 01777);  // COPY takes the set-id bits away
  for (auto const& source : sources) {
    for (auto const& match : root.glob(source)) {
      if (!match.empty() && rules.ignores(match)) {
        auto const status = root.status(match, true);
        if (!status || !S_ISDIR(status->st_mode) || !rules.may_reinclude_below_source(match)) continue;
      }
      // podman takes each match for a pattern once more, so that a file named "a[1]" brings "a1".
      for (auto const& again : root.glob(match)) add_source(root, rules, again, collector);
    }
  }
  return collector.finish(cache);
}

}  // namespace

std::string context_digest(claim::Context const& context, StatCache& cache, std::vector<std::string> const& narrowed) {
  auto const status = status_of(context.containerfile, 0);
  auto const containerfile = status ? cache.file_digest(context.containerfile, *status) : "absent";
  return digest_of(items_of(context, cache, narrowed), containerfile);
}

std::vector<std::string> narrowed_to(std::vector<std::string> const& sources, std::vector<std::string> const& kept) {
  std::vector<std::string> lines;
  for (auto const& source : sources) {
    bool const whole = source == ".";
    if (std::any_of(kept.begin(), kept.end(),
                    [&](auto const& pattern) { return whole || pattern.starts_with("!" + source + "/"); }))
      lines.push_back(whole ? "*" : source);
  }
  if (!lines.empty()) lines.insert(lines.end(), kept.begin(), kept.end());
  return lines;
}

std::vector<std::string> context_files(claim::Context const& context, StatCache& cache,
                                       std::vector<std::string> const& narrowed) {
  std::vector<std::string> lines;
  for (auto const& item : items_of(context, cache, narrowed)) {
    auto const content = S_ISREG(item.key.mode) ? hex(item.digest) : item.target.empty() ? "-" : item.target;
    lines.push_back(fmt::format("{:04o} {} {} {}", item.key.mode & 07777, kind_of(item.key.mode), item.name, content));
  }
  return lines;
}

std::string tree_digest(std::string const& path, StatCache& cache) {
  auto const status = status_of(path, 0);
  if (!status) return "absent";
  IgnoreRules const none;
  Collector collector(none, 07777);
  collector.add(path, ".", *status);
  if (S_ISDIR(status->st_mode)) collector.add_below(path, "", "");
  auto const items = collector.finish(cache);
  return items.empty() ? "absent" : digest_of(items, "tree");
}

}  // namespace e2e::step
