#include "step/gc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <list>
#include <set>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/text.h"
#include "step/child.h"
#include "step/gc_images.h"
#include "step/lock.h"
#include "step/stamp.h"
#include "step/trace.h"

namespace e2e::step {

namespace fs = std::filesystem;

namespace {

constexpr int kQuestionTimeout = 60, kRemovalTimeout = 300;
/// The trace is cut to the half of this when it has grown beyond.
constexpr std::uint64_t kMostTrace = 16'000'000;

/// The last part of a text, from the beginning of a line.
std::string tail(std::string const& text, std::uint64_t most) {
  if (text.size() <= most) return text;
  auto const start = text.find('\n', text.size() - most);
  return start == text.npos ? "" : text.substr(start + 1);
}

struct Sum {
  std::uint64_t bytes = 0;
  int count = 0;
};

class Collection {
 public:
  Collection(std::vector<claim::File> const& specs, GcOptions const& options) : specs_(specs), options_(options) {
    for (auto const& file : specs)
      for (auto const& one : file.claims)
        if (!one.ledger.empty())
          if (auto const stamp = read_stamp_or_doubted(one.stamp)) current_.insert(bare_id(stamp->result.text()));
  }

  int run() {
    files();
    trace();
    store();
    std::set<std::string> asked;  // one cluster may be in several Ninja files
    for (auto const& file : specs_)
      for (auto const& probe : file.probes)
        if (probe.name.ends_with("/gc/images") && asked.insert(probe.command).second) nodes(file, probe);
    summary();
    return failed_ ? 1 : 0;
  }

 private:
  void say(std::uint64_t bytes, std::string const& what, std::string const& why) const {
    std::fputs(
        fmt::format("{} {:>7}  {}: {}\n", options_.dry_run ? "would drop" : "drop", human_bytes(bytes), what, why)
            .c_str(),
        stdout);
  }

  void fail(std::string const& what) {
    std::fflush(stdout);
    std::fputs(fmt::format("e2egen: {}\n", what).c_str(), stderr);
    failed_ = true;
  }

  void files() {
    std::vector<std::string> notes;
    for (auto const& one : doomed_files(specs_, notes)) {
      say(one.bytes, one.path, one.why);
      try {
        if (!options_.dry_run) remove_file(one.path);
      } catch (Failure const& failure) {
        fail(failure.what());
        continue;
      }
      in_files_.bytes += one.bytes;
      ++in_files_.count;
      if (!options_.dry_run) remove_empty_folders(one.path);
    }
    for (auto const& note : notes) std::fputs(fmt::format("note: {}\n", note).c_str(), stdout);
  }

  static void remove_empty_folders(std::string const& path) {
    std::error_code error;
    if (!path.starts_with(".e2e/")) return;
    for (auto folder = fs::path(path).parent_path(); folder != ".e2e" && folder != ".e2e/env" && !folder.empty();
         folder = folder.parent_path())
      if (!fs::is_empty(folder, error) || !fs::remove(folder, error)) return;
  }

  void trace() {
    auto const size = product_size(kTrace).value_or(0);
    if (size <= kMostTrace) return;
    auto const rest = tail(read_file(kTrace).value_or(""), kMostTrace / 2);
    say(size - rest.size(), kTrace, "its older half");
    in_files_.bytes += size - rest.size();
    if (!options_.dry_run) write_file(kTrace, rest);
  }

  /// The first answer to that question that a template has; all specs of a workspace share one builder.
  std::string command(std::string const& name) const {
    for (auto const& file : specs_)
      for (auto const& probe : file.probes)
        if (probe.name == name) return probe.command;
    return {};
  }

  void store() {
    auto const ledger = parse_ledger(read_file(kLedger).value_or(""));
    if (ledger.empty()) return;
    auto const list = command("gc/images"), removal = command("gc/image");
    if (list.empty() || removal.empty()) return fail("the builder's template has no rules for gc: its store stays");
    auto const answer = ask({list}, kQuestionTimeout).front();
    if (answer.exit != 0)
      return fail(
          fmt::format("the image store can't be asked: '{}' failed with {}\n{}", list, answer.exit, answer.err));
    auto const there = parse_inventory(answer.out);
    std::set<std::string> gone;
    for (auto const& one : doomed_images(there, ledger, current_, options_.build_cache))
      if (remove(removal, one, "image")) gone.insert(one.id), add(in_store_, one.bytes);
    if (!options_.dry_run) forget(ledger, there, gone);
  }

