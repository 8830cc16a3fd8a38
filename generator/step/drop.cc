#include "step/drop.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/disk.h"
#include "base/text.h"
#include "claim/claim.h"
#include "step/child.h"
#include "step/log.h"
#include "step/ownership.h"
#include "step/report.h"
#include "step/stamp.h"

namespace e2e::step {

int drop(std::string const& claims, std::string const& state, std::vector<std::string> const& command) {
  auto file = claim::parse(read_file(claims).value_or(""));
  std::erase_if(file.claims, [&](auto const& one) { return !one.stamp.starts_with(state); });
  for (auto const& one : file.claims)
    if (!one.names.empty() && owner_of(one) == Owner::others) {
      report_trouble(one, foreign(one));
      return 1;
    }
  for (auto const& one : file.claims) remove_stamp(one.stamp);
  Log log(fmt::format(".e2e/logs/{}.down.log", flat_name(normal_path(state))));
  auto const end = run_child({command, {}, log, true, 0});
  std::fputs(log.lost().c_str(), stderr);
  if (end.interrupted) return 128 + end.interrupted;
  if (end.exit != 0) {
    std::fputs(fmt::format("e2egen: '{}' failed with {}; log: {}\n", shell_line(command), end.exit, log.path()).c_str(),
               stderr);
    return end.exit;
  }
  for (auto const& one : file.claims)
    if (!one.names.empty()) end_owning(one);
  return 0;
}

}  // namespace e2e::step
