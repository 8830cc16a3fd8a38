// The JUnit reports of several shards, as one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace e2e::step {

/// For a suite that "failed" or "was interrupted" and wrote none: a report without it would look as if all were well.
std::string report_of_failure(std::string const& title, std::string_view what);

enum class Reports { all, those_there };

/// All <testsuite> elements of `reports`, in their order, below one <testsuites>, written to `into`. A report that is
/// missing or none is left out, or if all are wanted: throws Failure.
int merge_reports(std::string const& into, std::vector<std::string> const& reports, Reports which = Reports::all);

}  // namespace e2e::step
