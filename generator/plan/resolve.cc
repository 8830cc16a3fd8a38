#include "plan/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "plan/containerfile.h"

namespace e2e::plan {

namespace {

constexpr int kBuildTimeout = 15 * 60, kClusterTimeout = 10 * 60, kReadyTimeout = 5 * 60, kCommandTimeout = 10 * 60;

std::vector<std::string> values(std::vector<spec::Text> const& texts) {
  std::vector<std::string> out;
  for (auto const& text : texts) out.push_back(text.value);
  return out;
}

std::vector<std::string> paths(std::vector<spec::Text> const& texts) {
  std::vector<std::string> out;
  for (auto const& text : texts) out.push_back(normal_path(text.value));
  return out;
}

int seconds(std::optional<spec::Text> const& text, int otherwise) {
  return text ? parse_duration(text->value).value_or(otherwise) : otherwise;
}

std::string stem(std::string const& path) {
  auto const start = path.rfind('/') + 1;  // npos + 1 is 0
  return path.substr(start, path.rfind('.') - start);
}

std::string folder(std::string const& path) {
  auto const slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, slash);
}

class Resolver {
 public:
  Resolver(spec::Document const& document, std::vector<Provider> const& providers, Overrides const& overrides,
           Files const& files, Sources& sources, Diagnostics& diagnostics)
      : document_(document),
        providers_(providers),
        overrides_(overrides),
        files_(files),
        sources_(sources),
        diagnostics_(diagnostics) {}

  Plan run() {
    plan_.common = provider("common", {});
    plan_.builder = provider("builder/" + value(document_.builder, "podman"), document_.builder);
    images();
    bases();
    environment();
    image_circles();
    return std::move(plan_);
  }

 private:
  void error(Place const& place, std::string message, std::string help = {}, std::vector<Note> notes = {}) {
    diagnostics_.add({place, std::move(message), std::move(help), std::move(notes)});
  }

  static std::string value(std::optional<spec::Text> const& text, std::string otherwise) {
    return text ? text->value : std::move(otherwise);
  }

  Provider const* provider(std::string const& name, std::optional<spec::Text> const& written) {
    for (auto const& one : providers_)
      if (one.name == name) return &one;
    auto const role = name.substr(0, name.find('/') + 1);
    std::vector<std::string> known;
    for (auto const& one : providers_)
      if (one.name.starts_with(role)) known.push_back(one.name.substr(role.size()));
    auto const wanted = name.substr(role.size());
    error(written ? written->place : Place{}, fmt::format("no template is called '{}'", wanted),
          suggestion(wanted, known));
    return nullptr;
  }

  /// Names become names of files, targets, containers and Kubernetes clusters: the strictest of them decides.
  bool good_name(spec::Text const& name, std::string_view what) {
    static std::string_view const allowed = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    auto const& text = name.value;
    if (!text.empty() && text.size() <= 50 && text.find_first_not_of(allowed) == text.npos && text.front() != '-' &&
        text.front() != '.' && text.back() != '-' && text.back() != '.')
      return true;
    error(name.place, fmt::format("'{}' can't be the name of {}", text, what),
          "a name has small letters, digits, '-' and '.', begins and ends with a letter or digit, and has 50 at most");
    return false;
  }

  /// A file of the workspace, added to the sources; nothing, and an error, where there is none.
  std::optional<std::int32_t> open(spec::Text const& path, std::string_view what) {
    auto const normal = normal_path(path.value);
    if (files_.is_folder(normal)) {
      error(path.place, fmt::format("'{}' is a folder", normal), fmt::format("name {}, which is a file", what));
      return std::nullopt;
    }
    auto text = files_.read(normal);
    if (!text) {
      error(path.place, fmt::format("no file '{}'", normal),
            fmt::format("{} is looked for relative to the folder in which e2egen runs", what));
      return std::nullopt;
    }
    return sources_.add(normal, std::move(*text));
  }

  void exists(spec::Text const& path, std::string_view what) {
    auto const normal = normal_path(path.value);
    if (!files_.exists(normal))
      error(path.place, fmt::format("no file or folder '{}'", normal), fmt::format("{} has to exist", what));
  }

