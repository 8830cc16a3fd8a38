#include "init/builds.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "init/paths.h"

namespace e2e::init {

namespace {

/// With the defaults that it gives for its variables; nothing if one has none.
std::optional<std::string> filled(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto const dollar = std::min(text.find('$'), text.size());
    out += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.empty()) break;
    if (text.starts_with("$$")) {
      out += '$';
      text.remove_prefix(2);
      continue;
    }
    auto const end = text.find('}');
    auto const dash = text.find('-');
    if (!text.starts_with("${") || end == text.npos || dash > end) return std::nullopt;
    out += text.substr(dash + 1, end - dash - 1);
    text.remove_prefix(end + 1);
  }
  return out.find("{{") == out.npos && out.find("${") == out.npos ? std::optional(out) : std::nullopt;
}

/// A build argument whose value is known.
void add_arg(std::string const& name, std::optional<std::string> const& written, Build& build) {
  auto const value = written ? filled(*written) : std::nullopt;
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
    Build build{.told_by = path_, .name = name, .ref = image};
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
    Build build{.told_by = path_, .name = last_part(image), .ref = image};
    build.context = below(folder_, context.empty() ? "." : context);
    build.containerfile = containerfile(build.context, yaml::text_at(docker, {"dockerfile"}));
    build.target = yaml::text_at(docker, {"target"});
    args(yaml::find(docker, {"buildArgs"}), build);
    add(std::move(build));
  }

  /// A map, or a list of NAME=VALUE.
  static void args(yaml::Node const* args, Build& build) {
    if (!args) return;
    for (auto const& [name, value] : args->entries)
      add_arg(name.text, value.is_scalar() ? std::optional(value.text) : std::nullopt, build);
    for (auto const& item : yaml::texts(args)) {
      auto const equals = item.find('=');
      add_arg(item.substr(0, equals), equals == item.npos ? std::nullopt : std::optional(item.substr(equals + 1)),
              build);
    }
  }

  void paths(yaml::Node const* written, std::vector<std::string>& out) const {
    for (auto const& one : yaml::texts(written)) out.push_back(below(folder_, one));
  }

  /// The one that is named, or the one that a builder looks for.
  std::string containerfile(std::string const& context, std::string const& named) const {
    if (!named.empty()) return below(context, named);
    for (auto const* name : {"Containerfile", "Dockerfile"})
      if (files_.exists(below(context, name))) return below(context, name);
    return below(context, "Dockerfile");
  }

  void add(Build build) {
    if (inside_workspace(build.containerfile) && files_.exists(build.containerfile))
      into_.builds.push_back(std::move(build));
    else
      remark(fmt::format("builds '{}' from {}, which is not there", build.name, build.containerfile));
  }

  void remark(std::string const& text) { into_.remarks.push_back(fmt::format("{}: {}", path_, text)); }

  std::string const& path_;
  std::string folder_;
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
