#include "plan/containerfile_passed.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/disk.h"

namespace e2e::plan {

namespace {

constexpr int kDeepest = 20;
constexpr std::string_view kWild = "*?[";

/// Both in normal form; everything is below "/".
bool is_below(std::string_view path, std::string_view folder) {
  return folder == "/" || path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

std::string join(std::string_view folder, std::string_view path) {
  if (path.empty() || folder == ".") return std::string(path.empty() ? folder : path);
  return std::string(folder) + (folder.ends_with('/') ? "" : "/") + std::string(path);
}

/// The folders before the first wildcard.
std::string_view tame(std::string_view path) {
  auto const wild = path.find_first_of(kWild);
  if (wild == path.npos) return path;
  auto const slash = path.rfind('/', wild);
  return slash == 0 || slash == path.npos ? path.substr(0, 1) : path.substr(0, slash);
}

class Search {
 public:
  explicit Search(std::vector<Layout> const& stages) : stages_(stages) {}

  void at(std::size_t stage, std::string const& path, int depth) {
    if (depth > kDeepest) return;
    for (auto const& copied : stages_[stage].copied)
      for (auto const& origin : copied.paths)
        for (auto const& one : origins(copied, origin, path)) {
          if (!copied.from_stage) found.insert(one);
          for (auto const other : copied.stages) at(other, one, depth + 1);
        }
    if (auto const parent = stages_[stage].parent) at(*parent, path, depth + 1);
  }

  std::set<std::string> found;

 private:
  /// Of what is at `path` what came from `origin`.
  static std::vector<std::string> origins(Copied const& copied, std::string const& origin, std::string const& path) {
    if (!copied.to) return endings(origin, path);
    std::string_view const to = *copied.to, fixed = tame(path);
    if (is_below(to, fixed)) return {origin};  // all of it, and perhaps more
    if (!is_below(fixed, to)) return {};
    auto const rest = std::string_view(path).substr(to == "/" ? 1 : to.size() + 1);
    auto const name = std::string_view(origin).substr(origin.rfind('/') + 1);  // npos + 1 is 0
    std::vector<std::string> all{join(origin, rest)};
    // a file lies in the folder by its name
    if (rest.substr(0, rest.find('/')) == name || name.find_first_of(kWild) != name.npos) all.push_back(origin);
    return all;
  }

  /// Where it was put is not known: whatever ends alike.
  static std::vector<std::string> endings(std::string const& origin, std::string_view path) {
    std::vector<std::string> all;
    while (!path.empty()) {
      path.remove_prefix(path.starts_with('/') ? 1 : std::min(path.find('/'), path.size() - 1) + 1);
      if (!path.empty()) all.push_back(join(origin, path));
      if (path.find('/') == path.npos) break;
    }
    return all;
  }

  std::vector<Layout> const& stages_;
};

}  // namespace

Known Layout::absolute(std::string const& path) const {
  if (path.starts_with('/')) return normal_path(path);
  return folder ? Known(normal_path(*folder + "/" + path)) : std::nullopt;
}

std::vector<std::string> standing_at(std::vector<Layout> const& stages, std::size_t stage, std::string const& path) {
  Search search(stages);
  search.at(stage, path, 0);
  return {search.found.begin(), search.found.end()};
}

}  // namespace e2e::plan
