// Content digests of files, remembered between runs.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace e2e::step {

/// A raw SHA-256.
using Digest = std::array<unsigned char, 32>;

/// 64 hexadecimal digits.
std::string hex(Digest const& digest);

/// What the kernel says of a file without reading it. Equal keys, and a ctime that is old enough, mean equal contents.
struct FileKey {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t mtime = 0, ctime = 0;  // nanoseconds
  std::uint32_t mode = 0;
  std::uint32_t spare = 0;  // no padding: keys are written to the file as they are

  static FileKey of(struct stat const& status);
  bool operator==(FileKey const&) const = default;
};

/// Content digests by (device, inode, size, mtime, ctime, mode), kept in one file, so that an unchanged file is not
/// read again.
///
/// The clock's grain: a file that is written twice within one tick of the kernel's clock has the same ctime both times.
/// So an entry is kept only if the file's ctime was older by 20 ms or more when reading began: whatever is written from
/// then on gets another ctime. That is stricter than a comparison with the time of the cache's write, which comes later
/// and would let a second write slip in between.
class StatCache {
 public:
  /// A file whose digest find() did not know; `digest` is filled by read(), and stays empty if there is no such file.
  struct Wanted {
    std::string path;
    FileKey key;
    std::optional<Digest> digest = {};
  };

  /// "" keeps nothing; a damaged or missing file is an empty cache.
  explicit StatCache(std::string path);

  /// Hex SHA-256 of the content. Throws Failure naming the path, also when the file is gone.
  std::string file_digest(std::string const& path, struct stat const& status);

  std::optional<Digest> find(FileKey const& key);
  /// Reads files on all cores and remembers them. Throws Failure naming the first, in their order, that can't be read.
  void read(std::span<Wanted> wanted);

  /// Writes the file anew if something was learnt. Entries that nobody asked for stay for some more writes, since
  /// another run may scan other folders. Never throws: it is only a cache.
  void save() noexcept;

  /// How many files were read, for the timing report and the tests.
  std::size_t files_read() const { return files_read_; }

 private:
  /// An entry as it lies in the file.
  struct Record {
    FileKey key;
    Digest digest;
    std::uint64_t idle;  // writes of the cache since it was last asked for

    std::pair<std::uint64_t, std::uint64_t> id() const { return {key.device, key.inode}; }
  };
  struct IdHash {
    std::size_t operator()(std::pair<std::uint64_t, std::uint64_t> const& id) const {
      return static_cast<std::size_t>((id.second * 0x9e3779b97f4a7c15u) ^ id.first);
    }
  };

  std::string path_;
  std::vector<Record> known_;  // as loaded, sorted by id
  std::vector<bool> asked_;    // of known_
  std::unordered_map<std::pair<std::uint64_t, std::uint64_t>, Record, IdHash> fresh_;
  std::size_t files_read_ = 0;
};

}  // namespace e2e::step
