#include "step/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/text.h"
#include "claim/claim.h"
#include "step/child.h"
#include "step/context.h"
#include "step/junit.h"
#include "step/lock.h"
#include "step/log.h"
#include "step/ownership.h"
#include "step/render.h"
#include "step/report.h"
#include "step/stamp.h"
#include "step/trace.h"

namespace e2e::step {

namespace fs = std::filesystem;

namespace {

constexpr int kMostTries = 3;
constexpr int kQuestionTimeout = 60, kUndoTimeout = 120;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

class Step {
 public:
  explicit Step(RunOptions const& options)
      : options_(options),
        file_(claim::parse_one(read_file(options.claims).value_or(""), options.stamp)),
        claim_(file_.claims.front()),
        log_(fmt::format(".e2e/logs/{}.log", flat_name(claim_.stamp))),
        // asked and not saved: scan keeps it
        cache_(".e2e/stat.cache") {}

  int run() {
    Lock const lock(lock_file(claim_.stamp));
    record_.start = now();
    auto const stamp = read_stamp(claim_.stamp);
    if (holds(stamp)) {
      record_.end = now();
      record(claim_, record_);
      return 0;
    }
    remove_file(claim_.stamp);
    begin_log();
    int const status = act();
    if (claim_.merge) merge(status);
    record_.end = now();
    record_.exit = status;
    record(claim_, record_);
    report_lost(claim_, log_);
    return status;
  }

 private:
  bool holds(std::optional<Stamp> const& stamp) {
    if (!stamp) {
      record_.why = "not done yet";
      return false;
    }
    auto const changed = differences(stamp->key, key_of(claim_, cache_, stamp->narrowed));
    record_.why = join(changed, ", ");
    if (changed.empty() && !products_hold(claim_, *stamp, cache_)) record_.why = "its files are gone or changed";
    if (!record_.why.empty()) remove_damaged(claim_, *stamp, cache_);
    return record_.why.empty();
  }

  /// One at a time: the last to end sees the reports of all.
  void merge(int status) const {
    auto const& [into, reports] = *claim_.merge;
    Lock const lock(lock_file(into));
    for (auto const& product : claim_.products)
      if (status != 0 && !product_size(product) && std::find(reports.begin(), reports.end(), product) != reports.end())
        write_file(product, report_of_failure(claim_.title, status > 128 ? "was interrupted" : "failed"));
    merge_reports(into, reports, Reports::those_there);
  }

  void begin_log() {
    log_.begin_anew();
    log_.say(fmt::format("# {} ({})\n", claim_.title, claim_.origin));
  }

  int act() {
    narrowed_ = narrowed();
    auto const before = key_of(claim_, cache_, narrowed_);
    if (int const status = make_way()) return status;
    if (claim_.render) render_manifests(*claim_.render);
    for (auto const& product : claim_.products) remove_file(product);
    for (auto const* beside : {".result", ".products"}) remove_file(claim_.stamp + beside);
    if (int const status = restore()) return status;
    for (auto const& folder : filled_in(claim_.folders)) make_folder_of(folder + "/");
    auto const command = filled_in(options_.command);
    bases_ = bases();

    for (record_.tries = 1;; ++record_.tries) {
      log_.say(fmt::format("$ {}\n", shell_line(command)));
      auto const mark = log_.size();
      auto const end = run_child({command, environment(), log_, options_.live, claim_.timeout});
      record_.peak_kb = end.peak_kb;
      if (end.interrupted) return fail({.end = end}, 128 + end.interrupted);
      if (end.exit == 0) {
        // what was made while its sources changed is made of neither the old ones nor the new
        auto const after = key_of(claim_, cache_, narrowed_);
        auto changed = differences(before, after);
        auto const bases_before = std::exchange(bases_, bases());
        for (auto& base : moved(bases_before, bases_)) changed.push_back(std::move(base));
        if (changed.empty()) return finish(before);
        return fail({.end = end, .changed = join(changed, ", ")}, 1);
      }
      auto const known = retry_text(mark);
      bool const wanted = record_.tries <= claim_.retries;
      if (!wanted && (known.empty() || record_.tries >= kMostTries)) return fail({.end = end}, 1);
      log_.say(fmt::format("# try {} ended with {}: {}: trying again\n", record_.tries, end.exit,
                           known.empty() ? "the spec says to" : fmt::format("\"{}\" is known to pass", known)));
      undo();
    }
  }

