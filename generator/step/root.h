// The context of a build as podman sees it, and what a word of COPY means there.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace e2e::step {

/// podman is in a chroot: links and ".." never lead out of it.
/// Paths here are relative to the root and clean; "" is the root.
class Root {
 public:
  explicit Root(std::string path) : path_(path.empty() ? "." : std::move(path)) {}

  std::string disk(std::string_view path) const;
  /// The same place without links on the way; the last name is looked up only if `follow` is set. Nothing after too
  /// many links; what isn't there stays as it is.
  std::optional<std::string> resolve(std::string_view path, bool follow) const;
  std::optional<struct stat> status(std::string_view path, bool follow) const;
  /// Go's filepath.Glob: wildcards in folders too, dot files match as any other, nothing if the pattern is malformed.
  std::vector<std::string> glob(std::string const& pattern) const;

 private:
  std::string path_;
};

/// Of "/a/../b" the "b": the way podman clamps what would lead out of the context.
std::string clamped(std::string_view path);

/// A source word as a path in the context; nothing if it is an URL. podman joins it to the context's absolute path, and
/// clamps what then leads out of it: in ".../ctx" both "../a" and "../ctx/a" are "a".
std::optional<std::string> source_path(std::string const& root, std::string_view word);

}  // namespace e2e::step
