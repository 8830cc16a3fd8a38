#include "step/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <optional>

#include "base/diagnostics.h"
#include "step/mask.h"
#include "step/process.h"

namespace e2e::step {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// What was said and waits for a reader. As long as it waits nothing more is read, unless the command is to end: its
/// last words must not keep it from that.
constexpr std::size_t kMostWaiting = 1 << 20;
/// What the command left running is heard so far.
constexpr std::size_t kLeftBehind = 1 << 20;

/// Reads the ending signals from a descriptor, for as long as it lives. SIGPIPE is ignored meanwhile: that the reader
/// of what is shown has gone is no reason to end the command.
class Signals {
 public:
  Signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int const signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, &old_);
    fd_ = Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd_.open()) throw Failure(fmt::format("signalfd: {}", std::strerror(errno)));
    old_pipe_ = std::signal(SIGPIPE, SIG_IGN);
  }
  Signals(Signals const&) = delete;
  Signals& operator=(Signals const&) = delete;
  ~Signals() {
    std::signal(SIGPIPE, old_pipe_);
    sigprocmask(SIG_SETMASK, &old_, nullptr);
  }
  int fd() const { return fd_.get(); }
  sigset_t const& old() const { return old_; }
  /// The last that came in; 0 if none did.
  int take() const {
    int ending = 0;
    signalfd_siginfo info{};
    while (::read(fd_.get(), &info, sizeof info) == sizeof info) ending = static_cast<int>(info.ssi_signo);
    return ending;
  }

 private:
  sigset_t old_{};
  Descriptor fd_;
  void (*old_pipe_)(int) = SIG_DFL;
};

/// Standard output, of which we know neither whether anybody reads it, nor how fast: it must never be waited for.
class Shown {
 public:
  Shown(bool live, Log& log) : live_(live), log_(log) {}
  bool waits() const { return !waiting_.empty(); }
  void add(std::string_view text) {
    if (live_) waiting_ += text;
    if (waiting_.size() > kMostWaiting) give_up("its reader has stopped");
  }
  /// Once it takes something: as much as a pipe takes without waiting.
  void go_on() {
    auto const n = ::write(STDOUT_FILENO, waiting_.data(), std::min<std::size_t>(waiting_.size(), PIPE_BUF));
    if (n >= 0)
      waiting_.erase(0, static_cast<std::size_t>(n));
    else if (errno != EINTR && errno != EAGAIN)
      give_up(std::strerror(errno));
  }
  void give_up(std::string_view why) {
    if (waits()) log_.lose(fmt::format("not all output was shown: {}; it is in {}", why, log_.path()));
    live_ = false;
    waiting_.clear();
  }

 private:
  bool live_;
  Log& log_;
  std::string waiting_;
};

/// Goes on to read, for those that the command left running: SIGPIPE would end them.
void leave_behind(Descriptor& from, Log const& log, bool logged) {
  if (!from.open() || ::fork() != 0) return;
  ::setsid();
  int const nothing = ::open("/dev/null", O_RDWR);
  int const to = ::open(log.path().c_str(), O_WRONLY | O_APPEND);
  ::dup2(from.get(), STDIN_FILENO);
  ::dup2(to >= 0 && logged ? to : nothing, STDOUT_FILENO);
  ::dup2(nothing, STDERR_FILENO);
  // our lock and Ninja's pipe are among them
  ::close_range(3, ~0U, 0);
  ::fcntl(STDIN_FILENO, F_SETFL, 0);
  std::array<char, 1 << 14> buffer;
  std::size_t heard = 0;
  for (;;) {
    auto const n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) ::_exit(0);
    heard += static_cast<std::size_t>(n);
    if (heard > kLeftBehind) continue;
    [[maybe_unused]] auto const written = ::write(STDOUT_FILENO, buffer.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace

ChildEnd run_child(ChildOptions const& options) {
  Signals const signals;
  auto const begin = Clock::now();
  Process process(
      {.command = options.command, .environment = options.environment, .grace = options.grace, .mask = &signals.old()});
  process.start();

  ChildEnd end;
  Shown shown(options.live, options.log);
  std::optional<Clock::time_point> kill_at;
  auto const stop = [&] {
    if (kill_at) return;
    process.signal(SIGTERM);
    kill_at = Clock::now() + options.grace;
  };
  Mask mask(options.hidden);
  auto const pass_on = [&](std::string const& text) {
    options.log.take(text);
    shown.add(text);
  };
  auto const heard = [&](std::string const& text) { pass_on(mask.take(text)); };
  for (bool ended = false; !ended || shown.waits();) {
    std::optional<Clock::time_point> next = kill_at;
    if (!next && !ended && options.timeout > 0) next = begin + std::chrono::seconds(options.timeout);
    int wait = -1;
    if (next) {
      auto const left = std::chrono::duration_cast<milliseconds>(*next - Clock::now()).count();
      wait = static_cast<int>(std::max<long>(0, left)) + 1;
    }
    // -1 is passed over
    std::array<pollfd, 4> waiting{{{signals.fd(), POLLIN, 0},
                                   {ended ? -1 : process.end(), POLLIN, 0},
                                   {ended || (shown.waits() && !kill_at) ? -1 : process.out.get(), POLLIN, 0},
                                   {shown.waits() ? STDOUT_FILENO : -1, POLLOUT, 0}}};
    ::poll(waiting.data(), waiting.size(), wait);
    if (waiting[3].revents) shown.go_on();
    if (waiting[2].revents) heard(read_some(process.out));
    int const signal = signals.take();
    bool const late = next && Clock::now() >= *next;
    if (ended) {
      // only the reader is waited for, and it has the same grace
      if (signal || late) shown.give_up(signal ? "interrupted" : "its reader has stopped");
      continue;
    }
    if (signal) {
      end.interrupted = signal;
      stop();
    }
    if (waiting[1].revents) {
      // what it left behind in its group ends with it, if it was to end early
      if (kill_at) process.signal(SIGKILL);
      // twice: if nobody is left the second time finds the end
      for (int i = 0; i < 2 && process.out.open(); ++i) heard(read_some(process.out));
      auto const [exit, peak_kb] = process.reap();
      end.exit = exit;
      end.peak_kb = peak_kb;
      end.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      ended = true;
      pass_on(mask.rest());
    } else if (late) {
      if (kill_at) {
        process.signal(SIGKILL);
        kill_at = Clock::now() + options.grace;
      } else {
        end.timed_out = true;
        stop();
      }
    }
  }
  leave_behind(process.out, options.log, options.hidden.empty());
  return end;
}

}  // namespace e2e::step