  void images() {
    std::map<std::string, Place> refs;
    for (auto const& written : document_.images) {
      bool const named = good_name(written.name, "an image");
      Image image;
      image.name = written.name.value;
      image.origin = written.name.place;
      image.ref = value(written.ref, "localhost/" + image.name);
      image.timeout = seconds(written.timeout, kBuildTimeout);
      image.expected = seconds(written.expected, 0);
      image.command = values(written.command);
      for (auto const& [name, text] : written.args) image.args.push_back({name.value, text.value});
      if (named || written.ref) reference(written, image.ref);
      if (auto const [it, fresh] = refs.emplace(normal_reference(image.ref), image.origin); !fresh)
        error(image.origin, fmt::format("two images have the reference '{}'", image.ref), "give one of them a 'ref'",
              {{it->second, "the other one"}});
      if (image.from_command())
        from_command(written, image);
      else
        from_containerfile(written, image);
      plan_.images.push_back(std::move(image));
    }
  }

  void reference(spec::Image const& written, std::string const& ref) {
    auto const allowed = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
             std::string_view("._-/:").find(c) != std::string_view::npos;
    };
    auto const tag = ref.substr(std::min(ref.rfind('/'), ref.size()));
    if (!std::all_of(ref.begin(), ref.end(), allowed))
      error(written.ref ? written.ref->place : written.name.place,
            fmt::format("'{}' can't be an image's reference", ref),
            "small letters, digits and ._-/ such as localhost/gateway");
    else if (tag.find(':') != tag.npos && !tag.ends_with(":latest"))
      error(written.ref->place, fmt::format("the reference '{}' has a tag", ref),
            "leave it out: what is deployed is tagged by what it is made of");
  }

  void from_command(spec::Image const& written, Image& image) {
    for (auto const* text : {&written.containerfile, &written.context, &written.target})
      if (*text)
        error((*text)->place, fmt::format("the image '{}' has a command and a Containerfile", image.name),
              "keep one of the two");
    if (!written.args.empty())
      error(written.args[0].name.place, "build arguments are for a Containerfile", "put them into the command");
    if (written.sources.empty())
      error(written.name.place, fmt::format("what the image '{}' is made of is not known", image.name),
            "list the files that the command reads as 'sources'");
    for (auto const& source : written.sources) exists(source, "a source");
    one_word(written.command);
    image.sources = paths(written.sources);
  }

  void one_word(std::vector<spec::Text> const& command) {
    if (command.size() == 1 && command[0].value.find(' ') != std::string::npos)
      error(command[0].place, "a command is a list of words, this is one word with blanks in it",
            "write [make, seed], or for a shell [sh, -c, \"...\"]");
  }

  void from_containerfile(spec::Image const& written, Image& image) {
    if (!written.containerfile) {
      error(written.name.place, fmt::format("the image '{}' is made of nothing", image.name),
            "give it a 'containerfile', or a 'command' that writes a root file system");
      return;
    }
    image.containerfile = normal_path(written.containerfile->value);
    image.context = written.context ? normal_path(written.context->value) : folder(image.containerfile);
    image.target = value(written.target, "");
    if (!files_.is_folder(image.context))
      error(written.context ? written.context->place : written.containerfile->place,
            fmt::format("no folder '{}'", image.context), "the build context has to exist");
    auto const file = open(*written.containerfile, "a Containerfile");
    if (!file) return;
    std::map<std::string, std::string> args;
    for (auto const& arg : image.args) args[arg.name] = arg.value;
    parsed_.push_back(parse_containerfile(sources_, *file, args));
    auto const& parsed = parsed_.back();
    parsed_of_[plan_.images.size()] = parsed_.size() - 1;
    if (parsed.stages.empty())
      error({*file, 1, 1, 1}, "the Containerfile has no FROM line", "its first instruction is FROM");
    else if (written.target &&
             std::find(parsed.stages.begin(), parsed.stages.end(), image.target) == parsed.stages.end())
      error(written.target->place, fmt::format("'{}' has no stage '{}'", image.containerfile, image.target),
            suggestion(image.target, parsed.stages));
    image.sources = parsed.sources;
    if (!written.sources.empty()) {
      image.sources.clear();
      for (auto const& source : written.sources) {
        exists(source, "a source");
        auto const path = normal_path(source.value);
        if (image.context == ".")
          image.sources.push_back(path);
        else if (path == image.context)
          image.sources.emplace_back(".");
        else if (path.starts_with(image.context + "/"))
          image.sources.push_back(path.substr(image.context.size() + 1));
        else
          error(source.place, fmt::format("'{}' is outside of the context '{}'", path, image.context),
                "a build sees only what is in its context");
      }
    }
  }

