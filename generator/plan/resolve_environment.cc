#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/disk.h"
#include "base/text.h"
#include "base/yaml.h"
#include "plan/lookup.h"
#include "plan/reference.h"
#include "spec/fields.h"

namespace e2e::plan {

namespace {

constexpr int kClusterTimeout = 10 * 60;

std::string stem(std::string const& path) {
  auto const start = path.rfind('/') + 1;  // npos + 1 is 0
  return path.substr(start, path.rfind('.') - start);
}

class Environments {
 public:
  explicit Environments(Lookup const& lookup) : lookup_(lookup) {}

  void environment() {
    auto const& document = lookup_.document;
    if (!document.cluster) {
      bool const tasks = document.tasks.size() > host_tasks(document).size();
      if (!document.deployments.empty() || tasks || !document.tests.empty() || document.images.empty())
        if (!lookup_.diagnostics.any())
          lookup_.error(document.place, "no 'cluster'",
                        "add 'cluster: {name: my-e2e}'; that of an included spec does not count");
      return;
    }
    Environment environment;
    environment.name = environment_name();
    cluster(*document.cluster, environment);
    // a chart is rendered for the version of its cluster
    auto const& versions = document.cluster->versions;
    if (!versions.empty()) environment.cluster.node_image = versions.front().value;
    needs(environment);
    unused(environment);
    this->versions(*document.cluster, std::move(environment));
  }

 private:
  Plan& plan() const { return lookup_.plan; }

  /// specs/NAME.yaml, or NAME.yaml, is NAME. One in another folder has its path in its name: two specs of one name
  /// would share their state.
  std::string environment_name() const {
    auto const& document = lookup_.document;
    auto path = document.path;
    if (path.starts_with("specs/") && path.find('/', 6) == path.npos) path.erase(0, 6);
    path.resize(path.rfind('.'));
    auto const name = stem(document.path);
    auto const bad = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f || c == '|' || c == '+' || c == '%'; };
    if (name.empty() || name.front() == '.' || name.back() == '.' || name.front() == '-' || not_utf8(path) ||
        std::any_of(path.begin(), path.end(), bad))
      lookup_.error(
          document.place, fmt::format("'{}' can't be the name of an environment", path),
          "rename the spec or its folder: names of targets and folders are made of it, without | + %, control "
          "characters and dots at the ends");
    std::vector<std::string> before{path + ".yaml"};  // of one name the first one has it
    if (path == name) before = {"specs/" + name + ".yaml", "specs/" + name + ".yml", name + ".yaml"};
    for (auto const& first : before) {
      if (first == document.path) break;
      if (lookup_.files.read(first))
        lookup_.error(document.place, fmt::format("'{}' and '{}' have one name", document.path, first),
                      fmt::format("rename one: their state would be one folder, .e2e/env/{}", name));
    }
    return path_as_name(path);
  }

  /// Each version is an environment of its own.
  void versions(spec::Cluster const& written, Environment environment) {
    if (written.versions.empty()) return plan().environments.push_back(std::move(environment));
    if (!lookup_.overrides.node_image.empty())
      lookup_.warning(warnings::kNodeImage, written.versions.front().place,
                      "--node-image is passed over: 'versions' names the node images", "leave one of the two out");
    for (std::size_t i = 0; i < written.versions.size(); ++i) {
      auto one = environment;
      auto const number = fmt::format("-{}", i + 1);
      one.name += number;
      one.cluster.name += number;
      one.cluster.node_image = written.versions[i].value;
      one.cluster.origin = written.versions[i].place;
      if (i > 0 && has_chart() && !lookup_.diagnostics.any()) needs(one);
      plan().environments.push_back(std::move(one));
    }
  }

