#include "step/junit.h"

#include "base/diagnostics.h"
#include "base/disk.h"
#include "catch.h"
#include "memory.h"

using namespace e2e;

namespace {

std::string below_one_root(std::string const& suites) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>" + suites + "</testsuites>\n";
}

/// What becomes of that report.
std::string merged(std::string const& text) {
  test::TempFolder const folder;
  write_file(folder.path("a"), text);
  step::merge_reports(folder.path("all"), {folder.path("a")});
  return read_file(folder.path("all")).value();
}

}  // namespace

TEST_CASE("reports of shards become one", "[junit]") {
  test::TempFolder const folder;
  write_file(folder.path("a"),
             "<?xml version=\"1.0\"?>\n<testsuites tests=\"1\"><testsuite "
             "name=\"a\"><testcase/></testsuite>\n<testsuite name=\"a2\"/></testsuites>\n");
  write_file(folder.path("b"), "<testsuite name=\"b\"></testsuite>");
  write_file(folder.path("c"), "<testsuites/>");
  step::merge_reports(folder.path("all"), {folder.path("a"), folder.path("b"), folder.path("c")});
  CHECK(read_file(folder.path("all")) ==
        below_one_root("<testsuite name=\"a\"><testcase/></testsuite>\n<testsuite name=\"a2\"/>\n"
                       "<testsuite name=\"b\"/>\n"));
}

TEST_CASE("a report is read as XML", "[junit]") {
  std::string const text =
      "<testsuite name=\"a &gt; b > c\" note='&quot;'>\n  <!-- <testsuite> --><testcase name=\"x\">"
      "<system-out><![CDATA[</testsuite> & ]]></system-out>&amp;&#233;</testcase>\n</testsuite>";
  auto const out = merged("<!DOCTYPE testsuites>\n<!-- <testsuite name=\"no\"> --><testsuites>" + text +
                          "</testsuites><!-- </testsuite> -->");
  CHECK(out == below_one_root("<testsuite name=\"a > b > c\" note=\"&quot;\">\n  <!-- <testsuite> "
                              "--><testcase name=\"x\"><system-out><![CDATA[</testsuite> & ]]></system-out>&amp;"
                              "\xc3\xa9</testcase>\n</testsuite>\n"));
}

TEST_CASE("a report is UTF-8, whatever it was", "[junit]") {
  auto const out = below_one_root("<testsuite name=\"\xc3\xa9\"/>\n");
  CHECK(merged("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><testsuite name=\"\xe9\"/>") == out);
  CHECK(merged("\xef\xbb\xbf<testsuite name=\"\xc3\xa9\"/>") == out);
  std::u16string wide = u"\ufeff<testsuite name=\"\u00e9\"/>";
  CHECK(merged({reinterpret_cast<char const*>(wide.data()), 2 * wide.size()}) == out);
}

TEST_CASE("a report that is broken or missing does not cost the others", "[junit]") {
  test::TempFolder const folder;
  write_file(folder.path("a"), "<testsuite name=\"a\"/>");
  auto const half = folder.path("half"), other = folder.path("other"), none = folder.path("none");
  write_file(half, "<testsuite name=\"half\"><testcase/>");
  write_file(other, "<html/>");
  auto const reports = std::vector{half, none, other, folder.path("a")};
  auto const error = [](std::string const& path, std::string const& what) {
    return "<testsuite name=\"" + path + "\" tests=\"1\" errors=\"1\"><testcase name=\"" + path +
           "\"><error message=\"" + what + "\"/></testcase></testsuite>\n";
  };
  auto const expected =
      below_one_root(error(half, "is no XML: Start-end tags mismatch at byte 33") +
                     error(other, "is no JUnit report: it has no &lt;testsuite>") + "<testsuite name=\"a\"/>\n");
  step::merge_reports(folder.path("all"), reports, step::Reports::those_there);
  CHECK(read_file(folder.path("all")) == expected);
  remove_file(folder.path("all"));
  CHECK_THROWS_WITH(step::merge_reports(folder.path("all"), reports),
                    half + " is no XML: Start-end tags mismatch at byte 33\nthere is no report " + none + "\n" + other +
                        " is no JUnit report: it has no <testsuite>");
  CHECK(read_file(folder.path("all")) == expected);
  CHECK(step::report_of_failure("test a<1>", "failed").find("name=\"test a&lt;1>\"") != std::string::npos);
}
