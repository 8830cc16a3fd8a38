#include <algorithm>

#include "base/text.h"
#include "base/yaml.h"
#include "catch.h"
#include "memory.h"
#include "spec/fields.h"
#include "spec/load.h"

using namespace e2e;
using Strings = std::vector<std::string>;
using test::Compiler;

namespace {

Compiler with(std::string text) {
  Compiler compiler;
  compiler.files.write("specs/s.yaml", std::move(text));
  return compiler;
}

Strings values(std::vector<spec::Text> const& texts) {
  Strings out;
  for (auto const& text : texts) out.push_back(text.value);
  return out;
}

template <class T>
Strings names(std::vector<T> const& all) {
  Strings out;
  for (auto const& one : all) out.push_back(one.name.value);
  return out;
}

}  // namespace

TEST_CASE("a spec is read with the place of every text", "[spec]") {
  auto compiler = with(
      "builder: podman\nimages:\n  a:\n    containerfile: a/Containerfile\n    args: {X: \"1\", Y: ''}\n"
      "    flags: one\n    sources: [b, c]\ncluster:\n  name: n\ntests:\n  t:\n    command: [go, test]\n");
  auto const document = compiler.load();
  REQUIRE(compiler.errors().empty());
  CHECK(document.path == "specs/s.yaml");
  CHECK(document.builder->value == "podman");
  CHECK(compiler.sources.name(document.builder->place) == "specs/s.yaml:1:10");
  auto const& image = document.images.at(0);
  CHECK(compiler.sources.name(image.name.place) == "specs/s.yaml:3:3");
  CHECK(image.containerfile->value == "a/Containerfile");
  CHECK(image.args.at(0).name.value == "X");
  CHECK(image.args.at(0).value.value == "1");
  CHECK(image.args.at(1).value.value.empty());
  CHECK(values(image.flags) == Strings{"one"});
  CHECK(values(image.sources) == Strings{"b", "c"});
  CHECK_FALSE(image.target);
  CHECK(document.cluster->name.value == "n");
  CHECK(values(document.tests.at(0).command) == Strings{"go", "test"});
}

TEST_CASE("a cluster without a name has the place of its key", "[spec]") {
  auto compiler = with("images: {a: {containerfile: x}}\ncluster: {provider: kind}\n");
  auto const document = compiler.load();
  CHECK(document.cluster->name.value.empty());
  CHECK(compiler.sources.name(document.cluster->name.place) == "specs/s.yaml:2:1");
}

TEST_CASE("one run shows every error", "[spec]") {
  auto compiler = with(
      "imges: {}\nimages:\n  a:\n    containerfile: [x]\n    timeout: 5\n    tagret: x\n    args: text\n"
      "  b: text\ndeployments: []\ntasks:\n  t:\n    command:\n    inputs: /etc\n    needs: []\n");
  compiler.load();
  CHECK(compiler.errors() ==
        "specs/s.yaml:1:1: error: a spec has no key 'imges'\n"
        "    1 | imges: {}\n        ^~~~~\n"
        "  help: did you mean 'images'?\n"
        "specs/s.yaml:4:20: error: 'containerfile' wants a path, this is a list\n"
        "    4 |     containerfile: [x]\n                           ^\n"
        "  help: write it as 'containerfile: api/Containerfile'\n"
        "specs/s.yaml:5:14: error: '5' is not a duration\n"
        "    5 |     timeout: 5\n                     ^\n"
        "  help: write it with its unit: 90s, 15m, 1h30m; a week at most\n"
        "specs/s.yaml:6:5: error: an entry of 'images' has no key 'tagret'\n"
        "    6 |     tagret: x\n            ^~~~~~\n"
        "  help: did you mean 'target'?\n"
        "specs/s.yaml:7:11: error: 'args' wants a map of texts, this is a text\n"
        "    7 |     args: text\n                  ^~~~\n"
        "  help: write it as 'args: {VERSION: e2e}'\n"
        "specs/s.yaml:8:6: error: 'b' wants a map, this is a text\n"
        "    8 |   b: text\n             ^~~~\n"
        "  help: write 'b:', and its keys below it, indented\n"
        "specs/s.yaml:9:14: error: 'deployments' wants a map of names, this is a list\n"
        "    9 | deployments: []\n                     ^\n"
        "  help: write 'deployments:', and below it 'NAME:', indented\n"
        "specs/s.yaml:12:5: error: 'command' wants a list of texts, this is nothing\n"
        "   12 |     command:\n            ^~~~~~~\n"
        "  help: give 'command' a value, or leave the key out\n"
        "specs/s.yaml:13:13: error: '/etc' leaves the workspace\n"
        "   13 |     inputs: /etc\n                    ^~~~\n"
        "  help: paths are relative to the folder in which e2egen runs, and stay in it\n"
        "specs/s.yaml:14:12: error: 'needs' is empty\n"
        "   14 |     needs: []\n                   ^\n"
        "  help: name something, or leave the key out\n");
}

