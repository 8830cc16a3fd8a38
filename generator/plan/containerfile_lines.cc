#include "plan/containerfile_lines.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text.h"

namespace e2e::plan {

namespace {

constexpr std::string_view kBlanks = " \t\v\f\r";

std::string upper(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

/// How many bytes of a blank begin the text; 0 if none does. Go, which trims here, knows those of Unicode as well.
std::size_t blank_at_start(std::string_view text) {
  if (text.empty()) return 0;
  if (kBlanks.find(text[0]) != kBlanks.npos) return 1;
  if (text.starts_with("\xc2\x85") || text.starts_with("\xc2\xa0")) return 2;
  if (text.size() < 3) return 0;
  auto const three = text.substr(0, 3);
  auto const last = static_cast<unsigned char>(three[2]);
  if (three.starts_with("\xe2\x80"))
    return (last >= 0x80 && last <= 0x8a) || last == 0xa8 || last == 0xa9 || last == 0xaf ? 3 : 0;
  return one_of(three, {"\xe1\x9a\x80", "\xe2\x81\x9f", "\xe3\x80\x80"}) ? 3 : 0;
}

std::string_view left_trimmed(std::string_view text) {
  while (auto const size = blank_at_start(text)) text.remove_prefix(size);
  return text;
}

std::string_view trimmed(std::string_view text) {
  text = left_trimmed(text);
  for (std::size_t size = 1; size <= std::min<std::size_t>(3, text.size());)
    if (blank_at_start(text.substr(text.size() - size)) == size) {
      text.remove_suffix(size);
      size = 1;
    } else {
      ++size;
    }
  return text;
}

bool is_blank(char c) {
  return kBlanks.find(c) != kBlanks.npos;
}

std::string first_word(std::string_view line) {
  line = left_trimmed(line);
  return upper(line.substr(0, line.find_first_of(kBlanks)));
}

bool is_instruction(std::string_view word) {
  return one_of(word, {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
                       "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"});
}

/// The lines of the file, one after the other.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool more() const { return !rest_.empty(); }
  std::int32_t number() const { return number_; }

  std::string_view next() {
    auto const end = rest_.find('\n');
    auto line = rest_.substr(0, end);
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number_;
    return line;
  }

 private:
  std::string_view rest_;
  std::int32_t number_ = 0;
};

/// Takes away what makes the next line a part of this one.
bool goes_on(std::string_view& line, char escape) {
  auto const last = line.find_last_not_of(" \t");
  if (last == line.npos || line[last] != escape) return false;
  line = line.substr(0, last);
  return true;
}

/// The flags before what an instruction is about. Here a backslash escapes, whatever the file says.
void split_flags(Instruction& instruction) {
  std::string_view text = instruction.text;
  constexpr std::string_view blanks = " \t\v\f\r\x85\xa0";  // as single bytes, even inside of a letter
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    if (!text.starts_with("--")) break;
    std::string word;
    char quote = 0;
    std::size_t i = 0;
    for (; i < text.size() && (quote || blanks.find(text[i]) == blanks.npos); ++i) {
      if (text[i] == '\\' && i + 1 < text.size())
        word += text[++i];
      else if (quote ? text[i] == quote : text[i] == '"' || text[i] == '\'')
        quote = quote ? '\0' : text[i];
      else
        word += text[i];
    }
    text.remove_prefix(i);
    if (word == "--") break;
    instruction.flags.push_back(std::move(word));
  }
  instruction.rest = trimmed(text);
}

Instruction instruction_of(std::string_view line, Place const& place) {
  line = trimmed(line);
  auto const name = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks, name.size()), line.size()));
  Instruction instruction{.name = upper(name), .text = std::string(line)};
  instruction.place = place;
  split_flags(instruction);
  return instruction;
}

struct Heredoc {
  std::string delimiter = {};
  bool tabs = false;     // <<-: they may stand before the delimiter
  bool certain = false;  // a word of its own, not inside of quotes
};

/// What could be the here-documents of an instruction: `RUN <<EOF`, `COPY <<"A" <<-B /x`.
std::vector<Heredoc> heredocs(std::string_view text) {
  std::vector<Heredoc> found;
  char quote = 0;
  bool starts = true;  // a word, but for the digits of a file descriptor
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (c == '\\' && quote != '\'') {
      ++i;
      starts = false;
      continue;
    }
    if (c == '<' && text.substr(i).starts_with("<<")) {
      Heredoc heredoc{.certain = starts && !quote};
      auto rest = text.substr(i + 2);
      if (rest.starts_with('-')) {
        heredoc.tabs = true;
        rest.remove_prefix(1);
      }
      char const own = !rest.empty() && (rest[0] == '"' || rest[0] == '\'') ? rest[0] : '\0';
      if (own) rest.remove_prefix(1);
      auto const end = own ? rest.find(own) : rest.find_first_of(" \t\v\f\r<>\"'();|&");
      heredoc.delimiter = rest.substr(0, end);
      if (own ? end == rest.npos : end != rest.npos && !is_blank(rest[end])) heredoc.certain = false;
      if (!heredoc.delimiter.empty()) found.push_back(std::move(heredoc));
      ++i;
      starts = false;
      continue;
    }
    if (quote ? c == quote : c == '"' || c == '\'') quote = quote ? '\0' : c;
    starts = !quote && (is_blank(c) || (starts && std::isdigit(static_cast<unsigned char>(c))));
  }
  return found;
}

