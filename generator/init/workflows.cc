#include "init/workflows.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "base/text.h"
#include "base/yaml.h"
#include "init/commands.h"
#include "init/makefile_text.h"
#include "init/paths.h"
#include "init/shell.h"

namespace e2e::init {

namespace {

constexpr std::size_t kMostCombinations = 200;
constexpr int kDeepest = 4;  // of workflows that use one another

using Values = std::map<std::string, std::string>;  // by "env.NAME", "matrix.NAME", "inputs.NAME"

/// What stands between ${{ and }}: a text, a value that is known, or the first of several by ||.
std::string evaluated(std::string_view expression, Values const& values) {
  std::string const unknown(1, kUnknown);
  if (auto const either = expression.find("||"); either != expression.npos) {
    auto const first = evaluated(expression.substr(0, either), values);
    return is_known(first) && !first.empty() ? first : evaluated(expression.substr(either + 2), values);
  }
  auto const text = make_trimmed(expression);
  if (text.size() >= 2 && text.starts_with('\'') && text.ends_with('\''))
    return std::string(text.substr(1, text.size() - 2));
  if (text == "github.workspace") return ".";
  auto const it = values.find(std::string(text));
  return it == values.end() ? unknown : it->second;
}

std::string evaluate(std::string_view text, Values const& values) {
  std::string out;
  while (!text.empty()) {
    auto const begin = std::min(text.find("${{"), text.size());
    out += text.substr(0, begin);
    text.remove_prefix(begin);
    if (text.empty()) break;
    auto const end = std::min(text.find("}}"), text.size());
    out += evaluated(text.substr(3, end - std::min<std::size_t>(end, 3)), values);
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return out;
}

/// The scalars of a map, and those of maps in it as "matrix.a.b".
void collect(yaml::Node const& node, std::string const& name, Values const& known, Values& into) {
  if (node.is_scalar()) into[name] = evaluate(node.text, known);
  for (auto const& entry : node.entries) collect(entry.value, name + "." + entry.key.text, known, into);
}

void collect(yaml::Node const* node, std::string const& name, Values& into) {
  if (!node) return;
  auto const known = into;
  collect(*node, name, known, into);
}

/// What the matrix of a job makes of its values.
std::vector<Values> combinations(yaml::Node const& job, Values const& values) {
  std::vector<Values> out{values};
  auto const* matrix = yaml::find(&job, {"strategy", "matrix"});
  if (!matrix) return out;
  bool crossed = false;
  for (auto const& [key, choices] : matrix->entries) {
    if (!choices.is_sequence() || one_of(key.text, {"include", "exclude"}) || choices.items.empty()) continue;
    std::vector<Values> next;
    for (auto const& before : out)
      for (auto const& choice : choices.items) {
        if (next.size() >= kMostCombinations) break;
        collect(choice, "matrix." + key.text, values, next.emplace_back(before));
      }
    out = std::move(next);
    crossed = true;
  }
  auto const* include = matrix->find("include");
  if (!include) return out;
  std::vector<Values> alone;
  for (auto const& item : include->items) {
    Values more;
    collect(item, "matrix", values, more);
    bool fits = false;
    if (crossed)
      for (auto& each : out) {
        bool const agrees = std::all_of(more.begin(), more.end(), [&](auto const& one) {
          return !each.contains(one.first) || each.at(one.first) == one.second;
        });
        bool const shares =
            std::any_of(more.begin(), more.end(), [&](auto const& one) { return each.contains(one.first); });
        if (!agrees || !shares) continue;
        each.insert(more.begin(), more.end());
        fits = true;
      }
    if (!fits) alone.emplace_back(values).insert(more.begin(), more.end());
  }
  if (!crossed) out.clear();
  out.insert(out.end(), alone.begin(), alone.end());
  return out;
}

class Reader {
 public:
  Reader(std::string const& root, Files const& files, Repository& into) : root_(root), files_(files), into_(into) {}

  void workflow(std::string const& path, Values const& inputs, int depth) {
    Sources sources;
    Diagnostics ignored;
    auto const documents = yaml::parse_manifest(sources, sources.add(path, files_.read(path).value_or("")), ignored);
    if (documents.empty()) return;
    path_ = path;
    auto values = inputs;
    if (auto const* declared = yaml::find(&documents[0], {"on", "workflow_call", "inputs"}))
      for (auto const& entry : declared->entries)
        if (auto const* value = entry.value.find("default")) values.emplace("inputs." + entry.key.text, value->text);
    // one that others use is read with what they give it
    if (yaml::find(&documents[0], {"on", "workflow_call"}) && depth == 0 && inputs.empty() && called(path)) return;
    collect(documents[0].find("env"), "env", values);
    if (auto const* jobs = documents[0].find("jobs"))
      for (auto const& entry : jobs->entries) job(entry.value, values, depth);
    path_ = path;
  }

 private:
  bool called(std::string const& path) const {
    auto const folder = folder_of(path);
    for (auto const& name : files_.list(folder))
      if (files_.read(below(folder, name)).value_or("").find(".github/workflows/" + last_part(path)) !=
              std::string::npos &&
          below(folder, name) != path)
        return true;
    return false;
  }

  void job(yaml::Node const& job, Values const& outer, int depth) {
    auto const path = path_;
    for (auto values : combinations(job, outer)) {
      collect(job.find("env"), "env", values);
      auto const uses = job.text_at("uses");
      if (!uses.empty()) {
        Values with;
        if (auto const* given = job.find("with")) collect(*given, "inputs", values, with);
        auto const other = below(root_, uses);
        if (uses.starts_with("./") && files_.exists(other) && depth < kDeepest)
          workflow(other, with, depth + 1);
        else if (uses.find("build") != uses.npos || uses.find("image") != uses.npos)
          build(job.find("with"), values);
        path_ = path;
        continue;
      }
      if (auto const* steps = job.find("steps")) {
        for (auto const& one : steps->items) names(one, values);
        for (auto const& one : steps->items) step(one, job, values);
      }
    }
  }

  /// docker/metadata-action says by which names an image goes.
  static void names(yaml::Node const& step, Values& values) {
    auto const id = step.text_at("id");
    if (auto const images = yaml::text_at(&step, {"with", "images"}); !id.empty() && !images.empty())
      values["steps." + id + ".outputs.tags"] = evaluate(images, values);
  }

  void step(yaml::Node const& step, yaml::Node const& job, Values values) {
    collect(step.find("env"), "env", values);
    auto const uses = step.text_at("uses");
    if (uses.find("build-push-action") != uses.npos || uses.find("buildah-build") != uses.npos)
      build(step.find("with"), values);
    auto const script = step.text_at("run");
    if (script.empty()) return;
    auto folder = step.text_at("working-directory");
    if (folder.empty()) folder = yaml::text_at(&job, {"defaults", "run", "working-directory"});
    folder = below(root_, evaluate(folder.empty() ? "." : folder, values));
    if (!is_known(folder) || !inside_workspace(folder)) return;
    auto const variables = [&](auto const& name) -> std::optional<std::string> {
      auto const it = values.find("env." + name);
      return it == values.end() ? std::nullopt : std::optional(it->second);
    };
    read_script(evaluate(script, values), variables, {path_, folder, kByWorkflow}, files_, into_);
  }

  void build(yaml::Node const* with, Values const& values) {
    if (!with) return;
    auto const text = [&](std::initializer_list<std::string_view> names) {
      for (auto const name : names)
        if (auto const* value = with->find(name); value && value->is_scalar()) return evaluate(value->text, values);
      return std::string();
    };
    Build build{.told_by = path_, .name = "", .authority = kByWorkflow};
    auto context = text({"context"});
    if (context.find("://") != context.npos) return;
    if (context.starts_with("{{")) context = kUnknown;
    build.context = is_known(context) ? below(root_, context.empty() ? "." : context) : context;
    auto const file = text({"file", "dockerfile", "containerfiles", "dockerfiles"});
    if (!is_known(file) || (file.empty() && !is_known(context))) return;
    build.containerfile = file.empty() ? containerfile_of(build.context, files_) : below(root_, file);
    if (!file.empty() && !files_.exists(build.containerfile) && is_known(context))
      build.containerfile = below(build.context, file);
    build.target = text({"target"});
    auto refs = text({"tags", "image-names", "image", "images"});
    std::replace(refs.begin(), refs.end(), ',', ' ');
    build.refs = make_words(refs);
    for (auto const& line : make_lines(text({"build-args"})))
      if (auto const equals = line.find('='); equals != line.npos)
        build.args.emplace_back(line.substr(0, equals), line.substr(equals + 1));
    add_build(std::move(build), into_, files_);
  }

  std::string const& root_;
  Files const& files_;
  Repository& into_;
  std::string path_;
};

}  // namespace

void read_workflows(std::string const& root, Files const& files, Repository& into) {
  auto const folder = below(root, ".github/workflows");
  for (auto const& name : files.list(folder))
    if (is_yaml(name)) Reader(root, files, into).workflow(below(folder, name), {}, 0);
}

}  // namespace e2e::init
