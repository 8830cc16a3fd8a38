// Which images of a store, and of a cluster's nodes, gc may take away. Pure: the lists come from the templates' rules.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace e2e::step {

/// An image in the builder's store. IDs stand here without their algorithm.
struct StoredImage {
  std::string id;
  std::string parent;
  std::uint64_t bytes = 0;  // with all that it is FROM
  int containers = 0;
  std::vector<std::string> names;
};

/// From lines "ID PARENT BYTES CONTAINERS NAME...", PARENT "-" where there is none. Throws Failure for anything else.
std::vector<StoredImage> parse_inventory(std::string_view text);

/// What steps of this workspace made: ID -> names that they gave it.
using Ledger = std::map<std::string, std::set<std::string>>;
Ledger parse_ledger(std::string_view text);
std::string ledger_text(Ledger const& ledger);
std::string bare_id(std::string_view id);

struct DoomedImage {
  std::string id;
  std::vector<std::string> words;  // its names, or its ID if it has none: one removal each
  std::uint64_t bytes = 0;         // what is given back: itself without what it is FROM
  std::string why;
};

/// In an order in which they can be removed. An image goes if it is in the ledger, no stamp refers to it, no container
/// uses it, nothing that stays is FROM it, and nobody else gave it a name; and with it the nameless steps that it alone
/// was built from. With `build_cache`, so do all nameless images that were built FROM one of ours: what lets the next
/// build of a changed image skip its first steps.
std::vector<DoomedImage> doomed_images(std::vector<StoredImage> const& store, Ledger const& ledger,
                                       std::set<std::string> const& current, bool build_cache);

/// On nodes: lines "has NAME BYTES" and "uses NAME". Names are ours there by their tag, e2e-ID.
std::vector<DoomedImage> doomed_on_nodes(std::string_view inventory, std::set<std::string> const& current);

}  // namespace e2e::step
