// What the commands of scripts, Makefiles and workflows build and test.
#pragma once

#include <string>

#include "base/disk.h"
#include "init/repository.h"
#include "init/shell.h"

namespace e2e::init {

/// Who says it, and in which folder it runs.
struct Teller {
  std::string path;
  std::string folder;
  int authority = 0;        // as Build has it
  std::string target = {};  // of the Makefile, if it is one
};

/// A Build becomes one of `into` if its Containerfile is there. Its `containerfile` and `context` may have kUnknown in
/// them, and kAny for what stands for the name of each image in turn.
void add_build(Build build, Repository& into, Files const& files);
/// The file of that folder that a builder looks for.
std::string containerfile_of(std::string const& folder, Files const& files);
/// What a script does: `docker build`, in all its spellings, `go test`, ginkgo, pytest.
void read_script(std::string_view script, Variables const& variables, Teller teller, Files const& files,
                 Repository& into);

/// Stands in a text for any name, as $* of a Makefile does.
constexpr char kAny = '\x02';

}  // namespace e2e::init
