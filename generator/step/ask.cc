#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <list>
#include <optional>

#include "base/diagnostics.h"
#include "base/text.h"
#include "claim/claim.h"
#include "claim/reads.h"
#include "step/child.h"
#include "step/process.h"

namespace e2e::step {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Of a hundred podmans side by side each waits for the others' lock.
constexpr std::size_t kAtOnce = 4;

/// The command as a file of the memory: a word of a command line ends at 128 KiB.
Descriptor script(std::string command) {
  replace_all(command, claim::kProgram, shell_word(claim::program_path()));
  std::string_view text = command;
  Descriptor file(::memfd_create("question", MFD_CLOEXEC));
  while (file.open() && !text.empty()) {
    auto const n = ::write(file.get(), text.data(), text.size());
    if (n < 0 && errno != EINTR) file.close();
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
  if (!file.open()) throw Failure(fmt::format("a command can't be handed on: {}", std::strerror(errno)));
  return file;
}

class Question {
 public:
  Question(std::string const& command, int timeout, Answer& answer)
      : answer_(answer),
        script_(script(command)),
        process_({.command = {"/bin/sh", fmt::format("/dev/fd/{}", script_.get())},
                  .environment = {},
                  .errors_apart = true,
                  .grace = std::chrono::seconds(1),
                  .inherited = script_.get()}),
        deadline_(Clock::now() + std::chrono::seconds(timeout)) {
    if (int const error = process_.start()) throw Failure(fmt::format("/bin/sh: {}", std::strerror(error)));
  }

  Clock::time_point deadline() const { return deadline_; }
  void wait_for(std::vector<pollfd>& waiting) const {
    waiting.push_back({process_.end(), POLLIN, 0});
    if (process_.out.open()) waiting.push_back({process_.out.get(), POLLIN, 0});
    if (process_.err.open()) waiting.push_back({process_.err.get(), POLLIN, 0});
  }
  /// Reads what there is. Returns whether that was all.
  bool go_on() {
    pollfd ended{process_.end(), POLLIN, 0};
    bool const over = ::poll(&ended, 1, 0) == 1;
    answer_.timed_out = !over && Clock::now() >= deadline_;
    if (answer_.timed_out) process_.signal(SIGKILL);
    for (auto const& [from, to] : {std::pair(&process_.out, &answer_.out), std::pair(&process_.err, &answer_.err)})
      if (from->open()) *to += read_some(*from);
    if (!over && !answer_.timed_out) return false;
    answer_.exit = process_.reap().exit;
    if (answer_.timed_out) answer_.exit = 124;
    return true;
  }

 private:
  Answer& answer_;
  Descriptor script_;
  Process process_;
  Clock::time_point deadline_;
};

}  // namespace

std::vector<Answer> ask(std::vector<std::string> const& commands, int timeout) {
  std::vector<Answer> answers(commands.size());
  std::list<Question> asked;
  for (std::size_t next = 0; next < commands.size() || !asked.empty();) {
    while (next < commands.size() && asked.size() < kAtOnce) {
      try {
        asked.emplace_back(commands[next], timeout, answers[next]);
      } catch (Failure const& failure) {
        answers[next] = {.exit = 126, .started = false, .err = failure.what()};
      }
      ++next;
    }
    if (asked.empty()) continue;
    std::vector<pollfd> waiting;
    auto first = asked.front().deadline();
    for (auto const& one : asked) {
      one.wait_for(waiting);
      first = std::min(first, one.deadline());
    }
    auto const left = std::chrono::duration_cast<milliseconds>(first - Clock::now()).count() + 1;
    ::poll(waiting.data(), waiting.size(), static_cast<int>(std::max<long>(0, left)));
    asked.remove_if([](auto& one) { return one.go_on(); });
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
