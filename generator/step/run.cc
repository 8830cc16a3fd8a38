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
#include "base/machine.h"
#include "base/text.h"
#include "claim/claim.h"
#include "step/aftermath.h"
#include "step/child.h"
#include "step/context.h"
#include "step/facts.h"
#include "step/junit.h"
#include "step/lock.h"
#include "step/log.h"
#include "step/ownership.h"
#include "step/render.h"
#include "step/report.h"
#include "step/stamp.h"
#include "step/trace.h"
#include "step/undermined.h"
#include "step/values.h"
#include "step/world.h"

namespace e2e::step {

namespace fs = std::filesystem;

namespace {

constexpr int kMostTries = 3;
constexpr int kQuestionTimeout = 60, kUndoTimeout = 120;

class Step {
 public:
  explicit Step(RunOptions const& options)
      : options_(options),
        file_(claim::parse_one(MappedFile(options.claims).text(), options.stamp)),
        claim_(file_.claims.front()),
        log_(fmt::format(".e2e/logs/{}.log", flat_name(claim_.stamp))),
        // asked and not saved: scan keeps it
        cache_(".e2e/stat.cache") {}

  int run() {
    Lock const lock(lock_file(claim_.stamp));
    record_.start = now();
    reporting([&] {
      record_.held = holds();
      if (!record_.held) record_.exit = work();
    });
    // however it ended
    reporting([&] {
      if (claim_.merge && !record_.held) merge(record_.exit);
    });
    record_.end = now();
    record(claim_, record_);
    report_lost(claim_, log_);
    return record_.exit;
  }

 private:
  /// Trouble is this step's own, and is told; the trace is written all the same.
  template <class Act>
  void reporting(Act const& act) try {
    act();
  } catch (Failure const& failure) {
    record_.exit = 1;
    report_trouble(claim_, failure.what());
  }

  int work() {
    remove_stamp(claim_.stamp);
    begin_log();
    return act();
  }

  /// A stamp in doubt is held against the world once more: nobody but its step would. So is one that rests on pods:
  /// since the scan the steps before may have waited for new ones.
  bool holds() {
    auto stamp = read_stamp(claim_.stamp);
    bool const doubted = !stamp;
    if (doubted) stamp = read_stamp(in_doubt(claim_.stamp));
    if (!stamp) {
      record_.why = "not done yet";
      return false;
    }
    auto const changed = differences(stamp->key, key_of(claim_, results_of(claim_), cache_, stamp->narrowed));
    record_.why = join(changed, ", ");
    if (changed.empty() && !products_hold(claim_, *stamp, cache_)) record_.why = "its files are gone or changed";
    if (!record_.why.empty()) remove_damaged(claim_, *stamp, cache_);
    if (record_.why.empty() && (doubted || !claim_.ground.empty()) && !is_there(*stamp))
      record_.why = "it is not there any more";
    if (record_.why.empty() && doubted) rename_file(in_doubt(claim_.stamp), claim_.stamp);
    return record_.why.empty();
  }

  /// A no is believed when it was heard twice. Throws Failure if the world does not say.
  bool is_there(Stamp const& stamp) const {
    if (claim_.probe.empty() || is_said_to_be_there(stamp)) return true;
    pause_before_believing_a_no();
    return is_said_to_be_there(stamp);
  }

