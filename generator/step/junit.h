// The JUnit reports of several shards, as one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace e2e::step {

/// For a suite that "failed" or "was interrupted" and wrote none: a report without it would look as if all were well.
std::string report_of_failure(std::string const& title, std::string_view what);

enum class Reports { all, those_there };

/// All <testsuite> elements of `reports`, in their order, below one <testsuites>, written to `into` in UTF-8. One that
/// is broken is there as an error. If all are wanted, throws Failure afterwards for those that are broken or missing.
int merge_reports(std::string const& into, std::vector<std::string> const& reports, Reports which = Reports::all);

}  // namespace e2e::step
