#include "step/root.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "step/glob.h"
#include "step/look.h"

namespace e2e::step {

std::string Root::disk(std::string_view path) const {
  return path.empty() ? path_ : join_path(path_, path);
}

std::optional<std::string> Root::resolve(std::string_view path, bool follow) const {
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

std::optional<struct stat> Root::status(std::string_view path, bool follow) const {
  auto const place = resolve(path, follow);
  return place ? status_of(disk(*place), AT_SYMLINK_NOFOLLOW) : std::nullopt;
}

std::vector<std::string> Root::glob(std::string const& pattern) const {
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

std::string clamped(std::string_view path) {
  return clean_path(fmt::format("/{}", path)).substr(1);
}

std::optional<std::string> source_path(std::string const& root, std::string_view word) {
  if (word.starts_with("http://") || word.starts_with("https://")) return std::nullopt;
  char folder[PATH_MAX] = "";
  if (!root.starts_with('/') && !::getcwd(folder, sizeof folder)) cannot_read(".", errno);
  auto const here = clean_path(fmt::format("{}/{}", folder, root)) + "/";
  auto const there = clean_path(fmt::format("{}/{}", here, word)) + "/";
  std::size_t shared = 0;  // what is left behind the folders that both have
  for (std::size_t i = 0; i < std::min(here.size(), there.size()) && here[i] == there[i]; ++i)
    if (here[i] == '/') shared = i + 1;
  auto rest = there.substr(shared);
  if (!rest.empty()) rest.pop_back();
  return rest;
}

}  // namespace e2e::step
