#include "step/statcache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <memory>
#include <type_traits>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/parallel.h"
#include "step/look.h"

namespace e2e::step {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000, kGrain = 20'000'000, kCoarseGrain = 2 * kSecond + kGrain;
/// An entry that was not asked for goes after so many writes of the cache.
constexpr std::uint64_t kLongestIdle = 30;
/// A thread costs about as much as this many small files, or bytes.
constexpr std::uint64_t kFilesOfAThread = 32, kBytesOfAThread = 1 << 22;

std::int64_t nanoseconds(timespec const& time) {
  return time.tv_sec * kSecond + time.tv_nsec;
}

}  // namespace

std::int64_t file_time_now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return nanoseconds(time);
}

/// Those file systems that take the time from this kernel, as far as people have sources on them.
Clock clock_of(Descriptor const& file) {
  struct statfs system {};
  if (::fstatfs(file.get(), &system) != 0) return Clock::foreign;
  switch (static_cast<std::uint32_t>(system.f_type)) {
    case 0xef53:      // ext2, ext3, ext4
    case 0x58465342:  // xfs
    case 0x9123683e:  // btrfs
    case 0xf2f52010:  // f2fs
    case 0x2fc12fc1:  // zfs
    case 0xca451a4e:  // bcachefs
    case 0x01021994:  // tmpfs
    case 0x794c7630:  // overlayfs
    case 0x4d44:      // vfat
    case 0x2011bab0:  // exfat
      return Clock::ours;
    default: return Clock::foreign;
  }
}

/// What reading a file told.
struct StatCache::Reading {
  Digest digest = {};
  FileKey key;         // before
  bool still = false;  // and after
  Clock clock = Clock::foreign;
  std::int64_t began = 0;
};

namespace {

using Reading = StatCache::Reading;

/// The one who hashes in a thread: its context and buffer serve file after file, which matters with 100,000 small ones.
/// (base/hash.h makes a context for each digest.)
class Reader {
 public:
  Reader()
      : sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free),
        context_(EVP_MD_CTX_new(), EVP_MD_CTX_free),
        buffer_(1 << 18) {
    if (!sha256_ || !context_) throw Failure("OpenSSL offers no SHA-256");
  }

  /// Nothing if there is no such file any more, or something else took its place.
  std::optional<Reading> read(std::string const& path) {
    // O_NONBLOCK: should a pipe have taken the file's place, wait for nobody.
    Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) {
      if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
      fail(path, errno);
    }
    Reading reading{.key = key_of(file.get(), path), .began = file_time_now()};
    if (!S_ISREG(reading.key.mode)) return std::nullopt;
    reading.clock = clock(reading.key.device, file);
    EVP_DigestInit_ex2(context_.get(), sha256_.get(), nullptr);
    for (std::uint64_t size = 0;;) {
      auto const n = ::read(file.get(), buffer_.data(), buffer_.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail(path, errno);
      if (n == 0) break;
      EVP_DigestUpdate(context_.get(), buffer_.data(), static_cast<std::size_t>(n));
      size += static_cast<std::uint64_t>(n);
      if (size == reading.key.size) break;  // spares the read that only says "end"; a file that grows has another size
    }
    EVP_DigestFinal_ex(context_.get(), reading.digest.data(), nullptr);
    reading.still = key_of(file.get(), path) == reading.key;
    return reading;
  }

 private:
  [[noreturn]] static void fail(std::string const& path, int error) {
    throw Failure(fmt::format("cannot read {}: {}", path, std::strerror(error)));
  }
  static FileKey key_of(int fd, std::string const& path) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) fail(path, errno);
    return FileKey::of(status);
  }
  /// Most files lie on the same file system as the one before.
  Clock clock(std::uint64_t device, Descriptor const& file) {
    if (!last_ || last_->first != device) last_ = {device, clock_of(file)};
    return last_->second;
  }

  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha256_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  std::vector<char> buffer_;
  std::optional<std::pair<std::uint64_t, Clock>> last_;
};

/// Native byte order: inodes mean nothing on another machine anyway.
constexpr std::string_view kMagic("e2egen stats 3\n\0", 16);

}  // namespace

std::string hex(Digest const& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(2 * digest.size(), '0');
  for (std::size_t i = 0; i < digest.size(); ++i) {
    text[2 * i] = kDigits[digest[i] >> 4];
    text[2 * i + 1] = kDigits[digest[i] & 15];
  }
  return text;
}

FileKey FileKey::of(struct stat const& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .mtime = nanoseconds(status.st_mtim),
          .ctime = nanoseconds(status.st_ctim),
          .mode = status.st_mode};
}

bool settled(FileKey const& key, Clock clock, std::int64_t seen, std::int64_t began) {
  bool const coarse = clock == Clock::foreign || key.ctime % kSecond == 0;
  return (clock == Clock::ours ? key.ctime : seen) + (coarse ? kCoarseGrain : kGrain) <= began;
}

/// Says whether the bytes are those that were written; no defence against malice.
std::uint32_t StatCache::sum_of(Record const& record) {
  std::array<std::uint64_t, offsetof(Record, sum) / sizeof(std::uint64_t) + 1> words{};
  std::memcpy(words.data(), &record, offsetof(Record, sum));
  std::uint64_t sum = 0;
  for (auto const word : words) {
    sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
    sum ^= sum >> 29;
  }
  return static_cast<std::uint32_t>(sum);
}

