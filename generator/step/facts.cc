#include "step/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/hash.h"
#include "base/text.h"
#include "step/json.h"

namespace e2e::step {

namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;

/// Where `kubectl apply` keeps in an object what it was told of it.
constexpr char const* kApplied = "kubectl.kubernetes.io/last-applied-configuration";
constexpr std::string_view kPasses = "passes";

/// The values that an object has for what was applied.
class Applied {
 public:
  Applied(json const& applied, json const& object) {
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
    return !items.empty() &&
           std::all_of(items.begin(), items.end(), [](auto const& item) { return !text_at(item, {"name"}).empty(); });
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
    return is("readyReplicas") >= wanted && is("updatedReplicas") >= wanted - kept;
  }
  return kind == "daemonset" && is("updatedNumberScheduled") >= is("desiredNumberScheduled") &&
         is("numberAvailable") >= is("desiredNumberScheduled");
}

/// "UID KIND/NAME "
std::string thing(json const& object) {
  return fmt::format("{} {}/{} ", text_at(object, {"metadata", "uid"}), in_small_letters(text_at(object, {"kind"})),
                     text_at(object, {"metadata", "name"}));
}

bool deletes_itself(json const& object) {
  return text_at(object, {"kind"}) == "Job" && !at(object, {"spec", "ttlSecondsAfterFinished"}).is_null();
}

Lines facts_of_one(json const& object, std::set<Target> const& autoscaled) {
  auto const begin = thing(object);
  if (deletes_itself(object)) return {begin + std::string(kPasses)};
  auto const kind = text_at(object, {"kind"});
  auto const applied = json::parse(text_at(object, {"metadata", "annotations", kApplied}), nullptr, false);
  Lines facts{begin + "applied:" + (applied.is_object() ? Applied(applied, object).digest() : "")};
  auto const &wanted = at(applied, {"spec", "replicas"}), &is = at(object, {"spec", "replicas"});
  bool const scaled =
      autoscaled.contains({text_at(object, {"metadata", "namespace"}), kind, text_at(object, {"metadata", "name"})});
  if (wanted.is_number_integer() && (scaled || wanted == is))
    facts.push_back(fmt::format("{}replicas:{}", begin, wanted.get<long>()));
  if (rolled_out(object, in_small_letters(kind))) facts.push_back(begin + "rolled-out");
  for (auto const& condition : at(object, {"status", "conditions"}))
    if (text_at(condition, {"status"}) == "True")
      facts.push_back(begin + in_small_letters(text_at(condition, {"type"})));
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
  return thing(object) + (where == "container" ? fmt::format("started:{}", starts) : "there");
}

}  // namespace

Lines facts_of(std::vector<json> const& answers) {
  auto const objects = objects_in(answers);
  std::set<Target> autoscaled;
  for (auto const* one : objects) autoscaled.insert(target_of(*one));
  Lines facts;
  for (auto const* one : objects)
    for (auto& fact : facts_of_one(*one, autoscaled)) facts.push_back(std::move(fact));
  return facts;
}

Lines facts_found(std::vector<json> const& answers, std::string const& fact) {
  Lines facts;
  for (auto const* one : objects_in(answers))
    if (!deletes_itself(*one)) facts.push_back(thing(*one) + fact);
  return facts;
}

Lines facts_of_stores(std::vector<json> const& answers, Lines const& stores) {
  Lines facts;
  for (auto const* object : objects_in(answers))
    for (auto const& text : stores)
      if (auto const store = store_of(text); is_of(*object, store))
        if (auto fact = fact_of_store(*object, store.where); !fact.empty()) facts.push_back(std::move(fact));
  std::sort(facts.begin(), facts.end());
  return facts;
}

Lines namespaces_of(Lines const& stores) {
  std::set<std::string> spaces;
  for (auto const& store : stores) spaces.emplace(store_of(store).ns);
  return {spaces.begin(), spaces.end()};
}

std::string kind_of(std::string const& fact) {
  auto const word = fact.substr(fact.rfind(' ') + 1);  // npos + 1 is 0
  return word.substr(0, word.find(':'));
}

bool passes(std::string const& fact) {
  return kind_of(fact) == kPasses;
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
    if (!passes(line)) facts.lines->push_back(line);
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

}  // namespace e2e::step