  bool is_said_to_be_there(Stamp const& stamp) const {
    Wanted wanted;
    add_wanted(wanted, claim_, stamp);
    auto const testimony = testimonies(file_.probes, wanted, true).at(claim_.probe);
    if (!moved(stamp.bases, testimony.ids).empty()) return false;
    auto const said = testimony.of(stamp);
    if (said == Said::yes) return true;
    if (auto const backup = read_stamp(claim_.backup); backup && backup->result.text() == stamp.result.text())
      return true;
    if (said == Said::nothing) throw Failure("it can't be told whether this still holds: " + testimony.trouble);
    return false;
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
    // what the step is made of is what its stamp will say, whatever becomes of other stamps meanwhile
    results_ = results_of(claim_);
    for (auto const& path : claim_.stamps)
      if (!results_.contains(path)) throw Failure(fmt::format("{} has gone meanwhile\n  help: run ninja again", path));
    narrowed_ = narrowed();
    for (auto const& folder : filled_in(claim_.folders))
      if (!fs::exists(folder)) make_folder_of(folder + "/");  // a file may be meant
    auto witness = this->witness();
    auto const before = key();
    make_way();
    for (auto const& product : claim_.products) remove_file(product);
    if (claim_.render) render_manifests(*claim_.render);
    for (auto const* beside : {".result", ".products"}) remove_file(claim_.stamp + beside);
    if (int const status = restore()) return status;
    bases_ = bases();

    for (record_.tries = 1;; ++record_.tries) {
      auto const command = with_ignore_file(filled_in(options_.command));
      log_.say(fmt::format("$ {}\n", shell_line(command)));
      if (!claim_.ground.empty()) ground_ = lines_of_answer(claim_.ground);
      auto const mark = log_.size();
      auto const end = run_child({.command = command,
                                  .environment = environment(),
                                  .log = log_,
                                  .live = options_.live,
                                  .timeout = claim_.timeout,
                                  .hidden = secrets_of(claim_)});
      record_.peak_kb = std::max(record_.peak_kb, end.peak_kb);
      if (end.interrupted) return fail({.end = end});
      if (end.exit != 0) {
        auto const known = retry_text(mark);
        bool const wanted = record_.tries <= claim_.retries;
        if (!wanted && (known.empty() || record_.tries >= kMostTries)) {
          auto const status = fail({.end = end});
          return run_aftermath(claim_, environment(), true) ? status : 130;
        }
        log_.say(fmt::format("# try {} ended with {}: {}: trying again\n", record_.tries, end.exit,
                             known.empty() ? "the spec says to" : fmt::format("\"{}\" is known to pass", known)));
        if (!undo()) return fail({.end = end});
        continue;
      }
      if (!run_aftermath(claim_, environment(), false)) return 130;
      // what was made while its sources changed is made of neither the old ones nor the new
      auto changed = differences(before, key());
      auto const bases_before = std::exchange(bases_, bases());
      for (auto& base : moved(bases_before, bases_)) changed.push_back(std::move(base));
      auto const witness_before = std::exchange(witness, this->witness());
      auto const written = written_between(witness_before, witness);
      if (!changed.empty()) return fail({.end = end, .changed = join(changed, ", "), .written = written});
      // the same to the letter, and yet somebody wrote there: who knows what the command saw
      if (written.empty()) return finish(before);
      auto const& root = claim_.context->root;
      if (record_.tries >= kMostTries) return fail({.end = end, .changed = "files of " + root, .written = written});
      log_.say(fmt::format("# files of {} were written to while this ran: once more ({})\n", root, first_of(written)));
    }
  }

  Key key() { return key_of(claim_, results_, cache_, narrowed_); }

  /// For what is cheap to make twice, an image whose builder keeps its layers. Commands may well write to their inputs.
  Witness witness() {
    bool const builds = claim_.context && !claim_.context->containerfile.empty();
    return builds ? context_witness(*claim_.context, narrowed_) : Witness{};
  }

  /// Once the sources are under witness: what the builder is sent is what they were then.
  std::vector<std::string> with_ignore_file(std::vector<std::string> command) {
    auto const has_place = [](auto const& word) { return word.find(claim::kIgnoreFile) != word.npos; };
    if (!claim_.context || std::none_of(command.begin(), command.end(), has_place)) return command;
    auto const text = ignore_file_without_own(*claim_.context);
    auto const path = claim::ignore_file(claim_.stamp);
    if (text)
      write_file(path, *text);
    else
      std::erase_if(command, has_place);
    for (auto& word : command) replace_all(word, claim::kIgnoreFile, path);
    return command;
  }

  /// A thing of that name that we began is taken away; one that somebody else made is not ours to touch.
  void make_way() {
    if (claim_.names.empty()) return;
    auto const owner = owner_of(claim_);
    if (owner == Owner::others) throw Failure(foreign(claim_));
    // as long as it is there, it is known by its token
    if (owner == Owner::us && (!undo() || owner_of(claim_) != Owner::nobody))
      throw Failure(
          fmt::format("what there is of it could not be taken away: '{}' (log: {})", claim_.undo, log_.path()));
    begin_owning(claim_);
  }

