#include "step/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/text.h"
#include "step/stamp.h"

namespace e2e::step {

namespace {

constexpr std::size_t kChunk = 1 << 18;

class File {
 public:
  explicit File(std::string const& path) : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) throw Failure(fmt::format("{}: {}", path, std::strerror(errno)));
  }
  File(File const&) = delete;
  File& operator=(File const&) = delete;
  ~File() { ::close(fd_); }

  std::uint64_t size() const {
    struct stat status {};
    if (::fstat(fd_, &status) != 0) throw Failure(fmt::format("{}: {}", path_, std::strerror(errno)));
    return static_cast<std::uint64_t>(status.st_size);
  }
  std::size_t read(std::vector<char>& into) const {
    for (;;) {
      auto const n = ::read(fd_, into.data(), into.size());
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) throw Failure(fmt::format("{}: {}", path_, std::strerror(errno)));
    }
  }

 private:
  std::string const& path_;
  int fd_;
};

/// A tar that is whole only once `finish` was called: what ends earlier must not look like one.
///
/// libarchive writes the end of the tar when it is freed, and forgets its buffers if it is told not to, or if a write
/// failed (3.6.2). So it never hears of a failure: what must not be written is swallowed here.
class Tar {
 public:
  explicit Tar(int out) : out_(out), archive_(::archive_write_new()) {
    check(::archive_write_set_format_pax_restricted(archive_.get()));
    check(::archive_write_open2(archive_.get(), this, nullptr, &Tar::take, nullptr, nullptr));
  }
  Tar(Tar const&) = delete;
  Tar& operator=(Tar const&) = delete;
  ~Tar() { open_ = false; }

  void begin(std::string const& name, std::uint64_t size) {
    std::unique_ptr<::archive_entry, decltype(&::archive_entry_free)> const entry{::archive_entry_new(),
                                                                                  &::archive_entry_free};
    ::archive_entry_set_pathname(entry.get(), name.c_str());
    ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
    ::archive_entry_set_filetype(entry.get(), AE_IFREG);
    ::archive_entry_set_perm(entry.get(), 0644);
    ::archive_entry_set_mtime(entry.get(), 0, 0);
    check(::archive_write_header(archive_.get(), entry.get()));
  }
  void write(std::string_view data) {
    auto const written = ::archive_write_data(archive_.get(), data.data(), data.size());
    check(written == static_cast<la_ssize_t>(data.size()) ? ARCHIVE_OK : ARCHIVE_FATAL);
  }
  void add(std::string const& name, std::string_view content) {
    begin(name, content.size());
    write(content);
  }
  void finish() { check(::archive_write_close(archive_.get())); }

 private:
  struct Free {
    void operator()(::archive* archive) const { ::archive_write_free(archive); }
  };

  static la_ssize_t take(::archive*, void* self, void const* data, std::size_t size) {
    static_cast<Tar*>(self)->put({static_cast<char const*>(data), size});
    return static_cast<la_ssize_t>(size);
  }
  void put(std::string_view data) {
    while (open_ && !data.empty()) {
      auto const n = ::write(out_, data.data(), data.size());
      if (n >= 0) {
        data.remove_prefix(static_cast<std::size_t>(n));
      } else if (errno != EINTR) {
        error_ = std::strerror(errno);
        open_ = false;
      }
    }
  }
  void check(int status) {
    if (status < ARCHIVE_WARN && error_.empty()) {
      auto const* text = ::archive_error_string(archive_.get());
      error_ = text ? text : "unknown error";
    }
    if (!error_.empty()) throw Failure(fmt::format("can't write the archive: {}", error_));
  }

  int out_;
  bool open_ = true;
  std::string error_;
  std::unique_ptr<::archive, Free> archive_;  // last: it is freed first, and its end is swallowed
};

void add_blob(Tar& tar, Layout const& layout, Blob const& blob) {
  auto const path = blob_path(layout, blob.digest);
  auto const damaged = [&] {
    remove_file(path);
    throw Failure(fmt::format("{} was damaged, and is removed: run ninja again", path));
  };
  File const file(path);
  if (file.size() != blob.size) damaged();
  tar.begin(fmt::format("blobs/sha256/{}", blob.digest.substr(blob.digest.find(':') + 1)), blob.size);
  Hasher hasher;
  std::vector<char> chunk(kChunk);
  std::uint64_t left = blob.size;
  while (auto const n = file.read(chunk)) {
    if (n > left) damaged();
    left -= n;
    std::string_view const data(chunk.data(), n);
    hasher.bytes(data);
    tar.write(data);
  }
  if ("sha256:" + hasher.hex() != blob.digest) damaged();
}

}  // namespace

void pack(Layout const& layout, std::string const& name, std::set<std::string> const& without, int out) {
  auto const image = read_layout(layout, name);
  Tar tar(out);
  tar.add("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  tar.add("index.json", fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", image.descriptor));
  for (auto const& blob : image.blobs)
    if (!without.contains(blob.digest)) add_blob(tar, layout, blob);
  tar.finish();
}

int pack(Layout const& layout, std::string const& name, std::string const& without) {
  std::set<std::string> there;
  if (!without.empty()) {
    auto const text = read_file(without);
    if (!text) throw Failure(fmt::format("no file {}", without));
    for (auto& line : lines_of(*text)) there.insert(std::move(line));
  }
  pack(layout, name, there, STDOUT_FILENO);
  return 0;
}

}  // namespace e2e::step
