// The JUnit reports of several shards, as one.
#pragma once

#include <string>
#include <vector>

namespace e2e::step {

enum class Reports { all, those_there };

/// All <testsuite> elements of `reports`, in their order, below one <testsuites>, written to `into`. A report that is
/// missing or none is left out, or if all are wanted: throws Failure.
int merge_reports(std::string const& into, std::vector<std::string> const& reports, Reports which = Reports::all);

}  // namespace e2e::step
