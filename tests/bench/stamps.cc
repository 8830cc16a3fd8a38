// For benchmarks: the stamps of a claims file as if each step had run, and a world in which all of their results are.
//
// usage: stamps CLAIMS WORLD
#include <cstdio>
#include <set>
#include <string>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/hash.h"
#include "claim/claim.h"
#include "step/stamp.h"

using namespace e2e;

int main(int argc, char** argv) try {
  if (argc != 3) return 2;
  auto const file = claim::parse(read_file(argv[1]).value_or(""));
  step::StatCache cache(".e2e/stat.cache");
  std::string world;
  std::set<std::string> done;
  for (bool more = true; more;) {
    more = false;
    for (auto const& one : file.claims) {
      auto const results = step::results_of(one);
      if (done.contains(one.stamp) || results.size() != one.stamps.size()) continue;
      auto const result =
          one.result == claim::ResultFrom::input ? results.at(one.stamps.front()) : "sha256:" + sha256(one.stamp);
      if (one.render) write_file(one.render->to, one.stamp);
      step::Stamp stamp{step::key_of(one, results, cache, {}), step::Result(result), {}};
      for (auto const& product : one.products) {
        write_file(product, one.stamp);
        stamp.products[product] = step::product_digest(product, cache).value();
      }
      step::write_stamp(one.stamp, stamp);
      world += result + "\n";
      more = done.insert(one.stamp).second;
    }
  }
  write_file(argv[2], world);
  std::printf("%zu stamps\n", done.size());
  return done.size() == file.claims.size() ? 0 : 1;
} catch (Failure const& failure) {
  std::fprintf(stderr, "%s\n", failure.what());
  return 1;
}
