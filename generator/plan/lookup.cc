#include "plan/lookup.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/pattern.h"
#include "base/text.h"
#include "plan/containerfile.h"
#include "plan/reference.h"

namespace e2e::plan {

std::vector<std::string> values(std::vector<spec::Text> const& texts) {
  std::vector<std::string> out;
  for (auto const& text : texts) out.push_back(text.value);
  return out;
}

std::string name_of_spec(std::string const& path) {
  auto const start = path.rfind('/') + 1;  // npos + 1 is 0
  return path.substr(start, path.rfind('.') - start);
}

std::vector<std::string> paths(std::vector<spec::Text> const& texts) {
  std::vector<std::string> out;
  for (auto const& text : texts) out.push_back(normal_path(text.value));
  return out;
}

int seconds(std::optional<spec::Text> const& text, int otherwise) {
  return text ? parse_duration(text->value).value_or(otherwise) : otherwise;
}

std::string value(std::optional<spec::Text> const& text, std::string const& otherwise) {
  return text ? text->value : otherwise;
}

std::vector<std::uint32_t> writers(spec::Document const& document, spec::Text const& output) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 0; i < document.tasks.size(); ++i) {
    auto const written = paths(document.tasks[i].outputs);
    if (std::find(written.begin(), written.end(), normal_path(output.value)) != written.end()) found.push_back(i);
  }
  return found;
}

void Lookup::warning(std::string_view name, Place const& place, std::string message, std::string help,
                     std::vector<Note> notes) const {
  diagnostics.add({place, std::move(message), std::move(help), std::move(notes), name});
}

void Lookup::error(Place const& place, std::string message, std::string help, std::vector<Note> notes) const {
  diagnostics.add({place, std::move(message), std::move(help), std::move(notes)});
}

Provider const* Lookup::provider(std::string const& name, std::optional<spec::Text> const& written) const {
  for (auto const& one : providers)
    if (one.name == name) return &one;
  auto const role = name.substr(0, name.find('/') + 1);
  std::vector<std::string> known;
  for (auto const& one : providers)
    if (one.name.starts_with(role)) known.push_back(one.name.substr(role.size()));
  auto const wanted = name.substr(role.size());
  error(written ? written->place : Place{}, fmt::format("no template is called '{}'", wanted),
        suggestion(wanted, known));
  return nullptr;
}

void Lookup::worded(Provider const* provider, std::string const& binding, std::string_view key,
                    Place const& place) const {
  if (!provider || provider->has_words(binding)) return;
  std::vector<std::string> others;
  for (auto const& one : providers)
    if (provider->role == "cluster" && one.role == provider->role && one.has_words(binding))
      others.push_back(fmt::format("'provider: {}'", one.short_name()));
  error(place, fmt::format("the {} '{}' has no words for '{}'", provider->role, provider->short_name(), key),
        others.empty() ? fmt::format("leave it out; its template would say them as '#: words {} = ...'", binding)
                       : fmt::format("leave it out, or write {}", join(others, " or ")));
}

bool Lookup::good_name(spec::Text const& name, std::string_view what) const {
  static std::string_view const allowed = "abcdefghijklmnopqrstuvwxyz0123456789.-";
  auto const& text = name.value;
  if (!text.empty() && text.size() <= 50 && text.find_first_not_of(allowed) == text.npos && text.front() != '-' &&
      text.front() != '.' && text.back() != '-' && text.back() != '.')
    return true;
  error(name.place, fmt::format("'{}' can't be the name of {}", text, what),
        "a name has small letters, digits, '-' and '.', begins and ends with a letter or digit, and has 50 at most");
  return false;
}

std::string Lookup::instead_of(spec::Text const& path, std::string_view what) const {
  if (path.value.find("://") != std::string::npos)
    return fmt::format("{} is a file of the workspace: download it into one, and name that", what);
  if (path.value.find('*') != std::string::npos) return "patterns are not read here: name the folder, or each file";
  auto const normal = normal_path(path.value);
  auto const slash = normal.rfind('/');
  auto const folder = slash == normal.npos ? "." : normal.substr(0, slash);
  auto const in_folder = [&](std::string const& name) { return folder == "." ? name : folder + "/" + name; };
  if (!files.is_folder(folder)) return fmt::format("there is no folder '{}'", folder);
  auto const names = files.list(folder);
  auto const near = closest(normal.substr(slash + 1), names);  // npos + 1 is 0
  if (near) return fmt::format("did you mean '{}'?", in_folder(*near));
  for (auto const& name : names)
    if (what == kContainerfile && one_of(name, {"Containerfile", "Dockerfile"}))
      return fmt::format("did you mean '{}'?", in_folder(name));
  return fmt::format("{} is looked for relative to the folder in which e2egen runs", what);
}

std::string Lookup::no_image(std::string const& written, std::vector<std::string> const& known) const {
  auto const bare = without_tag(written);
  auto const name = bare.substr(bare.rfind('/') + 1);  // npos + 1 is 0
  return suggestion(written, known,
                    fmt::format("add it: 'images: {{{}: {{containerfile: {}/Containerfile}}}}'", name, name));
}