TEST_CASE("an empty word of a command is one if it is quoted", "[spec]") {
  auto compiler = with("tasks:\n  t: {command: [printf, \"\", '']}\n");
  CHECK(values(compiler.load().tasks.at(0).command) == Strings{"printf", "", ""});
  CHECK(compiler.errors().empty());
}

TEST_CASE("a text with a line break is told", "[spec]") {
  auto compiler = with("tasks:\n  t:\n    command: [sh, -c, \"a\\nb\"]\n");
  compiler.load();
  CHECK(compiler.errors().find("error: 'command' has a line break in it\n") != std::string::npos);
}

TEST_CASE("the name of a variable is a text too", "[spec]") {
  for (auto const* bad : {"\"A\\nB\": x", "\"\": x"}) {
    INFO(bad);
    auto compiler = with(std::string("images:\n  a:\n    args: {") + bad + "}\n");
    compiler.load();
    CHECK(compiler.diagnostics.count() == 1);
    CHECK(compiler.errors().find("specs/s.yaml:3:12: error: 'args' ") == 0);
  }
}

TEST_CASE("includes are read once each, and merged by name", "[spec]") {
  auto compiler = with("include: [left.yaml, right.yaml]\ncluster: {name: mine}\ntests: {t: {command: x}}\n");
  compiler.files.write("specs/left.yaml", "include: base.yaml\nimages: {left: {containerfile: x}}\n");
  compiler.files.write("specs/right.yaml", "include: ../specs/base.yaml\ntasks: {right: {command: x}}\n");
  compiler.files.write(
      "specs/base.yaml",
      "images: {base: {containerfile: x}}\ncluster: {name: not-mine}\ntests: {not-mine: {command: x}}\n"
      "builder: not-mine\n");
  auto const document = compiler.load();
  CHECK(compiler.errors().empty());
  CHECK(names(document.images) == Strings{"base", "left"});
  CHECK(names(document.tasks) == Strings{"right"});
  CHECK(names(document.tests) == Strings{"t"});
  CHECK(document.cluster->name.value == "mine");
  CHECK_FALSE(document.builder);
}

TEST_CASE("a circle of includes is told once, with its way", "[spec]") {
  auto compiler = with("include: a.yaml\nimages: {x: {containerfile: x}}\n");
  compiler.files.write("specs/a.yaml", "include: b.yaml\nimages: {y: {containerfile: x}}\n");
  compiler.files.write("specs/b.yaml", "include: a.yaml\nimages: {z: {containerfile: x}}\n");
  compiler.load();
  CHECK(compiler.errors() ==
        "specs/b.yaml:1:10: error: 'specs/a.yaml' includes itself\n"
        "    1 | include: a.yaml\n                 ^~~~~~\n"
        "  help: the files go round in a circle: specs/a.yaml -> specs/b.yaml -> specs/a.yaml; take one include out\n");
}

