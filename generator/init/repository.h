// What a repository has that a spec could name.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/disk.h"
#include "init/objects.h"

namespace e2e::init {

struct Kustomization {
  std::string folder;
  std::set<std::string> names = {};  // files and folders, as paths of the workspace
  bool component = false;
};

using BuildArgs = std::vector<std::pair<std::string, std::string>>;

/// Who is believed more about how an image is built: the least.
enum Authority { kByWorkflow, kByMakefile, kBySkaffold, kByCompose, kByScript };

/// What something in the repository says of an image.
struct Build {
  std::string told_by, name;
  std::vector<std::string> refs = {};  // by which it is known; with kUnknown in them where that is not known
  std::string containerfile = {}, context = {}, target = {};  // no context: it is not known
  BuildArgs args = {};
  std::vector<std::string> remarks = {};
  int authority = kByScript;
  std::string made_by = {};  // the target of the Makefile
};

/// A command that tests something.
struct Run {
  std::string told_by, target = {};  // a target of a Makefile
  std::string folder = {};           // in which it runs
  std::string tool = "go";           // or pytest, or what is run as it is written
  std::vector<std::string> words = {};
  std::vector<std::pair<std::string, std::string>> environment = {};  // what is set for it alone
  std::vector<std::string> paths = {};
  bool below = false;  // and all folders in them
  std::string tags = {}, timeout = {};
  std::vector<std::pair<std::string, std::string>> filters = {};  // options that leave tests out; maybe with kUnknown
};

/// A target of a Makefile.
struct Target {
  std::string makefile, name;
  std::vector<std::string> needs = {};
  std::string script = {};  // with kUnknown in it
};

struct Repository {
  std::string root;                         // its folder
  std::vector<std::string> containerfiles;  // paths, as all here
  std::vector<std::string> folders;
  std::vector<ManifestFile> manifests;
  std::vector<std::string> cluster_configs;
  std::vector<Kustomization> kustomizations;
  std::vector<std::string> charts;  // their folders, but those of other charts
  std::vector<Build> builds;        // those that are believed most first
  std::vector<Run> runs;
  std::vector<Target> targets;
  std::vector<std::string> tests;       // files that are called as tests of Go or Python are
  std::vector<std::string> packages;    // package.json
  std::vector<std::string> deployed;    // patterns of the manifests that skaffold deploys
  std::vector<std::string> kustomized;  // folders of the kustomizations that it deploys
  std::vector<std::string> remarks;     // what was found and is of no use
};

Repository read_repository(std::string const& root, Files const& files);

}  // namespace e2e::init
