#include "plan/containerfile.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <optional>

#include "base/disk.h"
#include "base/text.h"
#include "plan/containerfile_passed.h"

namespace e2e::plan {

namespace {

struct Stage {
  std::string name;
  Layout layout;                // its parent is the stage that it is FROM
  std::set<std::size_t> needs;  // with it
  Scope scope;
  std::vector<Containerfile::Base> bases;
  std::vector<Containerfile::Wanted> wanted;
  std::vector<Containerfile::Source> named;
  std::vector<std::string> runs;
  std::vector<Instruction> triggers;
};

class Parser {
 public:
  Parser(Lines lines, Build const& build) : lines_(std::move(lines)), build_(build) {}

  Containerfile run() {
    for (auto const& instruction : lines_.instructions) {
      if (instruction.name == "FROM")
        from(instruction);
      else if (!stages_.empty())
        dispatch(instruction);
      else if (instruction.name == "ARG")
        arg(instruction, heading_);
      else
        lines_.sure = false;  // podman 4.3 makes a stage of it
    }
    return collected();
  }

 private:
  Stage& stage() { return stages_.back(); }

  void dispatch(Instruction const& instruction) {
    if (instruction.name == "ARG")
      arg(instruction, stage().scope);
    else if (instruction.name == "ENV")
      env(instruction, stage().scope);
    else if (instruction.name == "COPY" || instruction.name == "ADD")
      copy(instruction);
    else if (instruction.name == "RUN")
      run(instruction);
    else if (instruction.name == "WORKDIR")
      folder(word(instruction.rest, stage().scope));
    else if (instruction.name == "ONBUILD")
      stage().triggers.push_back(trigger_of(instruction));
  }

  Known word(std::string_view text, Scope const& scope) {
    unknown_.clear();
    return filled(text, lines_.escape, [&](std::string const& name) {
      auto value = scope.value(name);
      if (!value && scope.open && !scope.env.contains(name)) unknown_ = name;
      return value;
    });
  }

  /// Flags see build arguments that no ARG declares, too, at least those that podman 4.3 reads.
  Known flag(std::string_view text) {
    auto const& scope = stage().scope;
    return filled(text, lines_.escape, [&](std::string const& name) {
      bool const declared = scope.env.contains(name) || scope.args.contains(name);
      return !declared && build_.args.contains(name) ? std::nullopt : scope.value(name);
    });
  }

  void folder(Known const& path) {
    auto& layout = stage().layout;
    layout.folder = path ? layout.absolute(*path) : std::nullopt;
  }

  void arg(Instruction const& instruction, Scope& scope) {
    Variables declared;  // all words are filled in before the first of them counts
    for (auto const& written : quoted_words(instruction.rest, lines_.escape)) {
      auto const filled_in = word(written, scope);
      auto const plain = plain_name(written);
      if (!filled_in && !plain) {
        scope.open = true;
        continue;
      }
      auto const equals = filled_in ? filled_in->find('=') : std::string::npos;
      auto const name = filled_in ? filled_in->substr(0, equals) : *plain;
      result_.declared.insert(name);
      auto const given = build_.args.find(name);
      auto const global = heading_.args.find(name);
      if (given != build_.args.end())
        declared[name] = given->second;
      else if (!filled_in || set_by_builder(name))
        declared[name] = std::nullopt;
      else if (equals != filled_in->npos)
        declared[name] = filled_in->substr(equals + 1);
      else if (global != heading_.args.end())
        declared[name] = global->second;
      else if (!scope.args.contains(name) && &scope != &heading_)
        declared[name] = "";
      // a platform brings its parts
      if (name == "TARGETPLATFORM")
        for (auto const* part : {"TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT"})
          declared[part] = std::nullopt;
    }
    for (auto& [name, value] : declared) scope.args.insert_or_assign(name, std::move(value));
  }

