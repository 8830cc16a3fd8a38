#include "plan/rendered.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <regex>

#include "base/text.h"
#include "base/yaml.h"
#include "plan/kinds.h"

namespace e2e::plan {

namespace {

constexpr int kDeepest = 20;  // folders, and kustomizations of kustomizations
constexpr std::size_t kLongestPath = 500;

/// What the shell says of a program that is not there, in our words; nothing if it is.
std::string missing_tool(Lookup const& lookup, std::string_view said) {
  for (auto const* tools : {&lookup.plan.common->tools, &lookup.plan.common->compilers})
    for (auto const& [tool, from] : *tools)
      if (said.find(tool + ": not found") != said.npos) return fmt::format("'{}' is not installed: {}", tool, from);
  return {};
}

class Kustomization {
 public:
  explicit Kustomization(Files const& files) : files_(files) {}

  void read(std::string const& folder, int depth) const {
    if (depth > kDeepest) return;
    for (auto const* name : {"kustomization.yaml", "kustomization.yml", "Kustomization"})
      if (auto const text = files_.read(folder + "/" + name)) {
        Sources sources;
        Diagnostics ignored;
        for (auto const& document : yaml::parse_manifest(sources, sources.add(name, *text), ignored))
          read_texts(document, folder, depth);
      }
  }

 private:
  void read_texts(yaml::Node const& node, std::string const& folder, int depth) const {
    for (auto const& item : node.items) read_texts(item, folder, depth);
    for (auto const& entry : node.entries) read_texts(entry.value, folder, depth);
    if (!node.is_scalar() || node.text.empty() || node.text.size() > kLongestPath) return;
    // "NAME=FILE" in generators
    auto const path = normal_path(folder + "/" + node.text.substr(node.text.find('=') + 1));
    if (!inside_workspace(path)) return;
    if (files_.is_folder(path))
      read(path, depth + 1);
    else
      (void)files_.read(path);
  }

