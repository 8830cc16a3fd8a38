// A stamp: what a claim was made of, and what came of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "claim/claim.h"
#include "step/statcache.h"

namespace e2e::step {

/// What a claim rests on, by name ("recipe", "context specs/world", "file kind.yaml", "result .e2e/images/base.stamp"),
/// so that a difference can be named.
using Key = std::map<std::string, std::string>;

/// What came of a step, by which later steps know it. There is always something: a stamp that says nothing would be
/// contradicted by nothing.
class Result {
 public:
  /// Throws Failure if there is no text.
  explicit Result(std::string text);
  std::string const& text() const { return text_; }

 private:
  std::string text_;
};

struct Stamp {
  Key key;
  Result result;
  std::map<std::string, std::string> products;  // path -> digest of its content
  std::vector<std::string> narrowed = {};       // what was added to the ignore file to tell what of the context counts
  std::map<std::string, std::string> bases = {};       // name of an image that no claim makes -> its ID
  std::optional<std::vector<std::string>> facts = {};  // what the world has to go on saying; not given: its result
};
/// The lines of the probe's answer without which a stamp does not hold.
std::vector<std::string> what_has_to_stay(Stamp const& stamp);

/// The stamp at `path`; nothing if there is none, or none that can be read: such a stamp claims nothing.
std::optional<Stamp> read_stamp(std::string const& path);
/// Renamed into place as the last act. Throws Failure, and leaves no stamp then.
void write_stamp(std::string const& path, Stamp const& stamp);
/// Of a stamp that may be true, and may not: nobody could be asked. Its step asks again, since to Ninja there is none.
std::string in_doubt(std::string const& path);
/// The stamp at `path`, or the one in doubt: what it speaks of may be there.
std::optional<Stamp> read_stamp_or_doubted(std::string const& path);
/// Also one in doubt.
void remove_stamp(std::string const& path);

/// The results that a claim rests on, by their stamps' paths. One that is missing is left out.
using Results = std::map<std::string, std::string>;
Results results_of(claim::Claim const& claim);

/// The key of a claim as the disk is now. A result that is missing is left out. What a context was narrowed to stays
/// true until one of the files that it leaves changes: an import can come from nowhere else.
Key key_of(claim::Claim const& claim, Results const& results, StatCache& cache,
           std::vector<std::string> const& narrowed);
/// How large a product is; nothing if it is not there.
std::optional<std::uint64_t> product_size(std::string const& path);
/// What a product that was just made has to be from now on: its digest. A blob is called by it, and was held against it
/// by the export; anything else is read. Nothing if it is not there.
std::optional<std::string> product_digest(std::string const& path, StatCache& cache);
/// Those products that are not what they were made as; what the cache does not know is read.
std::vector<std::string> changed_products(Stamp const& stamp, StatCache& cache);
/// Whether all products are there with the content of then; those that the cache does not know are read.
bool products_hold(claim::Claim const& claim, Stamp const& stamp, StatCache& cache);
/// Removes those products that are there with another content, unless the claim's command makes them anew whatever it
/// finds there.
void remove_damaged(claim::Claim const& claim, Stamp const& stamp, StatCache& cache);

/// The parts in which two keys differ, for people: "the files of specs/world, the command". Parts that `now` lacks
/// because a result is missing don't count.
std::vector<std::string> differences(Key const& then, Key const& now);

/// Of the lines "NAME ID" of a probe's answer, those whose name is one of `bases`, or is what podman makes of a short
/// one: "golang:1.22" is docker.io/library/golang:1.22 too.
std::map<std::string, std::string> bases_in(std::vector<std::string> const& answer,
                                            std::vector<std::string> const& bases);
/// Names that stand for another image in `now` than in `then`. One that is gone is the same when it comes back, or is
/// seen then.
std::vector<std::string> moved(std::map<std::string, std::string> const& then,
                               std::map<std::string, std::string> const& now);

/// ".e2e/env/gateway/load/redis.stamp" -> "env.gateway.load.redis": how logs and locks call it.
/// A dot of a name becomes two.
std::string flat_name(std::string stamp);
/// Held by a step while it works on that stamp.
std::string lock_file(std::string const& stamp);

/// What this workspace made, for gc: a line "RESULT NAME" for each image that a step finished. A label in the image
/// would not do: one that tells workspaces apart makes IDs differ from machine to machine, another one tells nothing.
inline constexpr char const* kLedger = ".e2e/ledger";

}  // namespace e2e::step
