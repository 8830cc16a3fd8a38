#include "step/ownership.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/text.h"
#include "claim/claim.h"
#include "step/world.h"

namespace e2e::step {

namespace {

std::string token() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw Failure("OpenSSL has no random numbers");
  std::string text;
  for (auto const byte : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

}  // namespace

Owner owner_of(claim::Claim const& claim) {
  auto const taken = lines_of_answer(claim.names);
  if (std::find(taken.begin(), taken.end(), claim.name) == taken.end()) return Owner::nobody;
  auto const noted = read_file(claim::owner_file(claim.stamp));
  if (!noted || lines_of(*noted).empty()) return Owner::others;
  return lines_of_answer(claim.members).empty() ? Owner::others : Owner::us;
}

void begin_owning(claim::Claim const& claim) {
  write_file(claim::owner_file(claim.stamp), token() + "\n");
}

void end_owning(claim::Claim const& claim) {
  remove_file(claim::owner_file(claim.stamp));
}

}  // namespace e2e::step
