#include "step/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iterator>
#include <sstream>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/text.h"
#include "catch.h"
#include "memory.h"
#include "step/lock.h"
#include "step/process.h"

using namespace e2e;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;

namespace {

/// A pipe whose writing end every process that is started from now on inherits: gone() once all of them have ended.
class Traces {
 public:
  Traces() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    from_ = Descriptor(ends[0]);
    to_ = Descriptor(ends[1]);
  }
  /// Waits for longer than it should take, and for less than what is left would take to end by itself.
  bool gone() {
    to_.close();
    pollfd end{from_.get(), POLLIN, 0};
    while (::poll(&end, 1, 20'000) == 1) {
      std::array<char, 100> text;
      if (::read(from_.get(), text.data(), text.size()) <= 0) return true;
    }
    return false;
  }
  /// Until somebody wrote a line into it.
  void await_line() {
    to_.close();
    pollfd line{from_.get(), POLLIN, 0};
    char letter = 0;
    while (letter != '\n') {
      REQUIRE(::poll(&line, 1, 20'000) == 1);
      REQUIRE(::read(from_.get(), &letter, 1) == 1);
    }
  }
  std::string name() const { return fmt::format("/dev/fd/{}", to_.get()); }

 private:
  Descriptor from_, to_;
};

/// A process of our own kind, to be killed.
pid_t aside(std::function<void()> const& work) {
  pid_t const pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid > 0) return pid;
  work();
  ::_exit(0);
}
int status_of(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Words words_of(std::string const& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

/// Standard output is something else for as long as it lives.
class Output {
 public:
  explicit Output(int fd) : old_(::dup(STDOUT_FILENO)) { ::dup2(fd, STDOUT_FILENO); }
  Output(Output const&) = delete;
  Output& operator=(Output const&) = delete;
  ~Output() { ::dup2(old_.get(), STDOUT_FILENO); }

 private:
  Descriptor old_;
};

struct Site {
  test::TempFolder const folder;
  step::Log log{folder.path("logs/step.log")};
  std::chrono::milliseconds grace = 200ms;

  std::string logged() const { return read_file(log.path()).value_or(""); }
  step::ChildEnd run(std::string const& script, int timeout = 60, bool live = false) {
    return step::run_child({.command = {"sh", "-c", script},
                            .environment = {},
                            .log = log,
                            .live = live,
                            .timeout = timeout,
                            .grace = grace});
  }
};

/// Ends by itself after so long that a test would have failed, and can't be asked to earlier.
constexpr char const* kStubborn = "trap '' TERM; for i in $(seq 300); do sleep 0.1; done";

}  // namespace

TEST_CASE("what a command says is logged, both streams, and how it ended is told", "[child]") {
  Site site;
  CHECK(site.run("echo one; echo two >&2; exit 7").exit == 7);
  CHECK(site.logged() == "one\ntwo\n");
  CHECK(site.run("kill -9 $$").exit == 137);
  auto const end = step::run_child({.command = {"no-such-program"}, .environment = {}, .log = site.log});
  CHECK(end.exit == 127);
  CHECK_FALSE(end.timed_out);
}

TEST_CASE("a reader that is gone stops neither the command nor its log", "[child]") {
  Site site;
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  ::close(ends[0]);
  step::ChildEnd end;
  {
    Descriptor const nobody(ends[1]);
    Output const output(nobody.get());
    end = site.run("seq 100000; exit 7", 60, true);
  }
  CHECK(end.exit == 7);
  CHECK_FALSE(end.timed_out);
  CHECK(site.logged().ends_with("\n100000\n"));
  CHECK_THAT(site.log.lost(), ContainsText("not all output was shown: Broken pipe; it is in " + site.log.path()));
}

TEST_CASE("a reader that reads nothing does not keep a command from its timeout, nor us from the end", "[child]") {
  Site site;
  site.grace = 3s;
  Traces traces;
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  Descriptor const asleep(ends[0]);
  pid_t const step = aside([&] {
    ::dup2(ends[1], STDOUT_FILENO);
    auto const end = site.run(fmt::format("trap 'echo >{}; exit' TERM; seq 1000000", traces.name()), 2, true);
    ::_exit(end.timed_out ? 1 : 0);
  });
  ::close(ends[1]);
  traces.await_line();
  // what was said waits for the reader: not for ever
  CHECK(status_of(step) == 1);
}

TEST_CASE("a signal ends the wait for a reader that reads nothing", "[child]") {
  Site site;
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  Descriptor const asleep(ends[0]);
  pid_t const step = aside([&] {
    ::dup2(ends[1], STDOUT_FILENO);
    site.run("seq 20000", 60, true);
    ::_exit(site.log.lost().empty() ? 1 : 0);
  });
  ::close(ends[1]);
  while (!site.logged().ends_with("\n20000\n")) ::usleep(50'000);
  ::kill(step, SIGTERM);
  CHECK(status_of(step) == 0);
}

TEST_CASE("a signal that we get ends all of the group, and is told", "[child]") {
  Site site;
  Traces traces;
  pid_t const step = aside([&] {
    auto const end = site.run(fmt::format("trap 'exit 5' TERM; sleep 30 & echo >{}; wait", traces.name()));
    ::_exit(end.interrupted == SIGINT && end.exit == 5 ? 0 : 1);
  });
  traces.await_line();
  ::kill(step, SIGINT);
  CHECK(status_of(step) == 0);
  CHECK(traces.gone());
}

TEST_CASE("a log that can't be written stops nothing, and what can be kept is", "[child]") {
  step::Log full("/dev/full");
  auto const end = step::run_child({.command = {"sh", "-c", "seq 100000; exit 7"}, .environment = {}, .log = full});
  CHECK(end.exit == 7);
  CHECK(full.lost() == "cannot write all of /dev/full: No space left on device\n");

  // a file can't be longer than this here: the first write is a partial one
  Site site;
  pid_t const limited = aside([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit const limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    bool const right = site.run("seq 10000; exit 7").exit == 7 && !site.log.lost().empty();
    ::_exit(right ? 0 : 1);
  });
  CHECK(status_of(limited) == 0);
  CHECK(site.logged().size() == 1000);
}

TEST_CASE("a command that ignores SIGTERM is killed after its grace", "[child]") {
  Site site;
  auto const end = site.run(kStubborn, 2);
  CHECK(end.timed_out);
  CHECK(end.exit == 128 + SIGKILL);
}

TEST_CASE("what outlives a command that was to end early is killed", "[child]") {
  Site site;
  Traces traces;
  auto const end = site.run(fmt::format("trap 'exit 3' TERM; ({}) & wait", kStubborn), 2);
  CHECK(end.exit == 3);
  CHECK(traces.gone());
}

TEST_CASE("what a command leaves running goes on, and is heard for a while", "[child]") {
  Site site;
  Traces traces;
  CHECK(site.run(fmt::format("(sleep 0.3; seq 100000 && echo >{}) & echo done", traces.name())).exit == 0);
  traces.await_line();
  CHECK(site.logged().starts_with("done\n1\n2\n"));
}

TEST_CASE("all of a group ends if we are killed", "[child]") {
  for (auto const* script : {"sleep 30 & echo >%; wait", "trap '' TERM; echo >%; sleep 30 & wait; sleep 30"}) {
    Site site;
    Traces traces;
    auto const command = test::replaced(script, "%", traces.name());
    pid_t const step = aside([&] { site.run(command); });
    traces.await_line();
    ::kill(step, SIGKILL);
    CHECK(status_of(step) == 128 + SIGKILL);
    CHECK(traces.gone());
  }
}

TEST_CASE("if we are killed the group is asked before it is killed", "[child]") {
  Site site;
  site.grace = 3s;
  Traces traces;
  auto const said = site.folder.path("said");
  auto const command =
      fmt::format("(trap 'touch {}; exit' TERM; sleep 30 & echo >{}; wait) & wait", said, traces.name());
  pid_t const step = aside([&] { site.run(command); });
  traces.await_line();
  ::kill(step, SIGKILL);
  CHECK(status_of(step) == 128 + SIGKILL);
  CHECK(traces.gone());
  CHECK(std::filesystem::exists(said));
}

TEST_CASE("a command is told if we are killed, and the guardian too", "[child]") {
  Site site;
  Traces traces;
  pid_t const step = aside([&] { site.run(fmt::format("echo >{}; exec sleep 30", traces.name())); });
  traces.await_line();
  ::kill(step, SIGSTOP);
  auto const us = std::filesystem::read_symlink("/proc/self/exe");
  int killed = 0;
  for (auto const& word : words_of(*read_file(fmt::format("/proc/{0}/task/{0}/children", step))))
    if (std::error_code error; std::filesystem::read_symlink("/proc/" + word + "/exe", error) == us)
      killed += ::kill(std::stoi(word), SIGKILL) == 0;
  CHECK(killed == 1);
  ::kill(step, SIGKILL);
  CHECK(status_of(step) == 128 + SIGKILL);
  CHECK(traces.gone());
}

TEST_CASE("nothing begins of what nobody would end", "[child]") {
  test::TempFolder const folder;
  Traces traces;
  pid_t const step = aside([&] {
    step::Process const process({.command = {"touch", folder.path("begun")}, .environment = {}, .grace = 100ms});
    // before it is started, though it had the time
    pollfd end{process.end(), POLLIN, 0};
    ::poll(&end, 1, 500);
    ::kill(::getpid(), SIGKILL);
  });
  CHECK(status_of(step) == 128 + SIGKILL);
  CHECK(traces.gone());
  CHECK_FALSE(std::filesystem::exists(folder.path("begun")));
}

TEST_CASE("questions are told apart: an answer, an exit code, no answer, no process", "[ask]") {
  auto const answers = step::ask({"echo yes; echo no >&2", "echo some; exit 3", "kill -9 $$", "no-such-program"}, 60);
  CHECK(answers[0].exit == 0);
  CHECK(answers[0].out == "yes\n");
  CHECK(answers[0].err == "no\n");
  CHECK(answers[1].exit == 3);
  CHECK(answers[1].out == "some\n");
  CHECK(answers[2].exit == 128 + SIGKILL);
  CHECK(answers[3].exit == 127);
  for (auto const& one : answers) {
    CHECK(one.started);
    CHECK_FALSE(one.timed_out);
  }
  // there is a limit to descriptors
  pid_t const poor = aside([&] {
    rlimit const limit{5, 5};
    ::setrlimit(RLIMIT_NOFILE, &limit);
    auto const answer = step::ask({"echo yes"}, 60).front();
    ::_exit(!answer.started && !answer.timed_out && answer.exit != 0 && !answer.err.empty() ? 0 : 1);
  });
  CHECK(status_of(poor) == 0);
}

TEST_CASE("a question that takes too long ends, and all that it started", "[ask]") {
  Traces traces;
  auto const answers = step::ask({"echo begun; sleep 30; echo done", "echo begun; exec >&- 2>&-; sleep 30",
                                  "trap '' TERM; echo begun; sleep 30 & wait; sleep 30", "echo in time"},
                                 3);
  for (auto i : {0UL, 1UL, 2UL}) {
    INFO(i);
    CHECK(answers[i].timed_out);
    CHECK(answers[i].exit == 124);
    CHECK(answers[i].out == "begun\n");
  }
  CHECK_FALSE(answers[3].timed_out);
  CHECK(answers[3].out == "in time\n");
  CHECK(traces.gone());
}

TEST_CASE("a question is answered when its shell has ended, whoever else could still speak", "[ask]") {
  auto const answer = step::ask({"sleep 30 & echo yes; echo $! >&2"}, 20).front();
  CHECK(answer.out == "yes\n");
  CHECK_FALSE(answer.timed_out);
  ::kill(std::stoi(answer.err), SIGKILL);
}

TEST_CASE("questions end if we are killed", "[ask]") {
  Traces traces;
  pid_t const asking = aside([&] { step::ask({fmt::format("echo >{}; sleep 30", traces.name())}, 60); });
  traces.await_line();
  ::kill(asking, SIGKILL);
  CHECK(status_of(asking) == 128 + SIGKILL);
  CHECK(traces.gone());
}

TEST_CASE("a question may be as long as it likes", "[ask]") {
  // one word of a command line ends at 128 KiB
  auto const answer = step::ask({"echo " + std::string(3'000'000, 'x') + " | wc -c"}, 60).front();
  CHECK(answer.exit == 0);
  CHECK(answer.out == "3000001\n");
  CHECK(step::ask({"cat; echo $#"}, 60).front().out == "0\n");  // no standard input, no arguments
}

TEST_CASE("few questions are asked at once, and all are answered", "[ask]") {
  test::TempFolder const folder;
  auto const here = "cd " + shell_word(folder.path()) + "; ";
  for (auto const& answer : step::ask(Words(12, here + "mkdir $$; ls | wc -l; sleep 0.2; rmdir $$"), 60)) {
    REQUIRE(answer.exit == 0);
    CHECK(std::stoi(answer.out) <= 4);
  }
  // each waits for the other
  for (auto const& answer : step::ask({here + "touch one; until test -e two; do sleep 0.1; done",
                                       here + "touch two; until test -e one; do sleep 0.1; done"},
                                      20))
    CHECK(answer.exit == 0);
}

TEST_CASE("a file system without locks is told", "[lock]") {
  test::TempFolder const folder;
  auto const path = folder.path("locks/x.lock");
  pid_t const locking = aside([&] {
    // from now on the kernel refuses flock
    std::array<sock_filter, 4> filter{{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                                       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_flock, 0, 1),
                                       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOLCK),
                                       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}};
    sock_fprog const program{filter.size(), filter.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) ::_exit(77);
    try {
      step::Lock const lock(path);
    } catch (Failure const& failure) {
      write_file(folder.path("said"), failure.what());
    }
  });
  REQUIRE(status_of(locking) == 0);
  CHECK_THAT(read_file(folder.path("said")).value_or("nothing"),
             ContainsText("cannot lock " + path + ": No locks available\n  help: "));
}

TEST_CASE("a lock that can't be made is told", "[lock]") {
  test::TempFolder const folder;
  CHECK_THROWS_WITH(step::Lock(folder.path()),
                    ContainsText("cannot lock " + folder.path() + ": Is a directory\n  help: "));
}

TEST_CASE("a lock is free again when its owner is done with it, in the same process too", "[lock]") {
  test::TempFolder const folder;
  auto const path = folder.path("x.lock");
  { step::Lock const first(path); }
  step::Lock const second(path);  // would wait for ever
}
