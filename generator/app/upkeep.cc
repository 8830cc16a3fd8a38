#include "app/upkeep.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/generate.h"
#include "app/known.h"
#include "app/terminal.h"
#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/text.h"
#include "claim/claim.h"
#include "step/cache.h"
#include "step/gc.h"

namespace e2e::app {

namespace {

constexpr char const* kKey =
    R"(Prints the key under which a CI system keeps what makes a fresh machine build nothing, the prefix under which it finds
the newest of the same images if that key is not there, and the folders to keep. The key is a digest of all inputs of
all images: it is the same on every machine and in every clone, before the first build as well as after it, and another
one as soon as one input differs. Where the key is found, no image is built. See docs/ci.md for whole workflows.

Formats: plain; github (append it to $GITHUB_OUTPUT); gitlab (a job to be extended: the artifact of a parent pipeline).)";

constexpr char const* kSize =
    R"(Prints what takes how much in .e2e: exported images, the layers that several of them share (once), logs and the rest.
Lines with a * are what a CI cache keeps.)";

constexpr char const* kGc =
    R"(Drops what no spec refers to any more. In .e2e: exports and stamps of images, rendered manifests and stamps of steps that
no spec has, what a killed process was writing, logs beyond 64 MB, the older half of a trace beyond 16 MB. In the image
store: images that steps of this workspace made (.e2e/ledger) and no stamp refers to; never one that a container uses,
that an image which stays is FROM, or that somebody else gave a name. On the nodes of this workspace's clusters: images
that no stamp refers to and no container uses.

All specs count whose Ninja files are there, with the profiles and variables of each; and those that are named. The last image that was made of
each spec's recipe stays, even if its sources have changed since: the next build begins where that one ended. A cluster
and the state of its environment are never touched: that is `ninja -f e2e.ninja down`.)";

/// How the Ninja files of this workspace were made.
std::vector<GenerateOptions> all_options(std::vector<claim::File> const& files) {
  std::vector<GenerateOptions> all;
  for (auto const& one : files) all.push_back(options_of(one.arguments));
  return all;
}

/// What those specs compile to now, or all that are known: a claims file on disk may be older than its spec.
std::vector<claim::File> compiled(UpkeepOptions const& options, bool with_known) {
  if (options.specs.empty() && !(options.profiles.empty() && options.variables.empty()))
    throw Failure(
        "--profile and --set are of a spec\n  help: name it, as in `e2egen cache key gateway --profile NAME`");
  auto wanted = one_by_one({.specs = options.specs, .profiles = options.profiles, .variables = options.variables});
  if (!wanted) return {};
  if (options.specs.empty())
    wanted = all_options(known_files_or("name the specs, as in `e2egen cache key gateway`"));
  else if (with_known)
    for (auto& one : all_options(known_files())) wanted->push_back(std::move(one));
  std::vector<claim::File> files;
  for (auto const& one : *wanted) {
    auto result = compile(one);
    if (!result) return {};
    files.push_back(std::move(result->claims));
  }
  return files;
}

constexpr char const* kForget =
    R"(Deletes the stamps of the steps of that name in every Ninja file of this folder, so that they run again with the next
ninja, and nothing else does unless something else comes out: a green test suite, a migration, a build. Names are those
that ninja prints and the trace has: "test gateway", "task migrations", "image go", "apply redis"; * stands for anything.)";

/// Which stamps those names mean.
int forget(std::vector<std::string> const& names) {
  int forgotten = 0;
  std::vector<std::string> titles;
  for (auto const& file : known_files_or("run e2egen on a spec first, as in `e2egen gateway`"))
    for (auto const& one : file.claims) {
      titles.push_back(one.title);
      if (std::none_of(names.begin(), names.end(), [&](auto const& name) { return matches(name, one.title); }))
        continue;
      if (!read_file(one.stamp)) continue;
      remove_file(one.stamp);
      print(fmt::format("forgotten: {}\n", one.title));
      ++forgotten;
    }
  if (forgotten == 0)
    throw Failure(fmt::format("no step of that name has a stamp\n  help: {}", suggestion(names.front(), titles)));
  return 0;
}

}  // namespace

void add_upkeep(CLI::App& app, UpkeepOptions& options) {
  auto const specs = [&](CLI::App* verb) {
    verb->add_option("spec", options.specs, "names or paths of specs; without any, those whose Ninja files are there")
        ->type_name("SPEC");
    verb->add_option("--profile", options.profiles, "with this profile laid over them")
        ->allow_extra_args(false)
        ->type_name("PROFILE");
    verb->add_option("--set", options.variables, "NAME=value: with another value of a variable")
        ->allow_extra_args(false);
  };
  auto* cache = app.add_subcommand("cache", "what a CI machine keeps from run to run: `cache key`, `cache size`");
  cache->require_subcommand(1);
  options.cache_key = cache->add_subcommand("key", "print the key of a CI cache");
  options.cache_key->footer(std::string("\n") + kKey);
  specs(options.cache_key);
  options.cache_key->add_option("--format", options.format, "plain, github or gitlab")
      ->check(CLI::IsMember({"plain", "github", "gitlab"}))
      ->capture_default_str();
  options.cache_size = cache->add_subcommand("size", "print what takes how much in .e2e");
  options.cache_size->footer(std::string("\n") + kSize);
  options.cache_size->add_flag("--json", options.json, "as JSON, in bytes");
  options.forget = app.add_subcommand("forget", "have steps run again although nothing has changed");
  options.forget->footer(std::string("\n") + kForget);
  options.forget->add_option("name", options.names, "names of steps")->required();
  options.gc = app.add_subcommand("gc", "drop what no spec refers to: files, images in the store and on nodes");
  options.gc->footer(std::string("\n") + kGc);
  specs(options.gc);
  options.gc->add_flag("-n,--dry-run", options.dry_run, "say what would go, and change nothing");
  options.gc->add_flag(
      "--build-cache", options.build_cache,
      "drop nameless images too that were built FROM ours: the next build of a changed image is slower");
}

bool is_upkeep(UpkeepOptions const& options) {
  return options.forget->parsed() || options.cache_key->parsed() || options.cache_size->parsed() ||
         options.gc->parsed();
}

int upkeep(UpkeepOptions const& options) {
  if (options.forget->parsed()) return forget(options.names);
  if (options.cache_size->parsed()) {
    print(step::size_text(step::cache_size(), options.json));
    return 0;
  }
  auto const files = compiled(options, options.gc->parsed());
  if (files.empty()) return 1;
  if (options.gc->parsed()) return step::gc(files, {options.dry_run, options.build_cache});
  auto const format = options.format == "github"   ? step::KeyFormat::github
                      : options.format == "gitlab" ? step::KeyFormat::gitlab
                                                   : step::KeyFormat::plain;
  print(step::key_text(step::cache_key(files), format));
  return 0;
}

}  // namespace e2e::app
