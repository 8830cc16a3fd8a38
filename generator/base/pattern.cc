#include "base/pattern.h"

#include <algorithm>

#include "base/text.h"

namespace e2e {

namespace {

constexpr std::size_t kDeepest = 100;  // folders, where links make a circle

std::vector<std::string> parts_of(std::string_view pattern) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= pattern.size();) {
    auto const end = std::min(pattern.find('/', at), pattern.size());
    parts.emplace_back(pattern.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

class Walk {
 public:
  Walk(std::vector<std::string> parts, FolderLook const& look, std::function<bool(std::string const&)> const& found)
      : parts_(std::move(parts)), look_(look), found_(found) {}

  /// What the parts from `part` on mean in `folder`; false to stop.
  bool in(std::string const& folder, std::size_t part, std::size_t depth) const {
    if (part == parts_.size()) return found_(folder);
    if (depth > kDeepest) return true;
    auto const& name = parts_[part];
    bool const any = name == "**";
    if (any && !in(folder, part + 1, depth)) return false;
    if (any && part + 1 == parts_.size()) return true;
    auto const place = [&](std::string const& one) { return folder == "." ? one : folder + "/" + one; };
    if (name.find('*') == name.npos) {
      auto const names = look_.names(folder);
      return std::find(names.begin(), names.end(), name) == names.end() || in(place(name), part + 1, depth + 1);
    }
    for (auto const& one : look_.names(folder)) {
      if (one.starts_with('.') && !name.starts_with('.')) continue;
      if (any ? look_.is_folder(place(one)) && !in(place(one), part, depth + 1)
              : matches(name, one) && !in(place(one), part + 1, depth + 1))
        return false;
    }
    return true;
  }

 private:
  std::vector<std::string> const parts_;
  FolderLook const& look_;
  std::function<bool(std::string const&)> const& found_;
};

}  // namespace

bool is_pattern(std::string_view path) {
  return path.find('*') != path.npos;
}

std::string fixed_part(std::string_view pattern) {
  auto const before = pattern.substr(0, pattern.find('*'));
  auto const slash = before.rfind('/');
  return slash == before.npos ? "." : std::string(before.substr(0, slash));
}

void each_match(std::string_view pattern, FolderLook const& look,
                std::function<bool(std::string const&)> const& found) {
  Walk(parts_of(pattern), look, found).in(".", 0, 0);
}

}  // namespace e2e