  /// A thing of that name that we began is taken away; one that somebody else made is not ours to touch.
  int make_way() {
    if (claim_.names.empty()) return 0;
    auto const owner = owner_of(claim_);
    if (owner == Owner::others) {
      report_foreign(claim_);
      return 1;
    }
    if (owner == Owner::us) undo();
    begin_owning(claim_);
    return 0;
  }

  /// One at a time for each thing that is brought back, whoever wants it.
  int restore() {
    for (auto const& one : claim_.restores) {
      Lock const lock(fmt::format(".e2e/locks/{}.restore.lock", flat_name(one.stamp)));
      auto const command = filled_in({"/bin/sh", "-c", one.command});
      log_.say(fmt::format("$ {}\n", command.back()));
      auto const end = run_child({command, environment(), log_, false, claim_.timeout});
      if (end.interrupted) return fail({.end = end}, 128 + end.interrupted);
      if (end.exit == 0) {
        enter_in_ledger(one.stamp);
        continue;
      }
      remove_file(one.stamp);
      return fail({.end = end}, 1);
    }
    return 0;
  }

  /// What was brought back is ours to take away again.
  static void enter_in_ledger(std::string const& stamp) {
    auto const image = read_stamp(stamp).value_or(Stamp{}).result;
    if (read_file(kLedger).value_or("").find(image.substr(image.find(':') + 1)) == std::string::npos)
      append_file(kLedger, fmt::format("{} {}\n", image, flat_name(stamp)));
  }

  /// Nothing if it can't be told: then all of the context counts.
  std::vector<std::string> narrowed() {
    if (claim_.narrow.empty() || !claim_.context) return {};
    auto const answer = ask({claim_.narrow}, kQuestionTimeout).front();
    if (answer.exit == 0) return narrowed_to(claim_.context->sources, lines_of(answer.out));
    log_.say(fmt::format("# all of the context counts: what it is made of can't be told ({})\n$ {}\n{}", answer.exit,
                         claim_.narrow, answer.err));
    return {};
  }

  /// What the names of images that no claim makes stand for now.
  std::map<std::string, std::string> bases() const {
    auto const probe = std::find_if(file_.probes.begin(), file_.probes.end(),
                                    [&](auto const& one) { return one.name == claim_.probe; });
    if (claim_.bases.empty() || probe == file_.probes.end()) return {};
    return bases_in(lines_of(ask({asked_for(probe->command, claim_.bases)}, kQuestionTimeout).front().out),
                    claim_.bases);
  }

  void undo() {
    if (claim_.undo.empty()) return;
    log_.say(fmt::format("$ {}\n", claim_.undo));
    run_child({{"/bin/sh", "-c", claim_.undo}, environment(), log_, false, kUndoTimeout});
  }

  std::vector<std::string> filled_in(std::vector<std::string> command) const {
    auto const* home = std::getenv("HOME");
    for (auto& word : command) {
      replace_all(word, claim::kHome, home ? home : "");
      replace_all(word, claim::kWorkspace, fs::current_path().string());
    }
    for (auto const& path : claim_.stamps) {
      auto const stamp = read_stamp(path);
      if (!stamp) throw Failure(fmt::format("{} is missing: run ninja again", path));
      for (auto& word : command) {
        replace_all(word, claim::result_of(path), stamp->result);
        replace_all(word, claim::tag_of(path), claim::image_tag(stamp->result));
      }
    }
    return command;
  }

  std::map<std::string, std::string> environment() const {
    auto variables = claim_.environment;
    for (auto& [name, value] : variables) value = filled_in({value}).front();
    return variables;
  }

  std::string retry_text(std::uint64_t mark) const {
    auto const found = found_in(log_.path(), mark, claim_.retry);
    return found.empty() ? "" : found.front();
  }

