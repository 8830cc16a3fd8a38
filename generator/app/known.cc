#include "app/known.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "base/diagnostics.h"
#include "base/disk.h"

namespace e2e::app {

namespace fs = std::filesystem;

std::vector<claim::File> known_files() {
  std::vector<claim::File> all;
  std::vector<std::string> paths;
  std::error_code error;
  for (auto const& entry : fs::directory_iterator(".e2e", error))
    if (entry.path().extension() == ".claims") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  for (auto const& path : paths) {
    claim::File file;
    try {
      file = claim::parse(read_file(path).value_or(""));
    } catch (Failure const& failure) {
      throw Failure(fmt::format("{}: {}\n  help: run e2egen on its spec, or remove the file, or name the specs", path,
                                failure.what()));
    }
    if (fs::exists(file.ninja, error)) all.push_back(std::move(file));
  }
  return all;
}

std::vector<claim::File> known_files_or(std::string_view help) {
  auto all = known_files();
  if (all.empty()) throw Failure(fmt::format("no Ninja file of e2egen in this folder\n  help: {}", help));
  return all;
}

}  // namespace e2e::app
