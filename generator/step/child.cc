#include "step/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/text.h"
#include "claim/claim.h"

namespace e2e::step {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kGrace{10};

[[noreturn]] void fail(std::string_view what) {
  throw Failure(fmt::format("{}: {}", what, std::strerror(errno)));
}

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

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (int const signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&set, signal);
  return set;
}

/// Blocks the signals that are read from a descriptor, for as long as it lives.
class Signals {
 public:
  Signals() {
    auto const set = watched();
    sigprocmask(SIG_BLOCK, &set, &old_);
    fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd_ < 0) fail("signalfd");
  }
  Signals(Signals const&) = delete;
  Signals& operator=(Signals const&) = delete;
  ~Signals() {
    ::close(fd_);
    sigprocmask(SIG_SETMASK, &old_, nullptr);
  }
  int fd() const { return fd_; }
  sigset_t const& old() const { return old_; }
  /// The last of the ending signals that came in; 0 if none did.
  int take() const {
    int ending = 0;
    signalfd_siginfo info{};
    while (::read(fd_, &info, sizeof info) == sizeof info)
      if (info.ssi_signo != SIGCHLD) ending = static_cast<int>(info.ssi_signo);
    return ending;
  }

 private:
  sigset_t old_{};
  int fd_ = -1;
};

/// What runs between fork and exec.
[[noreturn]] void become(std::vector<char*> const& argv, std::vector<char*> const& env, int out, int err, pid_t parent,
                         sigset_t const& mask) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(143);  // it died before we could ask to be told
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  int const nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::execvpe(argv[0], argv.data(), env.data());
  ::_exit(errno == ENOENT ? 127 : 126);
}

/// Ends a process group if we are killed: the kernel closes our end of the pipe then. PR_SET_PDEATHSIG alone would
/// reach the first process only, and what that one had started - `kind create`, a build's RUN - would go on. It
/// inherits our lock, so nobody begins anew before all of it is over.
class Guardian {
 public:
  explicit Guardian(pid_t group) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
    pid_ = ::fork();
    if (pid_ < 0) fail("fork");
    if (pid_ == 0) {
      ::close(ends[1]);
      watch(group, ends[0]);
    }
    ::close(ends[0]);
    life_ = ends[1];
  }
  Guardian(Guardian const&) = delete;
  Guardian& operator=(Guardian const&) = delete;
  ~Guardian() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(life_);
  }

 private:
  /// The ending signals are blocked here, as in our parent.
  [[noreturn]] static void watch(pid_t group, int life) {
    ::setpgid(0, 0);
    int const nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int const fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, fd);
    char byte = 0;
    while (::read(life, &byte, 1) < 0 && errno == EINTR) {
    }
    ::kill(-group, SIGTERM);
    auto const end = Clock::now() + kGrace;
    while (::kill(-group, 0) == 0 && Clock::now() < end) ::usleep(100'000);
    ::kill(-group, SIGKILL);
    ::_exit(0);
  }

  pid_t pid_;
  int life_;
};

int exit_code(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void copy(int from, int to_log, bool& open) {
  std::array<char, 1 << 14> buffer;
  for (;;) {
    auto const n = ::read(from, buffer.data(), buffer.size());
    if (n == 0) open = false;
    if (n <= 0) return;
    auto const size = static_cast<std::size_t>(n);
    if (::write(to_log, buffer.data(), size) < 0 || ::write(STDOUT_FILENO, buffer.data(), size) < 0) open = false;
  }
}

}  // namespace

