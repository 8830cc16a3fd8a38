// The rules of the templates, read back: what a step or scan is to run, and what a claim's recipe is, are their
// commands.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace e2e::ninja {

using Variables = std::map<std::string, std::string, std::less<>>;

/// What a template holds: rules, pools, comments, variables.
struct Rules {
  std::map<std::string, std::string, std::less<>> commands;  // name of a rule -> its `command`, unexpanded
  Variables variables;                                       // of the file, expanded
};
Rules read_rules(std::string_view text);

/// A template whose rules and pools have that behind their names, so that it goes into one file with another one that
/// has the same.
std::string with_suffix(std::string_view text, std::string_view suffix);

/// A command as it is written in a template, with one blank between its words: more of them mean nothing to the shell.
/// What stands in quotes stays as it is.
std::string with_single_blanks(std::string_view command);

/// A value as it is written, cut at its variables once, to be evaluated many times.
class Value {
 public:
  explicit Value(std::string_view written);
  /// As Ninja would evaluate it, where `meaning` tells what each variable is.
  template <class Meaning>
  std::string with(Meaning const& meaning) const {
    std::string out;
    for (auto const& [text, variable] : parts_) {
      out += text;
      if (!variable.empty()) out += meaning(std::string_view(variable));
    }
    return out;
  }

 private:
  struct Part {
    std::string text, variable;  // in this order
  };
  std::vector<Part> parts_;
};

/// A value as Ninja would evaluate it: a variable that is not among these is empty.
std::string expand(std::string_view value, Variables const& variables);

}  // namespace e2e::ninja
