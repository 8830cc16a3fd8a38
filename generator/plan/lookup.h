// What both halves of resolving need: the Plan that grows, the files, and how to look a thing up or say that it is
// missing.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/warnings.h"
#include "plan/plan.h"
#include "plan/resolve.h"
#include "spec/document.h"

namespace e2e::plan {

/// The images of one document, and how they are found: a thousand of them may be looked for.
struct KnownImages {
  std::vector<ImageId> ids;
  std::map<std::string, ImageId> by_name, by_reference, by_bare_reference;
  std::map<std::string, ImageId> on_nodes, bare_on_nodes;  // the same, as nodes read a reference

  void add(ImageId id, Image const& image);
};

/// What `open` calls one.
inline constexpr std::string_view kContainerfile = "a Containerfile";

struct Lookup {
  spec::Document const& document;
  std::vector<Provider> const& providers;
  Overrides const& overrides;
  Files const& files;
  Sources& sources;
  Diagnostics& diagnostics;
  Plan& plan;
  KnownImages& images;  // those of this document

  void error(Place const& place, std::string message, std::string help = {}, std::vector<Note> notes = {}) const;
  /// `name`: one of base/warnings.h.
  void warning(std::string_view name, Place const& place, std::string message, std::string help = {},
               std::vector<Note> notes = {}) const;
  /// The template of that name ("cluster/kind"); an error at `written`, and nullptr, where there is none.
  Provider const* provider(std::string const& name, std::optional<spec::Text> const& written) const;
  /// Tells of a key for which that template has no words: it would mean nothing, or something else.
  void worded(Provider const* provider, std::string const& binding, std::string_view key, Place const& place) const;
  /// Names become names of files, targets, containers and Kubernetes clusters: the strictest of them decides.
  bool good_name(spec::Text const& name, std::string_view what) const;
  /// What to write instead of a path where nothing is.
  std::string instead_of(spec::Text const& path, std::string_view what) const;
  /// What to say where no image is called, or has the reference, `written`.
  std::string no_image(std::string const& written, std::vector<std::string> const& known) const;
  /// A file of the workspace, added to the sources; nothing, and an error, where there is none.
  std::optional<std::int32_t> open(spec::Text const& path, std::string_view what) const;
  void exists(spec::Text const& path, std::string_view what) const;
  /// The same, or a pattern (base/pattern.h) that means something, unless a command makes what it means.
  void some_exist(spec::Text const& written, std::string_view what) const;
  /// Whether it is a folder, which a Go package is; errors.
  bool go_package(spec::Text const& written) const;
  /// What takes the place of ${NAME}, or is one of the environment, is called like a variable.
  void variable_name(spec::Text const& name, std::string_view help = {}) const;
  /// Adds the tasks that write that output; an error where there are none.
  void need_writers(spec::Text const& output, std::vector<NeedId>& needs) const;
  /// Tells of a command that was written as one word with blanks in it.
  void one_word(std::vector<spec::Text> const& command) const;
  /// Tells of "--a --b", which is one word, and of "--a b", where a tool expects two.
  void one_flag(spec::Text const& flag) const;
  /// The image of the plan that a manifest means: what is built here by any tag, or none.
  std::optional<ImageId> image_of(std::string_view ref) const;
  std::vector<std::string> image_refs() const;
  std::vector<std::string> image_names() const;
};

std::vector<std::string> values(std::vector<spec::Text> const& texts);
std::vector<std::string> paths(std::vector<spec::Text> const& texts);
std::string value(std::optional<spec::Text> const& text, std::string const& otherwise);
int seconds(std::optional<spec::Text> const& text, int otherwise);
/// Whether a command of the spec makes it, or what it is in.
bool is_made(spec::Document const& document, std::string const& path);
/// The tasks of the document that have that output.
std::vector<std::uint32_t> writers(spec::Document const& document, spec::Text const& output);

/// specs/NAME.yaml is called NAME.
std::string name_of_spec(std::string const& path);
bool is_default(spec::Cluster const& cluster);
/// All that the document has, however it says so.
std::vector<Cluster> resolve_clusters(Lookup const& lookup);
/// A task, or a test. `host`: it is one of Plan::host.
Command resolve_command(Lookup const& lookup, spec::Command const& written, std::vector<NeedId> needs, bool host);
/// Tasks that images or the cluster of the document need, and those that these need: they come before all of both.
std::set<std::string> host_tasks(spec::Document const& document);
/// Adds them to the plan, each once.
void resolve_host_tasks(Lookup const& lookup);
/// Adds the images of the document to the plan, but those that another document brought already.
void resolve_images(Lookup const& lookup);
/// Adds the environment, or one for each version: cluster, deployments, tasks, suites, and which images are loaded.
void resolve_environment(Lookup const& lookup);
/// Where a deployment stands in its environment.
struct Placed {
  std::vector<NeedId> needs;
  std::size_t cluster = 0;
  std::string node_image = {};  // of the cluster, if it is known
};
/// The deployments of the document, and where each is placed; what the manifests of each tell goes to `manifests`.
std::vector<Deployment> resolve_deployments(Lookup const& lookup, std::vector<Placed> placed,
                                            std::vector<Manifest>& manifests);
/// What to wait for: what the manifests of a deployment tell, unless the spec says it.
std::vector<Wait> resolve_waits(Lookup const& lookup, spec::Deployment const& written, Manifest& manifest);
/// Takes the manifests of a cluster out of `all`, one for each deployment of the environment. What they mean for one
/// another: a namespace that none of them makes is made, and objects of a CRD come after it, without saying so.
void fit_together(Lookup const& lookup, Environment& environment, std::size_t cluster, std::vector<Manifest>& all);
/// The manifests that a deployment names: files as they are, of folders the YAML files, of patterns what matches.
std::vector<spec::Text> expand_manifests(Lookup const& lookup, std::vector<spec::Text> const& written);
/// What the manifests of a cluster say of one another: Services that find nothing, NodePorts that are taken.
void check_services(Lookup const& lookup, std::vector<Manifest> const& manifests);
/// What `ready`, `forward` and `pod` name has to be there: an error, or a warning where a task, an
/// operator or somebody else may make it.
void check_named(Lookup const& lookup, Environment const& environment, std::size_t cluster,
                 std::vector<Manifest> const& manifests);
/// Warns of ports of the machine that lead to nothing that the manifests make.
void check_host_ports(Lookup const& lookup, Cluster const& cluster, std::vector<Manifest> const& manifests);

}  // namespace e2e::plan
