#include "app/templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "app/builtin_templates.h"

namespace e2e::app {

namespace fs = std::filesystem;

std::vector<plan::Provider> providers(std::string const& folder, Files const& files, Sources& sources,
                                      Diagnostics& diagnostics) {
  std::vector<std::pair<std::string, std::string>> texts;  // name, path
  std::vector<plan::Provider> result;
  if (folder.empty()) {
    for (auto const& [name, text] : builtin_templates())
      result.push_back(plan::parse_provider(
          name, sources, sources.add(fmt::format("templates/{}.ninja", name), std::string(text)), diagnostics));
    return result;
  }
  std::error_code error;
  for (auto const& entry : fs::recursive_directory_iterator(folder, error))
    if (entry.path().extension() == ".ninja") {
      auto const path = entry.path().string();
      auto const name = fs::relative(entry.path(), folder).replace_extension().string();
      texts.emplace_back(name, path);
    }
  if (texts.empty()) throw Failure(fmt::format("no template in the folder '{}'", folder));
  std::sort(texts.begin(), texts.end());
  for (auto const& [name, path] : texts)
    result.push_back(
        plan::parse_provider(name, sources, sources.add(path, files.read(path).value_or("")), diagnostics));
  return result;
}

}  // namespace e2e::app
