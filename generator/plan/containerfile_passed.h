// What of the context one stage takes out of another: COPY --from=build /src/api/openapi.yaml.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "plan/containerfile_words.h"

namespace e2e::plan {

/// Where a stage puts what it copies: absolute, nothing if that is not known; of the context, or of other stages.
struct Copied {
  std::vector<std::string> paths;
  Known to;
  std::vector<std::size_t> stages = {};  // that may be meant; none: the context
  bool from_stage = false;
  Place place = {};
};

/// What is known of where files stand in a stage.
struct Layout {
  Known folder = {};  // of WORKDIR
  std::vector<Copied> copied = {};
  std::optional<std::size_t> parent = {};

  /// As the stage sees it. Nothing if its folder counts and is not known.
  Known absolute(std::string const& path) const;
};

/// The paths of the context, with wildcards, that may stand at `path`, which is absolute, in that stage; "." if that is
/// all of it. It may name more than there is, and knows nothing of what RUN moves.
std::vector<std::string> standing_at(std::vector<Layout> const& stages, std::size_t stage, std::string const& path);

}  // namespace e2e::plan
