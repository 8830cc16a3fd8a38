#include "plan/containerfile.h"

#include "catch.h"

using namespace e2e;
using Strings = std::vector<std::string>;

namespace {

struct Parsed {
  plan::Containerfile file;
  explicit Parsed(std::string text, std::map<std::string, std::string> const& args = {}) {
    Sources sources;
    file = plan::parse_containerfile(sources, sources.add("Containerfile", std::move(text)), args);
  }
  Strings bases() const {
    Strings out;
    for (auto const& base : file.bases) out.push_back(base.ref);
    return out;
  }
};

}  // namespace

TEST_CASE("one stage: its base and what it copies", "[containerfile]") {
  Parsed const parsed("FROM localhost/base\nCOPY cmd ./cmd\nADD a.tar b.txt /data/\n");
  CHECK(parsed.bases() == Strings{"localhost/base"});
  CHECK(parsed.file.stages == Strings{"0"});
  CHECK(parsed.file.sources == Strings{"a.tar", "b.txt", "cmd"});
}

TEST_CASE("stages are no bases, images are", "[containerfile]") {
  Parsed const parsed(
      "FROM localhost/go AS build\nCOPY src .\n"
      "FROM build AS test\n"
      "from scratch as runtime\n"
      "COPY --from=build /bin/x /x\nCOPY --chown=1:1 --from=localhost/tools /t /t\nCOPY --from=0 /y /y\n"
      "FROM localhost/go\n");
  CHECK(parsed.bases() == Strings{"localhost/go", "localhost/tools"});
  CHECK(parsed.file.stages == Strings{"build", "test", "runtime", "3"});
  CHECK(parsed.file.sources == Strings{"src"});
}

TEST_CASE("the name of a stage counts in any case", "[containerfile]") {
  CHECK(Parsed("FROM a AS Build\nFROM BUILD\nCOPY --from=build /x /x\n").bases() == Strings{"a"});
}

TEST_CASE("a base knows its line", "[containerfile]") {
  auto const parsed = Parsed("# syntax\n\nFROM \\\n  localhost/a\nFROM localhost/b\n");
  REQUIRE(parsed.file.bases.size() == 2);
  CHECK(parsed.file.bases[0].place.line == 3);
  CHECK(parsed.file.bases[1].place.line == 5);
}

TEST_CASE("variables are filled in from ARG, its default, and the spec's args", "[containerfile]") {
  std::string const text =
      "ARG BASE=localhost/base\nARG TAG\nFROM ${BASE}:${TAG:-v1} AS x\nFROM $BASE\nFROM ${BASE}${NONE:+-debug}\n";
  CHECK(Parsed(text).bases() == Strings{"localhost/base:v1", "localhost/base"});
  CHECK(Parsed(text, {{"BASE", "localhost/other"}, {"TAG", "v2"}}).bases() ==
        Strings{"localhost/other:v2", "localhost/other"});
}

TEST_CASE("a base that can't be known before the build is none of ours", "[containerfile]") {
  CHECK(Parsed("FROM $UNKNOWN\n").bases().empty());
  CHECK(Parsed("FROM ${BROKEN\n").bases().empty());
}

TEST_CASE("a flag stands before the base", "[containerfile]") {
  CHECK(Parsed("FROM --platform=linux/amd64 localhost/a AS b\n").bases() == Strings{"localhost/a"});
}

TEST_CASE("a source that can't be known is the whole context", "[containerfile]") {
  CHECK(Parsed("FROM a\nARG WHAT\nCOPY $WHAT /x\n").file.sources == Strings{"."});
  CHECK(Parsed("FROM a\nARG WHAT=b\nENV WHAT=c\nCOPY ${WHAT} d /x\n").file.sources == Strings{"."});
  CHECK(Parsed("FROM a\nCOPY b\xff c /x\n").file.sources == Strings{"."});
  CHECK(Parsed("FROM a\nCOPY only\n").file.sources == Strings{"."});
  CHECK(Parsed("FROM a\nONBUILD COPY . /x\n").file.sources == Strings{"."});
}

TEST_CASE("the whole context swallows its parts", "[containerfile]") {
  CHECK(Parsed("FROM a\nCOPY b /b\nCOPY . /all\n").file.sources == Strings{"."});
  CHECK(Parsed("FROM a\nCOPY ./ /all\n").file.sources == Strings{"."});
  CHECK(Parsed("FROM a\nCOPY / /all\n").file.sources == Strings{"."});
}

TEST_CASE("sources are relative to the context however they are written", "[containerfile]") {
  CHECK(Parsed("FROM a\nCOPY /b ./c d/ ./././e /x/\n").file.sources == Strings{"b", "c", "d", "e"});
  CHECK(Parsed("FROM a\nCOPY *.go go.??? /x/\n").file.sources == Strings{"*.go", "go.???"});
}

