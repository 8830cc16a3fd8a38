// Stages, variables, and what an image has from its base.
#include "catch.h"
#include "plan/containerfile.h"

using namespace e2e;
using Strings = std::vector<std::string>;

namespace {

plan::Containerfile parsed(std::string text, plan::Build const& build = {}) {
  Sources sources;
  return plan::parse_containerfile(sources, sources.add("Containerfile", std::move(text)), build);
}

Strings sources(std::string const& text, std::map<std::string, std::string> const& args = {}) {
  return parsed(text, {.args = args}).sources;
}

Strings copied(std::string const& word, std::map<std::string, std::string> const& args = {}) {
  return sources("FROM scratch\nARG A=a\nARG B=b\nARG EMPTY=\nARG UNSET\nARG TARGETARCH\nCOPY " + word + " /x/\n",
                 args);
}

Strings refs(plan::Containerfile const& file) {
  Strings out;
  for (auto const& base : file.bases) out.push_back(base.ref);
  return out;
}

}  // namespace

TEST_CASE("variables in words", "[containerfile]") {
  CHECK(copied("$A.${B}") == Strings{"a.b"});
  CHECK(copied("${UNSET:-$A}") == Strings{"a"});
  CHECK(copied("${EMPTY:-${UNSET:-$B}}") == Strings{"b"});
  CHECK(copied("${A:-$B}") == Strings{"a"});
  CHECK(copied("${A:+$B}") == Strings{"b"});
  CHECK(copied("x${EMPTY:+$B}") == Strings{"x"});
  CHECK(copied("${UNSET:-'}'\"$A\"\\}}") == Strings{"}a}"});
  CHECK(copied("x$UNSET$NOBODY") == Strings{"x"});
  CHECK(copied("$UNSET") == Strings{"."});
  CHECK(copied("'$A' \"$B\" \\$A \"\\$A\\x\"") == Strings{"$A", "$A\\x", "b"});
  CHECK(copied("$A$ $-") == Strings{"$-", "a$"});
  CHECK(copied("a\\") == Strings{"a"});
  CHECK(copied("$1A") == Strings{"A"});
  CHECK(copied("$A", {{"A", "given"}}) == Strings{"given"});
}

TEST_CASE("what a stage takes out of another one may be of the context", "[containerfile]") {
  auto const passed = [](std::string const& build, std::string const& take) {
    Strings out;
    for (auto const& one :
         parsed("FROM golang AS build\n" + build + "FROM scratch\nCOPY --from=build " + take + "\n").passed)
      out.push_back(one.path);
    return out;
  };
  CHECK(passed("WORKDIR /src\nCOPY . .\n", "/src/api/openapi.yaml /api/") == Strings{"api/openapi.yaml"});
  CHECK(passed("WORKDIR /src\nCOPY . .\n", "src/api/*.yaml /api/") == Strings{"api/*.yaml"});
  CHECK(passed("WORKDIR /src\nCOPY . .\n", "/bin/gateway /gateway") == Strings{});
  CHECK(passed("WORKDIR /src\nCOPY . .\n", "/src /app") == Strings{"."});
  CHECK(passed("COPY . /src\n", "/ /") == Strings{"."});
  CHECK(passed("COPY . /src\n", "$PATH /") == Strings{"."});
  CHECK(passed("WORKDIR /src\nWORKDIR api\nCOPY services/gateway x\n", "/src/api/x/a.yaml /") ==
        Strings{"services/gateway/a.yaml"});
  CHECK(passed("COPY config/a.yaml /etc/\n", "/etc/a.yaml /") == Strings{"config/a.yaml", "config/a.yaml/a.yaml"});
  CHECK(passed("COPY config/a.yaml /etc/b.yaml\n", "/etc/b.yaml /") == Strings{"config/a.yaml"});
  CHECK(passed("COPY config/a.yaml /etc/\n", "/etc /") == Strings{"config/a.yaml"});
  // by way of further stages, and of those that they are FROM
  CHECK(passed("COPY . /src\nFROM build AS next\nFROM scratch\nCOPY --from=next /src/api /api\nFROM 2 AS build\n",
               "/api/a.yaml /") == Strings{"api", "api/a.yaml"});
  // where it lies is not known: whatever ends alike
  CHECK(passed("COPY . .\n", "/go/api/a.yaml /") == Strings{"a.yaml", "api/a.yaml", "go/api/a.yaml"});
  CHECK(passed("COPY . /src\n", "--chown=1 /src/a /") == Strings{"a"});
}

TEST_CASE("words that are not known for sure", "[containerfile]") {
  for (auto const* word :
       {"${A-b}", "${A+b}", "${A:?b}", "${A#b}", "${A%b}", "${A//a/b}", "${A", "${A:", "${A:-b", "${}", "'a", "\"a",
        "$A\xc3\xa4", "$PATH", "$TARGETARCH", "$TARGETOS", "${HTTP_PROXY}", "${A:+$PATH}"}) {
    INFO(word);
    CHECK(copied(word) == Strings{"."});
  }
  // but it need not be known where it isn't needed
  CHECK(copied("${A:-$PATH}") == Strings{"a"});
  CHECK(copied("$TARGETARCH", {{"TARGETARCH", "given"}}) == Strings{"given"});
  // a backslash or what the file escapes with: builders differ
  CHECK(sources("# escape=`\nFROM scratch\nCOPY a\\b /\n") == Strings{"."});
}

