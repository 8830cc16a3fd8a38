#include "step/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "base/diagnostics.h"
#include "base/hash.h"
#include "base/text.h"
#include "step/facts.h"

namespace e2e::step {

namespace {

using namespace std::chrono_literals;

/// So many things are named in one question: a command line has an end, and so has patience.
constexpr std::size_t kMostWanted = 100;
constexpr std::array kPauses{200ms, 600ms, 1800ms};
/// Nor is anybody asked again who has taken so long to say nothing.
constexpr auto kPatience = 90s;

bool is_answer(Answer const& answer) {
  return answer.exit == 0;
}

std::string trouble_of(std::string const& command, Answer const& answer) {
  auto const said = lines_of(answer.err);
  auto asked = command;
  replace_all(asked, claim::kProgram, "e2egen");
  return fmt::format("{}\n  asked: {}",
                     answer.timed_out ? fmt::format("no answer within {} s", kLongestAnswer)
                     : said.empty()   ? fmt::format("the question failed with {}", answer.exit)
                                      : join(said, "\n    "),
                     asked);
}

/// A command that asks a probe for these things.
struct Question {
  std::string const* probe;
  std::string command;
  std::vector<std::string> things;
};

std::vector<Question> questions(claim::Probe const& probe, std::set<std::string> const& wanted) {
  if (asked_for(probe.command, {}) == probe.command)
    return {{&probe.name, probe.command, {wanted.begin(), wanted.end()}}};
  std::vector<Question> all;
  for (auto it = wanted.begin(); it != wanted.end();) {
    Question one{&probe.name, {}, {}};
    for (; it != wanted.end() && one.things.size() < kMostWanted; ++it) one.things.push_back(*it);
    one.command = asked_for(probe.command, one.things);
    all.push_back(std::move(one));
  }
  return all;
}

void hear(Testimony& testimony, Question const& question, Answer const& answer) {
  testimony.heard.push_back(heard(question.command, answer));
  if (!is_answer(answer)) {
    testimony.unknown.insert(question.things.begin(), question.things.end());
    testimony.trouble = trouble_of(question.command, answer);
    return;
  }
  for (auto& line : lines_of(answer.out)) {
    if (line.starts_with("? ")) {
      testimony.unknown.insert(line.substr(2));
      testimony.trouble = trouble_of(question.command, answer);
      continue;
    }
    if (auto const space = line.find(' '); space != line.npos)
      testimony.ids[line.substr(0, space)] = line.substr(space + 1);
    testimony.there.insert(std::move(line));
  }
}

}  // namespace

Heard heard(std::string const& question, Answer const& answer) {
  return {question, is_answer(answer) ? sha256(answer.out) : ""};
}

Said Testimony::of(std::string const& thing) const {
  if (there.contains(thing)) return Said::yes;
  return unknown.contains(thing) ? Said::nothing : Said::no;
}

Said Testimony::of(Stamp const& stamp) const {
  auto all = Said::yes;
  for (auto const& line : what_has_to_stay(stamp)) {
    auto const one = of(line);
    if (one == Said::no) return one;
    if (one == Said::nothing) all = one;
  }
  return all;
}

std::string Testimony::what_is_gone(Stamp const& stamp) const {
  auto const lines = what_has_to_stay(stamp);
  auto const gone = std::find_if(lines.begin(), lines.end(), [&](auto const& line) { return of(line) == Said::no; });
  if (gone == lines.end()) return {};
  return lost_fact(*gone, ids.contains(gone->substr(0, gone->find(' '))));
}

std::vector<Answer> ask_patiently(std::vector<std::string> const& commands) {
  auto const start = std::chrono::steady_clock::now();
  auto answers = ask(commands, kLongestAnswer);
  for (auto const pause : kPauses) {
    std::vector<std::size_t> silent;
    std::vector<std::string> again;
    for (std::size_t i = 0; i < answers.size(); ++i)
      if (!is_answer(answers[i])) silent.push_back(i), again.push_back(commands[i]);
    if (silent.empty() || std::chrono::steady_clock::now() - start > kPatience) break;
    std::this_thread::sleep_for(pause);
    auto more = ask(again, kLongestAnswer);
    for (std::size_t i = 0; i < silent.size(); ++i) answers[silent[i]] = std::move(more[i]);
  }
  return answers;
}

std::vector<std::string> lines_of_answer(std::string const& command) {
  auto const answer = ask_patiently({command}).front();
  if (!is_answer(answer)) throw Failure(trouble_of(command, answer));
  return lines_of(answer.out);
}

void pause_before_believing_a_no() {
  std::this_thread::sleep_for(250ms);
}

void add_wanted(Wanted& wanted, claim::Claim const& claim, Stamp const& stamp) {
  auto& things = wanted[claim.probe];
  for (auto& line : what_has_to_stay(stamp)) things.insert(std::move(line));
  for (auto const& [name, id] : stamp.bases) things.insert(name);
}

std::map<std::string, Testimony> testimonies(std::vector<claim::Probe> const& probes, Wanted const& wanted,
                                             bool patient, int timeout) {
  std::vector<Question> asked;
  for (auto const& probe : probes)
    if (auto const things = wanted.find(probe.name); things != wanted.end())
      for (auto& question : questions(probe, things->second)) asked.push_back(std::move(question));
  std::vector<std::string> commands;
  for (auto const& one : asked) commands.push_back(one.command);
  auto const answers = patient ? ask_patiently(commands) : ask(commands, timeout);
  std::map<std::string, Testimony> all;
  for (auto const& one : wanted) {
    auto& testimony = all[one.first];
    if (std::none_of(probes.begin(), probes.end(), [&](auto const& probe) { return probe.name == one.first; }))
      testimony.unknown.insert(one.second.begin(), one.second.end());  // nobody to ask
  }
  for (std::size_t i = 0; i < asked.size(); ++i) hear(all[*asked[i].probe], asked[i], answers[i]);
  return all;
}

}  // namespace e2e::step
