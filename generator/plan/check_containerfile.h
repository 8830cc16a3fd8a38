// What a Containerfile and what the spec says of its image mean for one another.
#pragma once

#include <functional>

#include "plan/containerfile.h"
#include "plan/lookup.h"

namespace e2e::plan {

struct Checked {
  Lookup const& lookup;
  spec::Image const& written;
  Image const& image;
  Containerfile const& file;
  std::int32_t source;  // the Containerfile among the sources
};

/// The rules that the spec gives for all Containerfiles.
void check_policy(Checked const& checked, std::function<bool(std::string const& ref)> const& is_local);
/// A builder runs a RUN without the agent or secret that it mounts, and says nothing.
void check_wanted(Checked const& checked);
/// Build arguments that no ARG declares: a builder passes over them.
void check_args(Checked const& checked);
/// Sources that e2egen wrote (base/own.h), which no build sees, and mounts of the folder that they stand in.
void check_own(Checked const& checked);
/// Sources that are not in the context, and those that make it all of the context without saying so.
void check_sources(Checked const& checked);

}  // namespace e2e::plan