  void env(Instruction const& instruction, Scope& scope) {
    auto words = quoted_words(instruction.rest, lines_.escape);
    // ENV name all that follows
    if (!words.empty() && words[0].find('=') == words[0].npos) {
      auto const blank = std::min(instruction.rest.find_first_of(" \t\v\f\r"), instruction.rest.size());
      auto const value = instruction.rest.substr(
          std::min(instruction.rest.find_first_not_of(" \t\v\f\r", blank), instruction.rest.size()));
      words = {instruction.rest.substr(0, blank) + "=" + value};
    }
    Variables set;
    for (auto const& written : words) {
      auto const equals = written.find('=');
      auto const name = word(written.substr(0, equals), scope);
      if (!name || equals == written.npos)
        scope.open = true;
      else
        set[*name] = word(written.substr(equals + 1), scope);
    }
    for (auto& [name, value] : set) scope.env.insert_or_assign(name, std::move(value));
  }

  /// The stages before this one that a name may mean. podman wants it as it is written, others in any case.
  struct Meant {
    std::vector<std::size_t> stages;
    bool certain = false;  // none of the names is an image's
  };

  Meant meant(std::string const& name, std::size_t before, bool by_number) const {
    Meant found;
    for (std::size_t i = 0; i < before; ++i) {
      bool const number = is_number(name) && name == std::to_string(i);
      if (!same_in_any_case(stages_[i].name, name) && !number) continue;
      found.stages.push_back(i);
      found.certain = found.certain || stages_[i].name == name || (number && by_number);
    }
    return found;
  }

  void from(Instruction const& instruction) {
    auto const words = blank_separated(instruction.rest);
    if (words.empty()) return;
    Stage next;
    next.name = words.size() >= 3 && same_in_any_case(words[1], "as") ? words[2] : std::to_string(stages_.size());
    // what podman 4.3 builds for a FROM line it finds before ARG has a say, and else looks for an image
    auto const early = filled(words[0], '\\', [&](std::string const& name) {
      auto const it = build_.args.find(name);
      return Known(it == build_.args.end() ? "" : it->second);
    });
    if (early) need(next, meant(*early, stages_.size(), false).stages);
    std::vector<Instruction> triggers;
    auto const ref = filled(words[0], '\\', [&](std::string const& name) { return heading_.value(name); });
    auto const before = ref ? meant(*ref, stages_.size(), false) : Meant{.stages = all_stages()};
    need(next, before.stages);
    if (ref && !before.stages.empty()) {
      auto const same = [&](auto i) { return stages_[i].name == *ref; };
      auto const last = std::find_if(before.stages.rbegin(), before.stages.rend(), same);
      next.layout.parent = last == before.stages.rend() ? before.stages.back() : *last;
      auto const& parent = stages_[*next.layout.parent];
      next.layout.folder = parent.layout.folder;
      next.scope.env = parent.scope.env;
      next.scope.open = parent.scope.open;
      triggers = parent.triggers;
      // podman 4.3 forgets what ARG declared in it, others may not
      for (auto const& [name, value] : parent.scope.args) next.scope.args[name] = std::nullopt;
    }
    if (ref == "scratch") next.layout.folder = "/";
    bool const stage = before.certain && early == ref;
    if (!ref || ref->empty()) {
      next.scope.open = true;
    } else if (!stage && *ref != "scratch" && !is_number(*ref)) {
      auto inherited = build_.base(*ref);
      next.scope.open = inherited.open || !before.stages.empty();
      next.scope.env = before.stages.empty() ? std::move(inherited.env) : Variables();
      triggers.insert(triggers.end(), inherited.triggers.begin(), inherited.triggers.end());
      next.bases.push_back({*ref, instruction.place, !before.stages.empty()});
    }
    stages_.push_back(std::move(next));
    for (auto const& trigger : triggers) pull(trigger);
  }

  /// A trigger of the base. An image in the OCI format has none, so whether it is run is not known.
  void pull(Instruction const& trigger) {
    if (trigger.name == "ARG" || trigger.name == "ENV") {
      Scope set = stage().scope;
      trigger.name == "ARG" ? arg(trigger, set) : env(trigger, set);
      for (auto const& [name, value] : trigger.name == "ARG" ? set.args : set.env) {
        auto& mine = trigger.name == "ARG" ? stage().scope.args : stage().scope.env;
        if (auto const it = mine.find(name); it == mine.end() || it->second != value) mine[name] = std::nullopt;
      }
      stage().scope.open = set.open;
    } else if (trigger.name != "ONBUILD") {
      auto runs = stage().runs;
      dispatch(trigger);
      stage().runs = std::move(runs);
    }
  }