TEST_CASE("ENV wins over ARG wherever it stands", "[containerfile]") {
  CHECK(sources("FROM scratch\nARG A=a\nENV A=b\nCOPY $A /\n", {{"A", "c"}}) == Strings{"b"});
  CHECK(sources("FROM scratch\nENV A=b\nARG A=a\nCOPY $A /\n", {{"A", "c"}}) == Strings{"b"});
  CHECK(sources("FROM scratch\nENV A b c\nCOPY $A /\n") == Strings{"b c"});
  CHECK(sources("FROM scratch\nENV A=\"b c\" B='d' C=e\\ f\nCOPY $A $B $C /\n") == Strings{"b c", "d", "e f"});
  CHECK(sources("FROM scratch\nENV A=b\nENV A=c B=$A\nCOPY $B /\n") == Strings{"b"});
  CHECK(sources("FROM scratch\nARG N=A\nENV $N=b\nCOPY $A /\n") == Strings{"b"});
  CHECK(sources("FROM scratch\nENV $PATH=b\nCOPY $A /\n") == Strings{"."});
}

TEST_CASE("ENV goes from stage to stage, ARG does not", "[containerfile]") {
  CHECK(sources("FROM scratch AS x\nENV A=a\nFROM x\nARG A=b\nCOPY $A /\n") == Strings{"a"});
  // of an ARG of that stage builders think differently
  CHECK(sources("FROM scratch AS x\nARG A=a\nFROM x\nCOPY $A/b /\n") == Strings{"."});
  CHECK(sources("FROM scratch AS x\nARG A=a\nFROM x\nARG A=b\nCOPY $A /\n") == Strings{"b"});
  CHECK(sources("FROM scratch AS x\nARG A=a\nFROM scratch\nCOPY --from=x /a /\nCOPY b$A /\n") == Strings{"b"});
}

TEST_CASE("an ARG before the first FROM is for FROM lines", "[containerfile]") {
  CHECK(sources("ARG A=a\nFROM scratch\nCOPY b$A /\n") == Strings{"b"});
  CHECK(sources("ARG A=a\nFROM scratch\nARG A\nCOPY $A /\n") == Strings{"a"});
  CHECK(sources("ARG A=a\nFROM scratch\nARG A=b\nARG A\nCOPY $A /\n") == Strings{"a"});
  CHECK(sources("ARG A=a\nFROM scratch\nARG A\nCOPY $A /\n", {{"A", "c"}}) == Strings{"c"});
  CHECK(refs(parsed("ARG A=a\nFROM x AS x\nARG A=b\nFROM $A\n")) == Strings{"a"});
  CHECK(refs(parsed("# escape=`\nFROM sh\\ell\n")) == Strings{"shell"});
  CHECK(refs(parsed("FROM x AS x\nARG A=b\nFROM ${A:-c}\n")) == Strings{"c"});
}

TEST_CASE("build arguments are for what ARG declares", "[containerfile]") {
  CHECK(sources("FROM scratch\nCOPY b$A /\n", {{"A", "c"}}) == Strings{"b"});
  CHECK(refs(parsed("FROM ${A:-b}\n", {.args = {{"A", "c"}}})) == Strings{"b"});
  // podman's mounts see them all the same
  CHECK(sources("FROM scratch\nRUN --mount=source=b$A,target=/m x\n", {{"A", "c"}}) == Strings{"."});
  CHECK(sources("FROM scratch\nARG A\nRUN --mount=source=b$A,target=/m x\n", {{"A", "c"}}) == Strings{"bc"});
  CHECK(parsed("ARG A\nFROM scratch AS x\nARG B=1 C=2\nFROM scratch\nARG D\n").declared ==
        std::set<std::string>{"A", "B", "C", "D"});
}

TEST_CASE("what is not known of a base may set any variable", "[containerfile]") {
  CHECK(sources("FROM base\nARG A=a\nCOPY $A /\n") == Strings{"."});
  CHECK(sources("FROM base\nARG A=a\nENV A=b\nCOPY $A /\n") == Strings{"b"});
  CHECK(sources("FROM base AS x\nFROM x\nARG A=a\nCOPY $A /\n") == Strings{"."});
  CHECK(sources("FROM $BASE\nARG A=a\nCOPY $A /\n") == Strings{"."});
  auto const file = parsed("FROM base\nARG A=a\nCOPY $A /\n");
  REQUIRE(file.named.size() == 1);
  CHECK(file.named[0].variable == "A");
}

