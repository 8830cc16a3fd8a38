#include "step/gc_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/diagnostics.h"
#include "base/text.h"
#include "claim/claim.h"
#include "step/stamp.h"

namespace e2e::step {

namespace {

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (!line.empty()) {
    auto const end = std::min(line.find(' '), line.size());
    if (end > 0) words.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

template <class Number>
bool number(std::string const& text, Number& value) {
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// These words go into a command line, inside quotes.
bool harmless(std::string const& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) || std::string_view("._-/:@").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::string_view tag(std::string_view name) {
  auto const colon = name.rfind(':');
  auto const slash = name.rfind('/');
  return colon == name.npos || (slash != name.npos && slash > colon) ? std::string_view() : name.substr(colon + 1);
}

std::string_view without_latest(std::string_view name) {
  return name.ends_with(":latest") ? name.substr(0, name.size() - 7) : name;
}

/// The store may spell a name in full: "localhost/gateway:latest" for "gateway".
bool same_name(std::string_view stored, std::string_view given) {
  stored = without_latest(stored);
  given = without_latest(given);
  return stored == given || stored.ends_with("/" + std::string(given));
}

class Store {
 public:
  Store(std::vector<StoredImage> const& store, Ledger const& ledger, std::set<std::string> const& current)
      : store_(store), ledger_(ledger), current_(current) {
    for (auto const& one : store) {
      by_id_[one.id] = &one;
      if (!one.parent.empty()) children_[one.parent].push_back(one.id);
    }
  }

  std::vector<DoomedImage> run(bool build_cache) {
    // what is FROM another one goes first; each round takes those that nothing is left upon
    for (bool more = true; more;) {
      more = false;
      for (auto const& one : store_) {
        if (gone_.contains(one.id) || current_.contains(one.id) || one.containers > 0 || upheld(one)) continue;
        auto const why = reason(one, build_cache);
        if (why.empty()) continue;
        gone_.insert(one.id);
        doomed_.push_back({one.id, one.names.empty() ? std::vector{one.id} : one.names, own_bytes(one), why});
        more = true;
      }
    }
    return std::move(doomed_);
  }

 private:
  bool upheld(StoredImage const& one) const {
    auto const it = children_.find(one.id);
    return it != children_.end() &&
           std::any_of(it->second.begin(), it->second.end(), [&](auto const& child) { return !gone_.contains(child); });
  }

  std::string reason(StoredImage const& one, bool build_cache) const {
    if (!all_ours(one)) return {};
    if (auto const it = ledger_.find(one.id); it != ledger_.end())
      return fmt::format("no spec refers to this image of {}", *it->second.begin());
    if (!one.names.empty()) return {};
    if (children_.contains(one.id)) return "only images that go were built from this step";
    if (build_cache && from_ours(one)) return "build cache";
    return {};
  }

  bool all_ours(StoredImage const& one) const {
    auto const it = ledger_.find(one.id);
    return std::all_of(one.names.begin(), one.names.end(), [&](auto const& name) {
      if (!harmless(name)) return false;
      if (it == ledger_.end()) return false;
      return tag(name) == claim::image_tag(one.id) ||
             std::any_of(it->second.begin(), it->second.end(),
                         [&](auto const& given) { return same_name(name, given); });
    });
  }

  bool from_ours(StoredImage const& one) const {
    auto const* above = &one;
    for (std::size_t steps = 0; steps <= store_.size(); ++steps) {
      auto const it = by_id_.find(above->parent);
      if (it == by_id_.end()) return false;
      above = it->second;
      if (ledger_.contains(above->id)) return true;
    }
    return false;
  }

  std::uint64_t own_bytes(StoredImage const& one) const {
    auto const it = by_id_.find(one.parent);
    auto const below = it == by_id_.end() ? 0 : it->second->bytes;
    return one.bytes > below ? one.bytes - below : 0;
  }

  std::vector<StoredImage> const& store_;
  Ledger const& ledger_;
  std::set<std::string> const& current_;
  std::map<std::string, StoredImage const*> by_id_;
  std::map<std::string, std::vector<std::string>> children_;
  std::set<std::string> gone_;
  std::vector<DoomedImage> doomed_;
};

}  // namespace

std::string bare_id(std::string_view id) {
  if (auto const colon = id.find(':'); colon != id.npos) id.remove_prefix(colon + 1);
  return std::string(id);
}

std::vector<StoredImage> parse_inventory(std::string_view text) {
  std::vector<StoredImage> store;
  for (auto const& line : lines_of(text)) {
    auto const words = words_of(line);
    StoredImage one;
    if (words.size() < 4 || !number(words[2], one.bytes) || !number(words[3], one.containers))
      throw Failure(fmt::format("an inventory of images with the line '{}'", line));
    one.id = bare_id(words[0]);
    if (!harmless(one.id)) throw Failure(fmt::format("an inventory of images with the ID '{}'", words[0]));
    if (words[1] != "-") one.parent = bare_id(words[1]);
    one.names.assign(words.begin() + 4, words.end());
    // the same image may be listed once for each of its names
    auto const same = std::find_if(store.begin(), store.end(), [&](auto const& other) { return other.id == one.id; });
    if (same == store.end())
      store.push_back(std::move(one));
    else
      same->names.insert(same->names.end(), one.names.begin(), one.names.end());
  }
  return store;
}

Ledger parse_ledger(std::string_view text) {
  Ledger ledger;
  for (auto const& line : lines_of(text))
    if (auto const words = words_of(line); words.size() == 2) ledger[bare_id(words[0])].insert(words[1]);
  return ledger;
}

std::string ledger_text(Ledger const& ledger) {
  std::string text;
  for (auto const& [id, names] : ledger)
    for (auto const& name : names) text += fmt::format("{} {}\n", id, name);
  return text;
}

std::vector<DoomedImage> doomed_images(std::vector<StoredImage> const& store, Ledger const& ledger,
                                       std::set<std::string> const& current, bool build_cache) {
  return Store(store, ledger, current).run(build_cache);
}

std::vector<DoomedImage> doomed_on_nodes(std::string_view inventory, std::set<std::string> const& current) {
  std::set<std::string> kept;
  for (auto const& id : current) kept.insert(claim::image_tag(id));
  std::map<std::string, std::uint64_t> there;
  for (auto const& line : lines_of(inventory)) {
    auto const words = words_of(line);
    std::uint64_t bytes = 0;
    // a container names its image as it was asked for, or by its ID
    if (words.size() == 2 && words[0] == "uses")
      kept.insert(words[1].starts_with("sha256:") ? claim::image_tag(words[1]) : std::string(tag(words[1])));
    else if (words.size() == 3 && words[0] == "has" && number(words[2], bytes) && harmless(words[1]) &&
             tag(words[1]).starts_with("e2e-"))
      there[words[1]] += bytes;
  }
  std::vector<DoomedImage> doomed;
  for (auto const& [name, bytes] : there)
    if (!kept.contains(std::string(tag(name)))) doomed.push_back({name, {name}, bytes, "no spec refers to it"});
  return doomed;
}

}  // namespace e2e::step
