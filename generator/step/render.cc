#include "step/render.h"

#include <fmt/format.h>

#include "base/disk.h"
#include "base/yaml.h"
#include "step/stamp.h"

namespace e2e::step {

namespace {

/// Offset in the text and length of each reference, in order.
void find(yaml::Node const& node, std::map<std::string, std::string> const& tags,
          std::map<std::size_t, std::string>& found) {
  for (auto const& item : node.items) find(item, tags, found);
  for (auto const& [key, value] : node.entries) {
    if (key.text == "image" && value.is_scalar() && tags.contains(value.text)) found[value.offset] = value.text;
    find(value, tags, found);
  }
}

}  // namespace

std::string with_tags(std::string const& name, std::string const& text,
                      std::map<std::string, std::string> const& tags) {
  Sources sources;
  Diagnostics diagnostics;
  std::map<std::size_t, std::string> found;
  for (auto const& document : yaml::parse(sources, sources.add(name, text), diagnostics)) find(document, tags, found);
  if (diagnostics.any()) throw Failure(diagnostics.render(sources, false));
  std::string out;
  std::size_t copied = 0;
  for (auto const& [offset, ref] : found) {
    // the mark is that of the value or of its opening quote
    auto const start = text.find(ref, offset);
    if (start == text.npos || start > offset + 1)
      throw Failure(fmt::format("{}: '{}' is written in a way that can't be given a tag: write it plainly", name, ref));
    auto const bare = ref.ends_with(":latest") ? ref.size() - 7 : ref.size();
    out += text.substr(copied, start + bare - copied) + ":" + tags.at(ref);
    copied = start + ref.size();
  }
  return out + text.substr(copied);
}

void render_manifests(claim::Render const& render) {
  std::map<std::string, std::string> tags;
  for (auto const& [ref, path] : render.images) {
    auto const stamp = read_stamp(path);
    if (!stamp) throw Failure(fmt::format("{} is missing: run ninja again", path));
    tags[ref] = claim::image_tag(stamp->result);
  }
  std::string out;
  for (auto const& path : render.from) {
    auto const text = read_file(path);
    if (!text) throw Failure(fmt::format("no file {}", path));
    out += fmt::format("---\n# from {}\n{}", path, with_tags(path, *text, tags));
    if (!out.ends_with('\n')) out += '\n';
  }
  write_if_changed(render.to, out);
}

}  // namespace e2e::step
