// How the program ends where nothing is foreseen.
#include <fmt/format.h>

#include <cstdlib>

#include "base/text.h"
#include "catch.h"
#include "memory.h"

using namespace e2e;

namespace {

test::Run run_in(std::string const& folder, std::string const& script) {
  return test::run_shell(fmt::format("cd {} && {}", shell_word(folder), script));
}

}  // namespace

TEST_CASE("what nobody foresaw ends the program with a message and a status", "[main]") {
  if (!std::getenv("E2EGEN")) return;
  test::TempFolder const folder;
  auto const gone = run_in(folder.path(), R"(mkdir gone && cd gone && rmdir ../gone && "$E2EGEN" init)");
  CHECK(gone.status == 1);
  CHECK_THAT(gone.output, ContainsText("e2egen: filesystem error: cannot get current path"));
  CHECK_THAT(gone.output, ContainsText("\n  help: "));

#ifndef __SANITIZE_ADDRESS__  // which wants the address space for itself
  auto const poor =
      run_in(folder.path(), R"(truncate -s 3G a.xml && ulimit -v 1000000 && "$E2EGEN" merge all.xml a.xml)");
  CHECK(poor.status == 1);
  CHECK_THAT(poor.output, ContainsText("e2egen: there is not enough memory\n  help: "));
#endif
}
