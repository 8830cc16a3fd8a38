// The names of warnings: `allow` of a spec silences one by its name.
#pragma once

#include <array>
#include <string_view>

namespace e2e::warnings {

inline constexpr std::string_view kArgument = "undeclared-argument", kInherited = "inherited-variable",
                                  kMount = "missing-mount", kSource = "missing-source", kUnused = "unused-image",
                                  kPulled = "pulled-by-nodes", kNoPods = "service-without-pods",
                                  kNoObject = "unknown-object", kNeverReady = "never-ready", kPort = "port-to-nothing",
                                  kShared = "shared-port", kNodeImage = "node-image", kVariable = "unknown-variable",
                                  kState = "mounted-state", kOldWord = "old-word";

struct Name {
  std::string_view name, about;
};

inline constexpr auto kAll = std::to_array<Name>({
    {kArgument, "a build argument that no ARG declares"},
    {kInherited, "a source that depends on a variable which the base image may set: all of the context counts"},
    {kMount, "a RUN that mounts a secret or an agent which the image does not have"},
    {kState, "a RUN that mounts the whole workspace, with e2egen's own state"},
    {kSource, "a COPY or ADD of a file that is not there"},
    {kUnused, "an image that nothing uses"},
    {kPulled, "an image that the nodes pull by themselves"},
    {kNoPods, "a Service that finds no pod"},
    {kNoObject, "an object that no manifest makes, where something else may"},
    {kNeverReady, "an object that does not become ready unless somebody does something about it"},
    {kPort, "a port of the machine that leads to nothing"},
    {kShared, "a port of the machine that another spec takes as well"},
    {kNodeImage, "--node-image beside `versions`"},
    {kOldWord, "a key by the name that it had before"},
    {kVariable, "a variable of a script that is called almost like one of the spec"},
});

}  // namespace e2e::warnings
