#include "step/log.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/disk.h"
#include "base/text.h"
#include "catch.h"
#include "memory.h"
#include "step/stamp.h"

using namespace e2e;
using e2e::lines_of;
using Words = std::vector<std::string>;

namespace {

struct Site {
  test::TempFolder const folder;
  std::string const path = folder.path("logs/step.log");
  step::Log log{path, {.head = 200, .tail = 303}};
  std::string logged() const { return read_file(path).value_or(""); }
  /// "begin", "begin + 1", ... in lines of five bytes, taken in pieces of that size.
  void count(int begin, int end, std::size_t piece) {
    std::string text;
    for (; begin < end; ++begin) text += fmt::format("{:04}\n", begin);
    for (std::size_t at = 0; at < text.size(); at += piece) log.take(std::string_view(text).substr(at, piece));
  }
};

}  // namespace

TEST_CASE("of a command that says too much the middle is left out, and that is told", "[log]") {
  for (std::size_t const piece : {1UL, 7UL, 5000UL}) {
    INFO(piece);
    Site site;
    site.log.say("$ one\n");
    site.count(0, 160, piece);
    // all of it as long as head and twice the tail are not full
    CHECK(lines_of(site.logged()).size() == 1 + 160);
    site.count(160, 2000, piece);
    auto const text = site.logged();
    CHECK(text.size() <= 6 + 200 + 606 + 80);
    CHECK(text.starts_with("$ one\n0000\n0001\n"));
    CHECK(text.ends_with("\n1998\n1999\n"));
    auto const lines = lines_of(text);
    auto const gap = std::find_if(lines.begin(), lines.end(), [](auto const& line) { return line.starts_with("#"); });
    REQUIRE(gap != lines.end());
    // what is said to be left out is what is not there: all other lines are whole
    std::size_t numbers = 0;
    for (auto const& line : lines) numbers += line.size() == 4;
    CHECK_THAT(*gap, ContainsText(fmt::format(" {} bytes are left out here", (2000 - numbers) * 5)));
    CHECK(*(gap + 1) > "1800");

    // each command has a head and a tail of its own
    site.log.say("$ two\n");
    site.count(0, 40, piece);
    CHECK_THAT(site.logged(), ContainsText("\n1999\n$ two\n0000\n"));
  }
}

TEST_CASE("the log of the run before is kept", "[log]") {
  Site site;
  write_file(site.path, "old\n");
  site.log.begin_anew();
  site.log.say("new\n");
  CHECK(site.logged() == "new\n");
  CHECK(read_file(site.folder.path("logs/step.previous.log")) == "old\n");
  CHECK(site.log.lost().empty());
}

TEST_CASE("a log that can't be opened is told once", "[log]") {
  Site site;
  write_file(site.folder.path("logs"), "a file");
  site.log.say("one\n");
  site.log.say("two\n");
  CHECK(site.log.lost() == "cannot write all of " + site.path + ": Not a directory\n");
}

TEST_CASE("the tail of a log is read from its end, and its long lines are cut", "[log]") {
  Site site;
  site.log.say("a\n\nb\nc\n");
  CHECK(step::tail_of(site.path, 3) == Words{"", "b", "c"});
  CHECK(step::tail_of(site.path, 9) == Words{"a", "", "b", "c"});
  CHECK(step::tail_of(site.folder.path("none"), 9).empty());

  // cut before a character of three bytes
  write_file(site.path, "x" + std::string(498, 'y') + "\u2026z" + "\nlast");
  CHECK(step::tail_of(site.path, 9) == Words{"x" + std::string(498, 'y') + " [... 4 bytes more]", "last"});

  // far longer than the memory: only its end is read
  std::filesystem::resize_file(site.path, std::uintmax_t{1} << 40);
  append_file(site.path, "\nlast\n");
  auto const lines = step::tail_of(site.path, 2);
  CHECK(lines.at(1) == "last");
  CHECK(lines.at(0).starts_with("[...] "));
  CHECK(lines.at(0).size() < 600);
}

TEST_CASE("texts are found in a log, also across the pieces in which it is read", "[log]") {
  Site site;
  site.log.say("try 1: unauthorized:\n");
  auto const mark = site.log.size();
  site.log.say("one two three\n");
  for (std::size_t const piece : {1UL, 2UL, 3UL, 4UL, 5UL, 8UL, 100UL}) {
    INFO(piece);
    CHECK(step::found_in(site.path, 0, {"three\n", "unauthorized:", "four", "two t"}, piece) ==
          Words{"three\n", "unauthorized:", "two t"});
    CHECK(step::found_in(site.path, mark, {"unauthorized:", "one", "1"}, piece) == Words{"one"});
  }
  CHECK(step::found_in(site.path, 0, {}).empty());
  CHECK(step::found_in(site.folder.path("none"), 0, {"a"}).empty());
}
