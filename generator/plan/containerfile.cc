#include "plan/containerfile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

#include "base/text.h"
#include "base/yaml.h"

namespace e2e::plan {

namespace {

/// One instruction, its continued lines joined.
struct Instruction {
  std::string name;  // upper case
  std::string rest;
  Place place;
};

std::string upper(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string_view left_trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r"), text.size()));
  return text;
}

std::string_view right_trimmed(std::string_view text) {
  auto const last = text.find_last_not_of(" \t\r");
  return last == text.npos ? std::string_view{} : text.substr(0, last + 1);
}

std::string_view next_line(std::string_view& text) {
  auto const end = text.find('\n');
  auto const line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

/// The delimiters of the here-documents that an instruction opens: `RUN <<EOF`, `COPY <<"A" <<-B /x`.
std::vector<std::string> heredocs(std::string_view text) {
  std::vector<std::string> found;
  for (auto at = text.find("<<"); at != text.npos; at = text.find("<<", at + 2)) {
    auto rest = text.substr(at + 2);
    if (rest.starts_with('-')) rest.remove_prefix(1);
    if (!rest.empty() && (rest[0] == '"' || rest[0] == '\'')) rest.remove_prefix(1);
    std::size_t size = 0;
    while (size < rest.size() && (std::isalnum(static_cast<unsigned char>(rest[size])) || rest[size] == '_')) ++size;
    if (size > 0 && !std::isdigit(static_cast<unsigned char>(rest[0]))) found.emplace_back(rest.substr(0, size));
  }
  return found;
}

std::vector<Instruction> instructions(std::string_view text, std::int32_t file) {
  std::vector<Instruction> out;
  char escape = '\\';
  bool directives = true;
  std::int32_t number = 0;
  while (!text.empty()) {
    auto line = left_trimmed(next_line(text));
    ++number;
    if (line.starts_with('#')) {
      auto directive = left_trimmed(line.substr(1));
      if (directives && upper(directive.substr(0, 6)) == "ESCAPE" && directive.find('`') != directive.npos)
        escape = '`';
      continue;
    }
    directives = false;
    if (right_trimmed(line).empty()) continue;
    Instruction instruction;
    instruction.place = {file, number, 1, 1};
    std::string whole;
    for (;;) {
      auto part = right_trimmed(line);
      bool const goes_on = part.ends_with(escape);
      if (goes_on) part.remove_suffix(1);
      whole += part;
      if (!goes_on || text.empty()) break;
      // comments and empty lines between continued lines are passed over
      do {
        line = next_line(text);
        ++number;
      } while (!text.empty() && (left_trimmed(line).starts_with('#') || right_trimmed(line).empty()));
      if (left_trimmed(line).starts_with('#')) break;
    }
    auto const space = std::min(whole.find_first_of(" \t"), whole.size());
    instruction.name = upper(whole.substr(0, space));
    instruction.rest = std::string(left_trimmed(std::string_view(whole).substr(space)));
    if (instruction.name == "RUN" || instruction.name == "COPY" || instruction.name == "ADD")
      for (auto const& delimiter : heredocs(instruction.rest))
        while (!text.empty()) {
          ++number;
          if (auto body = next_line(text); left_trimmed(right_trimmed(body)) == delimiter) break;
        }
    out.push_back(std::move(instruction));
  }
  return out;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (quote) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      open = true;
    } else if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      open = true;
    } else if (c == ' ' || c == '\t') {
      if (open) words.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) words.push_back(std::move(word));
  return words;
}

class Parser {
 public:
  explicit Parser(std::map<std::string, std::string> const& args) : args_(args) {}

  Containerfile run(std::vector<Instruction> const& all) {
    for (auto const& instruction : all) {
      if (instruction.name == "ARG")
        arg(instruction);
      else if (instruction.name == "ENV")
        env(instruction);
      else if (instruction.name == "FROM")
        from(instruction);
      else if (instruction.name == "COPY" || instruction.name == "ADD")
        copy(instruction);
      else if (instruction.name == "RUN")
        run_mounts(instruction);
      else if (instruction.name == "ONBUILD")
        result_.sources.emplace_back(".");
    }
    auto& sources = result_.sources;
    if (std::find(sources.begin(), sources.end(), ".") != sources.end()) sources = {"."};
    std::sort(sources.begin(), sources.end());
    sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
    return std::move(result_);
  }

 private:
  /// $NAME, ${NAME}, ${NAME:-default}, ${NAME:+other}; nothing if a value isn't known before the build.
  std::optional<std::string> filled(std::string_view text) const {
    std::string out;
    while (!text.empty()) {
      if (text[0] != '$' || text.size() == 1) {
        out += text[0];
        text.remove_prefix(1);
        continue;
      }
      text.remove_prefix(1);
      std::string_view name, fallback;
      char mode = 0;
      if (text[0] == '{') {
        auto const end = text.find('}');
        if (end == text.npos) return std::nullopt;
        name = text.substr(1, end - 1);
        if (auto const colon = name.find(':'); colon != name.npos) {
          if (colon + 1 >= name.size()) return std::nullopt;
          mode = name[colon + 1];
          fallback = name.substr(colon + 2);
          name = name.substr(0, colon);
        }
        text.remove_prefix(end + 1);
      } else {
        std::size_t size = 0;
        while (size < text.size() && (std::isalnum(static_cast<unsigned char>(text[size])) || text[size] == '_'))
          ++size;
        name = text.substr(0, size);
        text.remove_prefix(size);
      }
      auto const it = values_.find(name);
      bool const set = it != values_.end() && !it->second.empty();
      if (mode == '-')
        out += set ? it->second : std::string(fallback);
      else if (mode == '+')
        out += set ? std::string(fallback) : "";
      else if (mode == 0 && it != values_.end())
        out += it->second;
      else
        return std::nullopt;
    }
    return out;
  }

