#include "plan/check_containerfile.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/own.h"
#include "base/text.h"

namespace e2e::plan {

void check_policy(Checked const& checked, std::function<bool(std::string const& ref)> const& is_local) {
  auto const& [lookup, written, image, file, source] = checked;
  auto const& policy = lookup.document.policy;
  if (!policy || file.stages.empty()) return;
  auto const& run = policy->run;
  if (run && std::none_of(file.runs.begin(), file.runs.end(),
                          [&](auto const& line) { return line.find(run->value) != line.npos; }))
    lookup.error(written.containerfile->place,
                 fmt::format("no RUN line of '{}' has '{}'", written.containerfile->value, run->value),
                 "the policy wants it in the stage that becomes the image, or in one that it is FROM",
                 {{run->place, "the policy"}});
  for (auto const& base : file.bases) {
    if (base.or_stage || is_local(base.ref)) continue;
    bool const digest = base.ref.find('@') != base.ref.npos;
    auto const tag = base.ref.find(':', base.ref.rfind('/') + 1);  // npos + 1 is 0
    if (policy->pinned && policy->pinned->value == "true" && !digest)
      lookup.error(base.place, fmt::format("'{}' is not pinned by digest", base.ref),
                   "write it as NAME@sha256:..., as `podman image inspect --format {{.Digest}}` tells",
                   {{policy->pinned->place, "the policy"}});
    else if (policy->latest && policy->latest->value == "false" && !digest &&
             (tag == base.ref.npos || base.ref.substr(tag) == ":latest"))
      lookup.error(base.place, fmt::format("'{}' is whatever is the latest", base.ref), "name a version",
                   {{policy->latest->place, "the policy"}});
  }
}

void check_wanted(Checked const& checked) {
  auto const& written = checked.written;
  for (auto const& one : checked.file.wanted) {
    bool const ssh = one.type == "ssh";
    auto const has = [&](std::string const& text) { return text.substr(0, text.find('=')) == one.id; };
    bool const given = ssh ? written.ssh && has(written.ssh->value)
                           : std::any_of(written.secrets.begin(), written.secrets.end(),
                                         [&](auto const& secret) { return has(secret.name.value); });
    bool const flagged = std::any_of(written.flags.begin(), written.flags.end(),
                                     [&](auto const& flag) { return flag.value.starts_with("--" + one.type); });
    if (given || flagged) continue;
    auto const key = ssh ? fmt::format("ssh: {}{}", one.id, one.id == "default" ? "" : "=PATH")
                         : fmt::format("secrets: {{{}: PATH}}", one.id);
    checked.lookup.warning(
        warnings::kMount, one.place,
        fmt::format("the image '{}' has no {} '{}' for this RUN", written.name.value, one.type, one.id),
        fmt::format("add '{}' to it", key), {{written.name.place, "the image"}});
  }
}

void check_args(Checked const& checked) {
  auto const& declared = checked.file.declared;
  if (!checked.file.sure) return;
  std::vector<std::string> const names(declared.begin(), declared.end());
  for (auto const& [name, text] : checked.written.args) {
    auto const& arg = name.value;
    if (declared.contains(arg) || set_by_builder(arg) || arg.starts_with("BUILDKIT_") || arg == "SOURCE_DATE_EPOCH")
      continue;
    checked.lookup.warning(
        warnings::kArgument, name.place, fmt::format("no ARG of '{}' declares '{}'", checked.image.containerfile, arg),
        suggestion(arg, names, fmt::format("the build passes over it; 'ARG {}' in the Containerfile takes it", arg)));
  }
}

void check_own(Checked const& checked) {
  auto const& lookup = checked.lookup;
  auto const& written = checked.written;
  auto const& image = checked.image;
  auto const error = [&](Place const& place, std::string const& path) {
    lookup.error(place, fmt::format("'{}' is e2egen's own: no build sees it", path),
                 "copy it to a folder of your own: .e2e, and Ninja files that e2egen wrote, are in no build context",
                 {{written.name.place, "the image"}});
  };
  if (is_in_state(image.context))
    return error(written.context ? written.context->place : written.containerfile->place, image.context);
  for (auto const* all : {&written.sources, &written.beside_go})
    for (auto const& one : *all)
      if (is_in_state(normal_path(one.value))) error(one.place, one.value);
  for (auto const& one : checked.file.named) {
    auto const path = normal_path(one.path);
    auto const full = image.context == "." ? path : image.context + "/" + path;
    auto const text = path.ends_with(".ninja") ? lookup.files.read(full) : std::nullopt;
    if (is_in_state(path) || (text && text->starts_with(kNinjaMark)))
      error(one.place, one.path);
    else if (one.mounted && full == ".")
      lookup.warning(warnings::kState, one.place,
                     "this RUN sees all of the workspace, and e2egen's state with its kubeconfigs in .e2e",
                     "mount what it reads, with 'source=FOLDER': an ignore file hides nothing from a mount",
                     {{written.name.place, "the image"}});
  }
}

void check_sources(Checked const& checked) {
  auto const& [lookup, written, image, file, source] = checked;
  if (!file.sure || !lookup.files.is_folder(image.context)) return;
  bool const whole = std::any_of(file.named.begin(), file.named.end(),
                                 [](auto const& one) { return one.path == "." && one.variable.empty(); });
  for (auto const& one : file.named) {
    // a trigger of ONBUILD stands in another file, and is not always run
    if (one.place.file != source) continue;
    if (one.path == ".") {
      if (!whole && !one.variable.empty() && written.sources.empty() && written.beside_go.empty())
        lookup.warning(warnings::kInherited, one.place,
                       fmt::format("${} may come from the base image, so all of the context counts", one.variable),
                       "list what the build reads as 'sources' of the image", {{written.name.place, "the image"}});
      continue;
    }
    // of a pattern the folders before it
    auto path = one.path;
    if (auto const wild = path.find_first_of("*?[\\"); wild != path.npos) {
      auto const slash = path.rfind('/', wild);
      if (slash == path.npos) continue;
      path.resize(slash);
    }
    auto const full = image.context == "." ? path : image.context + "/" + path;
    if (one.path.find("..") != path.npos || one.path.find(':') != path.npos || lookup.files.exists(full) ||
        is_made(lookup.document, full))
      continue;
    lookup.warning(warnings::kSource, one.place, fmt::format("no file '{}' in the context '{}'", path, image.context),
                   "the build will fail, unless something makes it before", {{written.name.place, "the image"}});
  }
}

}  // namespace e2e::plan