  /// Another stage, or an image from outside; as it is `written`, with variables. Returns the stages that may be meant.
  std::vector<std::size_t> other(Known const& ref, std::string_view written, Place const& place) {
    auto const earlier = stages_.size() - 1;
    if (!ref) {
      auto all = all_stages();
      all.pop_back();
      need(stage(), all);
      return all;
    }
    auto const before = meant(*ref, earlier, true);
    need(stage(), before.stages);
    // by a variable podman 4.3 finds no stage
    bool const certain = before.certain && written.find('$') == written.npos;
    if (!certain && !ref->empty() && *ref != "scratch" && !is_number(*ref))
      stage().bases.push_back({*ref, place, !before.stages.empty()});
    return before.stages;
  }

  static void need(Stage& stage, std::vector<std::size_t> const& others) {
    stage.needs.insert(others.begin(), others.end());
  }

  std::vector<std::size_t> all_stages() const {
    std::vector<std::size_t> all(stages_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
  }

  std::string everything(Place const& place) { return stage().named.emplace_back(".", place, unknown_).path; }

  /// Returns what counts of the context; "" if that is nothing.
  std::string source(Known const& path, Place const& place, bool mounted = false) {
    // a name that is not UTF-8 can't stand in the claims file
    if (!path || not_utf8(*path)) return everything(place);
    std::string_view text = *path;
    if (text.starts_with("http://") || text.starts_with("https://")) return {};
    while (text.starts_with('/') || text.starts_with("./")) text.remove_prefix(text[0] == '/' ? 1 : 2);
    while (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
    auto& one = stage().named.emplace_back(text.empty() ? "." : std::string(text), place);
    one.mounted = mounted;
    return one.path;
  }

  void copy(Instruction const& instruction) {
    unknown_.clear();
    Copied copied{.paths = {}, .to = {}, .place = instruction.place};
    for (auto const& written : instruction.flags) {
      auto const name = written.substr(0, written.find('='));
      if (name == "--from") {
        auto const from = flag(written.substr(std::min(name.size() + 1, written.size())));
        copied.stages = other(from, written, instruction.place);
        copied.from_stage = true;
        break;
      }
      // what else there is may choose by other rules
      if (!one_of(name, {"--chown", "--chmod", "--link", "--checksum"})) return void(everything(instruction.place));
    }
    auto const words = copied_words(instruction);
    if (words.size() < 2) {
      if (!copied.from_stage) everything(instruction.place);
      return;
    }
    if (auto const to = word(words.back(), stage().scope)) copied.to = stage().layout.absolute(*to);
    for (auto one = words.begin(); one != words.end() - 1; ++one) {
      if (instruction.heredoc && one->starts_with("<<")) continue;
      auto const path = word(*one, stage().scope);
      auto counts = copied.from_stage ? normal_path("/" + path.value_or("")) : source(path, instruction.place);
      if (!counts.empty()) copied.paths.push_back(std::move(counts));
    }
    stage().layout.copied.push_back(std::move(copied));
  }

  /// None if builders may differ on them.
  static std::vector<std::string> copied_words(Instruction const& instruction) {
    std::vector<std::string> words;
    if (auto list = json_list(instruction.rest))
      words = std::move(*list);
    else if (!instruction.rest.starts_with('[') || instruction.rest.find('\\') == std::string::npos)
      words = blank_separated(instruction.rest);
    return words;
  }

  void run(Instruction const& instruction) {
    stage().runs.push_back(instruction.text);
    for (auto const& written : instruction.flags)
      if (written.starts_with("--mount=")) mount(flag(written.substr(8)), written, instruction.place);
  }

  void mount(Known const& flag, std::string_view written, Place const& place) {
    unknown_.clear();
    if (!flag) {
      other(std::nullopt, written, place);
      return void(everything(place));
    }
    auto options = mount_options(*flag);
    auto const type = options.contains("type") ? options["type"] : "bind";
    if (auto const from = options.find("from"); from != options.end()) {
      other(from->second, written, place);
    } else if (type == "bind") {
      auto const& path = options["source"];
      // there is no wildcard in it
      if (path.find_first_of("*?[\\") != path.npos) return void(everything(place));
      source(path, place, true);
    } else if (type == "ssh" || type == "secret") {
      // one that depends on where it is mounted is not known here
      auto const id = options.contains("id") ? options["id"] : type == "ssh" ? "default" : "";
      if (!id.empty()) stage().wanted.push_back({type, id, place});
    }
  }

  std::optional<std::size_t> target() const {
    for (std::size_t i = 0; i < stages_.size(); ++i)
      if (stages_[i].name == build_.target) return i;
    return stages_.empty() || !build_.target.empty() ? std::nullopt : std::optional(stages_.size() - 1);
  }

  std::set<std::size_t> built() const {
    auto const last = target();
    std::set<std::size_t> all;
    if (!last || build_.every_stage || !lines_.sure) {
      for (std::size_t i = 0; i < stages_.size(); ++i) all.insert(i);
      return all;
    }
    std::vector<std::size_t> next = {*last};
    while (!next.empty()) {
      auto const one = next.back();
      next.pop_back();
      if (!all.insert(one).second) continue;
      next.insert(next.end(), stages_[one].needs.begin(), stages_[one].needs.end());
      // podman goes by their names
      for (std::size_t i = 0; i < *last; ++i)
        if (stages_[i].name == stages_[one].name) next.push_back(i);
    }
    return all;
  }

  Containerfile collected() {
    std::map<std::string, std::size_t> seen;
    std::vector<Layout> layouts;
    for (auto& one : stages_) layouts.push_back(std::move(one.layout));
    for (auto const i : built()) {
      auto& one = stages_[i];
      for (auto const& copied : layouts[i].copied)
        for (auto const& path : copied.paths)
          for (auto const other : copied.stages)
            for (auto& found : standing_at(layouts, other, path))
              result_.passed.push_back({std::move(found), copied.place});
      for (auto& base : one.bases)
        if (auto const [it, fresh] = seen.emplace(base.ref, result_.bases.size()); fresh)
          result_.bases.push_back(std::move(base));
        else
          result_.bases[it->second].or_stage &= base.or_stage;
      result_.wanted.insert(result_.wanted.end(), one.wanted.begin(), one.wanted.end());
      result_.named.insert(result_.named.end(), one.named.begin(), one.named.end());
    }
    auto& sources = result_.sources;
    for (auto const& one : result_.named) sources.push_back(one.path);
    if (!lines_.sure || std::find(sources.begin(), sources.end(), ".") != sources.end()) sources = {"."};
    std::sort(sources.begin(), sources.end());
    sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
    result_.sure = lines_.sure;
    result_.inherited.open = true;
    if (auto at = target()) {
      auto& last = stages_[*at];
      result_.inherited = {std::move(last.scope.env), last.scope.open || !lines_.sure, std::move(last.triggers)};
      for (; at; at = layouts[*at].parent)
        result_.runs.insert(result_.runs.begin(), stages_[*at].runs.begin(), stages_[*at].runs.end());
    }
    for (auto& one : stages_) result_.stages.push_back(std::move(one.name));
    return std::move(result_);
  }

  Lines lines_;
  Build const& build_;
  Scope heading_;  // what FROM lines see
  std::vector<Stage> stages_;
  std::string unknown_;  // the variable of the last word that a base may set
  Containerfile result_;
};

}  // namespace

Containerfile parse_containerfile(Sources const& sources, std::int32_t file, Build const& build) {
  return Parser(read_lines(sources.text(file), file), build).run();
}

std::string normal_reference(std::string_view ref) {
  std::string text(ref);
  auto const slash = text.find('/');
  auto const domain = text.substr(0, slash);
  bool const has_domain = slash != text.npos && (domain.find_first_of(".:") != domain.npos || domain == "localhost");
  if (!has_domain) text = "localhost/" + text;
  auto const last = text.substr(text.rfind('/'));
  if (last.find(':') == last.npos && last.find('@') == last.npos) text += ":latest";
  return text;
}

}  // namespace e2e::plan
