// The JUnit reports of several shards, as one.
#pragma once

#include <string>
#include <vector>

namespace e2e::step {

/// All <testsuite> elements of `reports`, in their order, below one <testsuites>, written to `into`. Throws Failure if
/// a report is missing or none.
int merge_reports(std::string const& into, std::vector<std::string> const& reports);

}  // namespace e2e::step
