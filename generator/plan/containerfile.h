// What a Containerfile tells about the build: which images it is FROM, and which files of the context it can see.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/diagnostics.h"

namespace e2e::plan {

struct Containerfile {
  /// An image from outside of the file, as written after variables are filled in.
  struct Base {
    std::string ref;
    Place place;
  };
  /// What a RUN wants of the builder: type=ssh or type=secret.
  struct Wanted {
    std::string type, id;
    Place place;
  };
  std::vector<Base> bases;          // each once, in order
  std::vector<std::string> stages;  // names of the stages; those without a name are numbers
  std::vector<std::string> runs;    // what RUN runs
  std::vector<Wanted> wanted;
  std::vector<std::string> sources;  // what COPY, ADD and bind mounts name, relative to the context; {"."}: all of it
};

/// Reads the Containerfile that stands in `sources` as `file`, with these build arguments. Where a name can't be known
/// before the build (a variable without a value), the answer is the whole context: too much, never too little.
Containerfile parse_containerfile(Sources const& sources, std::int32_t file,
                                  std::map<std::string, std::string> const& args);

/// The form in which references are compared: "base" is "localhost/base:latest".
std::string normal_reference(std::string_view ref);

}  // namespace e2e::plan
