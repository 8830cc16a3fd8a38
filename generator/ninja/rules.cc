#include "ninja/rules.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace e2e::ninja {

namespace {

bool in_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
}

/// A logical line: "$" before a line's end continues it, and takes the next one's indentation away.
std::string next_line(std::string_view& text) {
  std::string line;
  while (!text.empty()) {
    auto const end = text.find('\n');
    auto part = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    std::size_t dollars = 0;
    while (dollars < part.size() && part[part.size() - 1 - dollars] == '$') ++dollars;
    if (dollars % 2 == 0) return line.append(part);
    part.remove_suffix(1);
    line.append(part);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  return line;
}

std::string trimmed(std::string const& text) {
  auto const first = text.find_first_not_of(' ');
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

Rules read_rules(std::string_view text) {
  Rules rules;
  std::string rule;
  while (!text.empty()) {
    // a comment is no line at all: it neither ends a rule nor goes on in the next line
    if (auto const first = text.find_first_not_of(' '); first != text.npos && text[first] == '#') {
      text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
      continue;
    }
    auto const line = next_line(text);
    auto const equals = line.find('=');
    bool const indented = line.starts_with(' ');
    if (line.starts_with("rule ") || line.starts_with("pool ")) {
      rule = line.starts_with("rule ") ? trimmed(line.substr(5)) : "";
      continue;
    }
    if (!indented) rule.clear();
    if (equals == line.npos) continue;
    auto const name = trimmed(line.substr(0, equals));
    auto const start = line.find_first_not_of(' ', equals + 1);
    auto const value = start == line.npos ? "" : line.substr(start);
    if (indented && !rule.empty() && name == "command") rules.commands[rule] = value;
    // as Ninja has it: evaluated where it stands
    if (!indented) rules.variables[name] = expand(value, rules.variables);
  }
  return rules;
}

std::string with_suffix(std::string_view text, std::string_view suffix) {
  if (suffix.empty()) return std::string(text);
  std::vector<std::string_view> lines;
  std::set<std::string, std::less<>> pools;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (lines.back().starts_with("pool ")) pools.insert(trimmed(std::string(lines.back().substr(5))));
  }
  std::string out;
  for (auto const line : lines) {
    auto const equals = line.find('=');
    bool const names = line.starts_with("rule ") || line.starts_with("pool ");
    bool const uses = line.starts_with(' ') && equals != line.npos &&
                      trimmed(std::string(line.substr(0, equals))) == "pool" &&
                      pools.contains(trimmed(std::string(line.substr(equals + 1))));
    auto const last = line.find_last_not_of(' ');
    if (names || uses)
      out.append(line.substr(0, last + 1)).append(suffix);
    else
      out.append(line);
    out += '\n';
  }
  return out;
}

std::string with_single_blanks(std::string_view command) {
  std::string out;
  char quote = '\0';
  for (std::size_t i = 0; i < command.size(); ++i) {
    char const c = command[i];
    if (c == '$') {  // Ninja's: the next one is no sign of the shell, unless it is "$" itself
      auto const both = command.substr(i++, 2);
      out.append(both);
      auto const next = i + 1 < command.size() ? command[i + 1] : '\0';
      // in quotes a substitution has quotes of its own: from here on all stays
      if (quote == '"' && both == "$$" && (next == '(' || next == '{')) return out.append(command.substr(i + 1));
      continue;
    }
    if (quote == '"' && c == '`') return out.append(command.substr(i));
    if (c == '\\' && quote != '\'' && i + 1 < command.size() && command[i + 1] != '$') {
      out.append(command.substr(i++, 2));
      continue;
    }
    if (quote == '\0' && c == ' ') {
      if (!out.empty() && i + 1 < command.size() && command[i + 1] != ' ') out += ' ';
      continue;
    }
    if (quote == '\0' && (c == '"' || c == '\''))
      quote = c;
    else if (c == quote)
      quote = '\0';
    out += c;
  }
  return out;
}

Value::Value(std::string_view written) {
  parts_.emplace_back();
  for (std::size_t i = 0; i < written.size(); ++i) {
    auto const dollar = std::min(written.find('$', i), written.size() - 1);
    parts_.back().text += written.substr(i, dollar - i);
    i = dollar;
    if (written[i] != '$' || i + 1 == written.size()) {
      parts_.back().text += written[i];
      continue;
    }
    ++i;
    std::string_view name;
    if (written[i] == '{') {
      auto const end = written.find('}', i);
      name = written.substr(i + 1, end - i - 1);
      i = end == written.npos ? written.size() : end;
    } else if (in_name(written[i])) {
      std::size_t size = 0;
      while (i + size < written.size() && in_name(written[i + size])) ++size;
      name = written.substr(i, size);
      i += size - 1;
    } else {
      parts_.back().text += written[i];  // "$$", "$ ", "$:"
      continue;
    }
    parts_.back().variable = name;
    parts_.emplace_back();
  }
}

std::string expand(std::string_view value, Variables const& variables) {
  return Value(value).with([&](std::string_view name) {
    auto const it = variables.find(name);
    return it == variables.end() ? std::string_view() : std::string_view(it->second);
  });
}

}  // namespace e2e::ninja
