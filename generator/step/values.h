// What tasks wrote and manifests and environments want: read when it is needed, and kept out of what others may read.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "claim/claim.h"

namespace e2e::step {

/// The content of a file as a shell has it by $(cat FILE): without line breaks at its end. Throws Failure if there is
/// none, or if it is no text.
std::string content_of(std::string const& path);

/// What stands for each ${NAME} of the manifests. Throws Failure as content_of does.
std::map<std::string, std::string> values_of(claim::Render const& render);

/// The texts by which a log would betray what this claim reads: each line of each content, and its base64, by which
/// Kubernetes writes Secrets. Short ones are left out: they stand everywhere.
std::vector<std::string> secrets_of(claim::Claim const& claim);

}  // namespace e2e::step
