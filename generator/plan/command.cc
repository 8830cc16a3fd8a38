// Tasks and tests, and which of the tasks come before images and cluster.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "base/disk.h"
#include "base/pattern.h"
#include "base/text.h"
#include "plan/lookup.h"

namespace e2e::plan {

namespace {

constexpr int kCommandTimeout = 10 * 60;

int number(std::optional<spec::Text> const& text, int otherwise) {
  return text ? std::stoi(text->value) : otherwise;
}

/// What makes two tasks of two specs one.
auto definition(Command const& one) {
  std::vector<std::pair<std::string, std::string>> environment;
  for (auto const* items : {&one.environment, &one.contents})
    for (auto const& [name, value] : *items) environment.emplace_back(name, value);
  return std::tuple(one.command, one.inputs, one.go, one.outputs, environment, one.after, one.retries, one.timeout);
}

/// What decides which files of a Go package count: build tags, as the command says them.
std::vector<std::string> go_flags(spec::Command const& written) {
  auto words = values(written.command);
  if (words.size() == 1) {
    std::istringstream text(words.front());
    words.assign(std::istream_iterator<std::string>(text), {});
  }
  std::vector<std::string> flags;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto const flag = std::string_view(words[i]).substr(words[i].starts_with("--") ? 1 : 0);
    if (flag.starts_with("-tags="))
      flags.emplace_back(flag);
    else if (flag == "-tags" && i + 1 < words.size())
      flags.push_back("-tags=" + words[i + 1]);
  }
  return flags;
}

/// A task that images or the cluster need, and who does.
struct Early {
  spec::Command const* task;
  spec::Text const* needed_by;
};

/// Those that images and cluster name, and those that these need.
std::map<std::string, Early> early_tasks(spec::Document const& document) {
  std::map<std::string, spec::Command const*> tasks;
  for (auto const& task : document.tasks) tasks.emplace(task.name.value, &task);
  std::map<std::string, Early> found;
  std::vector<std::pair<spec::Text const*, spec::Text const*>> next;  // a need, and whose
  for (auto const& image : document.images)
    for (auto const& need : image.needs) next.emplace_back(&need, &image.name);
  for (auto const* cluster : spec::clusters_of(document))
    for (auto const& need : cluster->needs) next.emplace_back(&need, &cluster->name);
  while (!next.empty()) {
    auto const [need, by] = next.back();
    next.pop_back();
    auto const task = tasks.find(need->value);
    if (task == tasks.end() || !found.emplace(need->value, Early{task->second, by}).second) continue;
    auto const& by_it = task->second->name;
    for (auto const& further : task->second->needs) next.emplace_back(&further, &by_it);
    for (auto const& [name, text] : task->second->environment)
      if (text.output)
        for (auto const writer : writers(document, text)) next.emplace_back(&document.tasks[writer].name, &by_it);
  }
  return found;
}

/// Said in the words of the command, so that it is the same in the Ninja file, in the log and in a shell.
std::vector<std::string> in_folder(spec::Command const& written, std::vector<spec::Text> const& command) {
  auto words = values(command);
  if (!written.folder || words.empty()) return words;
  if (words.front() != "env") words.insert(words.begin(), "env");
  words.insert(words.begin() + 1, "--chdir=" + normal_path(written.folder->value));
  return words;
}

void working_folder(Lookup const& lookup, spec::Command const& written) {
  auto const& folder = *written.folder;
  auto const path = normal_path(folder.value);
  if (written.pod)
    lookup.error(folder.place, "a pod has folders of its own",
                 "leave 'folder' out, and write 'cd FOLDER && ...' as the command");
  else if (!lookup.files.is_folder(path) && !is_made(lookup.document, path))
    lookup.error(
        folder.place,
        lookup.files.exists(path) ? fmt::format("'{}' is a file", path) : fmt::format("no folder '{}'", path),
        lookup.files.exists(path) ? "name the folder that it is in" : lookup.instead_of(folder, "a working folder"));
}

class Host {
 public:
  explicit Host(Lookup const& lookup) : lookup_(lookup), early_(early_tasks(lookup.document)) {}

  void run() {
    auto const& document = lookup_.document;
    for (auto const& image : document.images) known(image.needs, image.name);
    for (auto const* cluster : spec::clusters_of(document)) known(cluster->needs, cluster->name);
    for (auto const& task : document.tasks)
      if (auto const it = early_.find(task.name.value); it != early_.end()) add(it->second);
  }

 private:
  void known(std::vector<spec::Text> const& needs, spec::Text const& by) const {
    std::vector<std::string> names;
    for (auto const& task : lookup_.document.tasks) names.push_back(task.name.value);
    for (auto const& need : needs) {
      if (early_.contains(need.value)) continue;
      auto const& all = lookup_.document.deployments;
      bool const deployed =
          std::any_of(all.begin(), all.end(), [&](auto const& one) { return one.name.value == need.value; });
      lookup_.error(need.place,
                    deployed ? fmt::format("'{}' is a deployment: images and clusters are there before it", need.value)
                             : fmt::format("no task is called '{}'", need.value),
                    deployed ? "they need tasks of this machine only" : suggestion(need.value, names),
                    {{by.place, "needed by this"}});
    }
  }

