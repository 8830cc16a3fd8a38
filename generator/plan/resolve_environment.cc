#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "plan/lookup.h"

namespace e2e::plan {

namespace {

constexpr int kClusterTimeout = 10 * 60, kReadyTimeout = 5 * 60, kCommandTimeout = 10 * 60;

std::string stem(std::string const& path) {
  auto const start = path.rfind('/') + 1;  // npos + 1 is 0
  return path.substr(start, path.rfind('.') - start);
}

class Environments {
 public:
  explicit Environments(Lookup const& lookup) : lookup_(lookup) {}

  void environment() {
    Environment environment;
    environment.name = stem(lookup_.document.path);
    if (!lookup_.document.cluster) {
      if (!lookup_.document.deployments.empty() || !lookup_.document.tasks.empty() || !lookup_.document.tests.empty() ||
          lookup_.document.images.empty())
        if (!lookup_.diagnostics.any())
          lookup_.error(lookup_.document.place, "no 'cluster'",
                        "add 'cluster: {name: my-e2e}'; that of an included spec does not count");
      return;
    }
    cluster(*lookup_.document.cluster, environment);
    needs(environment);
    plan().environments.push_back(std::move(environment));
  }

 private:
  Plan& plan() const { return lookup_.plan; }

  void cluster(spec::Cluster const& written, Environment& environment) {
    auto& cluster = environment.cluster;
    cluster.origin = written.name.place;
    cluster.name = value(written.given_name, environment.name);
    lookup_.good_name({cluster.name, cluster.origin}, "a cluster");
    cluster.node_image =
        lookup_.overrides.node_image.empty() ? value(written.node_image, "") : lookup_.overrides.node_image;
    cluster.timeout = seconds(written.timeout, kClusterTimeout);
    if (written.config && lookup_.open(*written.config, "a cluster's config"))
      cluster.config = normal_path(written.config->value);
    environment.provider = lookup_.provider("cluster/" + value(written.provider, "kind"), written.provider);
    if (!environment.provider || !plan().builder) return;
    transport(written, environment);
  }

  /// The first way that the builder offers and the cluster accepts, unless the spec wants another of those.
  void transport(spec::Cluster const& written, Environment& environment) {
    auto const& offers = plan().builder->offers;
    auto const& accepts = environment.provider->accepts;
    std::vector<std::string> ways;
    std::copy_if(offers.begin(), offers.end(), std::back_inserter(ways), [&](auto const& way) {
      return transport_named(way) && std::find(accepts.begin(), accepts.end(), way) != accepts.end();
    });
    if (ways.empty())
      lookup_.error(environment.cluster.origin,
                    fmt::format("{} offers images as {}, {} accepts {}", plan().builder->name, join(offers, " or "),
                                environment.provider->name, join(accepts, " or ")),
                    "choose another builder or another provider");
    else if (written.transport && std::find(ways.begin(), ways.end(), written.transport->value) == ways.end())
      lookup_.error(written.transport->place,
                    fmt::format("images can't go from {} to {} as '{}'", plan().builder->name,
                                environment.provider->name, written.transport->value),
                    suggestion(written.transport->value, ways));
    else
      environment.transport = *transport_named(value(written.transport, ways.front()));
  }

  void needs(Environment& environment) {
    std::map<std::string, std::pair<NeedId, Place>> names;
    auto const name = [&](spec::Text const& text, NeedId id, std::string_view what) {
      lookup_.good_name(text, what);
      if (auto const [it, fresh] = names.emplace(text.value, std::pair(id, text.place)); !fresh)
        lookup_.error(text.place, fmt::format("'{}' is the name of a deployment and of a task", text.value),
                      "'needs' could not tell them apart: rename one", {{it->second.second, "the other one"}});
    };
    for (std::uint32_t i = 0; i < lookup_.document.deployments.size(); ++i)
      name(lookup_.document.deployments[i].name, {false, i}, "a deployment");
    for (std::uint32_t i = 0; i < lookup_.document.tasks.size(); ++i)
      name(lookup_.document.tasks[i].name, {true, i}, "a task");
    for (auto const& suite : lookup_.document.tests) lookup_.good_name(suite.name, "a test");

    std::vector<std::string> known;
    for (auto const& [text, id] : names) known.push_back(text);
    auto const look_up = [&](std::vector<spec::Text> const& texts) {
      std::vector<NeedId> ids;
      for (auto const& text : texts) {
        if (auto const it = names.find(text.value); it != names.end())
          ids.push_back(it->second.first);
        else if (image_named(text.value))
          lookup_.error(text.place,
                        fmt::format("'{}' is an image: 'needs' speaks of deployments and tasks", text.value),
                        "an image comes by itself, where a manifest or a FROM line names it");
        else
          lookup_.error(text.place, fmt::format("no deployment or task is called '{}'", text.value),
                        suggestion(text.value, known));
      }
      return ids;
    };
    for (auto const& written : lookup_.document.deployments)
      environment.deployments.push_back(deployment(written, look_up(written.needs)));
    for (auto const& written : lookup_.document.tasks)
      environment.tasks.push_back(command(written, look_up(written.needs)));
    for (auto const& written : lookup_.document.tests)
      environment.suites.push_back(command(written, look_up(written.needs)));
    circles(environment);
  }

