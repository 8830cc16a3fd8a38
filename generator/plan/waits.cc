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

/// What the manifests tell, beside what is named.
constexpr std::string_view kManifests = "manifests";

/// KIND(SELECTOR)=CONDITION, the parts of which may be missing where nothing is.
struct BySelector {
  std::string kind, selector, condition;
};

/// Nothing where no kind and selector stand.
std::optional<BySelector> by_selector(std::string const& text) {
  static constexpr Characters kOfKind("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
  static constexpr Characters kOfSelector("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/=!,() ");
  auto const open = text.find('(');
  if (open == 0 || open == text.npos || text[0] == '-' ||
      !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(open),
                   [](char c) { return kOfKind.has(c); }))
    return std::nullopt;
  auto close = open;
  for (int depth = 0; close < text.size(); ++close) {
    depth += text[close] == '(' ? 1 : text[close] == ')' ? -1 : 0;
    if (depth == 0) break;
  }
  if (close >= text.size() || close == open + 1) return std::nullopt;
  BySelector out{text.substr(0, open), text.substr(open + 1, close - open - 1), ""};
  if (!std::all_of(out.selector.begin(), out.selector.end(), [](char c) { return kOfSelector.has(c); }))
    return std::nullopt;
  if (close + 1 == text.size()) return out;
  if (text[close + 1] != '=') return std::nullopt;
  out.condition = text.substr(close + 2);
  return out;
}

bool is_address(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

class Waits {
 public:
  Waits(Lookup const& lookup, spec::Deployment const& written, Manifest& manifest)
      : lookup_(lookup), written_(written), manifest_(manifest) {}

  std::vector<Wait> all() {
    auto const is = [](spec::Text const& text) { return text.value == kManifests; };
    if (written_.ready.empty() || std::any_of(written_.ready.begin(), written_.ready.end(), is))
      out_ = std::move(manifest_.waits);
    if (written_.ready.size() != 1 || written_.ready[0].value != "none")
      for (auto const& text : written_.ready)
        if (!is(text)) ready(text);
    check();
    return std::move(out_);
  }

 private:
  void ready(spec::Text const& text) {
    if (is_address(text.value)) return address(text);
    if (auto const labelled = by_selector(text.value)) return selected(text, *labelled);
    auto const equals = text.value.find('=');
    auto const object = text.value.substr(0, equals);
    if (!names_object(object))
      return lookup_.error(text.place, fmt::format("'{}' is nothing that can be waited for", text.value),
                           "write KIND/NAME, KIND/NAME=CONDITION, pods(LABEL=VALUE), http://HOST:PORT/PATH=STATUS, "
                           "manifests, or none");
    auto const* kind = kind_called(object.substr(0, object.find('/')));
    if (equals == text.value.npos && kind && kind->kind == "Service") {
      auto const name = object.substr(object.find('/') + 1);
      if (lookup_.good_name({name, text.place}, "a Service")) add(object, {"endpoints/" + name, {}, "", text.place});
      return;
    }
    if (equals == text.value.npos) {
      if (!kind || !kind->rolls)
        lookup_.error(text.place, fmt::format("'{}' has no rollout that could be waited for", object),
                      fmt::format("name a condition: '{}={}'", object,
                                  kind && !kind->condition.empty() ? kind->condition : "CONDITION"));
      return add(object, {object, {}, "", text.place});
    }
    if (auto const good = condition(text, object, text.value.substr(equals + 1)))
      add(object, {object, {}, *good, text.place});
  }

  std::optional<std::string> condition(spec::Text const& text, std::string const& object,
                                       std::string const& written) const {
    auto good = condition_of(written);
    if (!good)
      lookup_.error(
          text.place, fmt::format("'{}' is no condition that kubectl waits for", written),
          fmt::format("write '{0}=Available', '{0}=Available=False' or '{0}=jsonpath={{.status.phase}}=Running'",
                      object));
    return good;
  }

  void selected(spec::Text const& text, BySelector const& labelled) {
    auto const object = fmt::format("{}({})", labelled.kind, labelled.selector);
    auto const* kind = kind_called(labelled.kind);
    auto const otherwise = kind ? std::string(kind->condition) : "";
    if (labelled.condition.empty() && otherwise.empty())
      return lookup_.error(text.place, fmt::format("it is not said what to wait for of '{}'", object),
                           fmt::format("name a condition: '{}=CONDITION'", object));
    if (auto const good = condition(text, object, labelled.condition.empty() ? otherwise : labelled.condition))
      out_.push_back({.object = labelled.kind,
                      .ns = namespace_of(manifest_, written_.name_space),
                      .condition = *good,
                      .place = text.place,
                      .selector = labelled.selector,
                      .later = true});
  }

  /// ADDRESS, or ADDRESS=STATUS.
  void address(spec::Text const& text) {
    std::string_view url = text.value;
    std::string status = "2??";
    auto const equals = url.rfind('=');
    if (equals + 4 == url.size() && parse_port(url.substr(equals + 1)) >= 100) {
      status = url.substr(equals + 1);
      url = url.substr(0, equals);
    }
    auto const host = url.substr(url.find("//") + 2);
    if (host.substr(0, host.find('/')).find('@') != host.npos)
      return lookup_.error(text.place, "an address with a password in it, which would stand in the Ninja file",
                           "wait for one that asks for none, or for any answer: 'https://HOST/PATH=401'");
    if (host.empty() || host[0] == '/' || url.find_first_of(" \t\"'\\`") != url.npos)
      return lookup_.error(
          text.place, fmt::format("'{}' is no address", text.value),
          "write http://HOST:PORT/PATH, and =STATUS if it is to answer with another one than 200 to 299");
    out_.push_back({.object = std::string(url), .ns = "", .condition = "", .place = text.place, .status = status});
  }

  /// `made`: what a manifest would have to make.
  void add(std::string const& made, Wait wait) {
    auto const otherwise = namespace_of(manifest_, written_.name_space);
    auto spaces = namespaces_of(manifest_, made);
    wait.made = made == wait.object && !spaces.empty();
    wait.later = spaces.empty();
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
      if (auto const [same, fresh] = there.emplace(std::pair(wait.name(), wait.ns), wait.place); !fresh)
        lookup_.error(wait.place, fmt::format("'{}' stands here twice", wait.name()), "take one of the two out",
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
