// Child processes: one that a step watches over, and questions that are asked side by side.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "step/log.h"

namespace e2e::step {

struct ChildOptions {
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;  // added to our own
  Log& log;                                        // takes its output
  bool live = false;                               // which is shown, too
  int timeout = 0;                                 // seconds; 0: none
  std::chrono::milliseconds grace = std::chrono::seconds(10);
  std::vector<std::string> hidden = {};  // texts that are neither logged nor shown
};

struct ChildEnd {
  int exit = 0;  // exit code; 127: no such program; 128 + signal
  bool timed_out = false;
  int interrupted = 0;  // the signal that we were sent and handed on
  double seconds = 0;
  long peak_kb = 0;  // of the largest process among it and those that it waited for
};

/// Runs a command in a process group of its own, so that all of it ends with us: a signal that we get is handed on, the
/// group gets its grace and is killed then; the same at the timeout, and if we are killed. What can't be logged or
/// shown is read all the same, and told to the log as lost. What the command leaves running, if it ends by itself, may
/// go on to speak.
ChildEnd run_child(ChildOptions const& options);

struct Answer {
  int exit = 0;            // exit code; 128 + signal; 124 and 126 if there is none
  bool timed_out = false;  // there is no answer: it took too long
  bool started = true;     // or there was no process to be had: `err` says why
  std::string out = {};
  std::string err = {};
};

/// Runs shell commands of any length, a few of them at a time, each for `timeout` seconds at most, and returns what
/// they said, in their order.
std::vector<Answer> ask(std::vector<std::string> const& commands, int timeout);

/// A probe's command, asked for these things: they take the place of claim::kWanted.
std::string asked_for(std::string const& command, std::vector<std::string> const& wanted);

/// Whether a program of that name is on PATH.
bool on_path(std::string const& program);

}  // namespace e2e::step
