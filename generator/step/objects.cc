#include "step/objects.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/disk.h"
#include "base/text.h"
#include "step/child.h"
#include "step/facts.h"

namespace e2e::step {

namespace fs = std::filesystem;

namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;

constexpr int kTimeout = 60;
/// A command line ends at 128 KiB.
constexpr std::size_t kBytesOfNames = 100'000;
constexpr std::string_view kHole = "{}";

/// A command for each namespace of a store.
Lines commands_for_stores(ObjectsOptions const& options) {
  Lines commands;
  for (auto const& space : namespaces_of(options.stores)) {
    auto words = options.command;
    for (auto& word : words) replace_all(word, kHole, space);
    commands.push_back(shell_line(words));
  }
  return commands;
}

Lines files_there(std::string_view names) {
  Lines files;
  while (!names.empty()) {
    auto const end = std::min(names.find('\0'), names.size());
    if (std::string name(names.substr(0, end)); !name.empty() && fs::exists(name)) files.push_back(std::move(name));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return files;
}

/// The commands that ask about all files, each of a length that the kernel takes.
Lines commands_for(ObjectsOptions const& options) {
  auto const files = options.files ? files_there(read_all(Descriptor(::dup(STDIN_FILENO)), "standard input")) : Lines{};
  auto const hole = std::find_if(options.command.begin(), options.command.end(),
                                 [](auto const& word) { return word.find(kHole) != word.npos; });
  if (hole == options.command.end()) return {shell_line(options.command)};
  Lines commands;
  for (std::size_t next = 0; next < files.size();) {
    Lines words(options.command.begin(), hole);
    for (std::size_t bytes = 0; next < files.size() && bytes < kBytesOfNames; ++next) {
      auto word = *hole;
      replace_all(word, kHole, files[next]);
      bytes += word.size();
      words.push_back(std::move(word));
    }
    words.insert(words.end(), hole + 1, options.command.end());
    commands.push_back(shell_line(words));
  }
  return commands;
}

/// Whether kubectl failed for nothing else than that a CRD is gone, and its objects with it.
bool only_misses_kinds(std::string const& said) {
  bool gone = false;
  for (auto const& line : lines_of(said)) {
    bool const one = line.find("no matches for kind") != line.npos;
    gone |= one;
    if (!one && !one_of(line, {"ensure CRDs are installed first", "ensure CRDs are installed first]"}) &&
        !line.starts_with("Warning: "))
      return false;
  }
  return gone;
}

Lines facts(ObjectsOptions const& options, std::vector<json> const& answers) {
  if (!options.stores.empty()) return facts_of_stores(answers, options.stores);
  auto all = facts_of(answers);
  std::erase_if(all, [&](auto const& fact) {
    return !options.only.empty() && !passes(fact) &&
           std::find(options.only.begin(), options.only.end(), kind_of(fact)) == options.only.end();
  });
  if (!options.found.empty())
    for (auto& fact : facts_found(answers, options.found)) all.push_back(std::move(fact));
  return all;
}

}  // namespace

int objects(ObjectsOptions const& options) {
  auto const commands = options.stores.empty() ? commands_for(options) : commands_for_stores(options);
  std::vector<json> answers;
  for (auto const& answer : ask(commands, kTimeout)) {
    auto objects = json::parse(answer.out, nullptr, false);
    bool const nothing = lines_of(answer.out).empty();
    bool const odd = objects.is_discarded() && !nothing;
    if (odd || (answer.exit != 0 && !only_misses_kinds(answer.err))) {
      std::fputs(answer.err.c_str(), stderr);
      if (odd) std::fputs(fmt::format("what {} prints is no JSON\n", options.command.front()).c_str(), stderr);
      return 1;
    }
    if (!nothing) answers.push_back(std::move(objects));
  }
  for (auto const& fact : facts(options, answers)) std::fputs((fact + "\n").c_str(), stdout);
  return 0;
}

}  // namespace e2e::step
