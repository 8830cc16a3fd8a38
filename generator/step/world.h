// The world as its tools tell of it. Yes, no and no answer are three things: only a no contradicts a claim.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "claim/claim.h"
#include "step/child.h"
#include "step/stamp.h"

namespace e2e::step {

enum class Said { yes, no, nothing };

/// A question, and a digest of the answer; "" if there was none.
struct Heard {
  std::string question, answer;
};
Heard heard(std::string const& question, Answer const& answer);

/// What a probe said.
struct Testimony {
  std::unordered_set<std::string> there;
  std::map<std::string, std::string> ids;   // of the names of images that are there
  std::unordered_set<std::string> unknown;  // things of which nothing can be told
  std::string trouble;                      // what went wrong with the question about them
  std::vector<Heard> heard = {};            // all that it is made of

  Said of(std::string const& thing) const;
  /// Of all that has to stay: a no counts for more than no answer.
  Said of(Stamp const& stamp) const;
  /// The first of it that is gone, in words.
  std::string what_is_gone(Stamp const& stamp) const;
};

/// Runs shell commands side by side. What gives no answer is asked again, after longer and longer pauses. The last
/// answers may be none.
std::vector<Answer> ask_patiently(std::vector<std::string> const& commands);
/// The lines of one answer. Throws Failure, with what the tool said, if there is none.
std::vector<std::string> lines_of_answer(std::string const& command);
/// Before something that was not there is looked for once more: tools have been seen to miss what is there.
void pause_before_believing_a_no();

/// Things to look for, by the name of the probe that knows them.
using Wanted = std::map<std::string, std::set<std::string>>;
/// What a claim's stamp says is there.
void add_wanted(Wanted& wanted, claim::Claim const& claim, Stamp const& stamp);

/// An answer takes so many seconds at most, where nobody says otherwise.
inline constexpr int kLongestAnswer = 60;
/// Asks all of these probes, each once for all that is wanted of it, patiently if `patient`: then `timeout` is of no
/// meaning.
std::map<std::string, Testimony> testimonies(std::vector<claim::Probe> const& probes, Wanted const& wanted,
                                             bool patient, int timeout = kLongestAnswer);

}  // namespace e2e::step