  std::optional<ImageId> image_of(std::string_view ref) const {
    auto const normal = normal_reference(ref);
    for (std::size_t i = 0; i < plan_.images.size(); ++i)
      if (normal_reference(plan_.images[i].ref) == normal) return ImageId{static_cast<std::uint32_t>(i)};
    return std::nullopt;
  }

  void bases() {
    for (auto const& [index, parsed] : parsed_of_)
      for (auto const& base : parsed_[parsed].bases) {
        if (auto const image = image_of(base.ref))
          plan_.images[index].bases.push_back({base.ref, *image});
        else if (base.ref.starts_with("localhost/"))
          error(base.place, fmt::format("no image of the spec is '{}'", base.ref), suggestion(base.ref, image_refs()),
                {{plan_.images[index].origin, "needed by this image"}});
      }
  }

  std::vector<std::string> image_refs() const {
    std::vector<std::string> refs;
    for (auto const& image : plan_.images) refs.push_back(image.ref);
    return refs;
  }

  /// A circle of images is told here, where the FROM lines are known.
  void image_circles() {
    std::set<std::size_t> done;
    std::vector<std::string> path;
    auto const visit = [&](auto const& self, std::size_t index) -> void {
      auto const& image = plan_.images[index];
      if (done.contains(index)) return;
      if (auto const start = std::find(path.begin(), path.end(), image.name); start != path.end()) {
        error(image.origin, fmt::format("the image '{}' is FROM itself", image.name),
              fmt::format("the FROM lines go round in a circle: {} -> {}; one has to name another image",
                          join(std::vector<std::string>(start, path.end()), " -> "), image.name));
        return;
      }
      path.push_back(image.name);
      for (auto const& base : image.bases) self(self, static_cast<std::size_t>(base.image));
      path.pop_back();
      done.insert(index);
    };
    for (std::size_t i = 0; i < plan_.images.size(); ++i) visit(visit, i);
  }

  void environment() {
    Environment environment;
    environment.name = stem(document_.path);
    if (!document_.cluster) {
      if (!document_.deployments.empty() || !document_.tasks.empty() || !document_.tests.empty() ||
          document_.images.empty())
        if (!diagnostics_.any())
          error({}, fmt::format("{}: no 'cluster'", document_.path),
                "add 'cluster: {name: my-e2e}'; that of an included spec does not count");
      return;
    }
    cluster(*document_.cluster, environment);
    needs(environment);
    plan_.environments.push_back(std::move(environment));
  }

  void cluster(spec::Cluster const& written, Environment& environment) {
    auto& cluster = environment.cluster;
    cluster.origin = written.name.place;
    cluster.name = value(written.given_name, environment.name);
    good_name({cluster.name, cluster.origin}, "a cluster");
    cluster.node_image = overrides_.node_image.empty() ? value(written.node_image, "") : overrides_.node_image;
    cluster.timeout = seconds(written.timeout, kClusterTimeout);
    if (written.config && open(*written.config, "a cluster's config"))
      cluster.config = normal_path(written.config->value);
    environment.provider = provider("cluster/" + value(written.provider, "kind"), written.provider);
    if (!environment.provider || !plan_.builder) return;
    transport(written, environment);
  }

  /// The first way that the builder offers and the cluster accepts, unless the spec wants another of those.
  void transport(spec::Cluster const& written, Environment& environment) {
    auto const& offers = plan_.builder->offers;
    auto const& accepts = environment.provider->accepts;
    std::vector<std::string> ways;
    std::copy_if(offers.begin(), offers.end(), std::back_inserter(ways), [&](auto const& way) {
      return transport_named(way) && std::find(accepts.begin(), accepts.end(), way) != accepts.end();
    });
    if (ways.empty())
      error(environment.cluster.origin,
            fmt::format("{} offers images as {}, {} accepts {}", plan_.builder->name, join(offers, " or "),
                        environment.provider->name, join(accepts, " or ")),
            "choose another builder or another provider");
    else if (written.transport && std::find(ways.begin(), ways.end(), written.transport->value) == ways.end())
      error(written.transport->place,
            fmt::format("images can't go from {} to {} as '{}'", plan_.builder->name, environment.provider->name,
                        written.transport->value),
            suggestion(written.transport->value, ways));
    else
      environment.transport = *transport_named(value(written.transport, ways.front()));
  }