  /// The ledger names what is in the store, and nothing else.
  static void forget(Ledger ledger, std::vector<StoredImage> const& there, std::set<std::string> const& gone) {
    std::erase_if(ledger, [&](auto const& entry) {
      return gone.contains(entry.first) ||
             std::none_of(there.begin(), there.end(), [&](auto const& one) { return one.id == entry.first; });
    });
    write_if_changed(kLedger, ledger_text(ledger));
  }

  /// A cluster that is ours has its stamp; what another one of that name holds is none of our business.
  void nodes(claim::File const& file, claim::Probe const& list) {
    auto const environment = list.name.substr(0, list.name.size() - std::string_view("/gc/images").size());
    auto const state = fmt::format(".e2e/env/{}/", environment);
    bool const ours = std::any_of(file.claims.begin(), file.claims.end(), [&](auto const& one) {
      return one.stamp.starts_with(state) && !one.names.empty() && read_stamp(one.stamp);
    });
    auto const removal = command(environment + "/gc/image");
    if (!ours || removal.empty()) return;
    auto const answer = ask({list.command}, kQuestionTimeout).front();
    if (answer.exit != 0)
      return fail(fmt::format("the nodes of {} can't be asked: {}\n{}", environment, answer.exit, answer.err));
    for (auto const& one : doomed_on_nodes(answer.out, current_))
      if (remove(removal, one, fmt::format("on the nodes of {}:", environment))) add(on_nodes_, one.bytes);
  }

  static void add(Sum& sum, std::uint64_t bytes) {
    sum.bytes += bytes;
    ++sum.count;
  }

  bool remove(std::string const& command, DoomedImage const& one, std::string const& kind) {
    say(one.bytes, fmt::format("{} {}", kind, join(one.words, ", ")), one.why);
    if (options_.dry_run) return true;
    for (auto const& word : one.words) {
      auto line = command;
      constexpr std::string_view kHole = "%{image}";
      for (auto at = line.find(kHole); at != line.npos; at = line.find(kHole, at + word.size()))
        line.replace(at, kHole.size(), word);
      auto const answer = ask({line}, kRemovalTimeout).front();
      if (answer.exit == 0) continue;
      fail(fmt::format("{} could not be removed: '{}' failed with {}\n{}", word, line, answer.exit, answer.err));
      return false;
    }
    return true;
  }

  void summary() const {
    auto const part = [](Sum const& sum, char const* what, char const* where, char const* about) {
      return fmt::format("{}{} in {} {}{} {}", about, human_bytes(sum.bytes), sum.count, what,
                         sum.count == 1 ? "" : "s", where);
    };
    std::fputs(fmt::format("{}: {}; {}; {}\n", options_.dry_run ? "would free" : "freed",
                           part(in_files_, "file", "of .e2e", ""), part(in_store_, "image", "of the store", "about "),
                           part(on_nodes_, "image", "on nodes", "at most "))
                   .c_str(),
               stdout);
  }

  std::vector<claim::File> const& specs_;
  GcOptions const& options_;
  std::set<std::string> current_;  // IDs of images that stamps refer to
  Sum in_files_, in_store_, on_nodes_;
  bool failed_ = false;
};

/// An image that was just built and has no stamp yet must not look like one that nobody refers to.
std::list<Lock> lock_images(std::vector<claim::File> const& specs) {
  std::set<std::string> stamps;
  for (auto const& file : specs)
    for (auto const& one : file.claims)
      if (one.phase == "build" || one.phase == "archive") stamps.insert(one.stamp);
  std::list<Lock> locks;
  for (auto const& stamp : stamps) locks.emplace_back(lock_file(stamp));
  return locks;
}

}  // namespace

int gc(std::vector<claim::File> const& specs, GcOptions const& options) {
  std::list<Lock> locks;
  if (!options.dry_run) locks = lock_images(specs);
  return Collection(specs, options).run();
}

}  // namespace e2e::step
