#include "base/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace e2e {

namespace {

struct Paint {
  bool on;
  std::string operator()(char const* code, std::string_view text) const {
    return on ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
};

/// A very long line is shown by the stretch around the column: nobody reads 10 MB of it.
constexpr std::size_t kWidest = 160;

/// Control characters would let a spec write to the user's terminal.
std::string printable(std::string_view text) {
  std::string out;
  for (char const c : text) out += c == '\t' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return out;
}

/// Columns count bytes, a caret stands below a letter: how wide that stretch of UTF-8 is.
std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string excerpt(Sources const& sources, Place const& place, Paint const& paint) {
  auto line = sources.line(place);
  auto column = static_cast<std::size_t>(std::max(1, place.column)) - 1;
  if (line.find_first_not_of(" \t\r") == line.npos) return {};
  auto const inside = [&](std::size_t i) { return i < line.size() && letters(line.substr(i, 1)) == 0; };
  std::size_t start = column > kWidest / 2 ? column - kWidest / 2 : 0;
  while (inside(start)) ++start;
  std::size_t size = kWidest;
  while (inside(start + size)) ++size;
  line = line.substr(std::min(start, line.size()), size);
  column = std::min(column - std::min(start, column), line.size());
  auto const width = std::clamp<std::size_t>(static_cast<std::size_t>(std::max(1, place.width)), 1,
                                             std::max<std::size_t>(1, line.size() - column));
  auto const number = fmt::format("{:>5} | ", place.line);
  return fmt::format(
      "{}{}\n{:>5}   {}{}\n", paint("2", number), printable(line), "",
      std::string(letters(line.substr(0, column)), ' '),
      paint("1;31", "^" + std::string(std::max<std::size_t>(1, letters(line.substr(column, width))) - 1, '~')));
}

/// The others of that name, in a line each, as far as they are few.
std::string likewise(Sources const& sources, std::vector<Diagnostic const*> const& alike, Paint const& paint) {
  constexpr std::size_t kMost = 5;
  std::vector<std::string> lines;
  for (auto const* one : alike) {
    auto line = fmt::format("{}: {}", sources.name(one->place), printable(one->message));
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
  }
  std::string out;
  for (std::size_t i = 1; i < std::min(lines.size(), kMost + 1); ++i)
    out += fmt::format("  {} {}\n", paint("1;36", "likewise:"), lines[i]);
  if (lines.size() > kMost + 1) out += fmt::format("  and {} more\n", lines.size() - kMost - 1);
  return out;
}

}  // namespace

std::int32_t Sources::add(std::string path, std::string text) {
  File file{std::move(path), std::move(text), {0}};
  for (std::size_t i = 0; i < file.text.size(); ++i)
    if (file.text[i] == '\n') file.starts.push_back(i + 1);
  files_.push_back(std::move(file));
  return static_cast<std::int32_t>(files_.size()) - 1;
}

std::string_view Sources::line(Place const& place) const {
  if (!place.known() || place.line < 1) return {};
  auto const& file = files_.at(static_cast<std::size_t>(place.file));
  auto const index = static_cast<std::size_t>(place.line) - 1;
  if (index >= file.starts.size()) return {};
  auto const end = index + 1 < file.starts.size() ? file.starts[index + 1] - 1 : file.text.size();
  auto line = std::string_view(file.text).substr(file.starts[index], end - file.starts[index]);
  if (line.ends_with('\r')) line.remove_suffix(1);
  // columns count from behind a byte order mark
  if (index == 0 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  return line;
}

std::string Sources::name(Place const& place) const {
  if (!place.known()) return "e2egen";
  if (place.line < 1) return path(place.file);
  return fmt::format("{}:{}:{}", path(place.file), place.line, place.column);
}

std::size_t Diagnostics::count() const {
  return static_cast<std::size_t>(
      std::count_if(all_.begin(), all_.end(), [](auto const& one) { return one.warning.empty(); }));
}

std::string subject(Diagnostic const& one) {
  return printable(fmt::format("{}: {}", one.warning, one.message));
}

std::vector<std::string> Diagnostics::warnings() const {
  std::vector<std::string> out;
  for (auto const& one : all_)
    if (!one.warning.empty()) out.push_back(subject(one));
  return out;
}

std::size_t Diagnostics::drop_warnings(std::function<bool(Diagnostic const&)> const& is) {
  return std::erase_if(all_, [&](auto const& one) { return !one.warning.empty() && is(one); });
}

std::string Diagnostics::render(Sources const& sources, bool colour) const {
  Paint const paint{colour};
  auto const where = [&](Place const& place) {
    return std::tuple(place.known() ? sources.path(place.file) : "", place.line, place.column);
  };
  auto sorted = all_;
  // where something is wrong, what looks odd may come from it
  if (any()) std::erase_if(sorted, [](auto const& one) { return !one.warning.empty(); });
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](auto const& a, auto const& b) { return where(a.place) < where(b.place); });
  std::string out;
  std::set<std::string> seen;
  std::map<std::string_view, std::vector<Diagnostic const*>> alike;
  for (auto const& diagnostic : sorted)
    if (!diagnostic.warning.empty()) alike[diagnostic.warning].push_back(&diagnostic);
  for (auto const& diagnostic : sorted) {
    if (!diagnostic.warning.empty() && alike[diagnostic.warning].front() != &diagnostic) continue;
    auto text = fmt::format(
        "{}: {} {}\n{}", paint("1", sources.name(diagnostic.place)),
        diagnostic.warning.empty() ? paint("1;31", "error:") : paint("1;33", "warning:"),
        printable(diagnostic.message) + (diagnostic.warning.empty() ? "" : fmt::format(" [{}]", diagnostic.warning)),
        excerpt(sources, diagnostic.place, paint));
    for (auto const& note : diagnostic.notes)
      text += fmt::format("{}: {} {}\n{}", paint("1", sources.name(note.place)), paint("1;36", "note:"),
                          printable(note.message), excerpt(sources, note.place, paint));
    if (!diagnostic.help.empty()) text += fmt::format("  {} {}\n", paint("1;32", "help:"), printable(diagnostic.help));
    if (!diagnostic.warning.empty()) text += likewise(sources, alike[diagnostic.warning], paint);
    if (seen.insert(text).second) out += text;
  }
  return out;
}

}  // namespace e2e
