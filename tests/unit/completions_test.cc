// What shells propose, against a command line of the test's own and against the program.
#include "app/completions.h"

#include <algorithm>
#include <cstdlib>

#include "base/disk.h"
#include "catch.h"
#include "memory.h"

using namespace e2e;

namespace {

using Words = std::vector<std::string>;

Words proposed(Words words) {
  CLI::App app("a program", "e2egen");
  Words texts;
  std::string text;
  bool flag = false;
  auto* generate = app.add_subcommand("generate", "the default");
  generate->add_option("spec", texts, "specs")->type_name("SPEC");
  generate->add_option("-o,--output", text, "a file")->type_name("FILE");
  generate->add_flag("--all", flag, "all");
  app.add_subcommand("step", "(in Ninja files) nobody types it");
  auto* cache = app.add_subcommand("cache", "two more");
  cache->add_subcommand("size", "how much");
  cache->add_subcommand("key", "a key")->add_option("--format", text, "how")->check(CLI::IsMember({"plain", "github"}));
  words.insert(words.begin(), "e2egen");
  auto all = app::candidates(app, words);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

TEST_CASE("verbs, options and values are proposed", "[completions]") {
  CHECK(proposed({"c"}) == Words{"cache"});
  CHECK(proposed({"st"}).empty());
  CHECK(proposed({"cache", ""}) == Words{"key", "size"});
  CHECK(proposed({"cache", "key", "--format", ""}) == Words{"github", "plain"});
  CHECK(proposed({"cache", "key", "--format", "=", "p"}) == Words{"plain"});
  CHECK(proposed({"cache", "key", "--format", "="}) == Words{"github", "plain"});
  CHECK(proposed({"cache", "key", "--format=p"}) == Words{"--format=plain"});
  CHECK(proposed({"cache", "key", "--format="}) == Words{"--format=github", "--format=plain"});
  CHECK(proposed({"generate", "--output=x"}).empty());
  CHECK(proposed({"generate", "--all=x"}).empty());
  CHECK(proposed({"cache", "key", "--f"}) == Words{"--format"});
  CHECK(proposed({"shop", "--"}) == Words{"--all", "--help", "--output"});
  CHECK(proposed({"shop", "--all", "--a"}) == Words{"--all"});
  CHECK(proposed({"generate", "--output", ""}).empty());
}

TEST_CASE("bash asks the program for its words", "[completions]") {
  auto const* program = std::getenv("E2EGEN");
  if (!program) return;
  test::TempFolder folder;
  write_file(folder.path("specs/shop.yaml"), "cluster: {name: x}\nprofiles: {coverage: {}, race: {}}\n");
  write_file(folder.path("specs/shipping.yaml"), "profiles: {other: {}}\n");
  auto const bash = [&](std::string const& words) {
    write_file(folder.path("ask.sh"), "cd " + folder.path() + "\ne2egen() { " + std::string(program) +
                                          " \"$@\"; }\nsource <(e2egen completions bash)\n" +
                                          "complete -p e2egen >&2\nCOMP_WORDS=(e2egen " + words +
                                          ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_e2egen\n"
                                          "printf '%s\\n' \"${COMPREPLY[@]}\" | LC_ALL=C sort | paste -sd ' '\n");
    return test::run_shell("bash " + folder.path("ask.sh")).output;
  };
  std::string const registered = "complete -o default -F _e2egen e2egen\n";
  CHECK(bash("sh") == registered + "shipping shop\n");
  CHECK(bash("in") == registered + "init\n");
  CHECK(bash("fmt --c") == registered + "--check\n");
  CHECK(bash("cache key --format ''") == registered + "github gitlab plain\n");
  CHECK(bash("shop --profile ''") == registered + "coverage race\n");
  CHECK(bash("completions ''") == registered + "bash fish zsh\n");
  CHECK_THAT(bash("''"), ContainsText("generate") && ContainsText("gc") && ContainsText("shop"));
  CHECK(bash("''").find("exported") == std::string::npos);
}
