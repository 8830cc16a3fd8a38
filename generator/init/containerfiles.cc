#include "init/containerfiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "init/names.h"
#include "init/paths.h"
#include "plan/containerfile.h"

namespace e2e::init {

namespace {

using Args = std::map<std::string, std::string>;

/// Here a base sets no variables; whether that holds is found when the spec is compiled.
plan::Containerfile parsed(std::string const& text, Args const& args, bool trusting = true) {
  Sources sources;
  plan::Build build{.args = args, .every_stage = true};
  if (trusting) build.base = [](std::string const&) { return plan::Inherited{}; };
  return plan::parse_containerfile(sources, sources.add("", text), build);
}

bool takes_all(plan::Containerfile const& file) {
  return file.sources == std::vector<std::string>{"."};
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t\r") + 1);  // npos + 1 is 0
}

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> out;
  for (; !text.empty(); text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1))
    out.emplace_back(text.substr(0, text.find('\n')));
  return out;
}

/// Without the lines that copy all of the context: what is left tells which folder is meant.
std::string without_all(std::string const& text) {
  std::string out;
  for (auto const& line : lines(text)) {
    auto const words = trimmed(line);
    bool const copies = words.starts_with("COPY") || words.starts_with("ADD");
    if (!copies || (words.find(" . ") == words.npos && words.find(" ./ ") == words.npos)) out += line + "\n";
  }
  return out;
}

/// ARGs that have no default.
std::vector<std::string> open_args(std::string const& text) {
  std::vector<std::string> out;
  for (auto const& line : lines(text)) {
    auto const words = trimmed(line);
    if (!words.starts_with("ARG ")) continue;
    std::string const name(trimmed(words.substr(4)));
    // what the builder sets by itself
    if (name.find_first_of("= \t") == name.npos && !name.starts_with("TARGET") && !name.starts_with("BUILD"))
      if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  return out;
}

}  // namespace

bool Containerfiles::has_stages(std::string const& path) {
  return !parsed(text_of(path), {}).stages.empty();
}

void Containerfiles::keep_declared(std::string const& path, BuildArgs& args) {
  auto const declared = parsed(text_of(path), {}).declared;
  std::erase_if(args, [&](auto const& arg) { return !declared.contains(arg.first); });
}

std::string const& Containerfiles::text_of(std::string const& path) {
  auto const it = texts_.find(path);
  return it != texts_.end() ? it->second : texts_.emplace(path, files_.read(path).value_or("")).first->second;
}

bool Containerfiles::is_there(std::string const& folder, std::string const& source) const {
  auto const path = below(folder, source);
  auto const star = path.find_first_of("*?[");
  if (star == path.npos) return files_.exists(path);
  auto const above = folder_of(path.substr(0, star) + "x");
  auto pattern = path.substr(above == "." ? 0 : above.size() + 1);
  if (pattern.find('/') != pattern.npos) return files_.is_folder(above);
  for (auto& c : pattern)
    if (c == '?' || c == '[' || c == ']') c = '*';
  auto const names = files_.list(above);
  return std::any_of(names.begin(), names.end(), [&](auto const& one) { return matches(pattern, one); });
}

std::vector<std::string> Containerfiles::missing(std::string const& folder,
                                                 std::vector<std::string> const& sources) const {
  std::vector<std::string> out;
  for (auto const& source : sources)
    if (!is_there(folder, source)) out.push_back(source);
  return out;
}

/// The folder in which all is there that the Containerfile copies: its own, or one above.
void Containerfiles::context(Image& image, std::map<std::string, std::string> const& args) {
  auto const own = folder_of(image.containerfile);
  auto sources = parsed(without_all(text_of(image.containerfile)), args).sources;
  std::erase(sources, ".");
  auto best = own;
  auto fewest = missing(own, sources);
  for (auto folder = own; !fewest.empty() && folder != ".";) {
    folder = folder_of(folder);
    if (auto less = missing(folder, sources); less.size() < fewest.size()) {
      best = folder;
      fewest = std::move(less);
    }
  }
  bool const all = takes_all(parsed(text_of(image.containerfile), args));
  if (sources.empty() && all && says_how(last_part(own))) {
    best = folder_of(own);
    image.remarks.push_back(fmt::format("the context is a guess: '{}' copies all of it", image.containerfile));
  }
  if (!fewest.empty())
    image.remarks.push_back(
        fmt::format("{} is not in the context: does something make it before?", join(fewest, ", ")));
  if (best != own) image.context = best;
}

void Containerfiles::complete(Image& image) {
  auto const& text = text_of(image.containerfile);
  Args args(image.args.begin(), image.args.end());
  if (image.context.empty()) context(image, args);
  if (image.context == folder_of(image.containerfile)) image.context.clear();
  auto const file = parsed(text, args);
  for (auto const& base : file.bases) image.bases.push_back(base.ref);
  // a command for several files gives all of them the stage of one
  if (!image.target.empty() && std::find(file.stages.begin(), file.stages.end(), image.target) == file.stages.end()) {
    image.remarks.push_back(fmt::format("it has no stage '{}', which it is built with elsewhere", image.target));
    image.target.clear();
  }
  if (image.target.empty() && file.stages.size() > 1)
    for (auto const* name : {"runtime", "final", "production", "release", "prod"})
      if (image.target.empty() && file.stages.back() != name &&
          std::find(file.stages.begin(), file.stages.end(), name) != file.stages.end()) {
        image.target = name;
        image.remarks.push_back(fmt::format("the last stage is '{}'", file.stages.back()));
      }
  std::vector<std::string> open;
  for (auto const& name : open_args(text))
    if (!args.contains(name)) open.push_back(name);
  if (!open.empty())
    image.remarks.push_back(
        fmt::format("{} of the Containerfile has no default: args: {{{}: ...}}", join(open, ", "), open.front()));
}

std::optional<Image> Containerfiles::for_service(std::string const& path, std::string const& name) {
  auto const text = without_all(text_of(path));
  if (name != good_name(name)) return std::nullopt;
  auto const without = parsed(text, {}).sources;
  for (auto const& arg : open_args(text)) {
    Args const args{{arg, name}};
    auto const sources = parsed(text, args).sources;
    if (sources.empty() || sources == without || sources == std::vector<std::string>{"."}) continue;
    Image image{.name = name};
    image.containerfile = path;
    image.args.emplace_back(arg, name);
    complete(image);
    auto const folder = image.context.empty() ? folder_of(path) : image.context;
    if (!missing(folder, sources).empty()) continue;
    image.remarks.insert(image.remarks.begin(), fmt::format("'{}' builds it, with {} of that name", path, arg));
    return image;
  }
  return std::nullopt;
}

}  // namespace e2e::init