TEST_CASE("a name that stands in two files is told with both places", "[spec]") {
  auto compiler = with("include: a.yaml\nimages:\n  x: {containerfile: x}\n");
  compiler.files.write("specs/a.yaml", "images:\n  x: {containerfile: x}\n");
  compiler.load();
  CHECK(compiler.errors() ==
        "specs/s.yaml:3:3: error: the image 'x' stands in two files\n"
        "    3 |   x: {containerfile: x}\n          ^\n"
        "specs/a.yaml:2:3: note: the other one\n"
        "    2 |   x: {containerfile: x}\n          ^\n"
        "  help: keep one, or give one another name\n");
}

TEST_CASE("an include is relative to its file, and stays in the workspace", "[spec]") {
  auto compiler = with("include: [../other/a.yaml, none.yaml, ../../out.yaml]\nimages: {x: {containerfile: x}}\n");
  compiler.files.write("other/a.yaml", "images: {a: {containerfile: x}}\n");
  auto const document = compiler.load();
  CHECK(names(document.images) == Strings{"a", "x"});
  CHECK(compiler.errors() ==
        "specs/s.yaml:1:28: error: no file 'specs/none.yaml'\n"
        "    1 | include: [../other/a.yaml, none.yaml, ../../out.yaml]\n                                   ^~~~~~~~~\n"
        "  help: an include is relative to the file that includes\n"
        "specs/s.yaml:1:39: error: '../../out.yaml' leaves the workspace\n"
        "    1 | include: [../other/a.yaml, none.yaml, ../../out.yaml]\n"
        "                                              ^~~~~~~~~~~~~~\n"
        "  help: an include is relative to the file that includes, and stays in the workspace\n");
}

TEST_CASE("what is no spec is told as what it is", "[spec]") {
  struct Case {
    char const *text, *message;
  };
  for (auto const& [text, message] : {
           Case{"", "the spec is empty"},
           Case{"# later\n", "the spec is empty"},
           Case{"~\n", "the spec is empty"},
           Case{"- a\n", "a spec is a map, this is a list"},
           Case{"text\n", "a spec is a map, this is a text"},
           Case{"images: {}\n---\nimages: {}\n", "a second document in one spec"},
       }) {
    INFO(text);
    auto compiler = with(text);
    compiler.load();
    CHECK(compiler.diagnostics.count() == 1);
    CHECK(compiler.errors().find(std::string("error: ") + message + "\n") != std::string::npos);
  }
}

TEST_CASE("a spec is found by its name", "[spec]") {
  test::MemoryFiles files;
  files.write("specs/a.yaml", "");
  files.write("b.yaml", "");
  CHECK(spec::find("a", files) == "specs/a.yaml");
  CHECK(spec::find("b", files) == "b.yaml");
  CHECK(spec::find("none", files) == "specs/none.yaml");
  files.write("specs/c.yml", "");
  files.write("d.yml", "");
  CHECK(spec::find("c", files) == "specs/c.yml");
  CHECK(spec::find("d", files) == "d.yml");
  CHECK(spec::find("./x/../b.yaml", files) == "b.yaml");
  CHECK(spec::find("b.yml", files) == "b.yml");
}

TEST_CASE("a profile is laid over the spec by name and by key", "[spec]") {
  std::string const text =
      "images:\n  a: {containerfile: x, args: {A: one, B: two}, sources: [s, t]}\n  b: {containerfile: y}\n"
      "cluster: {name: n}\ntests:\n  t: {command: [go, test]}\n"
      "profiles:\n  loud:\n    images: {a: {args: {B: three, C: four}, sources: u}, new: {containerfile: z}}\n"
      "    cluster: {config: k}\n    tests: {t: {timeout: 9m}}\n";
  auto compiler = with(text);
  compiler.choices.profiles = {"loud"};
  auto const document = compiler.load();
  REQUIRE(compiler.errors() == "");
  CHECK(names(document.images) == Strings{"a", "b", "new"});
  auto const& args = document.images[0].args;
  REQUIRE(args.size() == 3);
  CHECK((args[0].value.value == "one" && args[1].value.value == "three" && args[2].value.value == "four"));
  CHECK(values(document.images[0].sources) == Strings{"u"});
  CHECK(document.images[0].containerfile->value == "x");
  CHECK(document.images[0].variant == "loud");
  CHECK(document.images[1].variant.empty());
  CHECK(document.cluster->name.value == "n");
  CHECK(document.cluster->config->value == "k");
  CHECK(document.tests[0].timeout->value == "9m");
  auto plain = with(text);
  CHECK(plain.load().images[0].variant.empty());
}

