// The instructions of a Containerfile, as its lines have them. Variables are not yet filled in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"

namespace e2e::plan {

/// One instruction, its continued lines joined.
struct Instruction {
  std::string name;                     // upper case
  std::string text = {};                // all after the name
  std::vector<std::string> flags = {};  // "--from=x", without quotes
  std::string rest = {};                // what stands after the flags
  bool heredoc = false;                 // words that begin with << are no names
  Place place = {};
};

struct Lines {
  std::vector<Instruction> instructions;
  char escape = '\\';
  /// Whether every builder reads the lines like this. podman 4.3 knows no here-documents: their bodies are
  /// instructions.
  bool sure = true;
};

/// Reads as podman does: where builders differ and it could matter, the answer is not `sure`.
Lines read_lines(std::string_view text, std::int32_t file);
/// The instruction that an ONBUILD holds.
Instruction trigger_of(Instruction const& onbuild);

/// Words between blanks; quotes mean nothing here.
std::vector<std::string> blank_separated(std::string_view text);
/// Words as ENV and ARG have them: blanks in quotes, and escaped ones, do not separate. Quotes and escapes stay.
std::vector<std::string> quoted_words(std::string_view text, char escape);
/// What a --mount says: type, source, ...; `src` is `source`.
std::map<std::string, std::string, std::less<>> mount_options(std::string_view text);
/// The strings of a JSON list; nothing if it is none. What stands after it is passed over, as podman does.
std::optional<std::vector<std::string>> json_list(std::string_view text);

}  // namespace e2e::plan
