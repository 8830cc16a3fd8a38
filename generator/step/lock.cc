#include "step/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>

#include "base/diagnostics.h"

namespace e2e::step {

namespace {

[[noreturn]] void fail(std::string const& path, int error) {
  throw Failure(fmt::format(
      "cannot lock {}: {}\n  help: without locks two runs would do everything twice: put the workspace on a "
      "file system that is writable and knows flock (NFS: without `nolock`)",
      path, std::strerror(error)));
}

}  // namespace

Lock::Lock(std::string const& path, Wait wait) {
  make_folder_of(path);
  // closed on exec: a daemon that the step starts must not hold it for ever
  file_ = Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file_.open()) fail(path, errno);
  while (::flock(file_.get(), wait == Wait::yes ? LOCK_EX : LOCK_EX | LOCK_NB) != 0) {
    int const error = errno;
    if (error == EINTR) continue;
    if (error == EWOULDBLOCK) {
      held_ = false;
      return;
    }
    fail(path, error);
  }
}

}  // namespace e2e::step
