#include "step/statcache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <type_traits>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/parallel.h"

namespace e2e::step {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kGrain = 20'000'000;
/// An entry that was not asked for goes after so many writes of the cache.
constexpr std::uint64_t kLongestIdle = 30;
/// A thread costs about as much as this many small files.
constexpr std::size_t kFilesOfAThread = 32;

std::int64_t nanoseconds(timespec const& time) {
  return time.tv_sec * kSecond + time.tv_nsec;
}

std::int64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return nanoseconds(time);
}

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

  /// Nothing if there is no such file any more.
  std::optional<Digest> digest(std::string const& path, std::uint64_t expected_size) {
    // O_NONBLOCK: should a pipe have taken the file's place, wait for nobody.
    int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
      if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
      fail(path, errno);
    }
    EVP_DigestInit_ex2(context_.get(), sha256_.get(), nullptr);
    std::uint64_t size = 0;
    for (;;) {
      auto const n = ::read(fd, buffer_.data(), buffer_.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        int const error = n < 0 ? errno : 0;
        ::close(fd);
        if (error == EISDIR) return std::nullopt;  // a folder took its place
        if (error != 0) fail(path, error);
        break;
      }
      EVP_DigestUpdate(context_.get(), buffer_.data(), static_cast<std::size_t>(n));
      size += static_cast<std::uint64_t>(n);
      if (size == expected_size) {  // spares the read that only says "end"; a file that grows gets another ctime
        ::close(fd);
        break;
      }
    }
    Digest digest{};
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    return digest;
  }

 private:
  [[noreturn]] static void fail(std::string const& path, int error) {
    throw Failure(fmt::format("cannot read {}: {}", path, std::strerror(error)));
  }

  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha256_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  std::vector<char> buffer_;
};

/// Says whether the bytes are those that were written; no defence against malice.
std::uint64_t checksum(std::string_view data) {
  std::uint64_t sum = data.size();
  while (!data.empty()) {
    std::uint64_t word = 0;
    auto const n = std::min(data.size(), sizeof word);
    std::memcpy(&word, data.data(), n);
    sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
    sum ^= sum >> 29;
    data.remove_prefix(n);
  }
  return sum;
}

/// Native byte order: inodes mean nothing on another machine anyway.
struct Header {
  char magic[16] = {'e', '2', 'e', 'g', 'e', 'n', ' ', 's', 't', 'a', 't', 's', ' ', '1', '\n', 0};
  std::uint64_t sum = 0;
};

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

StatCache::StatCache(std::string path) : path_(std::move(path)) {
  static_assert(sizeof(Record) == 88 && std::is_trivially_copyable_v<Record>);
  if (path_.empty()) return;
  std::optional<std::string> text;
  try {
    text = read_file(path_);
  } catch (Failure const&) {
    return;
  }
  Header header;
  Header const expected;
  if (!text || text->size() < sizeof header || (text->size() - sizeof header) % sizeof(Record) != 0) return;
  std::memcpy(&header, text->data(), sizeof header);
  auto const body = std::string_view(*text).substr(sizeof header);
  if (std::memcmp(header.magic, expected.magic, sizeof header.magic) != 0 || header.sum != checksum(body)) return;
  known_.resize(body.size() / sizeof(Record));
  if (!body.empty()) std::memcpy(known_.data(), body.data(), body.size());
  asked_.resize(known_.size());
}

std::optional<Digest> StatCache::find(FileKey const& key) {
  auto const id = std::pair(key.device, key.inode);
  auto const at = std::lower_bound(known_.begin(), known_.end(), id,
                                   [](Record const& record, auto const& wanted) { return record.id() < wanted; });
  if (at != known_.end() && at->key == key) {
    asked_[static_cast<std::size_t>(at - known_.begin())] = true;
    return at->digest;
  }
  auto const fresh = fresh_.find(id);
  if (fresh != fresh_.end() && fresh->second.key == key) return fresh->second.digest;
  return std::nullopt;
}

void StatCache::read(std::span<Wanted> wanted) {
  std::vector<std::int64_t> began(wanted.size());
  for_each_index(wanted.size(), kFilesOfAThread, [&] {
    return [&, reader = Reader()](std::size_t i) mutable {
      began[i] = now();
      wanted[i].digest = reader.digest(wanted[i].path, wanted[i].key.size);
    };
  });
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    auto const& [path, key, digest] = wanted[i];
    if (digest) ++files_read_;
    if (digest && key.ctime + kGrain <= began[i])
      fresh_.insert_or_assign({key.device, key.inode}, Record{.key = key, .digest = *digest, .idle = 0});
  }
}

std::string StatCache::file_digest(std::string const& path, struct stat const& status) {
  auto const key = FileKey::of(status);
  if (auto const digest = find(key)) return hex(*digest);
  Wanted wanted{path, key};
  read({&wanted, 1});
  if (!wanted.digest) throw Failure(fmt::format("cannot read {}: {}", path, std::strerror(ENOENT)));
  return hex(*wanted.digest);
}

void StatCache::save() noexcept try {
  if (path_.empty() || fresh_.empty()) return;
  std::vector<Record> records;
  records.reserve(known_.size() + fresh_.size());
  for (std::size_t i = 0; i < known_.size(); ++i) {
    auto record = known_[i];
    record.idle = asked_[i] ? 0 : record.idle + 1;
    if (record.idle <= kLongestIdle && !fresh_.contains(record.id())) records.push_back(record);
  }
  for (auto const& [id, record] : fresh_) records.push_back(record);
  std::sort(records.begin(), records.end(), [](Record const& a, Record const& b) { return a.id() < b.id(); });

  Header header;
  std::string text(sizeof header + records.size() * sizeof(Record), '\0');
  std::memcpy(text.data() + sizeof header, records.data(), records.size() * sizeof(Record));
  header.sum = checksum(std::string_view(text).substr(sizeof header));
  std::memcpy(text.data(), &header, sizeof header);
  write_file(path_, text);

  known_ = std::move(records);
  asked_.assign(known_.size(), true);
  fresh_.clear();
} catch (...) {  // a full disk, say: the next run reads the files again
}

}  // namespace e2e::step