TEST_CASE("a profile gives a variable another value, and with it an image that is another one", "[spec]") {
  std::string const text =
      "variables: {T: spec, U: u}\nfrom-environment: [T]\n"
      "images: {a: {containerfile: x, args: {A: \"${T}\"}}, b: {containerfile: x, target: \"${U}\"}}\n"
      "cluster: {name: n}\nprofiles: {loud: {variables: {T: loud}}, red: {variables: {T: red}}}\n";
  auto const first_arg = [&](spec::Choices choices) {
    auto compiler = with(text);
    compiler.choices = std::move(choices);
    auto const document = compiler.load();
    CHECK(compiler.errors() == "");
    return document.images[0].args[0].value.value + " " + document.images[0].variant + document.images[1].variant;
  };
  CHECK(first_arg({}) == "spec ");
  CHECK(first_arg({{"loud"}, {}, {}}) == "loud loud");
  CHECK(first_arg({{"loud", "red"}, {}, {}}) == "red loud+red");
  CHECK(first_arg({{"loud"}, {}, {{"T", "environment"}}}) == "environment loud");
  CHECK(first_arg({{"loud"}, {{"T", "said"}}, {}}) == "said loud");
  auto wrong = with("variables: {TAG: x}\nimages: {a: {containerfile: x}}\nprofiles: {p: {variables: {TGA: y}}}\n");
  wrong.load();
  CHECK(wrong.errors().find("no variable is called 'TGA'") != std::string::npos);
  CHECK(wrong.errors().find("did you mean 'TAG'?") != std::string::npos);
}

TEST_CASE("a profile of an included spec comes along, before that of the same name", "[spec]") {
  auto compiler = with(
      "include: base.yaml\ncluster: {name: n}\ntests: {t: {command: x}}\n"
      "profiles: {loud: {images: {a: {args: {B: outer}}}}}\n");
  compiler.files.write("specs/base.yaml",
                       "images: {a: {containerfile: x}}\ncluster: {name: theirs}\n"
                       "profiles:\n  loud:\n    images: {a: {args: {A: inner, B: inner}}}\n"
                       "    cluster: {config: k}\n    tests: {u: {command: y}}\n  quiet: {tasks: {c: {command: z}}}\n");
  compiler.choices.profiles = {"loud", "quiet"};
  auto const document = compiler.load();
  spec::check_choices({document}, compiler.choices, compiler.diagnostics);
  CHECK(compiler.errors() == "");
  auto const& args = document.images[0].args;
  REQUIRE(args.size() == 2);
  CHECK((args[0].value.value == "inner" && args[1].value.value == "outer"));
  CHECK_FALSE(document.cluster->config);
  CHECK(names(document.tests) == Strings{"t"});
  CHECK(names(document.tasks) == Strings{"c"});
}