  void cluster(spec::Cluster const& written, Environment& environment) {
    auto& cluster = environment.cluster;
    cluster.origin = written.name.place;
    cluster.name = value(written.given_name, stem(lookup_.document.path));
    lookup_.good_name({cluster.name, cluster.origin}, "a cluster");
    cluster.node_image = value(written.node_image, "");
    cluster.timeout = seconds(written.timeout, kClusterTimeout);
    if (written.inline_config) cluster.inline_config = yaml::to_json(*written.inline_config);
    cluster.nodes = value(written.nodes, "");
    cluster.kubeconfig = value(written.kubeconfig, "");
    cluster.context = value(written.context, "");
    cluster.registry = value(written.registry, "");
    cluster.needs = values(written.needs);
    for (auto const& [port, node_port] : written.ports) cluster.ports.push_back({port.value, node_port.value});
    for (auto const& [folder, inside] : written.mounts) {
      if (!inside_workspace(folder.value))
        lookup_.error(folder.place, fmt::format("'{}' leaves the workspace", folder.value),
                      "paths are relative to the folder in which e2egen runs, and stay in it");
      constexpr std::string_view kOdd = ":\"'\\$`";
      for (auto const* text : {&folder, &inside})
        if (text->value.find_first_of(kOdd) != std::string::npos || (text == &inside && !text->value.starts_with('/')))
          lookup_.error(text->place, fmt::format("'{}' can't be mounted", text->value),
                        "write 'mounts: {coverdata: /coverdata}', without quotes, colons or $");
      cluster.mounts.push_back({normal_path(folder.value), inside.value});
    }
    one_configuration(written);
    environment.provider = lookup_.provider("cluster/" + value(written.provider, "kind"), written.provider);
    if (!environment.provider) return;
    words(written, *environment.provider);
    configuration(written, *environment.provider, cluster);
    if (!plan().builder) return;
    // the command line speaks to those that have one
    if (!lookup_.overrides.node_image.empty() && environment.provider->has_words("node_image"))
      cluster.node_image = lookup_.overrides.node_image;
    environment.host_ports = host_ports(written, *environment.provider, lookup_.files, lookup_.sources);
    transport(written, environment);
  }

  /// What the provider has to be told, it must have words for.
  void words(spec::Cluster const& written, Provider const& provider) const {
    for (auto const& field : spec::cluster_fields())
      if (auto const place = spec::place_of(written, field); place && !field.binding.empty())
        lookup_.worded(&provider, std::string(field.binding), field.key, *place);
  }

  /// The provider would refuse it too, once all images are built.
  void configuration(spec::Cluster const& written, Provider const& provider, Cluster& cluster) const {
    std::vector<yaml::Node> documents;
    Place place;
    if (written.config) {
      auto const file = lookup_.open(*written.config, "a cluster's config");
      if (!file) return;
      cluster.config = normal_path(written.config->value);
      if (provider.config.size() != 2) return;
      auto const before = lookup_.diagnostics.count();
      documents = yaml::parse_manifest(lookup_.sources, *file, lookup_.diagnostics);
      if (lookup_.diagnostics.count() > before) return;
      place = {*file, 1, 1, 1};
    } else if (written.inline_config && provider.config.size() == 2) {
      documents = {*written.inline_config};
      place = written.inline_config->place;
    } else {
      return;
    }
    auto const version = documents.empty() ? "" : documents[0].text_at("apiVersion");
    auto const kind = documents.empty() ? "" : documents[0].text_at("kind");
    if (version != provider.config[0] || kind != provider.config[1])
      lookup_.error(place, "not a configuration of a cluster that the provider reads",
                    fmt::format("it has 'apiVersion: {}' and 'kind: {}'", provider.config[0], provider.config[1]));
    if (provider.folders.size() != 3) return;
    for (auto const& document : documents)
      for (auto const* mount : maps_in(document, provider.folders))
        if (auto const folder = mount->text_at(provider.folders[2]); !folder.empty() && inside_workspace(folder))
          cluster.folders.push_back(normal_path(folder));
  }