  void needs(Environment& environment) {
    std::map<std::string, std::pair<NeedId, Place>> names;
    auto const name = [&](spec::Text const& text, NeedId id, std::string_view what) {
      good_name(text, what);
      if (auto const [it, fresh] = names.emplace(text.value, std::pair(id, text.place)); !fresh)
        error(text.place, fmt::format("'{}' is the name of a deployment and of a task", text.value),
              "'needs' could not tell them apart: rename one", {{it->second.second, "the other one"}});
    };
    for (std::uint32_t i = 0; i < document_.deployments.size(); ++i)
      name(document_.deployments[i].name, {false, i}, "a deployment");
    for (std::uint32_t i = 0; i < document_.tasks.size(); ++i) name(document_.tasks[i].name, {true, i}, "a task");
    for (auto const& suite : document_.tests) good_name(suite.name, "a test");

    std::vector<std::string> known;
    for (auto const& [text, id] : names) known.push_back(text);
    auto const look_up = [&](std::vector<spec::Text> const& texts) {
      std::vector<NeedId> ids;
      for (auto const& text : texts) {
        if (auto const it = names.find(text.value); it != names.end())
          ids.push_back(it->second.first);
        else if (image_named(text.value))
          error(text.place, fmt::format("'{}' is an image: 'needs' speaks of deployments and tasks", text.value),
                "an image comes by itself, where a manifest or a FROM line names it");
        else
          error(text.place, fmt::format("no deployment or task is called '{}'", text.value),
                suggestion(text.value, known));
      }
      return ids;
    };
    for (auto const& written : document_.deployments)
      environment.deployments.push_back(deployment(written, look_up(written.needs)));
    for (auto const& written : document_.tasks) environment.tasks.push_back(command(written, look_up(written.needs)));
    for (auto const& written : document_.tests) environment.suites.push_back(command(written, look_up(written.needs)));
    circles(environment);
  }

  bool image_named(std::string_view name) const {
    return std::any_of(plan_.images.begin(), plan_.images.end(), [&](auto const& image) { return image.name == name; });
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
      error(written.name.place, fmt::format("the deployment '{}' deploys nothing", written.name.value),
            "give it 'manifests'");
    for (auto const& path : written.manifests) {
      auto const file = open(path, "a manifest");
      if (!file) continue;
      auto manifest = parse_manifest(sources_, *file, diagnostics_);
      for (auto& wait : manifest.waits) deployment.waits.push_back(std::move(wait));
      for (auto const& image : manifest.images) {
        if (auto const id = image_of(image.ref)) {
          deployment.images.emplace(image.ref, *id);
          plan_.images[static_cast<std::size_t>(*id)].loaded = true;
        } else if (image.ref.starts_with("localhost/")) {
          error(image.place, fmt::format("no image of the spec is '{}'", image.ref),
                suggestion(image.ref, image_refs()), {{written.name.place, "deployed by this"}});
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
      error(written.name.place, fmt::format("'{}' has no command", written.name.value), "give it a 'command'");
    one_word(written.command);
    for (auto const& input : written.inputs) exists(input, "an input");
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
        error(origin, fmt::format("'{}' needs itself", name),
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

  spec::Document const& document_;
  std::vector<Provider> const& providers_;
  Overrides const& overrides_;
  Files const& files_;
  Sources& sources_;
  Diagnostics& diagnostics_;
  Plan plan_;
  std::vector<Containerfile> parsed_;
  std::map<std::size_t, std::size_t> parsed_of_;  // index of the image -> index in parsed_
};

}  // namespace

Plan resolve(spec::Document const& document, std::vector<Provider> const& providers, Overrides const& overrides,
             Files const& files, Sources& sources, Diagnostics& diagnostics) {
  return Resolver(document, providers, overrides, files, sources, diagnostics).run();
}

}  // namespace e2e::plan
