#include "plan/containerfile.h"

#include <algorithm>

#include "catch.h"

using namespace e2e;
using Strings = std::vector<std::string>;

namespace {

struct Parsed {
  plan::Containerfile file;
  explicit Parsed(std::string text, plan::Build const& build = {}) {
    Sources sources;
    file = plan::parse_containerfile(sources, sources.add("Containerfile", std::move(text)), build);
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
      "COPY --from=build /bin/x /x\nCOPY --chown=1:1 --from=localhost/tools /t /t\nCOPY --from=0 /y /y\n");
  CHECK(parsed.bases() == Strings{"localhost/go", "localhost/tools"});
  CHECK(parsed.file.stages == Strings{"build", "test", "runtime"});
  CHECK(parsed.file.sources == Strings{"src"});
}

TEST_CASE("the name of a stage in another case is that stage or an image", "[containerfile]") {
  // podman takes it for an image, others for the stage
  Parsed const parsed("FROM a AS Build\nCOPY b /\nFROM BUILD\nCOPY --from=build /x /x\n");
  CHECK(parsed.bases() == Strings{"a", "BUILD", "build"});
  CHECK(parsed.file.sources == Strings{"b"});
}

TEST_CASE("a base knows its line", "[containerfile]") {
  auto const parsed = Parsed("# syntax\n\nFROM \\\n  localhost/a AS a\nFROM localhost/b\nCOPY --from=a x x\n");
  REQUIRE(parsed.file.bases.size() == 2);
  CHECK(parsed.file.bases[0].place.line == 3);
  CHECK(parsed.file.bases[1].place.line == 5);
}

TEST_CASE("variables are filled in from ARG, its default, and the spec's args", "[containerfile]") {
  std::string const text =
      "ARG BASE=localhost/base\nARG TAG\nFROM ${BASE}:${TAG:-v1} AS x\nFROM $BASE AS y\n"
      "FROM ${BASE}${NONE:+-debug}\nCOPY --from=x /x /\nCOPY --from=y /y /\n";
  CHECK(Parsed(text).bases() == Strings{"localhost/base:v1", "localhost/base"});
  CHECK(Parsed(text, {.args = {{"BASE", "localhost/other"}, {"TAG", "v2"}}}).bases() ==
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
  CHECK(Parsed("FROM a\nCOPY b\xff c /x\n").file.sources == Strings{"."});
  CHECK(Parsed("FROM a\nCOPY only\n").file.sources == Strings{"."});
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
  CHECK(Parsed("FROM a\nCOPY \"b\"c 'd' \\e f\\g /x/\n").file.sources == Strings{"bc", "d", "e", "fg"});
  // blanks separate all the same, and podman fails
  CHECK(Parsed("FROM a\nCOPY \"b c\" /x/\n").file.sources == Strings{"."});
  CHECK(Parsed("FROM a\nCOPY b\\ c /x/\n").file.sources == Strings{"b", "c"});
}

TEST_CASE("what comes from the network is no source", "[containerfile]") {
  CHECK(Parsed("FROM a\nADD https://x.test/y.tar http://x.test local /x/\n").file.sources == Strings{"local"});
  // for podman 4.3 a file
  CHECK(Parsed("FROM a\nADD git@x.test:y.git /x/\n").file.sources == Strings{"git@x.test:y.git"});
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
      "FROM a\nRUN <<EOF\nCOPY inside /x \\\n  inside\nEOF\nCOPY <<\"one\" <<-two b /x/\nCOPY inside /x\none\n"
      "inside\n\ttwo\nCOPY c /x\nRUN test 1 -lt $((1<<4))\nCOPY d /x\n");
  CHECK(parsed.bases() == Strings{"a"});
  CHECK(parsed.file.sources == Strings{"b", "c", "d"});
}

TEST_CASE("what only looks like a here-document is none", "[containerfile]") {
  for (auto const* run : {"RUN echo \"cat <<EOF\"", "RUN x=$((1<<B))", "RUN cat <<EOF", "RUN echo 'a <<A b'",
                          "RUN a<<B", "COPY <<EOF x /", "LABEL a=<<EOF"}) {
    INFO(run);
    auto const sources = Parsed(std::string("FROM a\n") + run + "\nCOPY b /x\n").file.sources;
    CHECK(std::find(sources.begin(), sources.end(), "b") != sources.end());
  }
}

TEST_CASE("lines that builders read in two ways are the whole context", "[containerfile]") {
  for (auto const* text :
       {"RUN echo \"cat <<EOF\"\nCOPY b /\nEOF\n", "RUN cat <<COPY\nCOPY\n", "RUN cat <<copy\ncopy\n",
        "RUN cat <<EOF\nFROM b\nEOF\n", "RUN cat <<EOF\nCOPY b / \\\nEOF\n"}) {
    INFO(text);
    CHECK(Parsed(std::string("FROM scratch\n") + text).file.sources == Strings{"."});
    CHECK_FALSE(Parsed(std::string("FROM scratch\n") + text).file.sure);
  }
  // podman 4.3 knows the directive only in the first line
  CHECK(Parsed("# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nCOPY b /\n").file.sources == Strings{"."});
  CHECK(Parsed("COPY a /\nFROM a\nCOPY b /\n").file.sources == Strings{"."});
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

TEST_CASE("blanks of Unicode are trimmed, and separate nothing but what ENV and ARG name", "[containerfile]") {
  CHECK(Parsed("\xc2\xa0"
               "FROM \xe2\x80\x83 a AS x\xc2\xa0\nCOPY \xe3\x80\x80"
               "b\xc2\xa0"
               "c /\nFROM x\n")
            .bases() == Strings{"a"});
  CHECK(Parsed("FROM scratch\nCOPY \xe3\x80\x80"
               "b\xc2\xa0"
               "c /\n")
            .file.sources == Strings{"b\xc2\xa0"
                                     "c"});
  CHECK(Parsed("FROM scratch\nARG A=a\xc2\xa0"
               "B=b\nCOPY $A $B /\n")
            .file.sources == Strings{"a", "b"});
}

TEST_CASE("no FROM, no stage", "[containerfile]") {
  CHECK(Parsed("").file.stages.empty());
  CHECK(Parsed("# nothing\nFROM\n").file.stages.empty());
}

TEST_CASE("a byte order mark is no part of the first line", "[containerfile]") {
  CHECK(Parsed("\xef\xbb\xbf"
               "FROM a\nCOPY b /\n")
            .bases() == Strings{"a"});
  CHECK(Parsed("\xef\xbb\xbf# escape=`\nFROM a\nCOPY b `\n c /\n").file.sources == Strings{"b", "c"});
}

TEST_CASE("JSON is JSON, and what is none is words", "[containerfile]") {
  CHECK(Parsed("FROM a\nCOPY [\"b\", \"/\"] passed over\n").file.sources == Strings{"b"});
  CHECK(Parsed("FROM a\nCOPY [bc] /\n").file.sources == Strings{"[bc]"});
  CHECK(Parsed("FROM a\nCOPY [\"\\ud800\", \"/\"]\n").file.sources == Strings{"."});
  CHECK(Parsed("FROM a\nCOPY ['b', 'c', '/']\n").file.sources == Strings{"[b,", "c,"});
  CHECK(Parsed("FROM a\nCOPY [\"\\u0062\", \"/\"]\n").file.sources == Strings{"b"});
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

TEST_CASE("a word may begin with what is quoted or escaped, and be nothing else", "[containerfile]") {
  CHECK(Parsed("FROM scratch\nCOPY \\a \"b\" 'c' /x\n").file.sources == Strings{"a", "b", "c"});
}

TEST_CASE("an empty default is one, and a variable that does not end is none", "[containerfile]") {
  CHECK(Parsed("ARG V\nFROM base${V:-}\n").bases() == Strings{"base"});
  CHECK(Parsed("ARG V=x\nFROM base${V:+}\n").bases() == Strings{"base"});
  CHECK(Parsed("ARG V=x\nFROM base${V\n").bases().empty());
  CHECK(Parsed("ARG V=x\nFROM base${V:}\n").bases().empty());
}
