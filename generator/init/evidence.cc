#include "init/evidence.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "init/paths.h"

namespace e2e::init {

namespace {

constexpr std::size_t kMostFiles = 4000;

/// Words that are there in small letters, and what they say. Blanks stand for any of what words are parted by, so that
/// `"kind", "create"` of a program is `kind create` of a script.
constexpr std::pair<std::string_view, std::string_view> kOwn[] = {
    {" kind create ", "makes a cluster of its own"},       {" k3d cluster create ", "makes a cluster of its own"},
    {" minikube start ", "makes a cluster of its own"},    {" pytest_kind ", "makes a cluster of its own"},
    {" kind_cluster ", "makes a cluster of its own"},      {" kind load ", "loads images by itself"},
    {"loadimagetokind", "loads images by itself"},         {" docker build ", "builds images by itself"},
    {" docker buildx ", "builds images by itself"},        {" podman build ", "builds images by itself"},
    {" make docker build", "builds images by itself"},     {" docker compose ", "starts containers of its own"},
    {" make deploy ", "deploys what it tests by itself"},  {" make install ", "deploys what it tests by itself"},
    {" helm install ", "deploys what it tests by itself"}, {" helm upgrade ", "deploys what it tests by itself"},
    {" skaffold run ", "deploys what it tests by itself"},
};

/// In small letters, with one blank for each row of what is neither letter, digit nor '_'.
std::string plain_words(std::string_view text) {
  std::string out = " ";
  for (char const one : text) {
    auto const c = static_cast<unsigned char>(one);
    if (std::isalnum(c) || c == '_')
      out += static_cast<char>(std::tolower(c));
    else if (out.back() != ' ')
      out += ' ';
  }
  return out + ' ';
}

std::string address_in(std::string const& text) {
  for (std::string_view const host : {"localhost:", "127.0.0.1:"})
    for (auto at = text.find(host); at != text.npos; at = text.find(host, at + 1)) {
      auto end = at + host.size();
      while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
      if (end > at + host.size() + 1)
        return text.substr(at, end - at);  // a port of one digit is none to be answered by
    }
  return "";
}

/// os.Getenv("NAME"), os.environ["NAME"], process.env.NAME, and their like.
void add_variables(std::string const& text, std::set<std::string>& into) {
  for (std::string_view const reads : {"Getenv(\"", "LookupEnv(\"", "getenv(\"", "getenv('", "environ[\"", "environ['",
                                       "environ.get(\"", "environ.get('", "process.env."})
    for (auto at = text.find(reads); at != text.npos; at = text.find(reads, at + 1)) {
      auto const begin = at + reads.size();
      auto end = begin;
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
      auto const name = text.substr(begin, end - begin);
      if (!one_of(name, {"", "KUBECONFIG", "HOME", "PATH", "CI", "USER", "TMPDIR", "E2E_CLUSTER", "E2E_ENVIRONMENT",
                         "E2E_NAMESPACE", "GITHUB_ACTIONS", "VERBOSE", "DEBUG", "LOG_LEVEL"}))
        into.insert(name);
    }
}

bool of_tests(std::string const& folder) {
  auto const small = in_small_letters(folder);
  return small.find("test") != small.npos || small.find("e2e") != small.npos;
}

/// Tags that fulfil the build constraint of a file for sure; none if it has none, or nothing is known of it.
std::set<std::string> tags_of(std::string const& text) {
  std::set<std::string> into;
  auto const at = text.find("//go:build ");
  if (at == text.npos || (at > 0 && text[at - 1] != '\n')) return into;
  auto expression = text.substr(at + 11, text.find('\n', at) - at - 11);
  if (expression.find_first_of("!()") != expression.npos) return into;
  expression.resize(std::min(expression.find("||"), expression.size()));
  std::string tag;
  for (char const c : expression + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.') {
      tag += c;
      continue;
    }
    bool const given =
        tag.empty() || tag.starts_with("go1.") || one_of(tag, {"linux", "unix", "cgo", "amd64", "arm64"});
    if (!given) into.insert(tag);
    tag.clear();
  }
  return into;
}

class Packages {
 public:
  Packages(std::string const& module, Files const& files) : module_(module), files_(files) {
    auto const text = files.read(below(module, "go.mod")).value_or("");
    for (auto const& line : lines_of(text))
      if (line.starts_with("module ")) name_ = line.substr(7, line.find_first_of(" \t\r", 7) - 7);
  }

