#include "base/machine.h"

#include "base/text.h"
#include "catch.h"
#include "memory.h"

using namespace e2e;

TEST_CASE("an architecture is called as Go and registries call it", "[machine]") {
  CHECK(machine::architecture_of("x86_64") == "amd64");
  CHECK(machine::architecture_of("aarch64") == "arm64");
  CHECK(machine::architecture_of("armv7l") == "arm");
  CHECK(machine::architecture_of("s390x") == "s390x");
  CHECK(machine::architecture_of("riscv64") == "riscv64");
}

TEST_CASE("what the machine is, as other programs say it", "[machine]") {
  std::string text = "%{processors} of %{architecture} %{home} %{processors}";
  machine::fill_in(text);
  auto const said = lines_of(test::run_shell("nproc; uname -m").output);
  REQUIRE(said.size() == 2);
  auto const architecture = std::string(machine::architecture_of(said[1]));
  CHECK(text == said[0] + " of " + architecture + " %{home} " + said[0]);
  CHECK(machine::mark_of("e2e.arch") == machine::kArchitecture);
  CHECK_FALSE(machine::mark_of("e2e.os"));
}
