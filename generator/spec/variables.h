// Variables: ${NAME} in a value.
#pragma once

#include <map>
#include <string>

#include "base/diagnostics.h"
#include "spec/document.h"

namespace e2e::spec {

/// Whether ${NAME} of that name stands in a value of the image.
bool mentions(Image const& image, std::string const& variable);

/// Fills in the variables of the document; $${ is ${. A name that it does not define is left to the shell in the script
/// of a command (sh -c SCRIPT), with a warning if it is nearly one that it does; elsewhere it is an error.
void fill_in(Document& document, std::map<std::string, std::string> const& variables, Diagnostics& diagnostics);

}  // namespace e2e::spec
