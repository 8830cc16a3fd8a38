// Scripts of a shell, read as far as can be told without running them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace e2e::init {

/// Stands in a text for what nobody knows before it runs.
constexpr char kUnknown = '\x01';

using Words = std::vector<std::string>;
/// The value of a variable, if it is known.
using Variables = std::function<std::optional<std::string>(std::string const& name)>;

bool is_known(std::string_view text);
/// With its variables filled in, as in double quotes: $NAME, ${NAME}, ${NAME:-OTHER}; kUnknown for all else.
std::string filled(std::string_view text, Variables const& variables);
/// A command, and what is set for it alone.
struct Command {
  Words words;  // without quotes
  std::vector<std::pair<std::string, std::string>> environment = {};
};

/// The commands of a script. What the script sets is filled in behind it; what a here-document holds is no command.
std::vector<Command> shell_commands(std::string_view script, Variables const& variables);

}  // namespace e2e::init