StatCache::StatCache(std::string path) : path_(std::move(path)) {
  if (!path_.empty()) load();
}

void StatCache::load() try {
  static_assert(sizeof(Record) == 96 && std::is_trivially_copyable_v<Record>);
  file_ = std::make_unique<MappedFile>(path_);
  auto const text = file_->text();
  known_ = {};
  if (text.starts_with(kMagic) && (text.size() - kMagic.size()) % sizeof(Record) == 0)
    known_ = {reinterpret_cast<Record const*>(text.data() + kMagic.size()),
              (text.size() - kMagic.size()) / sizeof(Record)};
  asked_.assign(known_.size(), false);
} catch (Failure const&) {
  // one that can't be read is empty
}

StatCache::Record const* StatCache::record(FileKey const& key) {
  auto const id = std::pair(key.device, key.inode);
  auto const at = std::lower_bound(known_.begin(), known_.end(), id,
                                   [](Record const& one, auto const& wanted) { return one.id() < wanted; });
  bool const known = at != known_.end() && at->key == key && at->sum == sum_of(*at);
  if (known) {
    asked_[static_cast<std::size_t>(at - known_.begin())] = true;
    // what was met before may be settled by now
    if (at->seen == 0) return &*at;
  }
  auto const fresh = fresh_.find(id);
  if (fresh != fresh_.end() && fresh->second.key == key) return &fresh->second;
  return known ? &*at : nullptr;
}

std::optional<Digest> StatCache::find(FileKey const& key) {
  auto const* one = record(key);
  return one && one->seen == 0 ? std::optional(one->digest) : std::nullopt;
}

void StatCache::read(std::span<Wanted> wanted) {
  std::uint64_t bytes = 0;
  for (auto const& one : wanted) bytes += one.key.size;
  auto const shares = wanted.size() / kFilesOfAThread + bytes / kBytesOfAThread;
  auto const few = shares == 0 ? wanted.size() + 1 : std::max<std::uint64_t>(1, wanted.size() / shares);
  std::vector<std::optional<Reading>> readings(wanted.size());
  std::exception_ptr failure;
  try {
    for_each_index(wanted.size(), few, [&] {
      return [&, reader = Reader()](std::size_t i) mutable { readings[i] = reader.read(wanted[i].path); };
    });
  } catch (Failure const&) {
    failure = std::current_exception();  // the others were read
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!readings[i]) continue;
    ++files_read_;
    wanted[i].digest = readings[i]->digest;
    wanted[i].key = readings[i]->key;
    if (readings[i]->still) remember(*readings[i]);
  }
  if (failure) std::rethrow_exception(failure);
}

void StatCache::remember(Reading const& reading) {
  auto const& key = reading.key;
  Record one{.key = key, .digest = reading.digest, .seen = 0, .idle = 0, .sum = 0};
  auto const* met = record(key);
  auto const seen = met && met->seen != 0 ? met->seen : reading.began;
  if (!settled(key, reading.clock, seen, reading.began)) {
    if (reading.clock == Clock::ours || met) return;
    one.seen = seen;
  }
  fresh_.insert_or_assign(one.id(), one);
}

std::string StatCache::file_digest(std::string const& path, struct stat const& status) {
  auto const key = FileKey::of(status);
  if (auto const digest = find(key)) return hex(*digest);
  Wanted wanted{path, key};
  read({&wanted, 1});
  if (!wanted.digest) throw Failure(fmt::format("cannot read {}: {}", path, std::strerror(ENOENT)));
  return hex(*wanted.digest);
}

std::vector<std::string> StatCache::file_digests(std::vector<std::string> const& paths) {
  std::vector<std::string> digests(paths.size());
  std::vector<Wanted> wanted;
  std::vector<std::size_t> of;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    struct stat status {};
    bool const there = ::stat(paths[i].c_str(), &status) == 0;
    auto const key = FileKey::of(status);
    note_look(paths[i], true, there ? std::optional(key) : std::nullopt);
    if (!there || !S_ISREG(status.st_mode)) continue;
    if (auto const digest = find(key)) {
      digests[i] = hex(*digest);
    } else {
      wanted.push_back({paths[i], key});
      of.push_back(i);
    }
  }
  try {
    read(wanted);
  } catch (Failure const&) {
    // the others were read: only what was not has no digest
  }
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i].digest) digests[of[i]] = hex(*wanted[i].digest);
  return digests;
}

void StatCache::save() noexcept try {
  if (path_.empty() || fresh_.empty()) return;
  std::vector<Record> records;
  records.reserve(known_.size() + fresh_.size());
  for (std::size_t i = 0; i < known_.size(); ++i) {
    auto record = known_[i];
    if (record.sum != sum_of(record)) continue;
    record.idle = asked_[i] ? 0 : record.idle + 1;
    if (record.idle <= kLongestIdle && !fresh_.contains(record.id())) records.push_back(record);
  }
  for (auto const& [id, record] : fresh_) records.push_back(record);
  std::sort(records.begin(), records.end(), [](Record const& a, Record const& b) { return a.id() < b.id(); });

  std::string text(kMagic);
  for (auto& record : records) record.sum = sum_of(record);
  text.append(reinterpret_cast<char const*>(records.data()), records.size() * sizeof(Record));
  write_file(path_, text);
  load();
  asked_.assign(known_.size(), true);
  fresh_.clear();
} catch (...) {  // a full disk, say: the next run reads the files again
}

}  // namespace e2e::step