  void arg(Instruction const& instruction) {
    for (auto const& word : split_words(instruction.rest)) {
      auto const equals = word.find('=');
      auto const name = word.substr(0, equals);
      if (auto const given = args_.find(name); given != args_.end())
        values_[name] = given->second;
      else if (equals != word.npos)
        if (auto const value = filled(word.substr(equals + 1))) values_[name] = *value;
    }
  }

  void env(Instruction const& instruction) {
    // a value set by ENV wins over ARG; what it is made of may come from a base image, so it counts as unknown
    for (auto const& word : split_words(instruction.rest)) values_.erase(word.substr(0, word.find('=')));
  }

  bool is_stage(std::string const& name) const {
    auto const wanted = upper(name);
    return std::any_of(result_.stages.begin(), result_.stages.end(),
                       [&](auto const& stage) { return upper(stage) == wanted; }) ||
           (!name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); }));
  }

  void base(std::string const& written, Place const& place) {
    auto const ref = filled(written);
    if (!ref || *ref == "scratch" || is_stage(*ref)) return;
    if (seen_.insert(*ref).second) result_.bases.push_back({*ref, place});
  }

  void from(Instruction const& instruction) {
    auto words = split_words(instruction.rest);
    while (!words.empty() && words[0].starts_with("--")) words.erase(words.begin());
    if (words.empty()) return;
    base(words[0], instruction.place);
    bool const named = words.size() >= 3 && upper(words[1]) == "AS";
    result_.stages.push_back(named ? words[2] : std::to_string(result_.stages.size()));
  }

  void source(std::string const& word) {
    auto const path = filled(word);
    // a name that is not UTF-8 can't stand in the claims file
    if (!path || not_utf8(*path)) {
      result_.sources.emplace_back(".");
      return;
    }
    std::string_view text = *path;
    if (text.starts_with("http://") || text.starts_with("https://") || text.starts_with("git@")) return;
    while (text.starts_with('/') || text.starts_with("./")) text.remove_prefix(text[0] == '/' ? 1 : 2);
    while (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
    result_.sources.emplace_back(text.empty() ? "." : std::string(text));
  }

  void copy(Instruction const& instruction) {
    auto rest = std::string_view(instruction.rest);
    while (rest.starts_with("--")) {
      auto const flag = rest.substr(0, std::min(rest.find_first_of(" \t"), rest.size()));
      rest = left_trimmed(rest.substr(flag.size()));
      if (flag.starts_with("--from=")) {
        base(std::string(flag.substr(7)), instruction.place);
        return;
      }
    }
    std::vector<std::string> words;
    if (rest.starts_with('[')) {
      Sources sources;
      Diagnostics ignored;
      auto const documents = yaml::parse(sources, sources.add("", std::string(rest)), ignored);
      if (documents.size() == 1)
        for (auto const& item : documents[0].items) words.push_back(item.text);
    } else {
      words = split_words(rest);
    }
    if (words.size() < 2) {
      result_.sources.emplace_back(".");
      return;
    }
    words.pop_back();
    for (auto const& word : words)
      if (!word.starts_with("<<")) source(word);
  }

  void run_mounts(Instruction const& instruction) {
    result_.runs.push_back(instruction.rest);
    auto rest = std::string_view(instruction.rest);
    while (rest.starts_with("--")) {
      auto flag = rest.substr(0, std::min(rest.find_first_of(" \t"), rest.size()));
      rest = left_trimmed(rest.substr(flag.size()));
      if (!flag.starts_with("--mount=")) continue;
      flag.remove_prefix(8);
      std::map<std::string, std::string, std::less<>> options;
      while (!flag.empty()) {
        auto const option = flag.substr(0, std::min(flag.find(','), flag.size()));
        flag.remove_prefix(std::min(option.size() + 1, flag.size()));
        auto const equals = std::min(option.find('='), option.size());
        options[std::string(option.substr(0, equals))] =
            equals < option.size() ? std::string(option.substr(equals + 1)) : "";
      }
      if (auto const from = options.find("from"); from != options.end()) {
        base(from->second, instruction.place);
      } else if (auto const type = options.find("type"); type == options.end() || type->second == "bind") {
        auto const path = options.contains("source") ? options["source"] : options["src"];
        source(path.empty() ? "." : path);
      } else if (type->second == "ssh" || type->second == "secret") {
        auto const id = options.contains("id") ? options["id"] : type->second == "ssh" ? "default" : "";
        // one that depends on a variable, or on where it is mounted, is not known here
        if (!id.empty() && id.find('$') == id.npos) result_.wanted.push_back({type->second, id, instruction.place});
      }
    }
  }

  std::map<std::string, std::string> const& args_;
  std::map<std::string, std::string, std::less<>> values_;
  std::set<std::string> seen_;
  Containerfile result_;
};

}  // namespace

Containerfile parse_containerfile(Sources const& sources, std::int32_t file,
                                  std::map<std::string, std::string> const& args) {
  return Parser(args).run(instructions(sources.text(file), file));
}

std::string normal_reference(std::string_view ref) {
  std::string text(ref);
  auto const slash = text.find('/');
  auto const domain = text.substr(0, slash);
  bool const has_domain = slash != text.npos && (domain.find_first_of(".:") != domain.npos || domain == "localhost");
  if (!has_domain) text = "localhost/" + text;
  auto const last = text.substr(text.rfind('/'));
  if (last.find(':') == last.npos && last.find('@') == last.npos) text += ":latest";
  return text;
}

}  // namespace e2e::plan
