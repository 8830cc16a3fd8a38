// What a deployment is ready with.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "plan/kinds.h"
#include "plan/lookup.h"

namespace e2e::plan {

namespace {

/// Whether that is KIND/NAME, in signs that both Kubernetes and the names of files have.
bool names_object(std::string_view text) {
  static constexpr Characters kAllowed("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-/");
  auto const slash = text.find('/');
  return slash != text.npos && slash == text.rfind('/') && slash > 0 && slash + 1 < text.size() && text[0] != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return kAllowed.has(c); });
}

/// As kubectl takes it: the type of a condition, perhaps with the status that it is to have. Nothing for anything else.
std::optional<std::string> condition_of(std::string_view text) {
  constexpr std::string_view kCondition = "condition=", kPath = "jsonpath=";
  if (text.starts_with(kCondition)) text.remove_prefix(kCondition.size());
  if (text.starts_with(kPath)) {
    auto const path = text.substr(kPath.size());
    auto const end = path.rfind('}');
    bool const good = path.starts_with('{') && end != path.npos && end > 1 &&
                      (end + 1 == path.size() || (path[end + 1] == '=' && end + 2 < path.size()));
    return good ? std::optional(std::string(text)) : std::nullopt;
  }
  static constexpr Characters kLetters("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/");
  auto const all_good = [](std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return kLetters.has(c); });
  };
  auto const equals = text.find('=');
  if (!all_good(text.substr(0, equals)) || (equals != text.npos && !all_good(text.substr(equals + 1))))
    return std::nullopt;
  return fmt::format("condition={}", text);
}

class Waits {
 public:
  Waits(Lookup const& lookup, spec::Deployment const& written, Manifest& manifest)
      : lookup_(lookup), written_(written), manifest_(manifest) {}

  std::vector<Wait> all() {
    if (written_.ready.empty()) out_ = std::move(manifest_.waits);
    if (written_.ready.size() != 1 || written_.ready[0].value != "none")
      for (auto const& text : written_.ready) ready(text);
    check();
    for (auto const& service : written_.endpoints)
      if (lookup_.good_name(service, "a Service"))
        add("service/" + service.value, {"endpoints/" + service.value, {}, "", service.place});
    return std::move(out_);
  }

 private:
  void ready(spec::Text const& text) {
    auto const equals = text.value.find('=');
    auto const object = text.value.substr(0, equals);
    if (!names_object(object))
      return lookup_.error(text.place, fmt::format("'{}' is nothing that can be waited for", text.value),
                           "write KIND/NAME, KIND/NAME=CONDITION, or none");
    auto const* kind = kind_called(object.substr(0, object.find('/')));
    if (equals == text.value.npos) {
      if (!kind || !kind->rolls)
        lookup_.error(text.place, fmt::format("'{}' has no rollout that could be waited for", object),
                      fmt::format("name a condition: '{}={}'", object,
                                  kind && !kind->condition.empty() ? kind->condition : "CONDITION"));
      return add(object, {object, {}, "", text.place});
    }
    auto const condition = text.value.substr(equals + 1);
    if (auto const good = condition_of(condition)) return add(object, {object, {}, *good, text.place});
    lookup_.error(
        text.place, fmt::format("'{}' is no condition that kubectl waits for", condition),
        fmt::format("write '{0}=Available', '{0}=Available=False' or '{0}=jsonpath={{.status.phase}}=Running'",
                    object));
  }

  /// `made`: what a manifest would have to make.
  void add(std::string const& made, Wait wait) {
    auto const otherwise = namespace_of(manifest_, written_.name_space);
    auto spaces = namespaces_of(manifest_, made);
    wait.made = made == wait.object && !spaces.empty();
    if (spaces.empty()) spaces = {otherwise};
    for (auto const& ns : spaces) {
      wait.ns = ns.empty() ? otherwise : ns;
      out_.push_back(wait);
    }
  }

  void check() const {
    std::map<std::pair<std::string, std::string>, Place> there;
    for (auto const& wait : out_) {
      if (!wait.never.empty())
        lookup_.diagnostics.add({wait.place,
                                 fmt::format("'{}' does not become ready: {}", wait.object, wait.never),
                                 "change that, or name what to wait for by 'ready'; 'ready: none' for nothing",
                                 {{written_.name.place, "deployed by this"}},
                                 wait.surely ? std::string_view() : warnings::kNeverReady});
      if (auto const [same, fresh] = there.emplace(std::pair(wait.object, wait.ns), wait.place); !fresh)
        lookup_.error(wait.place, fmt::format("'{}' stands here twice", wait.object), "take one of the two out",
                      {{same->second, "the other one"}, {written_.name.place, "deployed by this"}});
    }
  }

  Lookup const& lookup_;
  spec::Deployment const& written_;
  Manifest& manifest_;
  std::vector<Wait> out_;
};

}  // namespace

std::vector<Wait> resolve_waits(Lookup const& lookup, spec::Deployment const& written, Manifest& manifest) {
  return Waits(lookup, written, manifest).all();
}

}  // namespace e2e::plan
