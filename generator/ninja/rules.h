// The rules of the templates, read back: what a step or scan is to run, and what a claim's recipe is, are their
// commands.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace e2e::ninja {

using Variables = std::map<std::string, std::string, std::less<>>;

/// What a template holds: rules, pools, comments, variables.
struct Rules {
  std::map<std::string, std::string, std::less<>> commands;  // name of a rule -> its `command`, unexpanded
  Variables variables;                                       // of the file, expanded
};
Rules read_rules(std::string_view text);

/// A value as Ninja would evaluate it: a variable is one of `variables`, else of `others`, else empty.
std::string expand(std::string_view value, Variables const& variables, Variables const& others = {});

}  // namespace e2e::ninja