  void add(Early const& early) {
    auto const& written = *early.task;
    auto const refuse = [&](Place const& place, std::string_view what) {
      lookup_.error(
          place, fmt::format("the task '{}' {}, and runs before any cluster is there", written.name.value, what),
          "leave that out, or let nothing that is built need the task", {{early.needed_by->place, "needed by this"}});
    };
    if (written.pod) refuse(written.pod->place, "runs in a pod");
    if (!written.forward.empty()) refuse(written.forward[0].name.place, "wants a forwarded port");
    if (!written.images.empty()) refuse(written.images[0].place, "wants an image in the cluster");
    if (!written.data.empty()) refuse(written.data[0].place, "has data in pods");
    if (written.name_space) refuse(written.name_space->place, "has a namespace");
    if (!written.clusters.empty()) refuse(written.clusters[0].place, "names a cluster");
    for (auto const& need : written.needs)
      if (!early_.contains(need.value)) refuse(need.place, fmt::format("needs '{}', which is no task", need.value));
    auto task = resolve_command(lookup_, written, {}, true);
    task.after = values(written.needs);
    for (auto const& need : task.needs) task.after.push_back(lookup_.document.tasks[need.index].name.value);
    auto& host = lookup_.plan.host;
    auto const same = std::find_if(host.begin(), host.end(), [&](auto const& one) { return one.name == task.name; });
    if (same == host.end())
      host.push_back(std::move(task));
    else if (definition(*same) != definition(task))
      lookup_.error(task.origin, fmt::format("two specs have a task '{}' that images or clusters need", task.name),
                    "give both the same definition, by an include, or rename one", {{same->origin, "the other one"}});
  }

  Lookup const& lookup_;
  std::map<std::string, Early> early_;
};

}  // namespace

Command resolve_command(Lookup const& lookup, spec::Command const& written, std::vector<NeedId> needs, bool host) {
  Command command{.name = written.name.value,
                  .command = in_folder(written, written.command),
                  .inputs = paths(written.inputs),
                  .outputs = paths(written.outputs),
                  .go = paths(written.go),
                  .go_flags = go_flags(written),
                  .finally = in_folder(written, written.finally),
                  .on_failure = in_folder(written, written.on_failure),
                  .pod = value(written.pod, ""),
                  .name_space = value(written.name_space, "default"),
                  .environment = {},
                  .forward = {},
                  .images = {},
                  .retries = number(written.retries, 0),
                  .shards = number(written.shards, 1),
                  .junit = written.junit ? normal_path(written.junit->value) : "",
                  .needs = std::move(needs),
                  .timeout = seconds(written.timeout, kCommandTimeout),
                  .origin = written.name.place,
                  .host = host};
  for (auto const& [name, text] : written.environment) {
    lookup.variable_name(name);
    auto& kind = text.output ? command.contents : command.environment;
    kind.push_back({name.value, text.output ? normal_path(text.value) : text.value});
    if (text.output) lookup.need_writers(text, command.needs);
  }
  for (auto const& [name, text] : written.forward) {
    constexpr std::string_view kHow = "write VARIABLE: KIND/NAME:PORT, such as STORE: service/store:5432";
    lookup.variable_name(name, kHow);
    auto const colon = text.value.rfind(':');
    auto const port = colon == std::string::npos ? 0 : parse_port(std::string_view(text.value).substr(colon + 1));
    if (text.value.find('/') == std::string::npos || text.value.starts_with('-') || port < 1 || port > 65535)
      lookup.error(text.place, fmt::format("'{}' can't be forwarded", text.value), std::string(kHow));
    command.forward.push_back({name.value, text.value});
  }
  for (auto const& name : written.images) {
    if (auto const it = lookup.images.by_name.find(name.value); it != lookup.images.by_name.end()) {
      command.images.push_back(it->second);
      lookup.plan.images[static_cast<std::size_t>(it->second)].loaded = true;
    } else {
      lookup.error(name.place, fmt::format("no image is called '{}'", name.value),
                   lookup.no_image(name.value, lookup.image_names()));
    }
  }
  if (written.name_space) lookup.good_name(*written.name_space, "a namespace");
  if (written.command.empty())
    lookup.error(written.name.place, fmt::format("'{}' has no command", written.name.value), "give it a 'command'");
  if (written.pod && written.pod->value.starts_with('-'))
    lookup.error(written.pod->place, fmt::format("'{}' is no pod", written.pod->value),
                 "write its name, or deployment/NAME");
  if (written.pod && !written.forward.empty())
    lookup.error(written.forward[0].name.place, "what runs in a pod needs no forwarded port",
                 "leave 'forward' out, or 'pod'");
  for (auto const* words : {&written.command, &written.finally, &written.on_failure}) lookup.one_word(*words);
  for (auto const& input : written.inputs) lookup.some_exist(input, "an input");
  for (auto const& package : written.go) (void)lookup.go_package(package);
  if (written.pod && !written.go.empty())
    lookup.error(written.go[0].place, "what runs in a pod is made of no package of the workspace",
                 "leave 'go' out: its image is built of them");
  for (auto const& output : written.outputs)
    if (is_pattern(output.value))
      lookup.error(output.place, fmt::format("'{}' is a pattern, and outputs are files", output.value),
                   "name each file: one that is gone could not be missed");
  if (written.folder) working_folder(lookup, written);
  return command;
}

std::set<std::string> host_tasks(spec::Document const& document) {
  std::set<std::string> names;
  for (auto const& [name, early] : early_tasks(document)) names.insert(name);
  return names;
}

void resolve_host_tasks(Lookup const& lookup) {
  Host(lookup).run();
}

}  // namespace e2e::plan