std::optional<std::int32_t> Lookup::open(spec::Text const& path, std::string_view what) const {
  auto const normal = normal_path(path.value);
  if (auto text = files.read(normal)) return sources.add(normal, std::move(*text));
  if (files.is_folder(normal))
    error(path.place, fmt::format("'{}' is a folder", normal), fmt::format("name {}, which is a file", what));
  else
    error(path.place, fmt::format("no file '{}'", path.value), instead_of(path, what));
  return std::nullopt;
}

void Lookup::exists(spec::Text const& path, std::string_view what) const {
  if (!files.exists(normal_path(path.value)))
    error(path.place, fmt::format("no file or folder '{}'", path.value), instead_of(path, what));
}

bool is_made(spec::Document const& document, std::string const& path) {
  auto const makes = [&](spec::Command const& command) {
    return std::any_of(command.outputs.begin(), command.outputs.end(), [&](auto const& output) {
      auto const made = normal_path(output.value);
      return path == made || path.starts_with(made + "/") || made.starts_with(path + "/");
    });
  };
  return std::any_of(document.tasks.begin(), document.tasks.end(), makes) ||
         std::any_of(document.tests.begin(), document.tests.end(), makes);
}

bool Lookup::go_package(spec::Text const& written) const {
  exists(written, "a Go package");
  auto const path = normal_path(written.value);
  if (files.is_folder(path)) return true;
  auto const slash = path.rfind('/');
  if (files.exists(path))
    error(written.place, fmt::format("'{}' is a file", path),
          fmt::format("a Go package is a folder: write '{}'", slash == path.npos ? "." : path.substr(0, slash)));
  return false;
}

void Lookup::some_exist(spec::Text const& written, std::string_view what) const {
  if (!is_pattern(written.value)) return exists(written, what);
  auto const pattern = normal_path(written.value);
  if (is_made(document, fixed_part(pattern))) return;
  FolderLook const look{[&](auto const& folder) { return files.list(folder); },
                        [&](auto const& path) { return files.is_folder(path); }};
  bool found = false;
  each_match(pattern, look, [&](auto const&) {
    found = true;
    return false;
  });
  if (!found)
    error(written.place, fmt::format("'{}' means no file and no folder", written.value),
          "a * stands for anything in a name, and a name ** for any folders; what begins with a dot is meant only by a "
          "name that does");
}

void Lookup::variable_name(spec::Text const& name, std::string_view help) const {
  auto const& text = name.value;
  constexpr std::string_view kHow = "a name has letters, digits and '_', and does not begin with a digit";
  if (!is_variable_name(text))
    error(name.place, fmt::format("'{}' can't be the name of a variable", text),
          std::string(help.empty() ? kHow : help));
}

void Lookup::need_writers(spec::Text const& output, std::vector<NeedId>& needs) const {
  auto const found = writers(document, output);
  for (auto const task : found)
    if (std::none_of(needs.begin(), needs.end(), [&](auto const& need) { return need.task && need.index == task; }))
      needs.push_back({true, task});
  if (!found.empty()) return;
  std::vector<std::string> known;
  for (auto const& task : document.tasks)
    for (auto const& path : paths(task.outputs)) known.push_back(path);
  error(output.place, fmt::format("no task has the output '{}'", output.value),
        suggestion(output.value, known,
                   fmt::format("name it where the task is that writes it: 'outputs: [{}]'", output.value)));
}

void Lookup::one_word(std::vector<spec::Text> const& command) const {
  if (command.size() == 1 && command[0].value.find(' ') != std::string::npos)
    error(command[0].place, "a command is a list of words, this is one word with blanks in it",
          "write [make, seed], or all of it without brackets, for a shell");
}

void Lookup::one_flag(spec::Text const& flag) const {
  auto const blank = flag.value.find(' ');
  if (flag.value.starts_with('-') && blank < flag.value.find('='))
    error(flag.place, fmt::format("'{}' is one flag with a blank in it", flag.value),
          fmt::format("write each word for itself: flags: [{}, ...]", flag.value.substr(0, blank)));
}

void KnownImages::add(ImageId id, Image const& image) {
  ids.push_back(id);
  by_name.emplace(image.name, id);
  by_reference.emplace(normal_reference(image.ref), id);
  on_nodes.emplace(on_a_node(image.ref), id);
  if (image.is_pulled()) return;
  by_bare_reference.emplace(image.ref, id);
  bare_on_nodes.emplace(without_tag(on_a_node(image.ref)), id);
}

std::optional<ImageId> Lookup::image_of(std::string_view ref) const {
  auto const find = [](auto const& by, std::string const& key) {
    auto const it = by.find(key);
    return it == by.end() ? std::nullopt : std::optional(it->second);
  };
  if (auto const id = find(images.by_reference, normal_reference(ref))) return id;
  if (auto const id = find(images.on_nodes, on_a_node(ref))) return id;
  // with a tag that somebody else's deployment wants: what is built here gets a tag of its own in any case
  if (ref.find('@') != ref.npos) return std::nullopt;
  if (auto const id = find(images.by_bare_reference, without_tag(std::string(ref)))) return id;
  return find(images.bare_on_nodes, without_tag(on_a_node(ref)));
}

std::vector<std::string> Lookup::image_names() const {
  std::vector<std::string> names;
  for (auto const id : images.ids) names.push_back(plan.image(id).name);
  return names;
}

std::vector<std::string> Lookup::image_refs() const {
  std::vector<std::string> refs;
  for (auto const id : images.ids) refs.push_back(plan.image(id).ref);
  return refs;
}

}  // namespace e2e::plan
