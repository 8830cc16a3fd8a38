// What is odd about a Containerfile and its image together.
#include "base/own.h"
#include "catch.h"
#include "memory.h"

using namespace e2e;

namespace {

struct Said {
  plan::Plan plan;
  std::string warnings, errors;
};

Said of(std::string const& containerfile, std::string const& more = "", std::string const& rest = "") {
  test::Compiler compiler;
  compiler.files.write("x/Containerfile", containerfile);
  compiler.files.write("x/a", "");
  compiler.files.write("x/d/b", "");
  compiler.files.write("base/Containerfile", "FROM scratch\nENV E=d\nONBUILD COPY d /d\nONBUILD COPY e /e\n");
  compiler.files.write("made", "");
  compiler.files.write("m.yaml",
                       "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
                       "spec: {containers: [{image: localhost/x}, {image: localhost/base}]}\n");
  compiler.files.write("specs/s.yaml", "images:\n  x: {containerfile: x/Containerfile" + more +
                                           "}\n  base: {containerfile: base/Containerfile}\ncluster: {name: c}\n"
                                           "deployments: {m: {manifests: m.yaml}}\n" +
                                           rest);
  Said said;
  said.plan = compiler.resolve();
  said.warnings = compiler.warnings();
  said.errors = compiler.errors();
  return said;
}

}  // namespace

TEST_CASE("a source that is not in the context is told at its line", "[containerfile]") {
  CHECK(of("FROM scratch\nCOPY a d /\nCOPY c /\n").warnings ==
        "x/Containerfile:3:1: warning: no file 'c' in the context 'x' [missing-source]\n    3 | COPY c /\n        ^\n"
        "specs/s.yaml:2:3: note: the image\n    2 |   x: {containerfile: x/Containerfile}\n          ^\n"
        "  help: the build will fail, unless something makes it before\n");
  CHECK(of("FROM scratch\nCOPY d/* *.go d/c* ../x/a /\nADD https://x.test/y git@x.test:y.git /\n").warnings.empty());
  CHECK(of("FROM scratch\nCOPY e/* /\n").warnings.find("no file 'e' in") != std::string::npos);
  CHECK(of("FROM scratch AS a\nCOPY c /\nFROM scratch\nCOPY --from=e c /\nCOPY a /\n").warnings.empty());
  // what a command makes need not be there
  CHECK(of("FROM scratch\nCOPY out/x /\n", "", "tasks: {t: {command: [make], inputs: [made], outputs: [x/out]}}\n")
            .warnings.empty());
}

TEST_CASE("a build argument that nothing declares is told, with what it may be", "[containerfile]") {
  auto const args = ", args: {VERSOIN: 1}";
  CHECK(of("ARG VERSION\nFROM scratch\n", args).warnings ==
        "specs/s.yaml:2:46: warning: no ARG of 'x/Containerfile' declares 'VERSOIN' [undeclared-argument]\n"
        "    2 |   x: {containerfile: x/Containerfile, args: {VERSOIN: 1}}\n"
        "                                                     ^~~~~~~\n  help: did you mean 'VERSION'?\n");
  CHECK(of("FROM scratch\n", args).warnings.find("help: the build passes over it") != std::string::npos);
  CHECK(of("ARG A\nFROM scratch\nARG B=1\n", ", args: {A: 1, B: 2, HTTP_PROXY: x, TARGETARCH: y}").warnings.empty());
}

TEST_CASE("what a base may set makes it the whole context, and that is told", "[containerfile]") {
  std::string const text = "FROM r.example.com/b:1\nARG A=a\nCOPY $A /\n";
  auto const said = of(text);
  CHECK(said.plan.images.at(0).sources == std::vector<std::string>{"."});
  CHECK(said.warnings.find("x/Containerfile:3:1: warning: $A may come from the base image, so all of the context "
                           "counts") == 0);
  CHECK(of(text, ", sources: [x/a]").warnings.empty());
  CHECK(of(text + "COPY . /\n").warnings.empty());
}