TEST_CASE("the JSON form, with blanks", "[containerfile]") {
  CHECK(Parsed("FROM a\nCOPY [\"with blank\", \"b\", \"/x/\"]\n").file.sources == Strings{"b", "with blank"});
  CHECK(Parsed("FROM a\nCOPY --chmod=644 [\"c\", \"/x/\"]\n").file.sources == Strings{"c"});
  CHECK(Parsed("FROM a\nCOPY [\"broken\n").file.sources == Strings{"."});
}

TEST_CASE("quotes and backslashes in words", "[containerfile]") {
  CHECK(Parsed("FROM a\nCOPY \"b c\" 'd e' f\\ g /x/\n").file.sources == Strings{"b c", "d e", "f g"});
}

TEST_CASE("what comes from the network is no source", "[containerfile]") {
  CHECK(Parsed("FROM a\nADD https://x.test/y.tar git@x.test:y.git local /x/\n").file.sources == Strings{"local"});
}

TEST_CASE("lines go on over comments and empty lines", "[containerfile]") {
  Parsed const parsed("FROM a\nCOPY b \\\n  # not this: COPY z \\\n\n   c \\  \n  /x/\nCOPY d /x/\n");
  CHECK(parsed.file.sources == Strings{"b", "c", "d"});
}

TEST_CASE("a line that goes on at the end of the file", "[containerfile]") {
  CHECK(Parsed("FROM a\nCOPY b /x \\").file.sources == Strings{"b"});
  CHECK(Parsed("FROM a\nCOPY b /x \\\n# comment").file.sources == Strings{"b"});
  CHECK(Parsed("FROM a \\\n").bases() == Strings{"a"});
}

TEST_CASE("the escape directive changes what continues a line", "[containerfile]") {
  CHECK(Parsed("# escape=`\nFROM a\nCOPY b `\n  c /x/\n").file.sources == Strings{"b", "c"});
  CHECK(Parsed("# Escape = `\nFROM a\nCOPY b `\n  c /x/\n").file.sources == Strings{"b", "c"});
  // after an instruction it is a comment
  CHECK(Parsed("FROM a\n# escape=`\nCOPY b \\\n  c /x/\n").file.sources == Strings{"b", "c"});
}

TEST_CASE("the body of a here-document is no instruction", "[containerfile]") {
  Parsed const parsed(
      "FROM a\nRUN <<EOF\nCOPY inside /x\nFROM inside\nEOF\nCOPY <<\"one\" <<-two b /x/\nCOPY inside /x\none\n"
      "FROM inside\n\ttwo\nCOPY c /x\nRUN test 1 -lt $((1<<4))\nCOPY d /x\n");
  CHECK(parsed.bases() == Strings{"a"});
  CHECK(parsed.file.sources == Strings{"b", "c", "d"});
}

TEST_CASE("a here-document that does not end ends with the file", "[containerfile]") {
  CHECK(Parsed("FROM a\nRUN <<EOF\nCOPY b /x\n").file.sources.empty());
}

TEST_CASE("bind mounts see the context or another image", "[containerfile]") {
  CHECK(Parsed("FROM a\nRUN --mount=type=bind,source=b,target=/b make\n").file.sources == Strings{"b"});
  CHECK(Parsed("FROM a\nRUN --mount=target=/b make\n").file.sources == Strings{"."});
  CHECK(Parsed("FROM a\nRUN --network=none --mount=type=bind,src=./c,target=/c make\n").file.sources == Strings{"c"});
  CHECK(Parsed("FROM a\nRUN --mount=type=cache,target=/root/.cache make\n").file.sources.empty());
  Parsed const other("FROM a\nRUN --mount=type=bind,from=localhost/tools,target=/t make\n");
  CHECK(other.bases() == Strings{"a", "localhost/tools"});
  CHECK(other.file.sources.empty());
}

TEST_CASE("instructions in any case, indented, with Windows line ends", "[containerfile]") {
  Parsed const parsed("from a\r\n  copy b c \\\r\n /x/\r\n");
  CHECK(parsed.bases() == Strings{"a"});
  CHECK(parsed.file.sources == Strings{"b", "c"});
}

TEST_CASE("no FROM, no stage", "[containerfile]") {
  CHECK(Parsed("").file.stages.empty());
  CHECK(Parsed("# nothing\nFROM\n").file.stages.empty());
}

TEST_CASE("references are compared in full", "[containerfile]") {
  CHECK(plan::normal_reference("base") == "localhost/base:latest");
  CHECK(plan::normal_reference("localhost/base") == "localhost/base:latest");
  CHECK(plan::normal_reference("localhost/base:v1") == "localhost/base:v1");
  CHECK(plan::normal_reference("team/base") == "localhost/team/base:latest");
  CHECK(plan::normal_reference("registry.test/base") == "registry.test/base:latest");
  CHECK(plan::normal_reference("registry.test:5000/base") == "registry.test:5000/base:latest");
  CHECK(plan::normal_reference("localhost/base@sha256:ab") == "localhost/base@sha256:ab");
}
