#include "init/bases.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "init/paths.h"
#include "plan/containerfile.h"

namespace e2e::init {

namespace {

std::string reference_of(Image const& image) {
  return !image.ref.empty() ? image.ref : !image.pulled.empty() ? image.pulled : "localhost/" + image.name;
}

/// PROJECT:A-B, as a repository of variants calls what it builds in .../A/B. References have no tags here.
void say_variants(std::string const& project, std::vector<Image>& images) {
  for (auto& image : images)
    for (auto const& base : image.bases) {
      auto const bare = without_tag(base);
      if (last_part(bare) != project || bare.size() == base.size() || image_for_base(base, images)) continue;
      auto path = base.substr(bare.size() + 1);
      std::replace(path.begin(), path.end(), '-', '/');
      for (auto const& other : images)
        if (&other != &image && ("/" + folder_of(other.containerfile)).ends_with("/" + path))
          image.remarks.push_back(
              fmt::format("it is FROM '{}', which '{}' seems to make: a FROM line finds an image of "
                          "the spec by a reference without a tag",
                          base, other.name));
    }
}

}  // namespace

Image const* image_of(std::string const& ref, std::vector<Image> const& images) {
  auto const normal = plan::normal_reference(ref);
  auto const bare = without_tag(ref);
  Image const* found = nullptr;
  for (auto const& image : images) {
    auto const own = reference_of(image);
    if (plan::normal_reference(own) == normal) return &image;
    if (image.pulled.empty() && own == bare && !found) found = &image;
  }
  return found;
}

Image const* image_for_base(std::string const& ref, std::vector<Image> const& images) {
  auto const* image = image_of(ref, images);
  return image && plan::normal_reference(reference_of(*image)) == plan::normal_reference(ref) ? image : nullptr;
}

void name_bases(std::string const& project, std::vector<Image>& images) {
  say_variants(project, images);
  // nginx/Containerfile that is FROM nginx: the two want two references
  for (auto& image : images)
    for (auto const& base : image.bases)
      if (image.ref.empty() && image.pulled.empty() && image_for_base(base, images) == &image) {
        image.ref = fmt::format("localhost/{}/{}", project, image.name);
        image.remarks.push_back(fmt::format("it is FROM '{}': by another reference it is not taken for itself", base));
        break;
      }
}

}  // namespace e2e::init
