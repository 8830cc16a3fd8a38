#include "app/authoring.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "app/generate.h"
#include "app/progress.h"
#include "app/templates.h"
#include "app/terminal.h"
#include "app/workspace.h"
#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/text.h"
#include "init/names.h"
#include "init/write.h"
#include "spec/format.h"
#include "spec/load.h"

namespace e2e::app {

namespace fs = std::filesystem;

namespace {

constexpr char const* kInit =
    R"(Reads Containerfiles, Kubernetes manifests, kustomizations, configurations of kind, compose files, skaffold.yaml,
Makefiles, workflows and test suites, and writes specs/NAME.yaml, NAME being the folder's. What could not be decided
stands in it as a comment, with the reason: a suite of which it isn't certain that it runs, such as one that makes a
cluster of its own, is one. Where suites keep apart what they test (manifests, a kustomization, a compose file or a
cluster's configuration in their folders, images that their Makefile targets need) each gets a spec of its own. It then says whether the spec compiles. A file that is there is never overwritten; nothing but the spec is written.)";

constexpr char const* kFmt =
    R"(Puts sections and keys into the order of the reference, with one empty line between sections, two blanks for each
level, and no blanks at the ends of lines. Names keep their order, what stands in brackets, quotes and block scalars
stays as it is, and comments stay with what they belong to. What the spec says never changes: that is compared before
anything is written. Without SPEC: all of specs/.)";

/// A repository, with what the built-in templates know of kustomizations. A linked folder is another one's, or goes
/// round in a circle.
class RepositoryFiles final : public WorkspaceFiles {
 public:
  explicit RepositoryFiles(Progress& progress) : progress_(progress) { learn(templates()); }
  std::optional<std::string> read(std::string const& path) const override {
    progress_.at(path);
    return WorkspaceFiles::read(path);
  }
  std::string kustomized(std::string const& folder) const override {
    progress_.at("the kustomization " + folder);
    return WorkspaceFiles::kustomized(folder);
  }
  std::vector<std::string> list(std::string const& folder) const override {
    progress_.at(folder);
    auto names = WorkspaceFiles::list(folder);
    std::erase_if(names, [&](auto const& name) {
      std::error_code error;
      auto const path = fs::path(folder) / name;
      return fs::is_symlink(path, error) && fs::is_directory(path, error);
    });
    return names;
  }

 private:
  static std::vector<plan::Provider> templates() {
    Sources sources;
    Diagnostics ignored;
    return providers("", DiskFiles(), sources, ignored);
  }

  Progress& progress_;
};

int init(AuthoringOptions const& options) {
  auto const folder = normal_path(options.folder);
  if (!inside_workspace(folder))
    throw Failure(fmt::format("'{}' is outside of this folder\n  help: run e2egen init in it", options.folder));
  if (!fs::is_directory(folder)) throw Failure(fmt::format("no folder '{}'", folder));
  auto const name = init::good_name((folder == "." ? fs::current_path() : fs::path(folder)).filename().string());
  auto const path = normal_path(options.output.empty() ? fmt::format("specs/{}.yaml", name) : options.output);
  if (!is_yaml(path)) throw Failure(fmt::format("'{}' can't be the name of a spec\n  help: it ends in .yaml", path));
  std::optional<Progress> progress("init");
  auto const specs = init::write_specs(folder, name, path, RepositoryFiles(*progress));
  progress.reset();
  if (options.print) {
    for (auto const& spec : specs) {
      if (&spec != &specs[0]) print(fmt::format("\n# {}\n", spec.path));
      print(spec.text);
    }
    return 0;
  }
  for (auto const& spec : specs)
    if (fs::exists(spec.path))
      throw Failure(
          fmt::format("{} is there, and stays as it is\n  help: -o FILE writes another one, --print none", spec.path));
  for (auto const& spec : specs) write_file(spec.path, spec.text);
  bool compiles = true;
  for (auto const& spec : specs) {
    auto const compiled = [&] {
      Progress compiling("does it compile", true);
      compiling.at(spec.path);
      return compile({.specs = {spec.path}});
    }();
    compiles &= compiled.has_value();
    bool const found = options.output.empty() || spec.path != path;
    auto const called = found ? fs::path(spec.path).stem().string() : spec.path;
    if (compiled)
      print(fmt::format("{} written: {} images, and it compiles; now read it, then: e2egen {}\n", spec.path,
                        compiled->planned->plan.images.size(), called));
    else
      print_error(fmt::format("e2egen: {} is written, and does not compile yet: see above\n", spec.path));
  }
  return compiles ? 0 : 1;
}

std::vector<std::string> paths_of(std::vector<std::string> const& specs) {
  std::vector<std::string> out;
  DiskFiles const files;
  for (auto const& spec : specs) out.push_back(spec::find(spec, files));
  if (out.empty())
    for (auto const& name : names_in("specs"))
      if (is_yaml(name)) out.push_back("specs/" + name);
  if (out.empty()) throw Failure("no spec in specs/\n  help: name one");
  return out;
}

int format(AuthoringOptions const& options) {
  bool wrong = false;
  for (auto const& path : paths_of(options.specs)) {
    auto const text = read_file(path);
    if (!text) throw Failure(fmt::format("no file {}", path));
    Sources sources;
    Diagnostics diagnostics;
    auto const better = spec::formatted(path, *text, sources, diagnostics);
    if (!better) {
      print_error(diagnostics.render(sources, colour_on_stderr()));
      wrong = true;
    } else if (*better != *text) {
      if (options.check)
        wrong = true;
      else
        write_file(path, *better);
      print(fmt::format("{}\n", path));
    }
  }
  return wrong ? 1 : 0;
}

}  // namespace

void add_authoring(CLI::App& app, AuthoringOptions& options) {
  options.init = app.add_subcommand("init", "write a first spec, from what a repository has");
  options.init->footer(std::string("\n") + kInit);
  options.init->add_option("folder", options.folder, "the repository, or a part of it")
      ->capture_default_str()
      ->type_name("FOLDER");
  options.init->add_option("-o,--output", options.output, "the spec to write")->type_name("FILE");
  options.init->add_flag("--print", options.print, "print the spec and write nothing");
  options.fmt = app.add_subcommand("fmt", "put specs in order; print the names of those that change");
  options.fmt->footer(std::string("\n") + kFmt);
  options.fmt->add_option("spec", options.specs, "names or paths of specs")->type_name("SPEC");
  options.fmt->add_flag("--check", options.check, "change nothing; end with 1 if something would change");
}

bool is_authoring(AuthoringOptions const& options) {
  return options.init->parsed() || options.fmt->parsed();
}

int authoring(AuthoringOptions const& options) {
  return options.init->parsed() ? init(options) : format(options);
}

}  // namespace e2e::app
