// What a Containerfile tells about the build: which images it is FROM, and which files of the context it can see.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "plan/containerfile_lines.h"
#include "plan/containerfile_words.h"

namespace e2e::plan {

/// What an image passes on to those that are FROM it.
struct Inherited {
  Variables env = {};
  /// It may have more of them: nobody here knows the image.
  bool open = false;
  std::vector<Instruction> triggers = {};  // of ONBUILD
};

/// What is known of a build beside its Containerfile.
struct Build {
  std::map<std::string, std::string> args = {};
  std::string target = {};  // the last stage if empty
  /// Whether stages that the target does not need are built as well.
  bool every_stage = false;
  /// What the image of that reference passes on.
  std::function<Inherited(std::string const& ref)> base = [](std::string const&) { return Inherited{.open = true}; };
};

struct Containerfile {
  /// An image from outside of the file, as written after variables are filled in.
  struct Base {
    std::string ref;
    Place place;
    bool or_stage = false;  // a stage for some builders
  };
  /// What a RUN wants of the builder: type=ssh or type=secret.
  struct Wanted {
    std::string type, id;
    Place place;
  };
  /// What COPY, ADD or a bind mount names, relative to the context; "." is all of it.
  struct Source {
    Source(std::string of, Place at, std::string by = {}) : path(std::move(of)), place(at), variable(std::move(by)) {}
    std::string path;
    Place place;
    /// The variable that makes it all of the context, since a base that is not known may set it.
    std::string variable;
    bool mounted = false;  // by RUN --mount
  };
  // of the stages that are built:
  std::vector<Base> bases;  // each once, in order
  std::vector<Wanted> wanted;
  std::vector<Source> named;
  std::vector<std::string> sources;  // the paths of `named`, sorted; {"."} if one of them is all of the context
  std::vector<Source> passed;        // what stages take out of others, as far as it may be of the context
  std::vector<std::string> runs;     // what RUN runs in the stage that becomes the image, and in those it is FROM
  Inherited inherited;
  // of the whole file:
  std::vector<std::string> stages;  // their names; those without a name are numbers
  std::set<std::string> declared;   // what ARG names
  bool sure = true;                 // builders read these lines alike; if not, `sources` is all of the context
};

/// Reads the Containerfile that stands in `sources` as `file`. Where a name can't be known before the build, the answer
/// is the whole context: too much, never too little.
Containerfile parse_containerfile(Sources const& sources, std::int32_t file, Build const& build);

/// The form in which references are compared: "base" is "localhost/base:latest".
std::string normal_reference(std::string_view ref);

}  // namespace e2e::plan
