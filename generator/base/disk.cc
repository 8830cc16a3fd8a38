#include "base/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/diagnostics.h"
#include "base/parallel.h"

namespace e2e {

namespace fs = std::filesystem;

namespace {

/// A thread costs about as much as reading this many files.
constexpr std::size_t kFilesOfAThread = 16;

[[noreturn]] void fail(std::string_view what, std::string const& path, int error) {
  throw Failure(fmt::format("cannot {} {}: {}", what, path, std::strerror(error)));
}

void write_all(int fd, std::string_view text, std::string const& path) {
  while (!text.empty()) {
    auto const n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("write", path, errno);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

constexpr std::string_view kTemporary = ".tmp";
constexpr std::size_t kDigits = 16;

/// Makes a file that nobody else has, and says how it is called. Process IDs would not do: containers have their own.
int open_beside(std::string const& path, mode_t mode, std::string& beside) {
  for (;;) {
    std::uint64_t number = 0;
    if (::getrandom(&number, sizeof number, 0) != sizeof number) fail("write", path, errno);
    auto const name = fmt::format("{}.{:0{}x}{}", path, number, kDigits, kTemporary);
    int const fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) fail("write", path, errno);
    beside = name;
    return fd;
  }
}

}  // namespace

std::optional<std::string> DiskFiles::read(std::string const& path) const {
  auto it = read_.find(path);
  if (it == read_.end()) it = read_.emplace(path, read_unless_folder(path)).first;
  return it->second;
}

void DiskFiles::read_ahead(std::vector<std::string> const& paths) const {
  std::vector<std::optional<std::string>> texts(paths.size());
  for_each_index(paths.size(), kFilesOfAThread, [&] {
    return [&](std::size_t i) {
      try {
        texts[i] = read_unless_folder(paths[i]);
      } catch (Failure const&) {
        // whoever wants it will be told
      }
    };
  });
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (texts[i]) read_.emplace(paths[i], std::move(texts[i]));
}

bool DiskFiles::is_folder(std::string const& path) const {
  if (auto const it = read_.find(path); it != read_.end() && it->second) return false;
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool DiskFiles::exists(std::string const& path) const {
  std::error_code error;
  return fs::exists(path, error);
}

std::vector<std::string> DiskFiles::list(std::string const& folder) const {
  auto it = listed_.find(folder);
  if (it == listed_.end()) it = listed_.emplace(folder, names_in(folder)).first;
  return it->second;
}

std::string Files::charted(std::map<std::string, std::vector<std::string>> const&,
                           std::vector<std::string> const&) const {
  throw Failure("there is nobody here who could render a chart");
}

std::string DiskFiles::kustomized(std::string const& folder) const {
  throw Failure(fmt::format("nothing here reads the kustomization of {}", folder));
}

std::vector<std::string> names_in(std::string const& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error))
    names.push_back(it->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> DiskFiles::asked() const {
  std::vector<std::string> all;
  for (auto const& [path, text] : read_) all.push_back(path);
  for (auto const& [folder, names] : listed_) all.push_back(folder + "/");
  std::sort(all.begin(), all.end());
  return all;
}

std::optional<std::string> read_unless_folder(std::string const& path) {
  Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail("read", path, errno);
  }
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode)) return std::nullopt;
  return read_all(file, path);
}

std::string read_all(Descriptor const& file, std::string const& path) {
  std::string text;
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && status.st_size > 0) text.reserve(static_cast<std::size_t>(status.st_size));
  char buffer[1 << 16];
  for (;;) {
    auto const n = ::read(file.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", path, errno);
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

std::optional<std::string> read_file(std::string const& path) {
  auto text = read_unless_folder(path);
  std::error_code error;
  if (!text && fs::is_directory(path, error)) fail("read", path, EISDIR);
  return text;
}

MappedFile::MappedFile(std::string const& path) {
  Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return;
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) fail("read", path, errno);
  if (status.st_size == 0) return;
  auto const size = static_cast<std::size_t>(status.st_size);
  auto* const begin = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (begin == MAP_FAILED) fail("read", path, errno);
  text_ = {static_cast<char const*>(begin), size};
}

MappedFile::~MappedFile() {
  if (!text_.empty()) ::munmap(const_cast<char*>(text_.data()), text_.size());
}

void make_folder_of(std::string const& path) {
  auto const folder = fs::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) fail("make the folder", folder.string(), error.value());
}

void write_file(std::string const& path, std::string_view text, Readers readers) {
  make_folder_of(path);
  std::string beside;
  try {
    {
      Descriptor const file(open_beside(path, readers == Readers::owner ? 0600 : 0666, beside));
      write_all(file.get(), text, path);
    }
    rename_file(beside, path);
  } catch (Failure const&) {
    if (!beside.empty()) ::unlink(beside.c_str());
    throw;
  }
}

bool write_if_changed(std::string const& path, std::string_view text, Readers readers) {
  struct stat status {};
  bool const open = readers == Readers::owner && ::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0;
  if (auto const old = read_file(path); !open && old && *old == text) return false;
  write_file(path, text, readers);
  return true;
}

bool is_temporary(std::string_view path) {
  if (!path.ends_with(kTemporary)) return false;
  path.remove_suffix(kTemporary.size());
  auto const digits = path.substr(path.rfind('.') + 1);  // npos + 1 is 0
  return digits.size() == kDigits && digits.size() < path.size() &&
         digits.find_first_not_of("0123456789abcdef") == digits.npos;
}

void remove_file(std::string const& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) fail("remove", path, errno);
}

void rename_file(std::string const& from, std::string const& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("write", to, errno);
}

void append_file(std::string const& path, std::string_view lines) {
  make_folder_of(path);
  Descriptor const file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (file.get() < 0) fail("write", path, errno);
  write_all(file.get(), lines, path);
}

std::string normal_path(std::string_view path) {
  // most are normal, and asked for more than once
  bool const odd = path.empty() || path.front() == '.' || path.back() == '/' || path.find("/.") != path.npos ||
                   path.find("//") != path.npos;
  if (!odd) return std::string(path);
  auto text = fs::path(path).lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text.empty() ? "." : text;
}

std::string path_as_name(std::string_view path) {
  std::string name(path);
  std::replace(name.begin(), name.end(), '/', '+');
  return name;
}

bool inside_workspace(std::string_view path) {
  auto const normal = normal_path(path);
  return !normal.starts_with('/') && normal != ".." && !normal.starts_with("../");
}

}  // namespace e2e
