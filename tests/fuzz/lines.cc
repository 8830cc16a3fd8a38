#include "lines.h"

#include <fmt/format.h>

namespace e2e::fuzz {

namespace {

std::vector<std::string> const kNames{"a",    "b",    "image", "images", "cluster", "load",  "deploy", "up",   "test",
                                      "logs", "down", "task",  "x.y",    "a-1",     "a.b-2", "all",    "phony"};
std::vector<std::string> const kOddNames{"a b", "a$b", "it's",  "a:b",  "a#b",  "a|b",  "a+b",  "%{x}", "ä", "..",
                                         "-n",  "A_b", "\"q\"", "a\\b", "(x)&", "a\nb", "\xff", "@p",   "~", "*"};
std::vector<std::string> const kFolders{"specs/", "specs/", "specs/", "", "other/", "specs/more/", "a b/"};
std::vector<std::string> const kOutputs{
    "e2e.ninja", "my env.ninja", "a$b.ninja",  "dir/e2e.ninja",    "dir/../x.ninja", "it's.ninja",    "a:b #c.ninja",
    "a|b.ninja", ".e2e/a.ninja", "../x.ninja", "/tmp/never.ninja", "specs/a.yaml",   "api/f",         "x",
    ".ninja",    "a\nb.ninja",   "-x.ninja",   "\xff.ninja",       "test/x.ninja",   "image/x.ninja", "./e2e.ninja",
    "a+b.ninja", "%{x}.ninja",   "api",        "*.ninja"};

}  // namespace

/// Whole, or nearly so: what is torn is the other fuzzer's.
std::string Lines::spec() {
  std::string text = "variables: {V: one, W: two}\nimages:\n";
  std::vector<std::string> images{one_of(kNames), one_of(kNames), "x.ninja"};
  for (auto const& image : images) {
    if (text.find("\n  " + image + ":") != text.npos) continue;
    text += fmt::format("  {}: {{containerfile: api/f{}{}}}\n", image,
                        image.starts_with('a') ? ", args: {A: '${V}'}" : "", image == "b" ? ", ref: r/a" : "");
  }
  text +=
      "cluster: {" + (chance(3) ? std::string() : "name: c" + std::to_string(random_() % 1000) + ", ") + "timeout: 5m";
  if (chance(3)) text += ", provider: existing, registry: 'localhost:5000'";
  if (chance(6)) text += ", versions: [n1, n2]";
  if (chance(6)) text += fmt::format(", ports: {{{}: 30080}}", 8000 + random_() % 3);
  text += "}\ndeployments:\n";
  std::string const deployed = one_of(kNames);
  text += fmt::format("  {}: {{manifests: api/m.yaml{}}}\n", deployed, chance(3) ? ", namespace: n" : "");
  if (chance(4))
    text += fmt::format("  {}.{}: {{manifests: api/m.yaml}}\n", deployed, one_of({"namespace", "first", "x"}));
  text += fmt::format("tasks:\n  t-{}: {{command: [make, '${{V}}'], needs: {}}}\n", one_of(kNames), deployed);
  text += fmt::format("tests:\n  {}: {{command: [make, a]{}}}\n", one_of(kNames),
                      chance(3) ? ", shards: 2, junit: r.xml" : "");
  text += fmt::format("  x.ninja: {{command: [make, '{}']}}\n", chance(9) ? "$${x} $ `a` | ; \\\" %{y}" : "b");
  if (chance(2))
    text += fmt::format("profiles: {{{}: {{images: {{x.ninja: {{args: {{P: '1'}}}}}}}}}}\n",
                        one_of({"p", "p", "p", "p q", "p/q", "@"}));
  return text;
}

Line Lines::next() {
  Line line;
  line.files["api/f"] = "FROM scratch\nCOPY main /\n";
  line.files["api/main"] = "main\n";
  line.files["api/m.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";
  std::vector<std::string> specs;
  for (auto n = 1 + random_() % 4; n > 0; --n) {
    auto const folder = one_of(kFolders), name = chance(8) ? one_of(kOddNames) : one_of(kNames);
    auto const path = folder + name + (chance(12) ? ".yml" : ".yaml");
    line.files[path] = spec();
    specs.push_back(folder == "specs/" && chance(2) ? name : path);
  }
  auto& words = line.words;
  if (chance(8)) {
    line.writes = false;
    words = {one_of({"ports", "cache", "gc", "forget", "fmt", "fnt", "schema", "help", "version", "init"})};
    if (words[0] == "cache") words.push_back(one_of({"key", "size"}));
    if (words[0] == "gc") words.push_back("--dry-run");
  } else if (chance(8)) {
    words.push_back("generate");
  }
  if (chance(4) && line.writes)
    words.push_back("--all");
  else
    for (auto const& name : specs)
      if (words.empty() || !chance(3)) words.push_back(name);
  if (chance(5)) words.insert(words.end(), {"--profile", one_of({"p", "p", "p", "p q", "p/q", "@", "none", ""})});
  if (chance(5))
    words.insert(words.end(),
                 {"--set", one_of({"V=x", "V=", "V=a b 'c' $d", "X=1", "V", "=x", "V=a\nb", "W=%{x}", "V=\xff"})});
  if (chance(8)) words.insert(words.end(), {"--node-image", one_of({"n", "a b", "-x"})});
  if (chance(2) && line.writes) {
    line.output = one_of(kOutputs);
    words.insert(words.end(), {chance(2) ? "-o" : "--output", line.output});
  }
  if (chance(12)) {
    words.push_back("--print");
    line.writes = false;
  }
  return line;
}

}  // namespace e2e::fuzz
