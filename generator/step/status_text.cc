#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "base/text.h"
#include "step/status.h"

namespace e2e::step {

namespace {

using nlohmann::ordered_json;

constexpr std::string_view kGreen = "\033[32m", kYellow = "\033[33m", kRed = "\033[31m", kPlain = "\033[0m";

/// So many steps are named; the others are counted.
constexpr std::size_t kMostNamed = 8;

/// "40 s", "3 min", "2 h", "5 d".
std::string human_time(double seconds) {
  constexpr double kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  auto const whole = [](double count) { return static_cast<long>(std::max(0.0, count)); };
  if (seconds < 2 * kMinute) return fmt::format("{} s", whole(seconds));
  if (seconds < 2 * kHour) return fmt::format("{} min", whole(seconds / kMinute));
  if (seconds < 2 * kDay) return fmt::format("{} h", whole(seconds / kHour));
  return fmt::format("{} d", whole(seconds / kDay));
}

/// What is said of it while it holds, and before it was done.
struct Words {
  std::string_view done, missing;
};

Words words_of(std::string const& kind) {
  if (kind == "cluster") return {"up", "not there"};
  if (kind == "deployment") return {"up", "not deployed yet"};
  if (kind == "test") return {"green", "not run yet"};
  if (kind == "image") return {"built", "not built yet"};
  return {"done", "not done yet"};
}

std::string workload_text(Workload const& one, double now) {
  auto text = fmt::format("ready {}/{}", one.ready, one.wanted);
  if (one.restarts > 0) text += fmt::format(", {} restart{}", one.restarts, one.restarts == 1 ? "" : "s");
  if (one.since > 0) text += fmt::format(", for {}", human_time(now - one.since));
  return text;
}

std::string loads_text(std::map<std::string, bool> const& loaded) {
  if (loaded.empty()) return {};
  std::vector<std::string> lacking;
  for (auto const& [place, is] : loaded)
    if (!is) lacking.push_back(place);
  if (lacking.empty()) return ", loaded";
  return loaded.size() == 1 ? ", not loaded" : fmt::format(", not loaded in {}", join(lacking, ", "));
}

/// Of a reason the first line: what the tools said stands in the next run's words.
std::string first_line(std::string const& text) {
  return text.substr(0, text.find('\n'));
}

std::string said_of(Shown const& item, double now) {
  auto const [done, missing] = words_of(item.kind);
  auto const age = item.since > 0 ? fmt::format("{} ago", human_time(now - item.since)) : "";
  std::string text;
  switch (item.state) {
    case State::holds:
    case State::rests:
      if (item.workload)
        text = workload_text(*item.workload, now);
      else
        text = fmt::format("{}{}{}", done, age.empty() ? "" : " ",
                           item.kind == "cluster" && !age.empty() ? "for " + human_time(now - item.since) : age);
      if (item.state == State::rests) text += ", rests on what is to be made anew";
      return text + loads_text(item.loaded);
    case State::missing: return std::string(missing) + loads_text(item.loaded);
    case State::failed: text = fmt::format("failed{}{}", age.empty() ? "" : " ", age); break;
    case State::doubted: text = "can't be told: " + first_line(item.why); break;
    case State::lost: text = first_line(item.why); break;
  }
  if (item.workload) text += "; " + workload_text(*item.workload, now);
  return text + loads_text(item.loaded);
}

std::string_view colour_of(State state) {
  if (state == State::holds) return kGreen;
  return state >= State::lost ? kRed : kYellow;
}

std::string table(std::vector<Shown> const& items, double now, Colours colours) {
  std::size_t kind = 0, name = 0;
  for (auto const& one : items) kind = std::max(kind, one.kind.size()), name = std::max(name, one.name.size());
  std::string text;
  for (auto const& one : items) {
    auto said = said_of(one, now);
    if (colours == Colours::yes) said = fmt::format("{}{}{}", colour_of(one.state), said, kPlain);
    text += fmt::format("  {:<{}}  {:<{}}  {}\n", one.kind, kind, one.name, name, said);
  }
  return text;
}

std::string_view heading_of(std::vector<Shown> const& shared) {
  bool const tasks = std::any_of(shared.begin(), shared.end(), [](auto const& one) { return one.kind == "task"; });
  return tasks ? "images, and tasks of this machine" : "images";
}

std::string named(std::vector<std::string> const& titles) {
  auto const shown = std::min(titles.size(), kMostNamed);
  auto const text = join(std::span(titles).first(shown), ", ");
  return shown == titles.size() ? text : fmt::format("{} and {} more", text, titles.size() - shown);
}

std::string next_text(Status const& one) {
  std::string text;
  if (one.compiles) text += "  what the compiler read has changed: it runs first, and may find more to do\n";
  if (!one.runs.empty()) text += fmt::format("  {}\n", named(one.runs));
  if (!one.perhaps.empty()) text += fmt::format("  if that comes out otherwise: {}\n", named(one.perhaps));
  return text.empty() ? "next run: nothing to do\n" : "next run:\n" + text;
}

ordered_json json_of(Shown const& item) {
  ordered_json out{{"name", item.name}, {"state", name_of(item.state)}};
  if (!item.why.empty()) out["why"] = item.why;
  if (item.since > 0) out["since"] = static_cast<long>(item.since);
  if (item.workload) {
    out["ready"] = item.workload->ready;
    out["wanted"] = item.workload->wanted;
    out["restarts"] = item.workload->restarts;
    if (item.workload->since > 0) out["pods_since"] = static_cast<long>(item.workload->since);
  }
  if (!item.loaded.empty()) out["loaded"] = item.loaded;
  return out;
}

ordered_json list_of(std::vector<Shown> const& items, std::string_view kind) {
  auto out = ordered_json::array();
  for (auto const& one : items)
    if (one.kind == kind) out.push_back(json_of(one));
  return out;
}

}  // namespace

std::string_view name_of(State state) {
  switch (state) {
    case State::holds: return "holds";
    case State::rests: return "rests";
    case State::missing: return "missing";
    case State::doubted: return "doubted";
    case State::lost: return "lost";
    case State::failed: return "failed";
  }
  return {};
}

std::string status_text(std::vector<Status> const& all, double now, Colours colours) {
  std::string text;
  for (auto const& one : all) {
    if (!text.empty()) text += '\n';
    if (all.size() > 1) text += one.ninja + "\n";
    for (auto const& place : one.places) text += place.name + "\n" + table(place.items, now, colours);
    if (!one.shared.empty()) text += std::string(heading_of(one.shared)) + "\n" + table(one.shared, now, colours);
    text += next_text(one);
  }
  return text;
}

std::string status_json(std::vector<Status> const& all) {
  ordered_json out{{"status", exit_status(all)}, {"files", ordered_json::array()}};
  for (auto const& one : all) {
    auto places = ordered_json::array();
    for (auto const& place : one.places) {
      ordered_json json{{"name", place.name}};
      auto const clusters = list_of(place.items, "cluster");
      if (!clusters.empty()) json["cluster"] = clusters.front();
      for (auto const* kind : {"deployment", "task", "test"})
        json[fmt::format("{}s", kind)] = list_of(place.items, kind);
      places.push_back(std::move(json));
    }
    out["files"].push_back({{"ninja", one.ninja},
                            {"places", std::move(places)},
                            {"images", list_of(one.shared, "image")},
                            {"tasks", list_of(one.shared, "task")},
                            {"next", {{"compiles", one.compiles}, {"runs", one.runs}, {"perhaps", one.perhaps}}}});
  }
  // what a tool said need not be UTF-8
  return out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace e2e::step
