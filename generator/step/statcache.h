// Content digests of files, remembered between runs.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/disk.h"

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

/// Whose clock a file system's times come from: this machine's, or that of a server that may go wrong by hours.
enum class Clock : std::uint8_t { ours, foreign };

Clock clock_of(Descriptor const& file);
/// Nanoseconds since 1970, as file systems of our own clock have them.
std::int64_t file_time_now();

/// Whether a write from `began` on is sure to leave another ctime than the one of `key`, which was met at `seen` first.
///
/// A file that is written twice within one tick of a file system's clock has the same ctime both times, so the tick of
/// the ctime must be over. A tick takes 20 ms at most (the kernel's own), but 2 s where times are whole seconds (ext4
/// with small inodes, HFS; vfat). When it began is told by the ctime itself if the clock is ours; else we know only
/// that it had begun when we first met that ctime. That is stricter than a comparison with the time of the cache's
/// write, which comes later and would let a second write slip in between.
bool settled(FileKey const& key, Clock clock, std::int64_t seen, std::int64_t began);

/// Content digests by (device, inode, size, mtime, ctime, mode), kept in one file, so that an unchanged file is not
/// read again.
///
/// An entry is about the file that was read, by its descriptor, and not about what its path led to when somebody
/// looked: folders may be swapped in between, and swapped back. It is kept only if it is settled and the file's status
/// was the same before and after it was read.
class StatCache {
 public:
  /// A file whose digest find() did not know. read() fills in `digest`, which stays empty if there is no such file, and
  /// makes `key` that of the file that was read: it may be another one by now, and size, mode and content are to be of
  /// the same.
  struct Wanted {
    std::string path;
    FileKey key;
    std::optional<Digest> digest = {};
  };

  struct Reading;

  /// "" keeps nothing; a missing file is an empty cache, and a damaged entry is none.
  explicit StatCache(std::string path);

  /// Hex SHA-256 of the content. Throws Failure naming the path, also when the file is gone.
  std::string file_digest(std::string const& path, struct stat const& status);

  /// Of several files, hexadecimal; "" for one that is no file, or can't be read.
  std::vector<std::string> file_digests(std::vector<std::string> const& paths);

  std::optional<Digest> find(FileKey const& key);
  /// Reads files on all cores and remembers them. Throws Failure naming the first, in their order, that can't be read.
  void read(std::span<Wanted> wanted);

  /// Writes the file anew if something was learnt. Entries that nobody asked for stay for some more writes, since
  /// another run may scan other folders. Never throws: it is only a cache.
  void save() noexcept;

  /// How many files were read, for the timing report and the tests.
  std::size_t files_read() const { return files_read_; }

 private:
  using Id = std::pair<std::uint64_t, std::uint64_t>;
  /// An entry as it lies in the file.
  struct Record {
    FileKey key;
    Digest digest;
    std::int64_t seen;   // when the key was first met, if it is not settled yet; the digest means nothing then
    std::uint32_t idle;  // writes of the cache since it was last asked for
    std::uint32_t sum;   // over what stands before

    Id id() const { return {key.device, key.inode}; }
  };
  struct IdHash {
    std::size_t operator()(Id const& id) const {
      return static_cast<std::size_t>((id.second * 0x9e3779b97f4a7c15u) ^ id.first);
    }
  };

  Record const* record(FileKey const& key);
  static std::uint32_t sum_of(Record const& record);
  void load();
  void remember(Reading const& reading);

  std::string path_;
  std::unique_ptr<MappedFile> file_;
  std::span<Record const> known_;  // as they lie in the file, sorted by id: a step that asks for few reads few
  std::vector<bool> asked_;        // of known_
  std::unordered_map<Id, Record, IdHash> fresh_;
  std::size_t files_read_ = 0;
};

}  // namespace e2e::step
