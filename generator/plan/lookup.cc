#include "plan/lookup.h"

#include <fmt/format.h>

#include "base/text.h"
#include "plan/containerfile.h"

namespace e2e::plan {

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

std::string value(std::optional<spec::Text> const& text, std::string const& otherwise) {
  return text ? text->value : otherwise;
}

void Lookup::warning(Place const& place, std::string message, std::string help, std::vector<Note> notes) const {
  diagnostics.add({place, std::move(message), std::move(help), std::move(notes), true});
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
  error(place, fmt::format("the {} '{}' has no words for '{}'", provider->role, provider->short_name(), key),
        fmt::format("leave it out; its template would say them as '#: words {} = ...'", binding));
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

std::optional<std::int32_t> Lookup::open(spec::Text const& path, std::string_view what) const {
  auto const normal = normal_path(path.value);
  if (auto text = files.read(normal)) return sources.add(normal, std::move(*text));
  if (files.is_folder(normal))
    error(path.place, fmt::format("'{}' is a folder", normal), fmt::format("name {}, which is a file", what));
  else
    error(path.place, fmt::format("no file '{}'", normal),
          fmt::format("{} is looked for relative to the folder in which e2egen runs", what));
  return std::nullopt;
}

void Lookup::exists(spec::Text const& path, std::string_view what) const {
  auto const normal = normal_path(path.value);
  if (!files.exists(normal))
    error(path.place, fmt::format("no file or folder '{}'", normal), fmt::format("{} has to exist", what));
}

void Lookup::one_word(std::vector<spec::Text> const& command) const {
  if (command.size() == 1 && command[0].value.find(' ') != std::string::npos)
    error(command[0].place, "a command is a list of words, this is one word with blanks in it",
          "write [make, seed], or for a shell [sh, -c, \"...\"]");
}

void KnownImages::add(ImageId id, Image const& image) {
  ids.push_back(id);
  by_name.emplace(image.name, id);
  by_reference.emplace(normal_reference(image.ref), id);
  if (!image.is_pulled()) by_bare_reference.emplace(image.ref, id);
}

std::optional<ImageId> Lookup::image_of(std::string_view ref) const {
  if (auto const it = images.by_reference.find(normal_reference(ref)); it != images.by_reference.end())
    return it->second;
  // with a tag that somebody else's deployment wants: what is built here gets a tag of its own in any case
  if (ref.find('@') != ref.npos) return std::nullopt;
  auto const it = images.by_bare_reference.find(without_tag(std::string(ref)));
  return it == images.by_bare_reference.end() ? std::nullopt : std::optional(it->second);
}

std::vector<std::string> Lookup::image_refs() const {
  std::vector<std::string> refs;
  for (auto const id : images.ids) refs.push_back(plan.image(id).ref);
  return refs;
}

}  // namespace e2e::plan
