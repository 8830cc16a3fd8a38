#include "app/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "app/known.h"
#include "app/terminal.h"
#include "base/diagnostics.h"
#include "base/text.h"
#include "ninja/write.h"
#include "step/status.h"
#include "step/trace.h"

namespace e2e::app {

namespace {

constexpr auto kPause = std::chrono::seconds(3);
/// What a terminal shows is written over, and what is left of it cleared.
constexpr std::string_view kHome = "\033[H", kClearLine = "\033[K", kClearBelow = "\033[J";

constexpr char const* kStatus =
    R"(Shows, for each Ninja file of this folder, what stands and since when: the cluster, the deployments (how many of their
pods are ready, restarts, since when they are so), the tasks, the tests that are green, the images; and what the next
`ninja up test` would do. It judges as ninja's first step does, from the files, the image store and the clusters, and
changes nothing: no stamp, no file, no cluster. An image that is built is not necessarily in the store: it may lie
exported in .e2e/oci, which does as well.

With NAME one environment, which is called as its spec, or one of its clusters (`clusters:`), as `hub` or `fleet/hub`;
and all that rests below it.

Exit status: 0 all holds, ninja has nothing to do; 1 something is to be done, or was never done; 2 it can't be told (a
cluster does not answer, there is no such name). So a prompt or a CI job may ask:

  e2egen status gateway --up >/dev/null && echo up      # whatever its tests say
  e2egen status --json | jq '.files[].next.runs')";

std::vector<step::Status> look(StatusOptions const& options) {
  std::vector<step::Status> all;
  std::vector<std::string> names;
  for (auto& file : known_files_or("run e2egen on a spec first, as in `e2egen gateway`")) {
    for (auto& name : step::places_in(file)) names.push_back(std::move(name));
    auto const reads = ninja::Names(file.ninja).reads;
    if (auto const part = step::part_of(std::move(file), options.name, options.up); !part.claims.empty())
      all.push_back(step::status_of_file(part, reads));
  }
  if (all.empty())
    throw Failure(fmt::format("no Ninja file has an environment or cluster '{}'\n  help: {}", options.name,
                              suggestion(options.name, names)));
  return all;
}

std::string text_of(std::vector<step::Status> const& all, StatusOptions const& options) {
  if (options.json) return step::status_json(all);
  return step::status_text(all, step::now(), colour_on_stdout() ? step::Colours::yes : step::Colours::no);
}

/// Until somebody interrupts it.
void watch(StatusOptions const& options) {
  std::string before;
  for (;;) {
    auto text = text_of(look(options), options);
    if (is_terminal()) {
      auto shown = text;
      replace_all(shown, "\n", fmt::format("{}\n", kClearLine));
      print(fmt::format("{}{}{}", kHome, shown, kClearBelow));
    } else if (text != before) {
      print(before.empty() ? text : "\n" + text);
    }
    before = std::move(text);
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

void add_status(CLI::App& app, StatusOptions& options) {
  options.verb = app.add_subcommand("status", "show how things stand, and what the next run would do");
  options.verb->footer(std::string("\n") + kStatus);
  options.verb->add_option("name", options.name, "an environment, or a cluster of one; without, all")
      ->type_name("ENVIRONMENT");
  options.verb->add_flag("--up", options.up, "leave the tests out");
  options.verb->add_flag("--json", options.json, "as JSON; times are seconds since 1970");
  options.verb->add_flag("--watch", options.watch, "again every 3 seconds, until it is interrupted");
}

int status(StatusOptions const& options) try {
  if (options.watch) watch(options);
  auto const all = look(options);
  print(text_of(all, options));
  return step::exit_status(all);
} catch (Failure const& failure) {
  print_error(fmt::format("e2egen: {}\n", failure.what()));
  return 2;
}

}  // namespace e2e::app