  /// One at a time for each thing that is brought back, whoever wants it.
  int restore() {
    for (auto const& one : claim_.restores) {
      Lock const lock(fmt::format(".e2e/locks/{}.restore.lock", flat_name(one.stamp)));
      auto const command = filled_in({"/bin/sh", "-c", one.command});
      log_.say(fmt::format("$ {}\n", command.back()));
      auto const end = run_child({command, environment(), log_, false, claim_.timeout});
      if (end.interrupted) return fail({.end = end});
      if (end.exit != 0) {
        withdraw_damaged(one.stamp);
        return fail({.end = end});
      }
      enter_in_ledger(one.stamp);
    }
    return 0;
  }

  /// It can't be brought back: since its products are damaged, or for a reason that will pass.
  void withdraw_damaged(std::string const& path) {
    auto const stamp = read_stamp(path);
    auto const damaged = stamp ? changed_products(*stamp, cache_) : std::vector<std::string>{};
    if (damaged.empty()) return;
    log_.say(fmt::format("# damaged: {}\n", join(damaged, ", ")));
    remove_stamp(path);
    for (auto const& product : damaged) remove_file(product);
  }

  /// What was brought back is ours to take away again.
  static void enter_in_ledger(std::string const& stamp_path) {
    auto const stamp = read_stamp(stamp_path);
    if (!stamp) return;
    auto const& image = stamp->result.text();
    if (read_file(kLedger).value_or("").find(image.substr(image.find(':') + 1)) == std::string::npos)
      append_file(kLedger, fmt::format("{} {}\n", image, flat_name(stamp_path)));
  }

  /// Nothing if it can't be told: then all of the context counts. Throws Failure if that would be all of the workspace.
  std::vector<std::string> narrowed() {
    if (claim_.narrow.empty() || !claim_.context) return {};
    // it may have to fetch modules first, as the command would
    auto const answer = ask({claim_.narrow}, std::max(claim_.timeout, kQuestionTimeout)).front();
    if (answer.exit == 0) return narrowed_to(claim_.context->sources, lines_of(answer.out));
    log_.say(fmt::format("# what it is made of can't be told ({})\n$ {}\n{}", answer.exit, claim_.narrow, answer.err));
    auto const lines = lines_of(answer.err);
    auto const said = lines.empty() ? fmt::format("it failed with {}", answer.exit) : lines.back();
    if (claim_.context->containerfile.empty())
      throw Failure(
          fmt::format("'go' can't tell what this is made of: {}\n  log: {}\n  help: name by 'inputs' what "
                      "counts, and leave 'go' out",
                      said, log_.path()));
    report_trouble(claim_,
                   fmt::format("'go' tells nothing, so all of the context counts: {}\n  log: {}", said, log_.path()));
    return {};
  }

  /// What the names of images that no claim makes stand for now. Throws Failure if that can't be told.
  std::map<std::string, std::string> bases() const {
    auto const probe = std::find_if(file_.probes.begin(), file_.probes.end(),
                                    [&](auto const& one) { return one.name == claim_.probe; });
    if (claim_.bases.empty() || probe == file_.probes.end()) return {};
    return bases_in(lines_of_answer(asked_for(probe->command, claim_.bases)), claim_.bases);
  }

  /// Returns whether it could be taken back.
  bool undo() {
    if (claim_.undo.empty()) return true;
    log_.say(fmt::format("$ {}\n", claim_.undo));
    return run_child({{"/bin/sh", "-c", claim_.undo}, environment(), log_, false, kUndoTimeout}).exit == 0;
  }

  std::vector<std::string> filled_in(std::vector<std::string> command) const {
    auto const* home = std::getenv("HOME");
    for (auto& word : command) {
      replace_all(word, claim::kHome, home ? home : "");
      replace_all(word, claim::kWorkspace, fs::current_path().string());
      machine::fill_in(word);
      for (auto const& [path, result] : results_) {
        replace_all(word, claim::result_of(path), result);
        replace_all(word, claim::tag_of(path), claim::image_tag(result));
      }
    }
    return command;
  }

