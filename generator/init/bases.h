// Which image a reference means, and by which reference FROM lines find one of the repository's own.
#pragma once

#include <string>
#include <vector>

#include "init/draft.h"

namespace e2e::init {

/// The image that a manifest means; nullptr if there is none.
Image const* image_of(std::string const& ref, std::vector<Image> const& images);
/// The same of a FROM line, where a tag counts.
Image const* image_for_base(std::string const& ref, std::vector<Image> const& images);
/// Gives references to images that others are FROM, and to those that are FROM their own name.
void name_bases(std::string const& project, std::vector<Image>& images);

}  // namespace e2e::init