  bool image_named(std::string_view name) const {
    return std::any_of(plan().images.begin(), plan().images.end(),
                       [&](auto const& image) { return image.name == name; });
  }

  Deployment deployment(spec::Deployment const& written, std::vector<NeedId> needs) {
    Deployment deployment{.name = written.name.value,
                          .manifests = paths(written.manifests),
                          .waits = {},
                          .images = {},
                          .needs = std::move(needs),
                          .timeout = seconds(written.timeout, kReadyTimeout),
                          .origin = written.name.place};
    if (written.manifests.empty())
      lookup_.error(written.name.place, fmt::format("the deployment '{}' deploys nothing", written.name.value),
                    "give it 'manifests'");
    for (auto const& path : written.manifests) {
      auto const file = lookup_.open(path, "a manifest");
      if (!file) continue;
      auto manifest = parse_manifest(lookup_.sources, *file, lookup_.diagnostics);
      for (auto& wait : manifest.waits) deployment.waits.push_back(std::move(wait));
      for (auto const& image : manifest.images) {
        if (auto const id = lookup_.image_of(image.ref)) {
          deployment.images.emplace(image.ref, *id);
          plan().images[static_cast<std::size_t>(*id)].loaded = true;
        } else if (image.ref.starts_with("localhost/")) {
          lookup_.error(image.place, fmt::format("no image of the spec is '{}'", image.ref),
                        suggestion(image.ref, lookup_.image_refs()), {{written.name.place, "deployed by this"}});
        }
      }
    }
    return deployment;
  }

  Command command(spec::Command const& written, std::vector<NeedId> needs) {
    Command command{.name = written.name.value,
                    .command = values(written.command),
                    .inputs = paths(written.inputs),
                    .environment = {},
                    .needs = std::move(needs),
                    .timeout = seconds(written.timeout, kCommandTimeout),
                    .origin = written.name.place};
    for (auto const& [name, text] : written.environment) command.environment.push_back({name.value, text.value});
    if (written.command.empty())
      lookup_.error(written.name.place, fmt::format("'{}' has no command", written.name.value), "give it a 'command'");
    lookup_.one_word(written.command);
    for (auto const& input : written.inputs) lookup_.exists(input, "an input");
    return command;
  }

  void circles(Environment const& environment) {
    auto const& tasks = environment.tasks;
    auto const& deployments = environment.deployments;
    std::map<std::pair<bool, std::uint32_t>, int> states;  // 1 open, 2 done
    std::vector<std::string> path;
    auto const visit = [&](auto const& self, NeedId id) -> void {
      auto const& name = id.task ? tasks[id.index].name : deployments[id.index].name;
      auto const origin = id.task ? tasks[id.index].origin : deployments[id.index].origin;
      auto& state = states[{id.task, id.index}];
      if (state == 2) return;
      if (state == 1) {
        auto const start = std::find(path.begin(), path.end(), name);
        lookup_.error(origin, fmt::format("'{}' needs itself", name),
                      fmt::format("the needs go round in a circle: {} -> {}; take one out",
                                  join(std::vector<std::string>(start, path.end()), " -> "), name));
        return;
      }
      state = 1;
      path.push_back(name);
      for (auto const need : id.task ? tasks[id.index].needs : deployments[id.index].needs) self(self, need);
      path.pop_back();
      state = 2;
    };
    for (std::uint32_t i = 0; i < deployments.size(); ++i) visit(visit, {false, i});
    for (std::uint32_t i = 0; i < tasks.size(); ++i) visit(visit, {true, i});
  }

  Lookup const& lookup_;
};

}  // namespace

void resolve_environment(Lookup const& lookup) {
  Environments(lookup).environment();
}

}  // namespace e2e::plan
