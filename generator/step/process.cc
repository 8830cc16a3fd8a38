#include "step/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/diagnostics.h"

namespace e2e::step {

namespace {

[[noreturn]] void fail(std::string_view what) {
  throw Failure(fmt::format("no further process can be started: {}: {}", what, std::strerror(errno)));
}

/// Readable once the process has ended. The C library's own can't be called from C++ in Debian 12.
Descriptor end_of(pid_t pid) {
  Descriptor end(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!end.open()) fail("pidfd_open");
  return end;
}

struct Pipe {
  Descriptor from, to;
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
    from = Descriptor(ends[0]);
    to = Descriptor(ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
};

std::vector<char*> c_strings(std::vector<std::string> const& words) {
  std::vector<char*> out;
  for (auto const& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(std::map<std::string, std::string> const& more) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry; ++entry) {
    std::string_view const text = *entry;
    if (!more.contains(std::string(text.substr(0, text.find('='))))) out.emplace_back(text);
  }
  for (auto const& [name, value] : more) out.push_back(name + "=" + value);
  return out;
}

/// What runs between fork and exec: waits for a byte, and for us to end; answers with errno.
[[noreturn]] void become(char* const* argv, char* const* env, int out, int err, int hold, Process::Setup const& setup) {
  ::setpgid(0, 0);
  // who kills us may kill the guardian along with us (killall e2egen): then at least this one is told
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  char go = 0;
  if (::read(hold, &go, 1) != 1) ::_exit(143);
  sigprocmask(SIG_SETMASK, setup.mask ? setup.mask : &before, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  int const nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  if (setup.inherited >= 0) ::fcntl(setup.inherited, F_SETFD, 0);
  ::execvpe(argv[0], argv, env);
  int const error = errno;
  // if nobody reads it, the exit code says the same
  [[maybe_unused]] auto const written = ::write(hold, &error, sizeof error);
  ::_exit(error == ENOENT ? 127 : 126);
}

/// Ends the process group once we have ended, however: a signal to the first process alone would leave what that one
/// had started - `kind create`, a build's RUN - going on. It inherits our lock, so nobody begins anew before all of it
/// is over, and the pipe of what the group says, so that nothing that cleans up is ended by SIGPIPE.
[[noreturn]] void watch(pid_t group, int us, std::chrono::milliseconds grace) {
  ::setpgid(0, 0);
  int const nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int const fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, fd);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  pollfd ended{us, POLLIN, 0};
  while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
  }
  ::kill(-group, SIGTERM);
  auto const end = std::chrono::steady_clock::now() + grace;
  while (::kill(-group, 0) == 0 && std::chrono::steady_clock::now() < end) ::usleep(50'000);
  ::kill(-group, SIGKILL);
  ::_exit(0);
}

}  // namespace

Process::Process(Setup const& setup) {
  auto const argv = c_strings(setup.command);
  auto const words = environment_with(setup.environment);
  auto const env = c_strings(words);
  Pipe output;
  Pipe errors;
  std::array<int, 2> hold{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, hold.data()) != 0) fail("socketpair");
  hold_ = Descriptor(hold[0]);
  Descriptor theirs(hold[1]);
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) {
    hold_.close();
    become(argv.data(), env.data(), output.to.get(), (setup.errors_apart ? errors : output).to.get(), theirs.get(),
           setup);
  }
  ::setpgid(pid_, pid_);  // both sides, whoever is first
  out = std::move(output.from);
  if (setup.errors_apart) err = std::move(errors.from);
  for (auto* fd : {&output.to, &errors.to, &theirs}) fd->close();
  try {
    end_ = end_of(pid_);
    guard(setup.grace);
  } catch (Failure const&) {
    hold_.close();
    reap();
    throw;
  }
}

void Process::guard(std::chrono::milliseconds grace) {
  auto const us = end_of(::getpid());
  guardian_ = ::fork();
  if (guardian_ < 0) fail("fork");
  if (guardian_ > 0) return;
  hold_.close();
  watch(pid_, us.get(), grace);
}

Process::~Process() {
  if (!reaped_ && pid_ > 0) {
    signal(SIGKILL);
    reap();
  }
  if (guardian_ < 0) return;
  ::kill(guardian_, SIGKILL);
  ::waitpid(guardian_, nullptr, 0);
}

int Process::start() {
  char const go = 1;
  int error = 0;
  // its end of the socket closes with exec
  if (::send(hold_.get(), &go, 1, MSG_NOSIGNAL) != 1 || ::read(hold_.get(), &error, sizeof error) != sizeof error)
    error = 0;
  hold_.close();
  return error;
}

void Process::signal(int signal) const {
  ::kill(-pid_, signal);
}

Process::Ended Process::reap() {
  int status = 0;
  rusage usage{};
  while (::wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  reaped_ = true;
  return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), usage.ru_maxrss};
}

std::string read_some(Descriptor& from) {
  std::string text(1 << 16, '\0');
  auto const n = ::read(from.get(), text.data(), text.size());
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) from.close();
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

}  // namespace e2e::step