  int finish(Key const& key) {
    Stamp stamp{key, {}, {}};
    auto products = claim_.products;
    auto const named = claim_.stamp + ".products";
    for (auto& product : lines_of(read_file(named).value_or(""))) products.push_back(std::move(product));
    remove_file(named);
    for (auto const& product : products) {
      auto const digest = product_digest(product, cache_);
      if (!digest)
        throw Failure(fmt::format("{} ended well and did not make {} (log: {})", claim_.title, product, log_.path()));
      stamp.products[product] = *digest;
    }
    stamp.result = result(key);
    stamp.narrowed = narrowed_;
    stamp.bases = bases_;
    if (!claim_.names.empty()) note_members(claim_);
    // before the stamp: an entry without a stamp is what gc takes away, a stamp without an entry would stay for ever
    if (!claim_.ledger.empty()) append_file(kLedger, fmt::format("{} {}\n", stamp.result, claim_.ledger));
    write_stamp(claim_.stamp, stamp);
    return 0;
  }

  std::string result(Key const& key) {
    if (claim_.result == claim::ResultFrom::input) return read_stamp(claim_.stamps.front()).value_or(Stamp{}).result;
    if (claim_.result == claim::ResultFrom::key) {
      Hasher hasher;
      for (auto const& [name, value] : key) hasher.field(name).field(value);
      return hasher.hex();
    }
    std::string text;
    if (claim_.result == claim::ResultFrom::file) {
      text = read_file(claim_.stamp + ".result").value_or("");
      remove_file(claim_.stamp + ".result");
    } else {
      auto const command = filled_in({claim_.identify}).front();
      auto const answer = ask({command}, kQuestionTimeout).front();
      if (answer.exit != 0) log_.say(fmt::format("$ {}\n{}", command, answer.err));
      text = answer.exit == 0 ? answer.out : "";
    }
    auto const lines = lines_of(text);
    if (lines.empty())
      throw Failure(fmt::format("{} ended well and its result can't be found (log: {})", claim_.title, log_.path()));
    return join(lines, "\n");
  }

  int fail(FailureReport report, int status) {
    report.tries = record_.tries;
    if (!claim_.explain.empty() && !report.end.interrupted && report.changed.empty()) {
      auto const answer = ask({claim_.explain}, kQuestionTimeout).front();
      report.explanation = answer.out + answer.err;
      log_.take(report.explanation);
    }
    report_failure(file_, claim_, log_.path(), report);
    return status;
  }

  RunOptions const& options_;
  claim::File const file_;
  claim::Claim const& claim_;
  Log log_;
  StatCache cache_;
  std::vector<std::string> narrowed_;
  std::map<std::string, std::string> bases_;
  StepRecord record_;
};

}  // namespace

int run(RunOptions const& options) {
  // a Ninja that is interrupted closes our output, and then waits for us: there is still a report and a trace to write
  std::signal(SIGPIPE, SIG_IGN);
  return Step(options).run();
}

int drop(std::string const& claims, std::string const& state, std::vector<std::string> const& command) {
  auto const file = claim::parse(read_file(claims).value_or(""));
  for (auto const& one : file.claims)
    if (one.stamp.starts_with(state)) remove_file(one.stamp);
  for (auto const& one : file.claims)
    if (one.stamp.starts_with(state) && !one.names.empty() && owner_of(one) == Owner::others) {
      report_foreign(one);
      return 1;
    }
  Log log(fmt::format(".e2e/logs/{}.down.log", flat_name(normal_path(state))));
  auto const end = run_child({command, {}, log, true, 0});
  std::fputs(log.lost().c_str(), stderr);
  if (end.interrupted) return 128 + end.interrupted;
  if (end.exit != 0) {
    std::fputs(fmt::format("e2egen: '{}' failed with {}; log: {}\n", shell_line(command), end.exit, log.path()).c_str(),
               stderr);
    return 1;
  }
  for (auto const& one : file.claims)
    if (one.stamp.starts_with(state) && !one.names.empty()) end_owning(one);
  return 0;
}

}  // namespace e2e::step
