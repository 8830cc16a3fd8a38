#include "init/builds.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "base/text.h"
#include "init/commands.h"
#include "init/makefile_text.h"
#include "init/paths.h"
#include "init/shell.h"

namespace e2e::init {

namespace {

/// The lines NAME=VALUE of the file .env that stands beside a compose file.
std::map<std::string, std::string> environment(std::string const& text) {
  std::map<std::string, std::string> out;
  Variables const before = [&](auto const& name) {
    auto const it = out.find(name);
    return it == out.end() ? std::nullopt : std::optional(it->second);
  };
  for (auto const& words : make_lines(text)) {
    auto const line = std::string(make_trimmed(words));
    auto const equals = line.find('=');
    if (line.starts_with('#') || equals == line.npos) continue;
    auto value = std::string(make_trimmed(line.substr(equals + 1)));
    if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0])
      value = value.substr(1, value.size() - 2);
    out[line.substr(0, equals)] = filled(value, before);
  }
  return out;
}

/// A build argument whose value is known.
void add_arg(std::string const& name, std::optional<std::string> const& value, Build& build) {
  if (value)
    build.args.emplace_back(name, *value);
  else
    build.remarks.push_back(
        fmt::format("{} gives the build argument {} a value that is not known here", build.told_by, name));
}

/// What one file says.
class Builds {
 public:
  Builds(std::string const& path, Files const& files, Repository& into)
      : path_(path), folder_(folder_of(path)), files_(files), into_(into) {}

  void compose(yaml::Node const& document) {
    environment_ = environment(files_.read(below(folder_, ".env")).value_or(""));
    if (auto const* services = document.find("services"))
      for (auto const& [name, service] : services->entries) this->service(name.text, service);
  }

  void skaffold(yaml::Node const& document) {
    if (auto const* artifacts = yaml::find(&document, {"build", "artifacts"}))
      for (auto const& one : artifacts->items) artifact(one);
    paths(yaml::find(&document, {"manifests", "rawYaml"}), into_.deployed);
    paths(yaml::find(&document, {"deploy", "kubectl", "manifests"}), into_.deployed);
    paths(yaml::find(&document, {"manifests", "kustomize", "paths"}), into_.kustomized);
    paths(yaml::find(&document, {"deploy", "kustomize", "paths"}), into_.kustomized);
  }

 private:
  void service(std::string const& name, yaml::Node const& service) {
    auto const* written = service.find("build");
    auto const image = filled(service.text_at("image")).value_or("");
    if (!written) {
      if (!image.empty())
        remark(fmt::format("the service '{}' is {}: a deployment of it wants a manifest", name, image));
      return;
    }
    Build build{.told_by = path_, .name = name, .authority = kByCompose};
    if (!image.empty()) build.refs.push_back(image);
    auto const context = filled(written->is_scalar() ? written->text : yaml::text_at(written, {"context"}));
    auto const file = filled(yaml::text_at(written, {"dockerfile"}));
    if (!context || !file || context->find("://") != std::string::npos) {
      remark(fmt::format("where the service '{}' is built from is not known here", name));
      return;
    }
    build.context = below(folder_, context->empty() ? "." : *context);
    build.containerfile = containerfile(build.context, *file);
    build.target = filled(yaml::text_at(written, {"target"})).value_or("");
    args(written->find("args"), build);
    add(std::move(build));
  }

  void artifact(yaml::Node const& artifact) {
    auto const image = artifact.text_at("image");
    for (auto const& entry : artifact.entries)
      if (one_of(entry.key.text, {"ko", "jib", "bazel", "buildpacks", "custom"})) {
        remark(fmt::format("'{}' is built by {}, not from a Containerfile", image, entry.key.text));
        return;
      }
    auto const context = artifact.text_at("context");
    auto const* docker = artifact.find("docker");
    Build build{.told_by = path_, .name = last_part(image), .refs = {image}, .authority = kBySkaffold};
    build.context = below(folder_, context.empty() ? "." : context);
    build.containerfile = containerfile(build.context, yaml::text_at(docker, {"dockerfile"}));
    build.target = yaml::text_at(docker, {"target"});
    args(yaml::find(docker, {"buildArgs"}), build);
    add(std::move(build));
  }

  /// A map, or a list of NAME=VALUE.
  void args(yaml::Node const* args, Build& build) const {
    if (!args) return;
    for (auto const& [name, value] : args->entries)
      add_arg(name.text, filled(value.is_scalar() ? value.text : "${" + name.text + "}"), build);
    for (auto const& item : args->items) {
      auto const equals = item.text.find('=');
      auto const name = item.text.substr(0, equals);
      add_arg(name, filled(equals == name.npos ? "${" + name + "}" : item.text.substr(equals + 1)), build);
    }
  }

  /// Nothing if one of its variables has no value.
  std::optional<std::string> filled(std::string_view text) const {
    auto out = init::filled(text, [this](auto const& name) {
      auto const it = environment_.find(name);
      return it == environment_.end() ? std::nullopt : std::optional(it->second);
    });
    return is_known(out) && out.find("{{") == out.npos ? std::optional(std::move(out)) : std::nullopt;
  }

  void paths(yaml::Node const* written, std::vector<std::string>& out) const {
    for (auto const& one : yaml::texts(written)) out.push_back(below(folder_, one));
  }

  /// The one that is named, or the one that a builder looks for.
  std::string containerfile(std::string const& context, std::string const& named) const {
    return named.empty() ? containerfile_of(context, files_) : below(context, named);
  }

  void add(Build build) {
    auto const before = into_.builds.size();
    auto const name = build.name, path = build.containerfile;
    add_build(std::move(build), into_, files_);
    if (into_.builds.size() == before) remark(fmt::format("builds '{}' from {}, which is not there", name, path));
  }

  void remark(std::string const& text) { into_.remarks.push_back(fmt::format("{}: {}", path_, text)); }

  std::string const& path_;
  std::string folder_;
  std::map<std::string, std::string> environment_;
  Files const& files_;
  Repository& into_;
};

}  // namespace

void read_compose(std::string const& path, std::vector<yaml::Node> const& documents, Files const& files,
                  Repository& into) {
  for (auto const& document : documents) Builds(path, files, into).compose(document);
}

void read_skaffold(std::string const& path, std::vector<yaml::Node> const& documents, Files const& files,
                   Repository& into) {
  for (auto const& document : documents) Builds(path, files, into).skaffold(document);
}

}  // namespace e2e::init