ChildEnd run_child(ChildOptions const& options) {
  make_folder_of(options.log);
  int const log = ::open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (log < 0) fail("cannot write " + options.log);
  std::array<int, 2> tee{-1, -1};
  if (options.live && ::pipe2(tee.data(), O_CLOEXEC) != 0) fail("pipe");
  if (options.live) ::fcntl(tee[0], F_SETFL, O_NONBLOCK);

  auto const argv = c_strings(options.command);
  auto const words = environment_with(options.environment);
  auto const env = c_strings(words);
  Signals const signals;
  auto const start = Clock::now();
  auto const parent = ::getpid();
  pid_t const child = ::fork();
  if (child < 0) fail("fork");
  int const out = options.live ? tee[1] : log;
  if (child == 0) become(argv, env, out, out, parent, signals.old());
  ::setpgid(child, child);  // both sides, whoever is first
  if (options.live) ::close(tee[1]);
  Guardian const guardian(child);

  ChildEnd end;
  std::optional<Clock::time_point> deadline, kill_at;
  if (options.timeout > 0) deadline = start + std::chrono::seconds(options.timeout);
  auto const stop = [&](int signal) {
    if (kill_at) return;
    ::kill(-child, signal);
    kill_at = Clock::now() + kGrace;
  };
  bool piped = options.live;
  bool ended = false;
  while (!ended) {
    auto const& next = kill_at ? kill_at : deadline;
    int wait = -1;
    if (next) {
      auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(*next - Clock::now()).count();
      wait = static_cast<int>(std::max<long>(0, left)) + 1;
    }
    std::array<pollfd, 2> waiting{{{signals.fd(), POLLIN, 0}, {tee[0], POLLIN, 0}}};
    ::poll(waiting.data(), piped ? 2 : 1, wait);
    if (piped) copy(tee[0], log, piped);
    if (int const signal = signals.take()) {
      end.interrupted = signal;
      stop(SIGTERM);
    }
    if (kill_at && Clock::now() >= *kill_at) {
      ::kill(-child, SIGKILL);
    } else if (!kill_at && deadline && Clock::now() >= *deadline) {
      end.timed_out = true;
      stop(SIGTERM);
    }
    int status = 0;
    rusage usage{};
    if (::wait4(child, &status, WNOHANG, &usage) == child) {
      end.exit = exit_code(status);
      end.peak_kb = usage.ru_maxrss;
      ended = true;
    }
  }
  // what it left behind in its group ends with it, if it was to end early
  if (kill_at) ::kill(-child, SIGKILL);
  if (piped) copy(tee[0], log, piped);
  if (options.live) ::close(tee[0]);
  ::close(log);
  end.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return end;
}

std::vector<Answer> ask(std::vector<std::string> const& commands, int timeout) {
  struct Asked {
    pid_t pid;
    std::array<int, 2> fds;
    bool open(std::size_t i) const { return fds[i] >= 0; }
  };
  std::vector<Asked> asked;
  std::vector<Answer> answers(commands.size());
  auto const parent = ::getpid();
  sigset_t mask;
  sigprocmask(SIG_SETMASK, nullptr, &mask);
  for (auto const& command : commands) {
    std::array<int, 2> out{}, err{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) fail("pipe");
    std::vector<std::string> const words{"/bin/sh", "-c", command};
    auto const argv = c_strings(words);
    auto const own = environment_with({});
    auto const env = c_strings(own);
    pid_t const pid = ::fork();
    if (pid < 0) fail("fork");
    if (pid == 0) become(argv, env, out[1], err[1], parent, mask);
    ::setpgid(pid, pid);
    ::close(out[1]);
    ::close(err[1]);
    asked.push_back({pid, {out[0], err[0]}});
  }
  auto const deadline = Clock::now() + std::chrono::seconds(timeout);
  for (;;) {
    std::vector<pollfd> waiting;
    std::vector<std::pair<std::size_t, std::size_t>> of;
    for (std::size_t i = 0; i < asked.size(); ++i)
      for (std::size_t k = 0; k < 2; ++k)
        if (asked[i].open(k)) {
          waiting.push_back({asked[i].fds[k], POLLIN, 0});
          of.emplace_back(i, k);
        }
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (waiting.empty() || left <= 0) break;
    ::poll(waiting.data(), waiting.size(), static_cast<int>(left));
    for (std::size_t w = 0; w < waiting.size(); ++w) {
      if (!waiting[w].revents) continue;
      auto const [i, k] = of[w];
      std::array<char, 1 << 14> buffer;
      auto const n = ::read(asked[i].fds[k], buffer.data(), buffer.size());
      if (n > 0) {
        (k == 0 ? answers[i].out : answers[i].err).append(buffer.data(), static_cast<std::size_t>(n));
      } else {
        ::close(asked[i].fds[k]);
        asked[i].fds[k] = -1;
      }
    }
  }
  for (std::size_t i = 0; i < asked.size(); ++i) {
    bool const late = asked[i].open(0) || asked[i].open(1);
    if (late) ::kill(-asked[i].pid, SIGKILL);
    for (int const fd : asked[i].fds)
      if (fd >= 0) ::close(fd);
    int status = 0;
    ::waitpid(asked[i].pid, &status, 0);
    answers[i].exit = late ? 124 : exit_code(status);
  }
  return answers;
}

std::string asked_for(std::string const& command, std::vector<std::string> const& wanted) {
  auto const hole = shell_word(claim::kWanted);
  auto const at = command.find(hole);
  if (at == command.npos) return command;
  return command.substr(0, at) + shell_line(wanted) + command.substr(at + hole.size());
}

bool on_path(std::string const& program) {
  if (program.find('/') != program.npos) return ::access(program.c_str(), X_OK) == 0;
  auto const* value = std::getenv("PATH");
  std::string_view path = value ? value : "/usr/bin:/bin";
  while (!path.empty()) {
    auto const end = std::min(path.find(':'), path.size());
    if (::access(fmt::format("{}/{}", path.substr(0, end), program).c_str(), X_OK) == 0) return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

}  // namespace e2e::step