/// Whether podman 4.3, for which the lines of a here-document are instructions, fails at its end, since no instruction
/// has that name. It might not if one has, if the body begins another stage, or if its last line goes on.
bool fails_without_heredocs(std::vector<std::string_view> const& body, std::string const& delimiter, char escape) {
  bool open = false;
  for (auto line : body) {
    if (first_word(line) == "FROM") return false;
    if (auto const start = left_trimmed(line); !start.empty() && !start.starts_with('#')) open = goes_on(line, escape);
  }
  return !open && !is_instruction(first_word(delimiter));
}

class LineReader {
 public:
  LineReader(std::string_view text, std::int32_t file) : reader_(text), file_(file) {}

  Lines run() {
    while (reader_.more()) {
      auto line = left_trimmed(reader_.next());
      if (reader_.number() == 1 && line.starts_with("\xef\xbb\xbf")) line = left_trimmed(line.substr(3));
      if (line.starts_with('#') || line.empty()) {
        directive(line);
        continue;
      }
      directives_ = Directives::over;
      instruction(line);
    }
    return std::move(lines_);
  }

 private:
  /// `# escape=`, in podman 4.3 only in the first line, for others after another directive as well.
  void directive(std::string_view line) {
    if (directives_ == Directives::over) return;
    auto const equals = line.find('=');
    bool const is_escape =
        equals != line.npos && !line.empty() && upper(trimmed(line.substr(1, equals - 1))) == "ESCAPE";
    if (is_escape) {
      char const wanted = left_trimmed(line.substr(equals + 1)).substr(0, 1) == "`" ? '`' : '\\';
      if (directives_ == Directives::first)
        lines_.escape = wanted;
      else if (wanted != lines_.escape)
        lines_.sure = false;
    }
    bool const is_directive = equals != line.npos && !line.empty();
    directives_ = is_directive ? Directives::further : Directives::over;
  }

  void instruction(std::string_view line) {
    Place const place{file_, reader_.number(), 1, 1};
    std::string whole;
    for (;;) {
      bool const more = goes_on(line, lines_.escape);
      whole += line;
      if (!more) break;
      // comments and empty lines between continued lines are passed over
      do {
        if (!reader_.more()) return add(whole, place);
        line = reader_.next();
      } while (left_trimmed(line).starts_with('#') || left_trimmed(line).empty());
    }
    add(whole, place);
  }

  void add(std::string const& whole, Place const& place) {
    auto instruction = instruction_of(whole, place);
    if (instruction.name.empty()) return;
    auto const& of = instruction.name == "ONBUILD" ? trigger_of(instruction).name : instruction.name;
    if (one_of(of, {"RUN", "COPY", "ADD"}))
      for (auto const& heredoc : heredocs(instruction.text)) skip_body(heredoc, instruction);
    lines_.instructions.push_back(std::move(instruction));
  }

  void skip_body(Heredoc const& heredoc, Instruction& instruction) {
    auto ahead = reader_;
    std::vector<std::string_view> body;
    while (ahead.more()) {
      auto line = ahead.next();
      auto shown = line;
      if (heredoc.tabs) shown.remove_prefix(std::min(shown.find_first_not_of('\t'), shown.size()));
      if (shown != heredoc.delimiter) {
        body.push_back(line);
        continue;
      }
      if (!heredoc.certain || !fails_without_heredocs(body, heredoc.delimiter, lines_.escape)) lines_.sure = false;
      if (heredoc.certain) {
        instruction.heredoc = true;
        reader_ = ahead;
      }
      return;
    }
    // One without an end is an error for whoever knows here-documents, and a word for podman 4.3.
  }

  enum class Directives { first, further, over };

  Reader reader_;
  std::int32_t file_;
  Directives directives_ = Directives::first;
  Lines lines_;
};

}  // namespace

Lines read_lines(std::string_view text, std::int32_t file) {
  return LineReader(text, file).run();
}

Instruction trigger_of(Instruction const& onbuild) {
  auto trigger = instruction_of(onbuild.text, onbuild.place);
  trigger.heredoc = onbuild.heredoc;
  return trigger;
}

std::vector<std::string> blank_separated(std::string_view text) {
  std::vector<std::string> words;
  for (text = trimmed(text); !text.empty();) {
    words.emplace_back(text.substr(0, text.find_first_of(kBlanks)));
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks, words.back().size()), text.size()));
  }
  return words;
}

std::vector<std::string> quoted_words(std::string_view text, char escape) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (c == escape && quote != '\'') {
      // one at the end is dropped
      if (i + 1 < text.size()) {
        word += c;
        word += text[++i];
      }
      continue;
    }
    if (auto const blank = quote ? 0 : blank_at_start(text.substr(i))) {
      i += blank - 1;
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
      continue;
    }
    if (quote ? c == quote : c == '"' || c == '\'') quote = quote ? '\0' : c;
    word += c;
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::map<std::string, std::string, std::less<>> mount_options(std::string_view text) {
  std::map<std::string, std::string, std::less<>> options;
  while (!text.empty()) {
    auto const option = text.substr(0, std::min(text.find(','), text.size()));
    text.remove_prefix(std::min(option.size() + 1, text.size()));
    auto const equals = std::min(option.find('='), option.size());
    auto const name = option.substr(0, equals);
    options[name == "src" ? "source" : std::string(name)] = option.substr(std::min(equals + 1, option.size()));
  }
  return options;
}

std::optional<std::vector<std::string>> json_list(std::string_view text) {
  if (!text.starts_with('[')) return std::nullopt;
  std::istringstream in{std::string(text)};
  try {
    nlohmann::json list;
    in >> list;
    return list.get<std::vector<std::string>>();
  } catch (nlohmann::json::exception const&) {
    return std::nullopt;
  }
}

}  // namespace e2e::plan
