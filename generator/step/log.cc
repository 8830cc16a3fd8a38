#include "step/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "step/process.h"

namespace e2e::step {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLongestLine = 500, kTailBytes = 1 << 18;

/// As long as any other, so that it can be written over.
std::string gap(std::uint64_t left_out) {
  return fmt::format("\n# [...] {:>15} bytes are left out here [...]\n", left_out);
}

/// Returns how much was read: less than `size` at the end of the file, or if it can't be read.
std::size_t read_at(int fd, char* to, std::size_t size, std::uint64_t at) {
  std::size_t done = 0;
  while (done < size) {
    auto const n = ::pread(fd, to + done, size - done, static_cast<off_t>(at + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

bool write_at(int fd, std::string_view text, std::uint64_t at) {
  while (!text.empty()) {
    auto const n = ::pwrite(fd, text.data(), text.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
    at += static_cast<std::uint64_t>(n);
  }
  return true;
}

std::uint64_t size_of(int fd) {
  struct stat status {};
  return fd >= 0 && ::fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::string cut(std::string_view line) {
  if (line.size() <= kLongestLine) return std::string(line);
  auto end = kLongestLine;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;  // not within a character
  return fmt::format("{} [... {} bytes more]", line.substr(0, end), line.size() - end);
}

}  // namespace

Log::~Log() {
  if (fd_ >= 0) ::close(fd_);
}

void Log::begin_anew() {
  std::error_code error;
  fs::rename(path_, path_.substr(0, path_.rfind('.')) + ".previous.log", error);
}

void Log::say(std::string_view text) {
  failed_ = false;
  head_ = tail_ = left_out_ = 0;
  append(text);
}

void Log::take(std::string_view text) {
  if (head_ < kept_.head) {
    auto const some = text.substr(0, kept_.head - head_);
    append(some);
    head_ += some.size();
    text.remove_prefix(some.size());
    tail_begin_ = size();
  }
  while (!text.empty() && !failed_) {
    if (tail_ == 2 * kept_.tail) leave_out();
    auto const some = text.substr(0, 2 * kept_.tail - tail_);
    if (!append(some)) return;
    tail_ += some.size();
    text.remove_prefix(some.size());
  }
}

void Log::lose(std::string_view what) {
  if (lost_.find(what) == lost_.npos) (lost_ += what) += '\n';
}

std::uint64_t Log::size() const {
  return size_of(fd_);
}

bool Log::open() {
  if (fd_ >= 0) return true;
  try {
    make_folder_of(path_);
  } catch (Failure const&) {
    // open() says the same, and why
  }
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  return fd_ >= 0;
}

bool Log::append(std::string_view text) {
  if (failed_) return false;
  if (open() && write_at(fd_, text, size())) return true;
  fail();
  return false;
}

/// The second half of the tail takes the place of the first.
void Log::leave_out() {
  auto const end = size();
  auto from = end - std::min(end, kept_.tail);
  std::string piece(1 << 16, '\0');
  // whole lines, if there is an end of one near
  auto const near = std::string_view(piece).substr(0, read_at(fd_, piece.data(), 4096, from));
  if (auto const line = near.find('\n'); line != near.npos) from += line + 1;
  left_out_ += tail_ - (end - from);
  tail_ = end - from;
  auto const mark = gap(left_out_);
  auto to = tail_begin_ + mark.size();
  for (auto at = from; at < end;) {
    auto const size = read_at(fd_, piece.data(), piece.size(), at);
    if (size == 0 || !write_at(fd_, std::string_view(piece).substr(0, size), to)) return fail();
    at += size;
    to += size;
  }
  if (!write_at(fd_, mark, tail_begin_) || ::ftruncate(fd_, static_cast<off_t>(to)) != 0) fail();
}

void Log::fail() {
  failed_ = true;
  lose(fmt::format("cannot write all of {}: {}", path_, std::strerror(errno)));
}

std::vector<std::string> tail_of(std::string const& path, std::size_t lines) {
  Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  auto const size = size_of(file.get());
  std::string text(std::min<std::uint64_t>(size, kTailBytes), '\0');
  text.resize(read_at(file.get(), text.data(), text.size(), size - text.size()));
  std::string_view rest = text;
  if (rest.ends_with('\n')) rest.remove_suffix(1);
  std::vector<std::string> out;
  while (!rest.empty() && out.size() < lines) {
    auto const newline = rest.rfind('\n');
    auto const begin = newline == rest.npos ? 0 : newline + 1;
    bool const torn = newline == rest.npos && size > text.size();
    out.push_back((torn ? "[...] " : "") + cut(rest.substr(begin)));
    rest = rest.substr(0, begin == 0 ? 0 : newline);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<std::string> found_in(std::string const& path, std::uint64_t from, std::vector<std::string> const& texts,
                                  std::size_t piece) {
  std::size_t longest = 1;
  for (auto const& text : texts) longest = std::max(longest, text.size());
  Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::vector<bool> found(texts.size());
  std::string window;
  for (;;) {
    // a text may begin in one piece and end in the next
    window.erase(0, window.size() - std::min(window.size(), longest - 1));
    auto const kept = window.size();
    window.resize(kept + piece);
    auto const size = read_at(file.get(), window.data() + kept, piece, from);
    window.resize(kept + size);
    if (size == 0) break;
    from += size;
    for (std::size_t i = 0; i < texts.size(); ++i)
      if (!found[i] && window.find(texts[i]) != window.npos) found[i] = true;
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (found[i]) out.push_back(texts[i]);
  return out;
}

}  // namespace e2e::step
