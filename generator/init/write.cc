#include "init/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "init/draft.h"
#include "init/names.h"
#include "init/paths.h"
#include "init/repository.h"

namespace e2e::init {

namespace {

constexpr std::size_t kMostRemarks = 50;

/// As YAML reads it back, between brackets too.
std::string quoted(std::string const& text) {
  auto const plain = [](unsigned char c) {
    return std::isalnum(c) || std::string_view("_./:@+=-").find(static_cast<char>(c)) != std::string_view::npos;
  };
  bool const special = text.empty() || text.ends_with(':') || text.starts_with('-') || text.starts_with('@') ||
                       text == "null" || text.starts_with(':') || text.starts_with('=');
  if (!special && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const c = text[i];
    if (c == '"' || c == '\\') out += '\\';
    out += c;
    if (c == '$' && text.substr(i + 1).starts_with('{')) out += '$';  // no variable of the spec
  }
  return out + '"';
}

std::string list(std::vector<std::string> const& texts) {
  std::vector<std::string> all;
  std::transform(texts.begin(), texts.end(), std::back_inserter(all), quoted);
  return "[" + join(all, ", ") + "]";
}

/// One line, whatever a file had in it.
std::string one_line(std::string text) {
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return text;
}

class Writer {
 public:
  explicit Writer(Draft const& draft) : draft_(draft) {}

  std::string run(std::string const& path) {
    auto const depth = std::count(path.begin(), path.end(), '/');
    std::string up;
    for (auto i = depth; i > 0; --i) up += "../";
    out_ = fmt::format("# yaml-language-server: $schema={}.e2e/schema.json\n", up);
    out_ +=
        "# `e2egen schema > .e2e/schema.json` writes what an editor has to know for that; `e2egen reference` prints\n"
        "# every key. Written by `e2egen init` from what the repository has: read it, and correct what it got wrong.\n";
    if (!draft_.remarks.empty()) {
      out_ += "#\n# Left out:\n";
      auto const shown = std::min(draft_.remarks.size(), kMostRemarks);
      for (std::size_t i = 0; i < shown; ++i) out_ += fmt::format("# - {}\n", one_line(draft_.remarks[i]));
      if (shown < draft_.remarks.size()) out_ += fmt::format("# - and {} more\n", draft_.remarks.size() - shown);
    }
    if (!draft_.include.empty()) {
      out_ += "\n# What suites share; it has a cluster of its own.\n";
      line(0, "include: " + list({draft_.include}));
    }
    if (!draft_.external.empty()) {
      out_ += "\n# Manifests have them pulled always, which is for the nodes to do.\n";
      line(0, "external: " + list(draft_.external));
    }
    images();
    cluster();
    deployments();
    if (draft_.include.empty())
      out_ +=
          "\n# What runs once in between, such as migrations, is a task:\n"
          "# tasks:\n"
          "#   migrations: {command: [sh, migrate.sh], inputs: [migrate.sh], needs: [DEPLOYMENT]}\n";
    tests();
    return std::move(out_);
  }

 private:
  void line(int depth, std::string const& text) {
    out_ += std::string(static_cast<std::size_t>(depth) * 2, ' ') + (off_ ? "# " : "") + text + "\n";
  }
  void remark(int depth, std::string const& text) {
    out_ += std::string(static_cast<std::size_t>(depth) * 2, ' ') + "# " + one_line(text) + "\n";
  }
  void key(std::string_view name, std::string const& value) {
    if (!value.empty()) entry(fmt::format("{}: {}", name, value));
  }
  void text(std::string_view name, std::string const& value) { key(name, value.empty() ? "" : quoted(value)); }
  void texts(std::string_view name, std::vector<std::string> const& values) {
    key(name, values.empty() ? "" : list(values));
  }
  /// A key of an entry; in one that is off the indentation stands behind the sign.
  void entry(std::string const& text) { out_ += (off_ ? "  #   " : "    ") + text + "\n"; }

  /// A section of which everything is off is off itself.
  template <class All>
  void begin(std::string_view name, All const& all) {
    out_ += "\n";
    off_ = std::all_of(all.begin(), all.end(), [](auto const& one) { return !one.off.empty(); });
    line(0, fmt::format("{}:", name));
  }