TEST_CASE("what is known of a base counts", "[containerfile]") {
  plan::Inherited base{.env = {{"A", "a"}, {"B", std::nullopt}}};
  plan::Build const build{.base = [&](std::string const&) { return base; }};
  CHECK(parsed("FROM base\nARG A=b\nARG C=c\nCOPY $A $C /\n", build).sources == Strings{"a", "c"});
  CHECK(parsed("FROM base\nCOPY $B /\n", build).sources == Strings{"."});
  auto const passed_on = parsed("FROM base\nENV C=c\nONBUILD COPY d /\n", build).inherited;
  CHECK(passed_on.env == plan::Variables{{"A", "a"}, {"B", std::nullopt}, {"C", "c"}});
  CHECK_FALSE(passed_on.open);
  REQUIRE(passed_on.triggers.size() == 1);
  base = passed_on;
  // triggers are run there, or not: the OCI format has none
  CHECK(parsed("FROM base\nCOPY $C /\n", build).sources == Strings{"c", "d"});
  base.triggers = parsed("FROM x\nONBUILD ARG A=1\nONBUILD ENV C=d\nONBUILD COPY $C /\n", build).inherited.triggers;
  CHECK(parsed("FROM base\nCOPY a /\n", build).sources == Strings{"."});
  CHECK(parsed("FROM base\nARG A=1\nENV C=e\nCOPY $A /\n", build).sources == Strings{"."});
}

TEST_CASE("a trigger of ONBUILD is none of this build", "[containerfile]") {
  CHECK(sources("FROM scratch\nONBUILD COPY . /x\nCOPY a /\n") == Strings{"a"});
  CHECK(sources("FROM scratch AS x\nONBUILD COPY b /x\nFROM x\nCOPY a /\n") == Strings{"a", "b"});
  CHECK(sources("FROM scratch AS x\nONBUILD COPY b /x\nFROM x AS y\nFROM y\nCOPY a /\n") == Strings{"a", "b"});
}

TEST_CASE("stages that the target does not need do not count", "[containerfile]") {
  std::string const text =
      "FROM a AS one\nCOPY 1 /\nRUN one\nFROM b AS two\nCOPY 2 /\nFROM one AS three\nCOPY --from=two /2 /\nRUN three\n"
      "FROM c AS four\nCOPY --from=tools /t /\nRUN --mount=from=one,target=/m x\nCOPY 4 /\n";
  auto const all = parsed(text);
  CHECK(refs(all) == Strings{"a", "c", "tools"});
  CHECK(all.sources == Strings{"1", "4"});
  CHECK(all.runs == Strings{"--mount=from=one,target=/m x"});
  auto const three = parsed(text, {.target = "three"});
  CHECK(refs(three) == Strings{"a", "b"});
  CHECK(three.sources == Strings{"1", "2"});
  CHECK(three.runs == Strings{"one", "three"});
  CHECK(parsed(text, {.target = "one"}).sources == Strings{"1"});
  CHECK(parsed(text, {.target = "one", .every_stage = true}).sources == Strings{"1", "2", "4"});
  CHECK(parsed(text, {.target = "none"}).sources == Strings{"1", "2", "4"});
}

TEST_CASE("stages are named by number, by variables, and twice", "[containerfile]") {
  CHECK(sources("FROM scratch AS x\nCOPY a /\nFROM scratch AS y\nCOPY b /\nFROM scratch\nCOPY --from=0 /a /\n") ==
        Strings{"a"});
  CHECK(sources("FROM scratch\nCOPY a /\nFROM 0\n") == Strings{"a"});
  CHECK(sources("ARG X=x\nFROM scratch AS x\nCOPY a /\nFROM $X\n") == Strings{"a"});
  CHECK(sources("FROM scratch AS x\nCOPY a /\nFROM scratch\nARG X=x\nCOPY --from=$X /a /\n") == Strings{"a"});
  CHECK(sources("FROM scratch AS x\nCOPY a /\nFROM scratch\nCOPY --from=$PATH /a /\n") == Strings{"a"});
  CHECK(sources("FROM scratch AS x\nCOPY a /\nFROM scratch AS x\nCOPY b /\nENV E=c\nFROM x\nCOPY $E /\n") ==
        Strings{"a", "b", "c"});
  CHECK(sources("FROM scratch AS x\nCOPY a /\nFROM scratch AS x\nCOPY b /\n") == Strings{"a", "b"});
  // podman looks for the stages of FROM lines with build arguments that nothing declared
  CHECK(sources("FROM scratch AS x\nCOPY a /\nFROM scratch AS y\nCOPY b /\nFROM ${S:-x}\n", {{"S", "y"}}) ==
        Strings{"a", "b"});
  // for podman 4.3, which looks for them before ARG has a say, an image
  auto const image = parsed("ARG X=x\nFROM scratch AS x\nENV A=a\nFROM $X\nCOPY $A /\n");
  CHECK(refs(image) == Strings{"x"});
  CHECK(image.bases[0].or_stage);
  CHECK(image.sources == Strings{"."});
  CHECK(refs(parsed("FROM scratch AS x\nFROM scratch\nARG X=x\nCOPY --from=$X /a /\n")) == Strings{"x"});
  CHECK(refs(parsed("FROM scratch AS x\nFROM scratch\nCOPY --from=x /a /\n")).empty());
  // the image of that name
  CHECK(refs(parsed("FROM x AS x\nCOPY --from=x /x /\n")) == Strings{"x"});
}
