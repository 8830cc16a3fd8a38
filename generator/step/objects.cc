#include "step/objects.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/text.h"
#include "step/child.h"

namespace e2e::step {

namespace fs = std::filesystem;

namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;

constexpr int kTimeout = 60;
/// A command line ends at 128 KiB.
constexpr std::size_t kBytesOfNames = 100'000;
constexpr std::string_view kFile = "{}";
constexpr char const* kApplied = "kubectl.kubernetes.io/last-applied-configuration";
constexpr std::string_view kPasses = "passes";

/// What is at a path of keys; null if nothing is.
json const& at(json const& value, std::initializer_list<char const*> keys) {
  static json const kNull;
  auto const* place = &value;
  for (auto const* key : keys) {
    auto const it = place->is_object() ? place->find(key) : place->end();
    if (!place->is_object() || it == place->end()) return kNull;
    place = &*it;
  }
  return *place;
}

std::string text_at(json const& value, std::initializer_list<char const*> keys) {
  auto const& found = at(value, keys);
  return found.is_string() ? found.get<std::string>() : "";
}

/// 0 if there is none.
long number_at(json const& value, std::initializer_list<char const*> keys) {
  auto const& found = at(value, keys);
  return found.is_number_integer() ? found.get<long>() : 0;
}

/// The values that an object has for what was applied.
class Values {
 public:
  Values(json const& applied, json const& object) {
    for (auto const& [key, value] : applied.items()) {
      if (one_of(key, {"status", "metadata"}) || (key == "rules" && applied.contains("aggregationRule"))) continue;
      auto counted = value;
      if (key == "spec" && counted.is_object()) counted.erase("replicas");  // a fact of its own
      // the API server keeps texts among the data
      add(key, counted, at(object, {key == "stringData" ? "data" : key.c_str()}));
    }
    for (auto const* part : {"labels", "annotations"})
      add(part, at(applied, {"metadata", part}), at(object, {"metadata", part}));
  }
  std::string digest() { return hasher_.hex().substr(0, 32); }

 private:
  void add(std::string const& key, json const& applied, json const& value) {
    if (applied.is_null() || key == "caBundle") return;
    hasher_.field(key);
    add(applied, value);
  }

  void add(json const& applied, json const& value) {
    if (applied.is_object() && value.is_object()) {
      for (auto const& [key, part] : applied.items()) add(key, part, at(value, {key.c_str()}));
    } else if (applied.is_array() && value.is_array() && named(applied)) {
      for (auto const& item : applied) {
        auto const same = std::find_if(value.begin(), value.end(), [&](auto const& one) {
          return text_at(one, {"name"}) == text_at(item, {"name"});
        });
        add("item", item, same == value.end() ? json() : *same);
      }
    } else if (applied.is_array() && value.is_array() && applied.size() == value.size()) {
      for (std::size_t i = 0; i < applied.size(); ++i) add("item", applied[i], value[i]);
    } else {
      hasher_.field(value.dump());
    }
  }

  /// Containers, ports, variables: others may be put between them.
  static bool named(json const& items) {
    return std::all_of(items.begin(), items.end(), [](auto const& item) { return !text_at(item, {"name"}).empty(); });
  }

