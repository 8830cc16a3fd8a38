#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "step/gc.h"
#include "step/stamp.h"

namespace e2e::step {

namespace fs = std::filesystem;

namespace {

/// Of logs that steps still write; the oldest of them go beyond that.
constexpr std::uint64_t kMostLogs = 64'000'000;

class Files {
 public:
  Files(std::vector<claim::File> const& specs, std::vector<std::string>& notes) : notes_(notes) {
    for (auto const& file : specs) {
      elsewhere_.insert(file.ninja);
      for (auto const& one : file.claims) keep(one);
    }
  }

  std::vector<DoomedFile> run() {
    std::error_code error;
    for (auto const& entry : fs::recursive_directory_iterator(".e2e", error)) {
      if (entry.is_directory(error) && !entry.is_symlink(error)) continue;
      auto const path = entry.path().string();
      if (auto const why = reason(path); !why.empty()) doomed_.push_back({path, product_size(path).value_or(0), why});
    }
    companions();
    temporaries();
    logs_beyond_limit();
    std::sort(doomed_.begin(), doomed_.end(), [](auto const& a, auto const& b) { return a.path < b.path; });
    for (auto const& environment : unknown_alive_)
      notes_.push_back(fmt::format("{} is of no spec, but its cluster may be alive: kept", environment));
    return std::move(doomed_);
  }

 private:
  void keep(claim::Claim const& one) {
    kept_.insert(one.stamp);
    kept_.insert(in_doubt(one.stamp));
    kept_.insert(claim::owner_file(one.stamp));
    if (one.context) kept_.insert(claim::ignore_file(one.stamp));
    logs_.insert(flat_name(one.stamp));
    // without its stamp a product is nothing that anybody can trust
    if (auto const stamp = read_stamp_or_doubted(one.stamp))
      for (auto const& [product, digest] : stamp->products) kept_.insert(product);
    if (one.merge) elsewhere_.insert(one.merge->into);
    if (one.render) {
      kept_.insert(one.render->to);
      kept_.insert(one.render->first);
      kept_.insert(one.render->tells);
      kept_.insert(one.render->from.begin(), one.render->from.end());
    }
    if (auto const name = environment(one.stamp); !name.empty()) {
      environments_.insert(name);
      logs_.insert(flat_name(name));  // of `down`
    }
  }

  /// ".e2e/env/gateway", ".e2e/env/gateway/clusters/hub" where it has several clusters, or "" for what is of none.
  static std::string environment(std::string const& path) {
    constexpr std::string_view kRoot = ".e2e/env/";
    if (!path.starts_with(kRoot)) return {};
    auto end = path.find('/', kRoot.size());
    constexpr std::string_view kSeveral = "/clusters/";
    if (end != path.npos && path.compare(end, kSeveral.size(), kSeveral) == 0)
      end = path.find('/', end + kSeveral.size());
    return end == path.npos ? std::string() : path.substr(0, end);
  }

  std::string reason(std::string const& path) {
    if (kept_.contains(path)) return {};
    if (is_temporary(path)) return old(path) ? "left by something that was killed" : "";
    if (path.starts_with(".e2e/images/") || path.starts_with(".e2e/oci/"))
      return path.ends_with(".stamp") || path.ends_with(in_doubt(".stamp")) ? "no spec has this image"
                                                                            : "no stamp names it";
    if (path.starts_with(".e2e/host/")) return "no spec has this task";
    if (path.starts_with(".e2e/logs/")) return known_log(path) ? "" : "a log of a step that no spec has";
    auto const name = environment(path);
    return name.empty() ? "" : reason_in(name, path);
  }

  std::string reason_in(std::string const& name, std::string const& path) {
    if (!environments_.contains(name)) {
      if (!may_be_alive(name)) return "no spec has this environment";
      unknown_alive_.insert(name);
      return {};
    }
    if (path.ends_with(".stamp") || path.ends_with(in_doubt(".stamp"))) return "no spec has this step";
    auto const made_for_steps = {"/deploy/", "/first/", "/made/"};
    bool const rendered = std::any_of(made_for_steps.begin(), made_for_steps.end(),
                                      [&](char const* folder) { return path.starts_with(name + folder); });
    return rendered && (path.ends_with(".yaml") || path.ends_with(".digests")) ? "rendered for a step that no spec has"
                                                                               : "";
  }

  static bool may_be_alive(std::string const& name) {
    std::error_code error;
    for (auto const& entry : fs::directory_iterator(name, error))
      if (entry.path().extension() == ".ours") return true;
    return false;
  }

  /// NAME.log, NAME.previous.log, NAME.down.log ...
  bool known_log(std::string const& path) const {
    auto name = fs::path(path).filename().string();
    for (auto end = name.rfind('.'); end != name.npos; end = name.rfind('.', end - 1)) {
      name.resize(end);
      if (logs_.contains(name)) return true;
      if (end == 0) break;
    }
    return false;
  }

  static bool old(std::string const& path) {
    std::error_code error;
    auto const written = fs::last_write_time(path, error);
    return !error && fs::file_time_type::clock::now() - written > std::chrono::hours(1);
  }

  /// What stands beside a Ninja file that is not there any more.
  void companions() {
    std::error_code error;
    for (auto const& entry : fs::directory_iterator(".e2e", error)) {
      if (entry.path().extension() != ".claims") continue;
      std::string ninja;
      try {
        ninja = claim::parse(read_file(entry.path().string()).value_or("")).ninja;
      } catch (Failure const&) {
        continue;  // of another version: the next run of its Ninja file writes it anew
      }
      if (fs::exists(ninja, error)) continue;
      for (auto const* extension : {".claims", ".reads", ".rest", ".warnings", ".done", ".host.ninja",
                                    ".builddir/.ninja_log", ".builddir/.ninja_deps"}) {
        auto const path = fs::path(entry.path()).replace_extension(extension).string();
        if (auto const size = product_size(path))
          doomed_.push_back({path, *size, fmt::format("its Ninja file, {}, is gone", ninja)});
      }
    }
  }

  /// Beside what is written elsewhere than in .e2e.
  void temporaries() {
    std::error_code error;
    for (auto const& written : elsewhere_) {
      auto const folder = fs::path(written).parent_path();
      for (auto const& entry : fs::directory_iterator(folder.empty() ? "." : folder, error)) {
        auto const path = normal_path(entry.path().string());
        if (path.starts_with(normal_path(written) + ".") && is_temporary(path) && old(path))
          doomed_.push_back({path, product_size(path).value_or(0), "left by something that was killed"});
      }
    }
  }

  void logs_beyond_limit() {
    std::error_code error;
    std::vector<std::pair<fs::file_time_type, DoomedFile>> logs;
    for (auto const& entry : fs::directory_iterator(".e2e/logs", error)) {
      auto const path = entry.path().string();
      auto const size = product_size(path);
      if (size && known_log(path))
        logs.push_back({entry.last_write_time(error), {path, *size, "an old log, and there are many"}});
    }
    std::sort(logs.begin(), logs.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
    std::uint64_t sum = 0;
    for (auto& [time, log] : logs)
      if ((sum += log.bytes) > kMostLogs) doomed_.push_back(std::move(log));
  }

  std::vector<std::string>& notes_;
  std::set<std::string> kept_, logs_, environments_, unknown_alive_, elsewhere_;
  std::vector<DoomedFile> doomed_;
};

}  // namespace

std::vector<DoomedFile> doomed_files(std::vector<claim::File> const& specs, std::vector<std::string>& notes) {
  return Files(specs, notes).run();
}

}  // namespace e2e::step
