// Variables in the words of a Containerfile.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace e2e::plan {

/// A variable's value; nothing if it can't be known before the build.
using Known = std::optional<std::string>;
using Variables = std::map<std::string, Known, std::less<>>;

/// The word without quotes and escapes, variables filled in: $NAME, ${NAME}, ${NAME:-word}, ${NAME:+word}. Nothing if a
/// value isn't known, or if builders differ on what the word means (${NAME#word}, escapes of a file whose `escape` is
/// another, a quote that does not end).
Known filled(std::string_view word, char escape, std::function<Known(std::string const&)> const& value);

/// A number as stages have one.
bool is_number(std::string_view text);
bool same_in_any_case(std::string_view a, std::string_view b);
/// The name that a word of ARG is about, if that can be seen without filling in variables.
std::optional<std::string> plain_name(std::string_view word);

/// What has a value without being declared, or another one on another machine.
bool set_by_builder(std::string_view name);

/// What a stage can say in its words.
struct Scope {
  Variables env;   // of ENV, here and in what it is FROM
  Variables args;  // what ARG declared
  /// Whether `env` may have more: the base is not known.
  bool open = false;

  /// ENV before ARG, wherever they stand; without either a variable is empty.
  Known value(std::string const& name) const;
};

}  // namespace e2e::plan
