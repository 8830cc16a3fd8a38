// What the writer escapes and the reader of rules expands, against the real ninja and the real shell.
#include <random>

#include "app/builtin_templates.h"
#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/text.h"
#include "catch.h"
#include "memory.h"
#include "ninja/escape.h"
#include "ninja/rules.h"

using namespace e2e;
using Strings = std::vector<std::string>;

namespace {

/// Words of signs that shells and Ninja give a meaning to. No line breaks: the loader lets none through.
Strings random_words(std::mt19937& random) {
  static Strings const parts{
      "a",     "Z9",  "$",  "$$", "${x}", "$out", " ", "  ", "\t",   ":",    "|",        "||",
      "'",     "\"",  "\\", "`",  "~",    "#",    "&", ";",  "(",    ")",    "<",        ">",
      "*",     "?",   "[",  "]",  "{",    "}",    "!", "%",  "=",    "-",    "--",       "-n",
      "%s",    "\\n", "^",  ",",  ".",    "/",    "@", "+",  "\x7f", "\x01", "\xc3\xa4", "\xe2\x82\xac",
      "$\xc3", "$ "};
  Strings words(1 + random() % 6);
  for (auto& word : words)
    for (auto n = random() % 6; n > 0; --n) word += parts[random() % parts.size()];
  return words;
}

std::string joined(Strings const& words) {
  std::string out;
  for (auto const& word : words) out += word + '\0';
  return out;
}

}  // namespace

static auto commands_of(std::string_view text) {
  return ninja::read_rules(text).commands;
}

TEST_CASE("paths and values are escaped for Ninja", "[ninja]") {
  CHECK(ninja::path("a b:cd$e") == "a$ b$:cd$$e");
  CHECK(ninja::value("a b:c|d$e") == "a b:c|d$$e");
  CHECK(ninja::value("  x") == "$  x");
  CHECK(ninja::path("$ :") == "$$$ $:");
  CHECK(ninja::value("$$") == "$$$$");
  CHECK(ninja::value("").empty());
  CHECK(ninja::words({"a b", "", "$x"}) == "'a b' '' '$x'");
}

TEST_CASE("what Ninja has no way to write is told, not written", "[ninja]") {
  CHECK_THROWS_WITH(ninja::path("a|b"),
                    "a Ninja file can't hold 'a|b': there is a line break or a '|' in it\n"
                    "  help: rename the file or folder: Ninja has no way to write that");
  using namespace std::string_view_literals;
  for (auto const bad : {"a\nb"sv, "a\rb"sv, "a\0b"sv, "\n"sv}) {
    CHECK_THROWS_AS(ninja::path(bad), Failure);
    CHECK_THROWS_AS(ninja::value(bad), Failure);
  }
  CHECK_NOTHROW(ninja::value("a|b"));
}

TEST_CASE("random words arrive as they were, through writer, ninja and shell", "[ninja]") {
  std::mt19937 random(20261120);
  test::TempFolder const folder;
  std::string file = "rule print\n  command = printf '%s\\0' $run\n";
  std::string expected;
  std::vector<Strings> all;
  for (int i = 0; i < 400; ++i) {
    all.push_back(random_words(random));
    // a number first: printf takes a leading "-" for an option, which is its affair and not ours
    all.back().insert(all.back().begin(), std::to_string(i));
    file += "build t" + std::to_string(i) + ": print\n  run = " + ninja::value(ninja::words(all.back())) + "\n";
  }
  write_file(folder.path("build.ninja"), file);
  auto const commands = test::run_shell("cd " + folder.path() + " && ninja -t commands");
  REQUIRE(commands.status == 0);
  write_file(folder.path("run.sh"), commands.output);
  auto const run = test::run_shell("sh " + folder.path("run.sh"));
  for (auto const& words : all) expected += joined(words);
  CHECK(run.output == expected);
}

TEST_CASE("a word with every byte arrives as it was", "[ninja]") {
  std::string word;
  for (int c = 1; c < 256; ++c)
    if (c != '\n' && c != '\r') word += static_cast<char>(c);
  test::TempFolder const folder;
  write_file(folder.path("build.ninja"), "rule print\n  command = printf %s $run\nbuild t: print\n  run = " +
                                             ninja::value(ninja::words({word})) + "\n");
  CHECK(test::run_shell("cd " + folder.path() + " && ninja -t commands >run.sh && sh run.sh").output == word);
}

TEST_CASE("random paths arrive as they were", "[ninja]") {
  std::mt19937 random(7);
  test::TempFolder const folder;
  std::string file = "rule r\n  command = x\n";
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    std::string name = "n" + std::to_string(i);
    for (auto const& word : random_words(random)) name += word;
    for (auto const* bad : {"/", "\t", ".", "|"}) name = test::replaced(name, bad, "");
    file += "build " + ninja::path(name) + ": r\n";
    expected += name + ": r\n";
  }
  write_file(folder.path("build.ninja"), file);
  CHECK(test::run_shell("cd " + folder.path() + " && ninja -t targets all").output == expected);
}

TEST_CASE("rules are read as Ninja reads them", "[ninja]") {
  auto const rules = commands_of(
      "# a comment\npool p\n  depth = 1\nrule  one\n  description = not this\n  command = a $x $\n      b $\n  c\n"
      "# within a rule, and it does not go on $\n  # nor this\n  restat = 1\n"
      "rule two \n  commander = no\n  command=d$$ $\n\nx = command = no\n  command = nobody's\n"
      "rule three\n  pool = p\n");
  CHECK(rules.size() == 2);
  CHECK(rules.at("one") == "a $x b c");
  CHECK(rules.at("two") == "d$$ ");
}