TEST_CASE("an image of the spec passes on its variables and triggers", "[containerfile]") {
  auto const said = of("FROM localhost/base\nARG E=none\nARG A=a\nCOPY $E/b $A /\n");
  CHECK(said.plan.images.at(0).sources == std::vector<std::string>{"a", "d", "d/b", "e"});
  CHECK(said.warnings.empty());
  CHECK(said.plan.images.at(1).sources.empty());
  CHECK(of("FROM r.example.com/golang:1-onbuild\nCOPY a /\n").plan.images.at(0).sources ==
        std::vector<std::string>{"."});
}

TEST_CASE("an image that a command makes sets no variable", "[containerfile]") {
  test::Compiler compiler;
  compiler.files.write("x/Containerfile", "FROM localhost/base\nARG A=a\nCOPY $A /\n");
  compiler.files.write("x/a", "");
  compiler.files.write("specs/s.yaml",
                       "images:\n  x: {containerfile: x/Containerfile}\n  base: {rootfs: [sh, x/a], inputs: [x/a]}\n"
                       "cluster: {name: c}\n");
  CHECK(compiler.resolve().images.at(0).sources == std::vector<std::string>{"a"});
  CHECK(compiler.errors().empty());
}

TEST_CASE("a stage that podman may take for an image is no circle", "[containerfile]") {
  auto const said = of("ARG S=x\nFROM scratch AS x\nCOPY a /\nFROM $S\n");
  CHECK(said.errors.empty());
  CHECK(said.plan.images.at(0).bases.empty());
  CHECK(of("ARG S=base\nFROM scratch AS base\nFROM $S\n").plan.images.at(0).bases.size() == 1);
  CHECK(of("ARG S=y\nFROM scratch AS y\nFROM $S\n").plan.images.at(0).foreign_bases.empty());
}

TEST_CASE("what the builder is told past the spec is not read", "[containerfile]") {
  std::string const text = "FROM scratch AS one\nCOPY a /\nFROM scratch\nARG A=d\nCOPY $A /\n";
  CHECK(of(text).plan.images.at(0).sources == std::vector<std::string>{"d"});
  for (auto const* flag : {"--build-arg=A=x", "--target=one", "-f=x"}) {
    INFO(flag);
    CHECK(of(text, std::string(", flags: [\"") + flag + "\"]").plan.images.at(0).sources ==
          std::vector<std::string>{"."});
  }
  CHECK(of(text, ", flags: [--skip-unused-stages=false]").plan.images.at(0).sources ==
        std::vector<std::string>{"a", "d"});
}

TEST_CASE("what e2egen wrote is no source of an image", "[containerfile]") {
  auto const said = [](std::string const& line, std::string const& context = ".") {
    test::Compiler compiler;
    compiler.files.write("x/Containerfile", "FROM scratch\n" + line + "\n");
    compiler.files.write("x/ours.ninja", std::string(kNinjaMark) + ": ...\n");
    compiler.files.write("x/theirs.ninja", "rule cc\n");
    compiler.files.write(".e2e/oci/index.json", "");
    compiler.files.write("specs/s.yaml", "images: {x: {containerfile: x/Containerfile, context: " + context +
                                             "}}\ncluster: {name: c}\n");
    (void)compiler.resolve();
    return compiler.warnings() + compiler.errors();
  };
  for (auto const* line : {"COPY .e2e /", "COPY .e2e/oci/index.json /", "ADD ./x/../.e2e/oci /", "COPY x/ours.ninja /",
                           "RUN --mount=type=bind,source=.e2e/oci,target=/oci x"})
    CHECK(said(line).find("x/Containerfile:2:1: error: '") != std::string::npos);
  CHECK(said("COPY ours.ninja /", "x").find("is e2egen's own: no build sees it") != std::string::npos);
  CHECK(said("COPY . /", ".e2e/oci").find("'.e2e/oci' is e2egen's own") != std::string::npos);
  for (auto const* line : {"COPY . /", "COPY x/theirs.ninja x/.e2er /", "COPY x/*.ninja /",
                           "RUN --mount=type=bind,source=x,target=/src x"})
    CHECK(said(line).find("own") == std::string::npos);
  CHECK(said("RUN --mount=target=/src x").find("this RUN sees all of the workspace") != std::string::npos);
  CHECK(said("RUN --mount=target=/src x", "x").find("this RUN sees") == std::string::npos);
}