  void one_configuration(spec::Cluster const& written) const {
    std::vector<Place> ways;
    if (written.config) ways.push_back(written.config->place);
    if (written.inline_config) ways.push_back(written.inline_config->place);
    if (written.nodes)
      ways.push_back(written.nodes->place);
    else if (!written.ports.empty())
      ways.push_back(written.ports[0].name.place);
    else if (!written.mounts.empty())
      ways.push_back(written.mounts[0].name.place);
    if (ways.size() > 1)
      lookup_.error(ways[1], "the cluster is configured in two ways",
                    "keep one: 'config', 'inline', or 'nodes' with 'ports' and 'mounts'", {{ways[0], "the other one"}});
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
    bool const pushed = environment.transport == Transport::registry;
    if (pushed && !written.registry)
      lookup_.error(environment.cluster.origin, "it is not said to which registry images go",
                    "add 'registry: HOST:PORT' to the cluster");
    if (!written.registry) return;
    auto const& registry = *written.registry;
    if (!pushed)
      lookup_.error(registry.place,
                    fmt::format("'registry' means nothing: images go to the nodes as '{}'",
                                transport_name(environment.transport)),
                    "leave it out");
    else if (auto const as_part = parse_reference(registry.value + "/x");
             !as_part.wrong.empty() || as_part.domain.empty())
      lookup_.error(registry.place, fmt::format("'{}' is no registry", registry.value),
                    "write HOST:PORT, or HOST/PATH, without https://");
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
        else if (test_named(text.value))
          lookup_.error(text.place, fmt::format("'{}' is a test: nothing can need one", text.value),
                        "leave it out; what others wait for is a task");
        else
          lookup_.error(text.place, fmt::format("no deployment or task is called '{}'", text.value),
                        suggestion(text.value, known, "leave it out: there is neither a deployment nor a task"));
      }
      return ids;
    };
    auto const host = host_tasks(lookup_.document);
    std::vector<Manifest> manifests;  // of each deployment
    std::vector<std::vector<NeedId>> needs;
    for (auto const& written : lookup_.document.deployments) needs.push_back(look_up(written.needs));
    environment.tasks.clear();
    environment.suites.clear();
    environment.services.clear();
    environment.deployments = resolve_deployments(lookup_, std::move(needs), environment.cluster.node_image, manifests);
    for (auto const& written : lookup_.document.tasks)
      environment.tasks.push_back(
          resolve_command(lookup_, written, look_up(written.needs), host.contains(written.name.value)));
    for (auto const& written : lookup_.document.tests)
      environment.suites.push_back(resolve_command(lookup_, written, look_up(written.needs), false));
    for (std::size_t i = 0; i < environment.tasks.size(); ++i)
      environment.tasks[i].stores = stores(lookup_.document.tasks[i], environment.tasks[i].needs, environment);
    fit_together(lookup_, environment, std::move(manifests));
    circles(environment);
  }

  /// Where what a task did lies.
  std::vector<std::string> stores(spec::Command const& task, std::vector<NeedId> const& needs,
                                  Environment const& environment) const {
    std::vector<std::string> out;
    auto const add = [&](Deployment const& one) { out.insert(out.end(), one.stores.begin(), one.stores.end()); };
    if (task.data.empty())
      for (auto const id : needs)
        if (!id.task) add(environment.deployments[id.index]);
    if (task.data.size() == 1 && task.data[0].value == "none") return {};
    std::vector<std::string> names;
    for (auto const& one : environment.deployments) names.push_back(one.name);
    for (auto const& name : task.data)
      if (auto const at = std::find(names.begin(), names.end(), name.value); at != names.end())
        add(environment.deployments[static_cast<std::size_t>(at - names.begin())]);
      else
        lookup_.error(name.place, fmt::format("no deployment is called '{}'", name.value),
                      suggestion(name.value, names, "write 'data: none'"));
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  bool has_chart() const {
    auto const& all = lookup_.document.deployments;
    return std::any_of(all.begin(), all.end(), [](auto const& one) { return one.helm.has_value(); });
  }

  bool test_named(std::string const& name) const {
    auto const& tests = lookup_.document.tests;
    return std::any_of(tests.begin(), tests.end(), [&](auto const& test) { return test.name.value == name; });
  }

  bool image_named(std::string const& name) const { return image(name).has_value(); }

  std::optional<ImageId> image(std::string const& name) const {
    auto const it = lookup_.images.by_name.find(name);
    return it == lookup_.images.by_name.end() ? std::nullopt : std::optional(it->second);
  }

  /// What this spec itself builds, and nothing uses.
  void unused(Environment const& environment) const {
    std::set<ImageId> used;
    for (auto const& deployment : environment.deployments) used.merge(images_of(deployment));
    for (auto const* commands : {&environment.tasks, &environment.suites})
      for (auto const& command : *commands) used.insert(command.images.begin(), command.images.end());
    for (auto const id : lookup_.images.ids)
      for (auto const& base : plan().image(id).bases) used.insert(base.image);
    for (auto const id : lookup_.images.ids) {
      auto const& image = plan().image(id);
      if (!used.contains(id) && lookup_.sources.path(image.origin.file) == lookup_.document.path)
        lookup_.warning(warnings::kUnused, image.origin, fmt::format("nothing uses the image '{}'", image.name),
                        fmt::format("no manifest names '{}', and no FROM line", image.ref));
    }
  }

  void circles(Environment const& environment) const {
    for (auto const& circle : in_order_of_needs(environment).circles) {
      std::vector<std::string> names;
      auto const of = [&](NeedId id, auto const& tell) {
        id.task ? tell(environment.tasks[id.index]) : tell(environment.deployments[id.index]);
      };
      for (auto const id : circle) of(id, [&](auto const& one) { names.push_back(one.name); });
      of(circle.front(), [&](auto const& one) {
        lookup_.error(
            one.origin, fmt::format("'{}' needs itself", one.name),
            fmt::format("the needs go round in a circle: {} -> {}; take one out", join(names, " -> "), one.name));
      });
    }
  }

  Lookup const& lookup_;
};

}  // namespace

void resolve_environment(Lookup const& lookup) {
  Environments(lookup).environment();
}

}  // namespace e2e::plan