  std::map<std::string, std::string> environment() const {
    auto variables = claim_.environment;
    for (auto& [name, value] : variables) value = filled_in({value}).front();
    for (auto const& [name, path] : claim_.contents) variables[name] = content_of(path);
    return variables;
  }

  std::string retry_text(std::uint64_t mark) const {
    auto const found = found_in(log_.path(), mark, claim_.retry);
    return found.empty() ? "" : found.front();
  }

  int finish(Key const& key) {
    auto stamp = this->stamp(key);
    auto products = claim_.products;
    auto const named = claim_.stamp + ".products";
    for (auto& product : lines_of(read_file(named).value_or(""))) products.push_back(std::move(product));
    remove_file(named);
    for (auto const& product : products) {
      auto const digest = product_digest(product, cache_);
      if (!digest) throw Failure(fmt::format("it ended well and did not make {} (log: {})", product, log_.path()));
      stamp.products[product] = *digest;
    }
    // before the stamp: an entry without a stamp is what gc takes away, a stamp without an entry would stay for ever
    if (!claim_.ledger.empty()) append_file(kLedger, fmt::format("{} {}\n", stamp.result.text(), claim_.ledger));
    write_stamp(claim_.stamp, stamp);
    return 0;
  }

  Stamp stamp(Key const& key) const {
    auto facts = claim_.identify.empty() ? Facts{} : facts_in(identified());
    if (!claim_.ground.empty()) facts.lines = ground_;
    return {key, result(key, facts.things), {}, narrowed_, bases_, std::move(facts.lines)};
  }

  /// `identified`: the things of which the world told.
  Result result(Key const& key, std::vector<std::string> const& identified) const {
    if (claim_.result == claim::ResultFrom::input) return Result(results_.at(claim_.stamps.front()));
    if (claim_.result == claim::ResultFrom::key) {
      Hasher hasher;
      for (auto const& [name, value] : key) hasher.field(name).field(value);
      for (auto const& fact : ground_) hasher.field(fact);
      return Result(hasher.hex());
    }
    auto const lines = claim_.result == claim::ResultFrom::file ? written_result() : identified;
    if (lines.empty()) throw not_found();
    return Result(join(lines, "\n"));
  }

  Failure not_found() const {
    return Failure(fmt::format("it ended well and its result can't be found (log: {})", log_.path()));
  }

  std::vector<std::string> written_result() const {
    auto const file = claim_.stamp + ".result";
    auto const text = read_file(file).value_or("");
    remove_file(file);
    return lines_of(text);
  }

  /// What was just made may need a moment before it can be seen.
  std::vector<std::string> identified() const {
    auto const command = filled_in({claim_.identify}).front();
    auto lines = lines_of_answer(command);
    if (!lines.empty()) return lines;
    pause_before_believing_a_no();
    lines = lines_of_answer(command);
    if (lines.empty()) throw not_found();
    return lines;
  }

  int fail(FailureReport report) {
    report.tries = record_.tries;
    if (!claim_.explain.empty() && !report.end.interrupted && report.changed.empty()) {
      auto const answer = ask({claim_.explain}, kQuestionTimeout).front();
      report.explanation = answer.out + answer.err;
      log_.take(report.explanation);
    }
    bool const command = claim_.title.starts_with("task ") || claim_.title.starts_with("test ");
    if (command && !report.end.interrupted && report.changed.empty())
      report.undermined = undermined(options_.claims, claim_, ground_);
    report_failure(file_, claim_, log_.path(), report);
    return report.end.interrupted ? 128 + report.end.interrupted : 1;
  }

  RunOptions const& options_;
  claim::File const file_;
  claim::Claim const& claim_;
  Log log_;
  StatCache cache_;
  Results results_;
  std::vector<std::string> narrowed_;
  std::map<std::string, std::string> bases_;
  std::vector<std::string> ground_;  // facts as they were before the command
  StepRecord record_;
};

}  // namespace

int run(RunOptions const& options) {
  // a Ninja that is interrupted closes our output, and then waits for us: there is still a report and a trace to write
  std::signal(SIGPIPE, SIG_IGN);
  return Step(options).run();
}

}  // namespace e2e::step
