#include "step/collect.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "base/own.h"
#include "step/look.h"

namespace e2e::step {

namespace fs = std::filesystem;

namespace {

/// Whether a link leads to a folder that it lies in.
bool leads_up(std::string const& link) {
  std::error_code error;
  auto const there = fs::canonical(link, error);
  if (error) return false;
  auto const here = fs::canonical(fs::path(link).parent_path(), error);
  return !error && std::mismatch(there.begin(), there.end(), here.begin(), here.end()).first == there.end();
}

}  // namespace

/// The three names of the folder that the walk is in, each ending in a slash or empty.
struct Collector::Names {
  std::string disk, inside, name;

  void enter(char const* entry) {
    for (auto* path : {&disk, &inside, &name}) path->append(entry);
  }
  void leave(std::size_t length) {
    for (auto* path : {&disk, &inside, &name}) path->resize(path->size() - length);
  }
};

void Collector::add(std::string const& disk, std::string name, struct stat const& status) {
  auto const kind = status.st_mode & S_IFMT;
  if (kind == S_IFSOCK) return;  // podman warns, and leaves it out
  Item item{.name = std::move(name), .key = FileKey::of(status)};
  if (kind == S_IFLNK) {
    item.target = link_target(disk);
    links_.emplace_back(item.name, disk);
  }
  if (kind == S_IFCHR || kind == S_IFBLK)
    item.target = fmt::format("{}:{}", major(status.st_rdev), minor(status.st_rdev));
  if (kind == S_IFREG) files_.push_back({items_.size(), disk});
  items_.push_back(std::move(item));
}

void Collector::add_below(std::string const& disk, std::string const& inside, std::string const& name) {
  Names names{disk.ends_with('/') ? disk : disk + "/", inside.empty() ? "" : inside + "/",
              name.empty() ? "" : name + "/"};
  walk(names, 0);
}

void Collector::follow_links(std::string const& root) {
  if (links_.empty()) return;
  note_more_than_looks();  // what lies in what is told by whole paths
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> entered;
  auto const enter = [&](FileKey const& key, std::string const& name) {
    return entered.try_emplace({key.device, key.inode}, name).second;
  };
  std::string up = "..";
  for (auto above = status_of(join_path(root, up), 0); above && enter(FileKey::of(*above), up); up += "/..")
    above = status_of(join_path(root, up + "/.."), 0);

  std::size_t known = 0;
  while (!links_.empty()) {
    auto links = std::exchange(links_, {});
    std::sort(links.begin(), links.end());  // what is entered first must not depend on the disk
    for (auto const& [name, disk] : links) {
      for (; known < items_.size(); ++known)
        if (S_ISDIR(items_[known].key.mode)) enter(items_[known].key, items_[known].name);
      auto const status = status_of(disk, 0);
      if (!status) continue;
      auto const there = name + "/";
      Item item{.name = there, .key = FileKey::of(*status)};
      auto const before = entered.find({item.key.device, item.key.inode});
      if (before != entered.end()) item.target = before->second;
      if (leads_up(disk)) item.target = "..";
      if (::access(disk.c_str(), R_OK) != 0) item.target = "closed";  // to whoever follows it too
      if (!item.target.empty()) {
        items_.push_back(std::move(item));
        continue;
      }
      add(disk, there, *status);
      if (S_ISDIR(status->st_mode)) add_below(disk, "", there);
    }
  }
}

bool Collector::take_own(std::string const& disk, std::string_view inside, struct stat const& status) {
  auto const name = inside.substr(inside.rfind('/') + 1);  // npos + 1 is 0
  if (!is_in_state(inside) && !(S_ISREG(status.st_mode) && is_own_ninja_file(name, disk))) return false;
  own_.emplace_back(inside);
  return true;
}

std::vector<Item> Collector::finish(StatCache* cache) {
  std::vector<StatCache::Wanted> wanted;
  std::vector<std::size_t> of;
  for (auto const& [at, disk] : files_) {
    if (!cache) break;
    if (auto const digest = cache->find(items_[at].key)) {
      items_[at].digest = *digest;
    } else {
      wanted.push_back({disk, items_[at].key});
      of.push_back(at);
    }
  }
  if (cache) cache->read(wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    auto& item = items_[of[i]];
    item.key = wanted[i].key;  // of the file whose content it is, should another one have taken the place
    if (wanted[i].digest)
      item.digest = *wanted[i].digest;
    else
      item.name.clear();  // gone since
  }
  std::erase_if(items_, [](Item const& item) { return item.name.empty(); });
  std::sort(items_.begin(), items_.end(), [](Item const& a, Item const& b) { return a.name < b.name; });
  auto const same = [](Item const& a, Item const& b) { return a.name == b.name; };
  items_.erase(std::unique(items_.begin(), items_.end(), same), items_.end());
  for (auto& item : items_) item.key.mode &= S_IFMT | modes_;
  return std::move(items_);
}

void Collector::walk(Names& names, int nofollow) {
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
bool Collector::visit(Names const& names, int folder, dirent const* entry) {
  bool const ignored = rules_.ignores(names.inside);
  // Most of what is ignored is spared even the stat.
  if (ignored && entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) return false;
  if (ignored && !rules_.may_reinclude_below(names.inside)) return false;
  struct stat status {};
  if (::fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (is_gone(errno)) return false;
    cannot_read(names.disk, errno);
  }
  // the state changes with each run, and counts nowhere
  if (!is_in_state(names.inside)) note_look(names.disk, false, FileKey::of(status));
  bool const is_folder = S_ISDIR(status.st_mode);
  if (ignored && !is_folder) return false;
  if (take_own(names.disk, names.inside, status)) return false;
  if (ignored) return true;
  add(names.disk, names.name, status);
  return is_folder;
}

}  // namespace e2e::step
