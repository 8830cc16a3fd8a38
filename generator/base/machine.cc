#include "base/machine.h"

#include <sys/utsname.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/text.h"

namespace e2e::machine {

std::optional<std::string_view> mark_of(std::string_view name) {
  auto const* one = std::find_if(kAll.begin(), kAll.end(), [&](auto const& variable) { return variable.name == name; });
  return one == kAll.end() ? std::nullopt : std::optional(one->mark);
}

std::string_view architecture_of(std::string_view uname) {
  using Names = std::pair<std::string_view, std::string_view>;
  static constexpr auto kNames = std::to_array<Names>({{"x86_64", "amd64"},
                                                       {"aarch64", "arm64"},
                                                       {"armv6l", "arm"},
                                                       {"armv7l", "arm"},
                                                       {"armv8l", "arm"},
                                                       {"i386", "386"},
                                                       {"i486", "386"},
                                                       {"i586", "386"},
                                                       {"i686", "386"},
                                                       {"loongarch64", "loong64"}});
  auto const* one = std::find_if(kNames.begin(), kNames.end(), [&](auto const& names) { return names.first == uname; });
  return one == kNames.end() ? uname : one->second;
}

std::string architecture() {
  utsname names{};
  ::uname(&names);
  return std::string(architecture_of(names.machine));
}

std::string processors() {
  // those that this process may run on, as nproc counts them
  return std::to_string(std::max(1U, std::thread::hardware_concurrency()));
}

void fill_in(std::string& text) {
  if (text.find("%{") == text.npos) return;
  replace_all(text, kArchitecture, architecture());
  replace_all(text, kProcessors, processors());
}

}  // namespace e2e::machine