  Files const& files_;
};

/// All files below a path, or the file.
void files_below(Files const& files, std::string const& path, int depth, std::vector<std::string>& found) {
  if (!files.is_folder(path)) return found.push_back(path);
  if (depth > kDeepest) return;
  for (auto const& name : files.list(path)) files_below(files, path + "/" + name, depth + 1, found);
}

/// A value of --set, in which nothing but the value means anything.
std::string plain_value(std::string const& text) {
  std::string out;
  for (char const c : text) {
    if (std::string_view("\\,{}").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// What helm has to say, without what it says around it.
std::string said_by_helm(std::string_view text) {
  std::vector<std::string> lines;
  for (auto const& line : lines_of(text)) {
    auto const said = line.starts_with("Error: ") ? line.substr(7) : line;
    if (line.starts_with("Use --debug flag") || line.starts_with("level=") || line.starts_with("walk.go") ||
        std::find(lines.begin(), lines.end(), said) != lines.end())
      continue;
    lines.push_back(said);
  }
  return join(lines, "\n");
}

/// Tells what is wrong where it is: helm calls a file CHART/templates/NAME:LINE:COLUMN.
class Trouble {
 public:
  Trouble(Lookup const& lookup, spec::Text const& chart) : lookup_(lookup), written_(chart) {}

  void tell(std::string const& said) const {
    if (auto const missing = missing_tool(lookup_, said); !missing.empty()) return at_spec(missing);
    auto const text = said_by_helm(said);
    static std::regex const file(R"(([^\s/():"]+)/([^\s():"]+\.(?:yaml|yml|tpl|txt|json)):(\d+)(?::(\d+))?)");
    std::smatch match;
    auto const folder = normal_path(written_.value);
    // the innermost template is named last
    Place place;
    for (auto from = text.cbegin(); std::regex_search(from, text.cend(), match, file); from = match.suffix().first)
      if (auto const source = lookup_.files.read(folder + "/" + match[2].str())) {
        auto const column = match[4].matched ? std::atoi(match[4].str().c_str()) : 1;
        place = {lookup_.sources.add(folder + "/" + match[2].str(), *source), std::atoi(match[3].str().c_str()),
                 std::max(1, column), 1};
      }
    if (!place.known()) return at_spec(help_for(text));
    lookup_.error(place, fmt::format("helm can't render the chart: {}", text.substr(0, text.find('\n'))),
                  "mend the template, or give it the values that it wants by 'values' or 'set'",
                  {{written_.place, "the chart"}});
  }

 private:
  void at_spec(std::string const& help) const {
    lookup_.error(written_.place, fmt::format("the chart '{}' can't be rendered", normal_path(written_.value)), help);
  }

  std::string help_for(std::string const& said) const {
    if (said.find("missing in charts/ directory") != said.npos)
      return fmt::format("{}: `helm dependency build {}` brings them", said, normal_path(written_.value));
    return said;
  }

  Lookup const& lookup_;
  spec::Text const& written_;
};

/// The words of an annotation that holds a list.
std::vector<std::string> words_at(yaml::Node const& object, std::string_view annotation) {
  std::vector<std::string> out;
  std::string rest = yaml::text_at(&object, {"metadata", "annotations", annotation});
  for (auto at = rest.find_first_not_of(", "); at != rest.npos; at = rest.find_first_not_of(", ", at)) {
    auto const end = std::min(rest.find_first_of(", ", at), rest.size());
    out.push_back(rest.substr(at, end - at));
    at = end;
  }
  return out;
}

bool has(std::vector<std::string> const& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// POLICIES:NAMESPACE:KIND/NAME
std::string hook_of(yaml::Node const& object, std::string const& otherwise, std::vector<std::string> policies) {
  auto const kind = object.text_at("kind");
  auto const* known = kind_of(kind);
  auto const ns = yaml::text_at(&object, {"metadata", "namespace"});
  if (kind == "CustomResourceDefinition") policies.clear();
  return fmt::format("{}:{}:{}/{}", join(policies, ","), ns.empty() ? otherwise : ns,
                     known ? std::string(known->resource) : in_small_letters(kind),
                     yaml::text_at(&object, {"metadata", "name"}));
}

}  // namespace

std::string kustomized(Lookup const& lookup, spec::Text const& written) {
  auto const folder = normal_path(written.value);
  if (!lookup.files.is_folder(folder)) {
    bool const file = lookup.files.exists(folder);
    auto const above = folder.substr(0, std::min(folder.rfind('/'), folder.size()));
    lookup.error(written.place, file ? fmt::format("'{}' is a file", folder) : fmt::format("no folder '{}'", folder),
                 file ? fmt::format("name the folder of a kustomization: '{}'", above == folder ? "." : above)
                      : lookup.instead_of(written, "a kustomization's folder"));
    return {};
  }
  Kustomization(lookup.files).read(folder, 0);
  try {
    return lookup.files.kustomized(folder);
  } catch (Failure const& failure) {
    auto const missing = missing_tool(lookup, failure.what());
    lookup.error(written.place, fmt::format("the kustomization '{}' can't be read", folder),
                 missing.empty() ? std::string(failure.what()) : missing);
    return {};
  }
}

Chart charted(Lookup const& lookup, spec::Deployment const& deployment, std::string const& node_image) {
  auto const& helm = *deployment.helm;
  if (!helm.chart) {
    lookup.error(helm.place, fmt::format("the 'helm' of '{}' names no chart", deployment.name.value),
                 "give it a 'chart', the folder with its Chart.yaml");
    return {};
  }
  auto const path = normal_path(helm.chart->value);
  if (!lookup.files.exists(path)) {
    lookup.error(helm.chart->place, fmt::format("no chart '{}'", helm.chart->value),
                 helm.chart->value.find("://") != std::string::npos
                     ? "a chart is a folder or file of the workspace: `helm pull` brings one"
                     : lookup.instead_of(*helm.chart, "a chart"));
    return {};
  }
  if (lookup.files.is_folder(path) && !lookup.files.read(path + "/Chart.yaml")) {
    lookup.error(helm.chart->place, fmt::format("'{}' is no chart", path), "a chart is a folder with a Chart.yaml");
    return {};
  }
  auto const errors = lookup.diagnostics.count();
  spec::Text const release = helm.release.value_or(deployment.name);
  lookup.good_name(release, "a release");
  if (helm.name_space && helm.name_space->value != value(deployment.name_space, ""))
    lookup.error(helm.name_space->place, "the chart and its deployment have two namespaces",
                 "leave one of them out, or make two deployments of it");
  std::vector<std::string> inputs;
  files_below(lookup.files, path, 0, inputs);
  std::vector<Item> values, set;
  for (auto const& file : helm.values) {
    if (!lookup.open(file, "a file of values")) continue;
    values.push_back({"", normal_path(file.value)});
    inputs.push_back(normal_path(file.value));
  }
  for (auto const& [name, text] : helm.set) set.push_back({name.value, plain_value(text.value)});
  if (lookup.diagnostics.count() > errors) return {};

  auto const ns = value(helm.name_space, value(deployment.name_space, "default"));
  auto const version = version_of(node_image);
  auto const& common = *lookup.plan.common;
  try {
    return parse_chart(lookup.files.charted({{"chart", {path}},
                                             {"release", {release.value}},
                                             {"namespace", {ns}},
                                             {"version", version.empty() ? std::vector<std::string>{}
                                                                         : common.words("version", {{"", version}})},
                                             {"values", common.words("values", values)},
                                             {"set", common.words("set", set)}},
                                            inputs),
                       ns);
  } catch (Failure const& failure) {
    Trouble(lookup, *helm.chart).tell(failure.what());
    return {};
  }
}

Chart parse_chart(std::string const& text, std::string const& ns) {
  struct Weighed {
    int weight;
    ChartHook hook;
  };
  std::vector<Weighed> before, after;
  std::vector<ChartHook> crds;
  Chart chart;
  for (auto const& document : yaml::documents_of(text)) {
    Sources sources;
    Diagnostics ignored;  // it is parsed again, as a part of the whole
    auto const objects = yaml::parse_manifest(sources, sources.add("", document), ignored);
    auto const events = objects.empty() ? std::vector<std::string>{} : words_at(objects[0], "helm.sh/hook");
    if (events.empty()) {
      if (objects.empty() && !ignored.any()) continue;  // a comment
      chart.text += "---\n" + document;
      if (!objects.empty() && objects[0].text_at("kind") == "CustomResourceDefinition")
        crds.push_back({hook_of(objects[0], ns, {}), document});
      continue;
    }
    auto policies = words_at(objects[0], "helm.sh/hook-delete-policy");
    if (policies.empty()) policies = {"before-hook-creation"};
    auto const weight = yaml::text_at(&objects[0], {"metadata", "annotations", "helm.sh/hook-weight"});
    Weighed const one{std::atoi(weight.c_str()), {hook_of(objects[0], ns, policies), document}};
    if (has(events, "pre-install")) before.push_back(one);
    if (has(events, "post-install")) after.push_back(one);
  }
  for (auto const& [hooks, into] : {std::pair(&before, &chart.before), std::pair(&after, &chart.after)}) {
    std::stable_sort(hooks->begin(), hooks->end(), [](auto const& a, auto const& b) { return a.weight < b.weight; });
    for (auto& one : *hooks) into->push_back(std::move(one.hook));
  }
  // what is there before the hooks, as it is with helm
  if (!chart.before.empty()) chart.before.insert(chart.before.begin(), crds.begin(), crds.end());
  return chart;
}

std::string version_of(std::string const& node_image) {
  static std::regex const version(R"(:v?(\d+\.\d+\.\d+))");
  std::smatch match;
  return std::regex_search(node_image, match, version) ? match[1].str() : "";
}

}  // namespace e2e::plan
