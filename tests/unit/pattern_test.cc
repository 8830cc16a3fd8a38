#include "base/disk.h"
#include "base/text.h"
#include "catch.h"
#include "memory.h"
#include "step/context.h"

using namespace e2e;
using namespace e2e::step;

TEST_CASE("a pattern means what bash means by it", "[context]") {
  test::InFolder const here;
  for (auto const* path : {"a.ts", "web/a.ts", "web/a.js", "web/x/b.ts", "web/x/y/c.ts", "web/.hidden/d.ts",
                           "web/.e.ts", "web/x/.e2e/s.ts", "other/a.ts"})
    write_file(path, path);
  test::run_shell("ln -s x web/link; ln -s ../a.ts web/y.ts");
  StatCache cache("");
  auto const digest = [&](std::string const& pattern) { return tree_digest(pattern, cache); };
  for (std::string const pattern : {"*.ts", "web/*.ts", "web/**/*.ts", "**/*.ts", "web/*/*.ts", "*/x/*/*.ts",
                                    "web/.*.ts", "web/**/y/*", "none/*", "web/**/*"}) {
    INFO(pattern);
    auto before = digest(pattern);
    for (auto const& path : lines_of(test::run_shell("find . -type f -path '*.ts' | cut -c3-").output)) {
      // bash tells which files it means: just these, and what lies in such folders, count
      auto const bash = test::run_shell(
          "bash -O globstar -O nullglob -c 'for p in " + pattern +
          "; do find -L \"$p\" -type f -exec realpath --relative-to=. {} +; done' | grep -qxF '" + path + "'");
      bool const own = path.find(".e2e/") != path.npos;
      auto const text = read_file(path).value();
      write_file(path, text + "x");
      auto const after = digest(pattern);
      INFO(path);
      CHECK((after != before) == (bash.status == 0 && !own));
      before = after;
    }
  }
  CHECK(digest("none/*") == "absent");
  // one that comes counts as well
  auto const before = digest("web/**/*.ts");
  write_file("web/new/z.ts", "");
  CHECK(digest("web/**/*.ts") != before);
}
