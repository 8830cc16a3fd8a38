// What both halves of resolving need: the Plan that grows, the files, and how to look a thing up or say that it is
// missing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "plan/plan.h"
#include "plan/resolve.h"
#include "spec/document.h"

namespace e2e::plan {

struct Lookup {
  spec::Document const& document;
  std::vector<Provider> const& providers;
  Overrides const& overrides;
  Files const& files;
  Sources& sources;
  Diagnostics& diagnostics;
  Plan& plan;

  void error(Place const& place, std::string message, std::string help = {}, std::vector<Note> notes = {}) const;
  /// The template of that name ("cluster/kind"); an error at `written`, and nullptr, where there is none.
  Provider const* provider(std::string const& name, std::optional<spec::Text> const& written) const;
  /// Names become names of files, targets, containers and Kubernetes clusters: the strictest of them decides.
  bool good_name(spec::Text const& name, std::string_view what) const;
  /// A file of the workspace, added to the sources; nothing, and an error, where there is none.
  std::optional<std::int32_t> open(spec::Text const& path, std::string_view what) const;
  void exists(spec::Text const& path, std::string_view what) const;
  /// Tells of a command that was written as one word with blanks in it.
  void one_word(std::vector<spec::Text> const& command) const;
  /// The image of the plan that a FROM line or a manifest means.
  std::optional<ImageId> image_of(std::string_view ref) const;
  std::vector<std::string> image_refs() const;
};

std::vector<std::string> values(std::vector<spec::Text> const& texts);
std::vector<std::string> paths(std::vector<spec::Text> const& texts);
std::string value(std::optional<spec::Text> const& text, std::string const& otherwise);
int seconds(std::optional<spec::Text> const& text, int otherwise);

/// Adds the images to the plan, with what each is FROM.
void resolve_images(Lookup const& lookup);
/// Adds the environment: cluster, deployments, tasks, suites, and which images are loaded.
void resolve_environment(Lookup const& lookup);

}  // namespace e2e::plan
