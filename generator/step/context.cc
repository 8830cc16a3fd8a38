#include "step/context.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/pattern.h"
#include "base/text.h"
#include "step/collect.h"
#include "step/look.h"
#include "step/root.h"

namespace e2e::step {

namespace {

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

/// Takes in what one match of a source word brings.
void add_source(Root const& root, IgnoreRules const& rules, std::string const& match, Collector& collector,
                Witness& folders) {
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
  if (collector.take_own(disk, inside, *status)) return;
  if (S_ISDIR(status->st_mode)) {
    folders.emplace_back(match, FileKey::of(*status));
    collector.add_below(disk, inside, match);
  } else if (!rules.ignores(inside)) {
    collector.add(disk, match, *status);
  }
}

/// In podman's order. With a relative -f, the first two are looked for below the context, wherever the Containerfile
/// is.
std::vector<std::string> ignore_files(claim::Context const& context) {
  if (context.containerfile.empty()) return {};
  auto const beside =
      context.containerfile.starts_with('/') ? context.containerfile : join_path(context.root, context.containerfile);
  return {beside + ".dockerignore", beside + ".containerignore", join_path(context.root, ".containerignore"),
          join_path(context.root, ".dockerignore")};
}

/// The first of them that is there.
struct IgnoreFile {
  std::string path, text;
};
IgnoreFile ignore_file(claim::Context const& context) {
  for (auto const& path : ignore_files(context))
    if (auto text = read_looked_at(path)) return {path, std::move(*text)};
  return {};
}

IgnoreRules rules_of(IgnoreFile const& file, std::vector<std::string> const& narrowed) {
  try {
    return IgnoreRules::parse(file.text + "\n" + join(narrowed, "\n"));
  } catch (Failure const& failure) {
    throw Failure(fmt::format("{}: {}", file.path, failure.what()));
  }
}

/// The user's lines, so that they mean the same in a file that is given by name: there podman 4.3 leaves "/a" as it is,
/// which matches nothing, and in one that it finds by itself it is "a".
std::string without_leading_slashes(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size() - 1);
    auto line = text.substr(0, end + 1);
    text.remove_prefix(line.size());
    auto const start = std::min(line.find_first_not_of('/'), line.size());
    line.remove_prefix(start);
    if (start > 0 && line.starts_with('#')) out += "./";  // no comment
    out += line;
  }
  return out;
}

/// The line of an ignore file that means this path and all below it, to the reader of ignore.h and to Docker's.
std::string ignore_line(std::string_view path) {
  static constexpr Characters kMeanSomething("\\*?[]()+|^${}!");
  bool const odd = not_utf8(path).has_value();
  std::string line = "./";  // so that neither a blank nor a "#" begins it; both take it away again
  for (char const c : path) {
    if (c == '\n' || (odd && (c & 0x80) != 0)) {
      line += '*';  // no pattern can name it
      continue;
    }
    if (kMeanSomething.has(c)) line += '\\';
    line += c;
  }
  return line;
}

/// What a pattern of a command's inputs means, by its path; of folders what is below them.
void add_matches(std::string const& pattern, Collector& collector) {
  FolderLook const look{[](std::string const& folder) {
                          std::vector<std::string> names;
                          auto const status = status_of(folder, 0);
                          if (!status || !S_ISDIR(status->st_mode)) return names;
                          if (auto const open = open_folder(folder, 0))
                            while (auto const* entry = next_entry(open.get(), folder))
                              names.emplace_back(entry->d_name);
                          std::sort(names.begin(), names.end());
                          return names;
                        },
                        [](std::string const& path) {
                          auto const status = status_of(path, AT_SYMLINK_NOFOLLOW);
                          return status && S_ISDIR(status->st_mode);
                        }};
  each_match(pattern, look, [&](std::string const& path) {
    auto const status = status_of(path, 0);
    if (!status || collector.take_own(path, path, *status)) return true;
    collector.add(path, path, *status);
    if (S_ISDIR(status->st_mode)) collector.add_below(path, path, path);
    return true;
  });
  collector.follow_links(fixed_part(pattern));
}

/// What can be seen of a context. The digests are filled in by whoever wants them.
struct Seen {
  std::vector<Item> items;
  Witness folders;               // that sources are
  std::vector<std::string> own;  // what e2egen wrote, and the ignore file lets through; none of the items
};

Seen seen_of(claim::Context const& context, std::vector<std::string> const& words, IgnoreRules const& rules,
             StatCache* cache) {
  std::vector<std::string> sources;
  for (auto const& word : words)
    if (auto const path = source_path(context.root, word)) sources.push_back(*path);

  Root const root(context.root);
  Collector collector(rules, 01777);  // COPY takes the set-id bits away
  Witness folders;
  for (auto const& source : sources) {
    for (auto const& match : root.glob(source)) {
      if (!match.empty() && rules.ignores(match)) {
        auto const status = root.status(match, true);
        if (!status || !S_ISDIR(status->st_mode) || !rules.may_reinclude_below_source(match)) continue;
      }
      // podman takes each match for a pattern once more, so that a file named "a[1]" brings "a1".
      for (auto const& again : root.glob(match)) add_source(root, rules, again, collector, folders);
    }
  }
  auto own = collector.own();
  return {collector.finish(cache), std::move(folders), std::move(own)};
}

