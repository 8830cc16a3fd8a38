#include "init/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"
#include "init/paths.h"

namespace e2e::init {

namespace {

/// From the one that sounds most like an end-to-end test.
constexpr std::array<std::string_view, 8> kEnvironments{"e2e", "test", "kind", "local", "dev", "ci", "default", "base"};
constexpr std::size_t kLongestName = 40;
/// What tests of the whole are called.
constexpr std::array<std::string_view, 6> kWhole{"e2e",     "end-to-end", "end_to_end",
                                                 "end2end", "endtoend",   "acceptance"};

/// Of so many characters at most.
std::string good_name(std::string_view text, std::size_t most) {
  std::string out;
  for (char const c : text) {
    auto const small = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    bool const fine = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9') || small == '.';
    if (fine)
      out += small;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  out.resize(std::min(out.size(), most));
  while (!out.empty() && (out.front() == '.' || out.front() == '-')) out.erase(0, 1);
  while (!out.empty() && (out.back() == '.' || out.back() == '-')) out.pop_back();
  return out.empty() ? "unnamed" : out;
}

}  // namespace

std::string good_name(std::string_view text) {
  return good_name(text, kLongestName);
}

std::string free_name(std::set<std::string> const& taken, std::string_view wanted, std::string_view otherwise) {
  auto name = good_name(wanted);
  if (taken.contains(name) && !otherwise.empty()) name = good_name(otherwise);
  for (std::size_t i = 2; taken.contains(name); ++i) {
    auto const number = fmt::format("-{}", i);
    name = good_name(wanted, kLongestName - number.size()) + number;
  }
  return name;
}

std::string stem(std::string const& path) {
  auto const name = last_part(path);
  return name.substr(0, name.rfind('.'));
}

std::string subject(std::string const& path) {
  auto name = stem(path);
  while (!name.empty() && (std::isdigit(static_cast<unsigned char>(name[0])) || name[0] == '-' || name[0] == '_'))
    name.erase(0, 1);
  for (std::string_view const kind :
       {"deployment", "deploy",       "service",     "svc",     "configmap", "config",
        "cm",         "secret",       "statefulset", "sts",     "rbac",      "serviceaccount",
        "sa",         "role",         "rolebinding", "ingress", "pvc",       "hpa",
        "pdb",        "networkpolicy"})
    for (auto const& end : {fmt::format("-{}", kind), fmt::format("_{}", kind), fmt::format(".{}", kind)})
      if (name.ends_with(end)) return name.substr(0, name.size() - end.size());
  return name;
}

bool says_how(std::string const& word) {
  static std::set<std::string> const words{"docker", "dockerfiles", "container", "containers", "containerfiles",
                                           "image",  "images",      "deploy",    "package",    "packaging",
                                           "ci",     "hack",        "src",       "app",        "dev",
                                           "prod",   "production",  "debug",     "test",       "e2e",
                                           "local",  "release",     "."};
  return words.contains(word);
}

bool says_all(std::string const& folder) {
  static std::set<std::string> const words{"k8s",        "kubernetes",  "manifests",    "deploy",
                                           "deployment", "deployments", "config",       "kustomize",
                                           "overlays",   "manifest",    "kustomization"};
  return words.contains(folder);
}

bool says_sample(std::string_view folder) {
  return folder.starts_with("docs-") ||
         one_of(folder, {"doc", "docs", "documentation", "example", "examples", "sample", "samples", "spike", "spikes",
                         "fixture", "fixtures", "testdata", "poc", "prototype", "prototypes"});
}

bool says_e2e(std::string_view name) {
  auto const small = in_small_letters(name);
  return std::any_of(kWhole.begin(), kWhole.end(), [&](auto const word) { return small.find(word) != small.npos; });
}

bool is_e2e_folder(std::string_view folder) {
  auto small = in_small_letters(folder);
  for (std::string_view const end : {"-tests", "-test", "_tests", "_test", "tests", "test"})
    if (small.ends_with(end) && small.size() > end.size()) {
      small.resize(small.size() - end.size());
      break;
    }
  return std::find(kWhole.begin(), kWhole.end(), small) != kWhole.end();
}

bool says_patch(std::string const& path) {
  auto const says = [](std::string const& name) {
    for (std::string_view const word : {"patch", "patches"})
      for (auto at = name.find(word); at != name.npos; at = name.find(word, at + 1)) {
        auto const end = at + word.size();
        bool const begins = at == 0 || !std::isalnum(static_cast<unsigned char>(name[at - 1]));
        if (begins && (end == name.size() || !std::isalnum(static_cast<unsigned char>(name[end])))) return true;
      }
    return false;
  };
  return says(last_part(path)) || says(last_part(folder_of(path)));
}

std::string test_folder(std::string const& path, std::string const& root) {
  std::string found;
  for (auto folder = folder_of(path); folder != "." && folder != root; folder = folder_of(folder))
    if (one_of(last_part(folder), {"test", "tests", "e2e", "integration"})) found = folder;
  return found;
}

std::string name_of_containerfile(std::string const& path, std::string const& project) {
  auto folder = folder_of(path);
  auto const file = last_part(path);
  std::string word;
  for (auto const* kind : {"Containerfile", "Dockerfile"})
    if (auto const at = file.find(kind); at != file.npos) {
      word = file.substr(0, at) + file.substr(at + std::string_view(kind).size());
      break;
    }
  auto const letters = std::string_view("._-");
  while (!word.empty() && letters.find(word.front()) != letters.npos) word.erase(0, 1);
  while (!word.empty() && letters.find(word.back()) != letters.npos) word.pop_back();
  if (!word.empty() && !says_how(word)) return word;
  while (folder != "." && says_how(last_part(folder))) folder = folder_of(folder);
  auto const base = folder == "." ? project : last_part(folder);
  return word.empty() ? base : base + "-" + word;
}

std::size_t liking(std::string const& path) {
  auto const said = [&](auto const word) { return path.find(word) != path.npos; };
  return static_cast<std::size_t>(std::find_if(kEnvironments.begin(), kEnvironments.end(), said) -
                                  kEnvironments.begin());
}

bool says_environment(std::string const& path) {
  return liking(path) < kEnvironments.size();
}

bool liked_more(std::string const& a, std::string const& b) {
  return std::pair(liking(a), a) < std::pair(liking(b), b);
}

}  // namespace e2e::init
