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
  if (end != text->npos) return text->substr(first, end + kEnd.size() - first) + "\n";
  return text->substr(first, text->find("/>", first) + 2 - first) + "\n";
}

}  // namespace

int merge_reports(std::string const& into, std::vector<std::string> const& reports) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (auto const& report : reports) out += suites_of(report);
  write_file(into, out + "</testsuites>\n");
  return 0;
}

}  // namespace e2e::step