TEST_CASE("what the machine is stands where a step fills it in, and nowhere else", "[spec]") {
  auto compiler = with(
      "cluster: {name: n}\ntests: {t: {command: [sh, -c, \"go test -p ${e2e.processors} ${HOME}\"],\n"
      "  environment: {GOARCH: \"${e2e.arch}\"}, finally: [tar, \"${e2e.arch}\"]}}\n"
      "deployments: {d: {manifests: m.yaml, values: {ARCH: \"${e2e.arch}\"}}}\n");
  auto const document = compiler.load();
  CHECK(compiler.errors() == "");
  CHECK(document.tests[0].command[2].value == "go test -p %{processors} ${HOME}");
  CHECK(document.tests[0].environment[0].value.value == "%{architecture}");
  CHECK(document.tests[0].finally[1].value == "%{architecture}");
  CHECK(document.deployments[0].values[0].value.value == "%{architecture}");
  // each key, with such a value in its shape
  auto const check = [](auto fields, std::string const& section) {
    for (auto const& field : fields) {
      INFO(section << "." << field.key);
      bool const map = field.shape == spec::Shape::yaml || spec::name_of(field.shape) == spec::Shape::port ||
                       field.shape == spec::Shape::pairs || field.shape == spec::Shape::values;
      auto const entry = std::string(field.key) + (field.shape == spec::Shape::helm ? ": {chart: \"${e2e.arch}\"}"
                                                   : map                            ? ": {80: \"${e2e.arch}\"}"
                                                                                    : ": \"${e2e.arch}\"");
      auto one =
          with(section + (section == "cluster" || section == "policy" ? ":\n  " : ":\n  n:\n    ") + entry + "\n");
      one.load();
      bool const refused = one.errors().find("'e2e.arch' can't be known in '") != std::string::npos;
      CHECK(refused == !spec::takes_machine(field));
    }
  };
  check(spec::image_fields(), "images");
  check(spec::cluster_fields(), "cluster");
  check(spec::deployment_fields(), "deployments");
  check(spec::task_fields(), "tasks");
  check(spec::test_fields(), "tests");
  check(spec::policy_fields(), "policy");
}

TEST_CASE("variables: the command line before the environment before the spec", "[spec]") {
  auto const target = [](spec::Choices choices) {
    auto compiler = with(
        "variables: {T: spec, U: u}\nfrom-environment: [T]\n"
        "images: {a: {containerfile: x, target: \"${T}-${U}\", args: {KEPT: \"$${SHELL} ${T}\"}}}\ncluster: {name: "
        "n}\n");
    compiler.choices = std::move(choices);
    auto const document = compiler.load();
    CHECK(compiler.errors() == "");
    return document.images[0].target->value + "; " + document.images[0].args[0].value.value + "; " +
           std::to_string(document.taken.size());
  };
  CHECK(target({}) == "spec-u; ${SHELL} spec; 0");
  CHECK(target({{}, {}, {{"T", "environment"}, {"U", "not looked at"}}}) == "environment-u; ${SHELL} environment; 1");
  CHECK(target({{}, {{"T", "said"}}, {{"T", "environment"}}}) == "said-u; ${SHELL} said; 0");
}

TEST_CASE("a variable that leaves nothing takes its key away", "[spec]") {
  auto compiler =
      with("variables: {T: \"\"}\nimages: {a: {containerfile: x, prebuilt: \"${T}\"}}\ncluster: {name: n}\n");
  CHECK_FALSE(compiler.load().images[0].prebuilt);
  CHECK(compiler.errors() == "");
}

TEST_CASE("a name that is no variable is the shell's in a script, and an error elsewhere", "[spec]") {
  auto const said = [](std::string const& task) {
    auto compiler = with("variables: {VERSION: v}\ncluster: {name: n}\ntasks: {t: {" + task + "}}\n");
    auto const document = compiler.load();
    auto const words = compiler.diagnostics.render(compiler.sources, false);
    auto const help = words.find("help: ");
    return help == words.npos ? document.tasks.at(0).command.back().value
                              : words.substr(help + 6, words.find('\n', help) - help - 6);
  };
  CHECK(said("command: [sh, -ec, \"echo ${HOME} ${X:-y} ${VERSION}\"]") == "echo ${HOME} ${X:-y} v");
  CHECK(said("command: [sh, -c, \"echo ${VERSON}\"]") == "did you mean ${VERSION}? ($${...} for the literal)");
  CHECK(said("command: [sh, -c, \"echo $${VERSON} $${VERSION}\"]") == "echo ${VERSON} ${VERSION}");
  CHECK(said("command: [make, \"${HOME}\"]") == "known here: VERSION ($${...} for the literal)");
  CHECK(said("command: [make, \"$${HOME}\"]") == "${HOME}");
  CHECK(said("command: [make, \"${HOME\"]") == "write ${NAME}, or $${ for the literal");
  CHECK(said("command: [make], environment: {A: \"${HOME}\"}") == "known here: VERSION ($${...} for the literal)");
}