  Hasher hasher_;
};

using Target = std::tuple<std::string, std::string, std::string>;  // namespace, kind, name

Target target_of(json const& scaler) {
  return {text_at(scaler, {"metadata", "namespace"}), text_at(scaler, {"spec", "scaleTargetRef", "kind"}),
          text_at(scaler, {"spec", "scaleTargetRef", "name"})};
}

/// As `kubectl rollout status` has it.
bool rolled_out(json const& object, std::string const& kind) {
  auto const& status = at(object, {"status"});
  if (number_at(status, {"observedGeneration"}) < number_at(object, {"metadata", "generation"})) return false;
  auto const wanted = number_at(object, {"spec", "replicas"});
  auto const is = [&](char const* count) { return number_at(status, {count}); };
  if (kind == "deployment")
    return is("updatedReplicas") >= wanted && is("replicas") <= is("updatedReplicas") &&
           is("availableReplicas") >= is("updatedReplicas");
  if (kind == "statefulset") {
    auto const kept = number_at(object, {"spec", "updateStrategy", "rollingUpdate", "partition"});
    bool const of_now = text_at(status, {"updateRevision"}) == text_at(status, {"currentRevision"});
    return is("readyReplicas") >= wanted && (kept > 0 ? is("updatedReplicas") >= wanted - kept : of_now);
  }
  return kind == "daemonset" && is("updatedNumberScheduled") >= is("desiredNumberScheduled") &&
         is("numberAvailable") >= is("desiredNumberScheduled");
}

Lines facts_of_one(json const& object, std::set<Target> const& autoscaled) {
  auto const kind = in_small_letters(text_at(object, {"kind"})), name = text_at(object, {"metadata", "name"});
  auto const thing = fmt::format("{} {}/{} ", text_at(object, {"metadata", "uid"}), kind, name);
  if (kind == "job" && !at(object, {"spec", "ttlSecondsAfterFinished"}).is_null())
    return {thing + std::string(kPasses)};
  auto const text = text_at(object, {"metadata", "annotations", kApplied});
  auto const applied = json::parse(text, nullptr, false);
  Lines facts;
  if (applied.is_object()) {
    facts.push_back(fmt::format("{}applied:{}", thing, Values(applied, object).digest()));
    bool const scaled =
        autoscaled.contains({text_at(object, {"metadata", "namespace"}), text_at(object, {"kind"}), name});
    if (auto const& written = at(applied, {"spec", "replicas"}); written.is_number_integer())
      facts.push_back(fmt::format("{}replicas:{}", thing, number_at(scaled ? applied : object, {"spec", "replicas"})));
  } else {
    facts.push_back(thing + "applied:");
  }
  if (rolled_out(object, kind)) facts.push_back(thing + "rolled-out");
  for (auto const& condition : at(object, {"status", "conditions"}))
    if (text_at(condition, {"status"}) == "True")
      facts.push_back(thing + in_small_letters(text_at(condition, {"type"})));
  return facts;
}

struct Store {
  std::string_view where, ns;
  std::vector<std::string_view> labels;  // "app=store"
};

Store store_of(std::string_view text) {
  auto const until = [&](char end) {
    auto const part = text.substr(0, text.find(end));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    return part;
  };
  Store store{until(':'), until(':'), {}};
  while (!text.empty()) store.labels.push_back(until(','));
  return store;
}

bool is_of(json const& object, Store const& store) {
  return text_at(object, {"metadata", "namespace"}) == store.ns &&
         std::all_of(store.labels.begin(), store.labels.end(), [&](auto label) {
           auto const equals = label.find('=');
           return text_at(object, {"metadata", "labels", std::string(label.substr(0, equals)).c_str()}) ==
                  label.substr(equals + 1);
         });
}

/// Empty if it is no store of that kind, or about to go.
std::string fact_of_store(json const& object, std::string_view where) {
  auto const kind = in_small_letters(text_at(object, {"kind"}));
  if (kind != (where == "container" ? "pod" : where)) return {};
  if (!at(object, {"metadata", "deletionTimestamp"}).is_null()) return {};
  if (kind == "pod" && one_of(text_at(object, {"status", "phase"}), {"Succeeded", "Failed"})) return {};
  long starts = 0;
  for (auto const& container : at(object, {"status", "containerStatuses"}))
    starts += number_at(container, {"restartCount"});
  return fmt::format("{} {}/{} {}", text_at(object, {"metadata", "uid"}), kind, text_at(object, {"metadata", "name"}),
                     where == "container" ? fmt::format("started:{}", starts) : "there");
}

/// A command for each namespace of a store.
Lines commands_for_stores(ObjectsOptions const& options) {
  std::set<std::string, std::less<>> spaces;
  for (auto const& store : options.stores) spaces.emplace(store_of(store).ns);
  Lines commands;
  for (auto const& space : spaces) {
    auto words = options.command;
    for (auto& word : words) replace_all(word, kFile, space);
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
                                 [](auto const& word) { return word.find(kFile) != word.npos; });
  if (hole == options.command.end()) return {shell_line(options.command)};
  Lines commands;
  for (std::size_t next = 0; next < files.size();) {
    Lines words(options.command.begin(), hole);
    for (std::size_t bytes = 0; next < files.size() && bytes < kBytesOfNames; ++next) {
      auto word = *hole;
      replace_all(word, kFile, files[next]);
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

bool wanted(std::string const& fact, Lines const& only) {
  auto const word = fact.substr(fact.rfind(' ') + 1);
  auto const kind = word.substr(0, word.find(':'));
  return only.empty() || kind == kPasses || std::find(only.begin(), only.end(), kind) != only.end();
}

}  // namespace

Lines facts_of(json const& answer) {
  std::vector<json const*> objects;
  if (auto const& items = at(answer, {"items"}); items.is_array())
    for (auto const& item : items) objects.push_back(&item);
  else
    objects.push_back(&answer);
  std::set<Target> autoscaled;
  for (auto const* one : objects) autoscaled.insert(target_of(*one));
  Lines facts;
  for (auto const* one : objects)
    for (auto& fact : facts_of_one(*one, autoscaled)) facts.push_back(std::move(fact));
  return facts;
}

Lines facts_of_stores(json const& answer, Lines const& stores) {
  Lines facts;
  for (auto const& text : stores) {
    auto const store = store_of(text);
    for (auto const& object : at(answer, {"items"}))
      if (is_of(object, store))
        if (auto fact = fact_of_store(object, store.where); !fact.empty()) facts.push_back(std::move(fact));
  }
  std::sort(facts.begin(), facts.end());
  return facts;
}

Facts facts_in(Lines const& lines) {
  Facts facts;
  for (auto const& line : lines) {
    auto const space = line.find(' ');
    auto thing = line.substr(0, space);
    if (std::find(facts.things.begin(), facts.things.end(), thing) == facts.things.end())
      facts.things.push_back(std::move(thing));
    if (space == line.npos) continue;
    if (!facts.lines) facts.lines.emplace();
    if (!line.ends_with(fmt::format(" {}", kPasses))) facts.lines->push_back(line);
  }
  return facts;
}

std::string lost_fact(std::string const& fact, bool there) {
  auto const first = fact.find(' '), last = fact.rfind(' ');
  if (first == last) return "it is not there any more";
  auto const name = fact.substr(first + 1, last - first - 1), what = fact.substr(last + 1);
  if (!there) return name + " is not there any more";
  if (what.starts_with("applied:")) return name + " was changed by somebody";
  if (what.starts_with("replicas:")) return name + " was scaled by somebody";
  if (what.starts_with("started:")) return "a container of " + name + " was started anew";
  return name + " is not ready any more";
}

int objects(ObjectsOptions const& options) {
  auto const commands = options.stores.empty() ? commands_for(options) : commands_for_stores(options);
  auto const answers = ask(commands, kTimeout);
  std::string out;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    auto const& answer = answers[i];
    auto const objects = json::parse(answer.out, nullptr, false);
    bool const said = !objects.is_discarded() || lines_of(answer.out).empty();
    if (!said || (answer.exit != 0 && !only_misses_kinds(answer.err))) {
      std::fputs(answer.err.c_str(), stderr);
      if (!said) std::fputs(fmt::format("what '{}' prints is no JSON\n", commands[i].substr(0, 60)).c_str(), stderr);
      return 1;
    }
    if (objects.is_discarded()) continue;
    for (auto const& fact : options.stores.empty() ? facts_of(objects) : facts_of_stores(objects, options.stores))
      if (wanted(fact, options.only)) out += fact + "\n";
  }
  std::fputs(out.c_str(), stdout);
  return 0;
}

}  // namespace e2e::step