TEST_CASE("blanks between words are one, those in quotes stay", "[ninja]") {
  using ninja::with_single_blanks;
  CHECK(with_single_blanks("  a   b $x  $y  ") == "a b $x $y");
  CHECK(with_single_blanks("a  'b  c'  \"d  e\"  f\\   g") == "a 'b  c' \"d  e\" f\\  g");
  CHECK(with_single_blanks("sh -ec 'it'\\''s  x'  y") == "sh -ec 'it'\\''s  x' y");
  CHECK(with_single_blanks("\"\\\"  a\"  b") == "\"\\\"  a\" b");
  CHECK(with_single_blanks("$$(a  'b  c')  d") == "$$(a 'b  c') d");
  CHECK(with_single_blanks("a  $ b") == "a $ b");
  // a substitution in quotes may have quotes of its own
  CHECK(with_single_blanks("a  \"$$(b  \"c  d\")\"  e") == "a \"$$(b  \"c  d\")\"  e");
  CHECK(with_single_blanks("a  \"`b  \"c  d\"`\"  e") == "a \"`b  \"c  d\"`\"  e");
  CHECK(with_single_blanks("a  \"$x  \"  e") == "a \"$x  \" e");
  CHECK(with_single_blanks("a 'b  c") == "a 'b  c");
  CHECK(with_single_blanks("").empty());
}

// What the shell makes of a command is what it makes of it with single blanks.
TEST_CASE("single blanks change no command", "[ninja]") {
  std::mt19937 random(5);
  Strings const parts{"a",
                      " ",
                      "  ",
                      "'b  c'",
                      "\"d  e\"",
                      "\\ ",
                      "\\'",
                      "\"\\\"  \"",
                      "''",
                      "\"$$(echo \"f  g\")\"",
                      "\"`echo h  i`\"",
                      "$$(echo j  k)",
                      "\"'  '\""};
  test::TempFolder const folder;
  std::string script;
  for (int i = 0; i < 300; ++i) {
    std::string words;
    for (auto n = random() % 12; n > 0; --n) words += parts[random() % parts.size()];
    for (auto const& line : {words, ninja::with_single_blanks(words)})
      script += "printf '%s,' " + ninja::expand(line, {}) + "; echo\n";
  }
  write_file(folder.path("run.sh"), script);
  auto const run = test::run_shell("sh " + folder.path("run.sh") +
                                   " | awk 'NR % 2 { line = $0; next } line != $0 { print line; print }'");
  CHECK(run.output == "");
}

TEST_CASE("a template gets names of its own", "[ninja]") {
  auto const* text =
      "# rule\npool p\n  depth = 1\nrule one\n  command = pool $x\n  pool = p\nrule  two \n  pool = console\n  command "
      "= y";
  CHECK(ninja::with_suffix(text, "") == text);
  CHECK(ninja::with_suffix(text, ".b") ==
        "# rule\npool p.b\n  depth = 1\nrule one.b\n  command = pool $x\n  pool = p.b\nrule  two.b\n  pool = console\n"
        "  command = y\n");
}

TEST_CASE("values expand as Ninja expands them", "[ninja]") {
  ninja::Variables const variables{{"x", "1"}, {"x-y", "2"}, {"x_y", "3"}, {"x.y", "4"}};
  CHECK(ninja::expand("$x $x-y $x_y", variables) == "1 2 3");
  CHECK(ninja::expand("$x.y ${x.y} ${x}.y", variables) == "1.y 4 1.y");
  CHECK(ninja::expand("a$$b$ c$:d", variables) == "a$b c:d");
  CHECK(ninja::expand("$none|${none}|", variables) == "||");
  CHECK(ninja::expand("", variables).empty());
}

// With values that hold every sign: what a step is told of a rule must be what ninja would have run.
TEST_CASE("each rule of each template expands as the real ninja expands it", "[ninja]") {
  for (auto const& [name, text] : app::builtin_templates()) {
    test::TempFolder const folder;
    auto const read = ninja::read_rules(text);
    auto const& rules = read.commands;
    REQUIRE_FALSE(rules.empty());
    std::string file{text};
    Strings const names{"step",     "e2egen",    "claims",     "run",       "name",          "cluster",   "kubeconfig",
                        "object",   "namespace", "patience",   "condition", "files",         "manifests", "archive",
                        "image",    "reference", "ref",        "context",   "containerfile", "target",    "args",
                        "bases",    "config",    "node_image", "state",     "folder",        "arguments", "options",
                        "packages", "kept",      "passed",     "shape",     "from",          "forwards",  "pod",
                        "crds",     "first",     "report",     "reports",   "references",    "images"};
    ninja::Variables variables;
    for (auto const& variable : names)
      // a few stay unset, as `target` of an image without one
      if (variable.size() % 5 != 0) variables[variable] = "<" + variable + "> 'a b' $" + variable + " ${x} $";
    for (auto const& [rule, command] : rules) {
      variables["out"] = "out-" + rule;
      file += "build out-" + rule + ": " + rule + "\n";
      for (auto const& [variable, value] : variables)
        if (variable != "out") file += "  " + variable + " = " + ninja::value(value) + "\n";
    }
    write_file(folder.path("build.ninja"), file);
    for (auto const& [rule, command] : rules) {
      INFO(name << ": " << rule);
      variables["out"] = "out-" + rule;
      auto const run = test::run_shell("cd " + folder.path() + " && ninja -t commands out-" + rule);
      auto all = variables;
      all.insert(read.variables.begin(), read.variables.end());
      CHECK(run.output == ninja::expand(command, all) + "\n");
    }
  }
}