TEST_CASE("old words are understood, and told", "[spec]") {
  std::string const text =
      "images:\n  a: {command: [sh, x], sources: s}\n  b: {containerfile: x, go: g, sources: [s]}\n"
      "  c: {containerfile: x, sources: [s]}\ncluster: {name: n}\n"
      "deployments:\n  d: {manifests: m, endpoints: [one, two]}\n  e: {manifests: m, ready: [job/j], endpoints: one}\n"
      "  f: {manifests: m, ready: none, endpoints: one}\nprofiles: {p: {deployments: {d: {endpoints: three}}}}\n";
  auto compiler = with(text);
  auto const document = compiler.load();
  CHECK(compiler.errors() == "");
  CHECK(values(document.images[0].rootfs) == Strings{"sh", "x"});
  CHECK(values(document.images[0].inputs) == Strings{"s"});
  CHECK(values(document.images[1].beside_go) == Strings{"s"});
  CHECK(values(document.images[2].sources) == Strings{"s"});
  CHECK(values(document.deployments[0].ready) == Strings{"manifests", "service/one", "service/two"});
  CHECK(values(document.deployments[1].ready) == Strings{"job/j", "service/one"});
  CHECK(values(document.deployments[2].ready) == Strings{"service/one"});
  auto const warnings = compiler.diagnostics.warnings();
  CHECK(std::count_if(warnings.begin(), warnings.end(),
                      [](auto const& one) { return one.find("old-word") != one.npos; }) >= 4);
  compiler.choices.profiles = {"p"};
  CHECK(values(compiler.load().deployments[0].ready) == Strings{"manifests", "service/three"});
  auto both = with("images: {a: {command: [x], rootfs: [y], inputs: s}}\n");
  both.load();
  CHECK(both.errors().find("'command' is called 'rootfs' now, which is here as well") != std::string::npos);
}

TEST_CASE("a command that is one text is for a shell, whatever the value of a variable", "[spec]") {
  auto const command = [](std::string const& task, std::string const& value = "a b") {
    auto compiler = with("variables: {NAME: " + yaml::quoted(value) +
                         ", other-name: x}\ncluster: {name: n}\ntasks:\n  t:\n    " + task + "\n");
    auto const document = compiler.load();
    return compiler.errors().empty() ? values(document.tasks.at(0).command)
                                     : Strings{compiler.errors().substr(0, compiler.errors().find('\n'))};
  };
  CHECK(command("command: make") == Strings{"make"});
  CHECK(command("command: ./run.sh") == Strings{"./run.sh"});
  CHECK(command("command: make seed && echo \"it's $HOME\"") ==
        Strings{"sh", "-ec", "make seed && echo \"it's $HOME\""});
  CHECK(command("command: echo ${HOME} $${NAME}") == Strings{"sh", "-ec", "echo ${HOME} ${NAME}"});
  CHECK(command("command: echo ${NAME}", "'; rm -rf x") ==
        Strings{"env", "NAME='; rm -rf x", "sh", "-ec", "echo ${NAME}"});
  CHECK(command("command: make -j ${e2e.processors}") == Strings{"sh", "-ec", "make -j %{processors}"});
  CHECK(command("command: \"echo ${other-name}\"") ==
        Strings{"specs/s.yaml:5:14: error: no shell has a variable 'other-name'"});
  CHECK(command("command: [\"make seed\"]") == Strings{"make seed"});
  // what the shell makes of it
  auto words = command("command: printf '%s|' \"${NAME}\"", "'; echo $(id) `id` \" *");
  std::string line;
  for (auto const& word : words) line += shell_word(word) + " ";
  CHECK(test::run_shell(line).output == "'; echo $(id) `id` \" *|");
}

