#include "step/junit.h"

#include <fmt/format.h>

#include "base/diagnostics.h"
#include "base/disk.h"

namespace e2e::step {

namespace {

/// From the first <testsuite> to the end of the last one: what is around them is a declaration and <testsuites>.
std::string suites_of(std::string const& path) {
  auto const text = read_file(path);
  if (!text) throw Failure(fmt::format("there is no report {}", path));
  auto first = text->find("<testsuite");
  if (first != text->npos && text->compare(first, 11, "<testsuites") == 0) first = text->find("<testsuite", first + 11);
  if (first == text->npos && text->find("<testsuites") != text->npos) return {};  // no test was run
  if (first == text->npos) throw Failure(fmt::format("{} is no JUnit report: it has no <testsuite>", path));
  constexpr std::string_view kEnd = "</testsuite>";
  auto const end = text->rfind(kEnd);
  auto const empty = text->find('>', first);
  if (end == text->npos && (empty == text->npos || (*text)[empty - 1] != '/'))
    throw Failure(fmt::format("{} is not whole: its <testsuite> has no end", path));
  if (end != text->npos) return text->substr(first, end + kEnd.size() - first) + "\n";
  return text->substr(first, empty + 1 - first) + "\n";
}

}  // namespace

std::string report_of_failure(std::string const& title, std::string_view what) {
  return fmt::format(
      "<testsuite name=\"{0}\" tests=\"1\" errors=\"1\"><testcase name=\"{0}\"><error message=\"it {1} and wrote no "
      "report\"/></testcase></testsuite>\n",
      title, what);
}

int merge_reports(std::string const& into, std::vector<std::string> const& reports, Reports which) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (auto const& report : reports) {
    try {
      out += suites_of(report);
    } catch (Failure const&) {
      if (which == Reports::all) throw;
    }
  }
  write_file(into, out + "</testsuites>\n");
  return 0;
}

}  // namespace e2e::step
