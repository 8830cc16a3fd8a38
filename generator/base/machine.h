// Variables that e2egen itself has, for what the machine is. What the compiler writes is the same on every machine, so
// it puts a mark where such a variable stands, and the step that runs there fills it in.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace e2e::machine {

/// What the names of these variables begin with, and no other's.
inline constexpr std::string_view kOwn = "e2e.";

struct Variable {
  std::string_view name, mark, about;
};

inline constexpr auto kAll = std::to_array<Variable>({
    {"e2e.arch", "%{architecture}", "its architecture, as Go and image registries call it: amd64, arm64"},
    {"e2e.processors", "%{processors}", "how many processors a process may use"},
});
inline constexpr std::string_view kArchitecture = kAll[0].mark;
inline constexpr std::string_view kProcessors = kAll[1].mark;

/// What stands for the variable of that name until a step runs; nothing if there is no such one.
std::optional<std::string_view> mark_of(std::string_view name);

/// Of this machine.
std::string architecture();
std::string processors();

/// As Go and OCI name what `uname --machine` says; what they don't name stays as it is.
std::string_view architecture_of(std::string_view uname);

/// Puts what this machine is in place of the marks.
void fill_in(std::string& text);

}  // namespace e2e::machine