  GoSources run(std::string const& folder) {
    all_below(folder);
    while (!todo_.empty() && left_ > 0) {
      auto const next = *todo_.begin();
      todo_.erase(todo_.begin());
      if (!out_.folders.contains(next)) read(next, false);
    }
    return std::move(out_);
  }

 private:
  void all_below(std::string const& folder) {
    read(folder, true);
    for (auto const& name : files_.list(folder))
      if (auto const path = below(folder, name); name != "vendor" && name != "testdata" && files_.is_folder(path))
        all_below(path);
  }

  /// Of what is only imported no tests are compiled.
  void read(std::string const& folder, bool tests) {
    out_.folders.insert(folder);
    for (auto const& name : files_.list(folder)) {
      if (!name.ends_with(".go") || (!tests && name.ends_with("_test.go")) || left_ == 0) continue;
      --left_;
      auto const text = files_.read(below(folder, name)).value_or("");
      if (tests || of_tests(folder)) add_evidence(text, out_.evidence, tests);
      if (name.ends_with("_test.go")) tags(tags_of(text));
      imports(text);
    }
  }

  void tags(std::set<std::string> const& wanted) {
    if (wanted.empty()) return;
    out_.agree &= out_.tags.empty() || out_.tags == wanted;
    out_.tags.insert(wanted.begin(), wanted.end());
  }

  /// Each text in quotes that begins with the name of the module.
  void imports(std::string const& text) {
    if (name_.empty()) return;
    auto const begin = "\"" + name_;
    for (auto at = text.find(begin); at != text.npos; at = text.find(begin, at + 1)) {
      auto const end = text.find('"', at + 1);
      if (end == text.npos) return;
      auto const rest = text.substr(at + begin.size(), end - at - begin.size());
      if (rest.starts_with('/') && rest.find_first_of(" \n") == rest.npos) {
        auto const folder = below(module_, rest.substr(1));
        if (files_.is_folder(folder)) todo_.insert(folder);
      }
    }
  }

  std::string const& module_;
  std::string name_;
  Files const& files_;
  GoSources out_;
  std::set<std::string> todo_;
  std::size_t left_ = kMostFiles;
};

}  // namespace

void add_evidence(std::string const& text, Evidence& into, bool its_own) {
  auto const words = plain_words(text);
  auto const says = [&](auto const word) { return words.find(word) != words.npos; };
  for (std::string_view const word : {"kubeconfig", "kubectl", "client_go", "client go", " controller runtime ",
                                      "kubernetes", "chainsaw", "kuttl", " kr8s ", "lightkube"})
    into.cluster |= says(word);
  into.without_cluster |= says(" envtest ") || says("testcontainers");
  if (into.own.empty())
    for (auto const& [word, what] : kOwn)
      if (says(word)) {
        into.own = what;
        break;
      }
  if (its_own && into.address.empty()) into.address = address_in(text);
  add_variables(text, into.variables);
}

GoSources go_sources(std::string const& folder, std::string const& module, Files const& files) {
  return Packages(module, files).run(folder);
}

Evidence evidence_below(std::string const& folder, std::vector<std::string> const& ends, Files const& files) {
  Evidence out;
  std::vector<std::string> todo{folder};
  for (auto left = kMostFiles; !todo.empty() && left > 0;) {
    auto const next = todo.back();
    todo.pop_back();
    for (auto const& name : files.list(next)) {
      auto const path = below(next, name);
      if (files.is_folder(path)) {
        if (!name.starts_with('.') && name != "node_modules") todo.push_back(path);
      } else if (std::any_of(ends.begin(), ends.end(), [&](auto const& end) { return name.ends_with(end); }) &&
                 left > 0) {
        --left;
        add_evidence(files.read(path).value_or(""), out);
      }
    }
  }
  return out;
}

}  // namespace e2e::init