  void images() {
    if (draft_.images.empty()) return;
    begin("images", draft_.images);
    for (auto const& image : draft_.images) {
      off_ = !image.off.empty();
      if (off_) remark(1, "left out: " + image.off);
      for (auto const& text : image.remarks) remark(1, text);
      line(1, image.name + ":");
      text("ref", image.ref);
      text("containerfile", image.containerfile);
      text("context", image.context);
      text("target", image.target);
      std::vector<std::string> pairs;
      for (auto const& [name, value] : image.args) pairs.push_back(fmt::format("{}: {}", quoted(name), quoted(value)));
      key("args", pairs.empty() ? "" : "{" + join(pairs, ", ") + "}");
      texts("rootfs", image.command);
      text("image", image.pulled);
      texts("inputs", image.sources);
    }
    off_ = false;
  }

  void cluster() {
    out_ += "\ncluster:\n";
    line(1, fmt::format("name: {}-e2e", draft_.name));
    for (auto const& text : draft_.cluster_remarks) remark(1, text);
    if (!draft_.cluster_config.empty()) {
      line(1, "config: " + quoted(draft_.cluster_config));
      return;
    }
    remark(1, "no configuration of a cluster was found: `config` names one, `nodes` says how many nodes it has");
    if (draft_.node_ports.empty()) return;
    std::vector<std::string> pairs;
    for (auto const& port : draft_.node_ports) pairs.push_back(fmt::format("{}: {}", port, port));
    remark(1, fmt::format("ports: {{{}}}   to reach the NodePorts from this machine", join(pairs, ", ")));
  }

  void deployments() {
    if (draft_.deployments.empty() && !draft_.include.empty()) return;
    if (draft_.deployments.empty()) {
      out_ += "\n# No manifest was found.\n# deployments:\n#   NAME: {manifests: [FILE]}\n";
      return;
    }
    begin("deployments", draft_.deployments);
    for (auto const& one : draft_.deployments) {
      off_ = !one.off.empty();
      if (off_) remark(1, "left out: " + one.off);
      for (auto const& text : one.remarks) remark(1, text);
      if (!one.name_space.empty()) remark(1, fmt::format("no manifest makes the namespace '{}'", one.name_space));
      line(1, one.name + ":");
      texts("manifests", one.manifests);
      text("kustomize", one.kustomize);
      if (!one.chart.empty()) line(1, fmt::format("  helm: {{chart: {}}}", quoted(one.chart)));
      text("namespace", one.name_space);
      texts("needs", one.needs);
    }
    off_ = false;
  }

  void tests() {
    if (draft_.suites.empty()) {
      out_ +=
          "\n# No suite was found that tests a cluster.\n"
          "# tests:\n"
          "#   e2e: {command: [go, test, ./test/e2e/...], go: test/e2e, needs: [DEPLOYMENT]}\n";
      return;
    }
    out_ += "\n# Without `needs` a test waits for all deployments.";
    begin("tests", draft_.suites);
    for (auto const& one : draft_.suites) {
      off_ = !one.off.empty();
      if (off_) remark(1, "left out: " + one.off);
      for (auto const& text : one.remarks) remark(1, text);
      line(1, one.name + ":");
      texts("command", one.command);
      texts("inputs", one.inputs);
      text("go", one.go);
      std::vector<std::string> pairs;
      for (auto const& [name, value] : one.environment)
        pairs.push_back(fmt::format("{}: {}", quoted(name), quoted(value)));
      key("environment", pairs.empty() ? "" : "{" + join(pairs, ", ") + "}");
      text("timeout", one.timeout);
    }
    off_ = false;
  }

  Draft const& draft_;
  std::string out_;
  bool off_ = false;
};

}  // namespace

std::vector<WrittenSpec> write_specs(std::string const& root, std::string const& name, std::string const& path,
                                     Files const& files) {
  auto drafts = draft(read_repository(root, files), good_name(name), files);
  std::vector<WrittenSpec> out;
  for (auto& one : drafts) {
    auto const place = out.empty() ? path : below(folder_of(path), one.name + ".yaml");
    if (!one.include.empty()) one.include = last_part(path);
    out.push_back({place, Writer(one).run(place)});
  }
  return out;
}

}  // namespace e2e::init