TEST_CASE("a profile takes away what is null in it", "[spec]") {
  std::string const text =
      "images:\n  a: {containerfile: x, target: t, args: {A: one, B: two}}\n  b: {containerfile: y}\n"
      "cluster: {name: n, config: k}\ntests:\n  t: {command: [go, test]}\n  u: {command: [go, test]}\n"
      "profiles:\n  p:\n    images: {a: {target:, args: {B: null}}, c: {containerfile: z, args: {X: null}}}\n"
      "    cluster: {config: ~, nodes: 2}\n    tests: {u: null}\n  q: {tests: {v: null}}\n";
  auto compiler = with(text);
  compiler.choices.profiles = {"p"};
  auto const document = compiler.load();
  REQUIRE(compiler.errors() == "");
  CHECK_FALSE(document.images[0].target);
  REQUIRE(document.images[0].args.size() == 1);
  CHECK(document.images[0].args[0].name.value == "A");
  CHECK(document.images[2].args.empty());
  CHECK_FALSE(document.cluster->config);
  CHECK(document.cluster->nodes->value == "2");
  CHECK(names(document.tests) == Strings{"t"});
  auto wrong = with(text);
  wrong.choices.profiles = {"q"};
  wrong.load();
  CHECK(wrong.errors().find("no test is called 'v', so none can be taken away") != std::string::npos);
  auto outside = with("images: {a: {containerfile: x, target: null}}\nprofiles: {p: {variables: {X: null}}}\n");
  outside.load();
  CHECK(outside.diagnostics.count() >= 2);
}

TEST_CASE("maps are merged, what stands beside the key stays; x- keys hold what has anchors", "[spec]") {
  auto compiler = with(
      "x-go: &go {containerfile: x, args: {A: a}}\nimages:\n  a:\n    args: {A: mine}\n    <<: *go\n"
      "  b: {<<: [*go, {target: t, containerfile: z}], memory: 1g}\ncluster: {name: n}\n");
  auto const document = compiler.load();
  REQUIRE(compiler.errors() == "");
  CHECK(document.images[0].containerfile->value == "x");
  CHECK(document.images[0].args.at(0).value.value == "mine");
  CHECK(document.images[1].containerfile->value == "x");
  CHECK(document.images[1].target->value == "t");
  CHECK(document.images[1].memory->value == "1g");
}

TEST_CASE("each key of the tables is described, and its example compiles", "[spec]") {
  auto const check = [](auto fields, std::string const& section) {
    for (auto const& field : fields) {
      INFO(section << "." << field.key);
      CHECK(field.help.ends_with('.'));
      CHECK(field.example.starts_with(std::string(field.key) + ": "));
      auto entry = std::string(field.example);
      if (section == "images" && field.key == "inputs") entry += "\n    rootfs: x";
      auto compiler = with(section == "cluster" || section == "policy" ? section + ":\n  " + entry + "\n"
                                                                       : section + ":\n  n:\n    " + entry + "\n");
      compiler.load();
      CHECK(compiler.errors() == "");
    }
  };
  check(spec::image_fields(), "images");
  check(spec::cluster_fields(), "cluster");
  check(spec::deployment_fields(), "deployments");
  for (auto const& field : spec::helm_fields()) {
    INFO(field.key);
    CHECK(field.help.ends_with('.'));
    auto compiler = with("deployments: {d: {helm: {" + std::string(field.example) + "}}}\n");
    compiler.load();
    CHECK(compiler.errors() == "");
  }
  check(spec::task_fields(), "tasks");
  check(spec::test_fields(), "tests");
  check(spec::policy_fields(), "policy");
  for (auto const& section : spec::sections()) {
    INFO(section.key);
    CHECK(section.help.ends_with('.'));
    if (section.key == "include") continue;
    auto compiler =
        with(section.key == "from-environment" ? "variables: {TAG: dev}\n" + std::string(section.example) + "\n"
                                               : std::string(section.example) + "\n");
    compiler.load();
    CHECK(compiler.errors() == "");
  }
}
