#include "step/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/diagnostics.h"
#include "base/disk.h"

namespace e2e::step {

Lock::Lock(std::string const& path) {
  make_folder_of(path);
  // closed on exec: a daemon that the step starts must not hold it for ever
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) throw Failure(fmt::format("cannot lock {}: {}", path, std::strerror(errno)));
  while (::flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
  }
}

Lock::~Lock() {
  ::close(fd_);
}

}  // namespace e2e::step