/// What counts of the context.
Seen counted(claim::Context const& context, std::vector<std::string> const& narrowed, StatCache* cache) {
  if (context.sources.empty()) return {};  // podman doesn't read the ignore file either
  return seen_of(context, context.sources, rules_of(ignore_file(context), narrowed), cache);
}

}  // namespace

std::string context_digest(claim::Context const& context, StatCache& cache, std::vector<std::string> const& narrowed) {
  auto const status = status_of(context.containerfile, 0);
  auto const containerfile = status ? cache.file_digest(context.containerfile, *status) : "absent";
  return digest_of(counted(context, narrowed, &cache).items, containerfile);
}

std::optional<std::string> ignore_file_without_own(claim::Context const& context) {
  auto const file = ignore_file(context);
  auto const& sent = context.sent.empty() ? context.sources : context.sent;
  auto own = seen_of(context, sent, rules_of(file, {}), nullptr).own;
  if (own.empty()) return std::nullopt;
  std::sort(own.begin(), own.end());
  own.erase(std::unique(own.begin(), own.end()), own.end());
  for (auto& path : own) path = ignore_line(path);
  return without_leading_slashes(file.text) + "\n" + join(own, "\n") + "\n";
}

Witness context_witness(claim::Context const& context, std::vector<std::string> const& narrowed) {
  auto [items, witness, own] = counted(context, narrowed, nullptr);
  for (auto& item : items) witness.emplace_back(std::move(item.name), item.key);
  for (auto& [name, key] : witness) name = normal_path(join_path(context.root, name));
  auto files = ignore_files(context);
  files.push_back(context.containerfile);
  for (auto const& path : files)
    if (auto const status = status_of(path, 0)) witness.emplace_back(normal_path(path), FileKey::of(*status));
  return witness;
}

std::vector<std::string> written_between(Witness before, Witness after) {
  auto const order = [](auto const& a, auto const& b) {
    auto const all = [](auto const& one) {
      auto const& [name, key] = one;
      return std::tie(name, key.device, key.inode, key.size, key.mtime, key.ctime, key.mode);
    };
    return all(a) < all(b);
  };
  if (before == after) return {};
  std::sort(before.begin(), before.end(), order);
  std::sort(after.begin(), after.end(), order);
  Witness changed;
  std::set_symmetric_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(changed),
                                order);
  // a folder is written to by whatever comes or goes in it
  auto const is_folder = [](auto const& one) { return S_ISDIR(one.second.mode); };
  if (!std::all_of(changed.begin(), changed.end(), is_folder)) std::erase_if(changed, is_folder);
  std::vector<std::string> names;
  for (auto& [name, key] : changed)
    if (names.empty() || names.back() != name) names.push_back(std::move(name));
  return names;
}

std::vector<std::string> narrowed_to(std::vector<std::string> const& sources, std::vector<std::string> const& kept) {
  std::vector<std::string> lines;
  for (auto const& source : sources) {
    bool const whole = source == ".";
    if (std::any_of(kept.begin(), kept.end(),
                    [&](auto const& pattern) { return whole || pattern.starts_with("!" + source + "/"); }))
      lines.push_back(whole ? "*" : source);
  }
  if (!lines.empty())
    for (auto const& line : kept) lines.push_back(line.starts_with('+') ? "!" + line.substr(1) : line);
  return lines;
}

std::vector<std::string> context_files(claim::Context const& context, StatCache& cache,
                                       std::vector<std::string> const& narrowed) {
  std::vector<std::string> lines;
  for (auto const& item : counted(context, narrowed, &cache).items) {
    auto const content = S_ISREG(item.key.mode) ? hex(item.digest) : item.target.empty() ? "-" : item.target;
    lines.push_back(fmt::format("{:04o} {} {} {}", item.key.mode & 07777, kind_of(item.key.mode), item.name, content));
  }
  return lines;
}

std::string tree_digest(std::string const& path, StatCache& cache) {
  IgnoreRules const none;
  Collector collector(none, 07777);
  if (is_pattern(path)) {
    add_matches(path, collector);
    auto const items = collector.finish(&cache);
    return items.empty() ? "absent" : digest_of(items, "matches");
  }
  auto const status = status_of(path, 0);
  if (!status) return "absent";
  collector.add(path, ".", *status);
  if (S_ISDIR(status->st_mode)) {
    collector.add_below(path, "", "");
    collector.follow_links(path);
  }
  auto const items = collector.finish(&cache);
  return items.empty() ? "absent" : digest_of(items, "tree");
}

}  // namespace e2e::step
