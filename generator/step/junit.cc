#include "step/junit.h"

#include <fmt/format.h>

#include <optional>
#include <pugixml.hpp>
#include <sstream>

#include "base/diagnostics.h"
#include "base/disk.h"

namespace e2e::step {

namespace {

constexpr char const* kSuites = "testsuites";

/// A document of suites, each on a line of its own.
class Report {
 public:
  /// All suites below `from`, in their order. Returns whether there are any, or at least what holds them.
  bool take(pugi::xml_node const& from) {
    bool found = false;
    for (auto const& child : from.children()) {
      std::string_view const name = child.name();
      if (name == "testsuite") {
        root_.append_copy(child);
        end_line();
      } else if (name == kSuites) {
        take(child);
      } else {
        continue;
      }
      found = true;
    }
    return found;
  }

  void add_error(std::string const& suite, std::string const& message) {
    auto node = root_.append_child("testsuite");
    node.append_attribute("name") = suite.c_str();
    node.append_attribute("tests") = 1;
    node.append_attribute("errors") = 1;
    auto test = node.append_child("testcase");
    test.append_attribute("name") = suite.c_str();
    test.append_child("error").append_attribute("message") = message.c_str();
    end_line();
  }

  std::string text() const {
    std::ostringstream out;
    root_.print(out, "", pugi::format_raw, pugi::encoding_utf8);
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + out.str() + "\n";
  }

 private:
  void end_line() { root_.append_child(pugi::node_pcdata).set_value("\n"); }

  pugi::xml_document document_;
  pugi::xml_node root_ = document_.append_child(kSuites);
};

/// Adds the suites of a text to the report; says what is wrong with it if it has none to be had.
std::optional<std::string> taken(std::string const& text, Report& report) {
  pugi::xml_document document;
  // white space, comments and CDATA stay as they are
  auto const parsed = document.load_buffer(text.data(), text.size(), pugi::parse_full | pugi::parse_ws_pcdata);
  if (!parsed) return fmt::format("is no XML: {} at byte {}", parsed.description(), parsed.offset);
  if (!report.take(document)) return "is no JUnit report: it has no <testsuite>";
  return std::nullopt;
}

}  // namespace

std::string report_of_failure(std::string const& title, std::string_view what) {
  Report report;
  report.add_error(title, fmt::format("it {} and wrote no report", what));
  return report.text();
}

int merge_reports(std::string const& into, std::vector<std::string> const& reports, Reports which) {
  Report merged;
  std::string wrong;
  for (auto const& path : reports) {
    auto const text = read_file(path);
    if (!text && which == Reports::all) wrong += fmt::format("there is no report {}\n", path);
    if (!text) continue;
    if (auto const problem = taken(*text, merged)) {
      merged.add_error(path, *problem);
      wrong += fmt::format("{} {}\n", path, *problem);
    }
  }
  // first what there is: one report that is broken must not cost the others
  write_file(into, merged.text());
  if (which == Reports::all && !wrong.empty()) throw Failure(wrong.substr(0, wrong.size() - 1));
  return 0;
}

}  // namespace e2e::step
