#include "init/makefile_text.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "init/shell.h"

namespace e2e::init {

namespace {

constexpr int kDeepest = 30;

std::size_t closing(std::string_view text, std::size_t at, char open, char close) {
  for (int depth = 1; at < text.size(); ++at) {
    if (text[at] == open) ++depth;
    if (text[at] == close && --depth == 0) return at;
  }
  return text.size();
}

/// At the commas that stand in no brackets; `most` parts.
std::vector<std::string_view> split(std::string_view text, std::size_t most) {
  std::vector<std::string_view> out;
  int depth = 0;
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size() && out.size() + 1 < most; ++at) {
    if (text[at] == '(' || text[at] == '{') ++depth;
    if (text[at] == ')' || text[at] == '}') --depth;
    if (text[at] == ',' && depth == 0) {
      out.push_back(text.substr(from, at - from));
      from = at + 1;
    }
  }
  out.push_back(text.substr(from));
  return out;
}

std::string substituted(std::string text, std::string const& from, std::string const& to) {
  if (from.empty()) return text;
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// $(patsubst %.c,%.o,a.c)
std::string patsubst(std::string const& pattern, std::string const& to, std::string const& word) {
  auto const percent = pattern.find('%');
  if (percent == pattern.npos) return word == pattern ? to : word;
  auto const end = pattern.substr(percent + 1);
  if (word.size() < pattern.size() - 1 || !word.starts_with(pattern.substr(0, percent)) || !word.ends_with(end))
    return word;
  auto out = to;
  if (auto const at = out.find('%'); at != out.npos)
    out.replace(at, 1, word.substr(percent, word.size() - percent - end.size()));
  return out;
}

}  // namespace

std::string_view make_trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);  // npos + 1 is 0
}

std::vector<std::string> make_words(std::string_view text) {
  std::vector<std::string> out;
  for (text = make_trimmed(text); !text.empty(); text = make_trimmed(text)) {
    auto const end = std::min(text.find_first_of(" \t\r\n"), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

std::vector<std::string> make_lines(std::string_view text) {
  std::vector<std::string> out;
  bool open = false;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    bool const more = line.ends_with('\\');
    if (more) line.remove_suffix(1);
    if (open)
      out.back() += " " + std::string(make_trimmed(line));
    else
      out.emplace_back(line);
    open = more;
  }
  return out;
}

bool MakeVariables::assign(std::string const& written) {
  std::string_view line = written;
  for (std::string_view const word : {"export ", "override ", "private "})
    if (line.starts_with(word)) line = make_trimmed(line.substr(word.size()));
  auto const equals = line.find('=');
  if (equals == line.npos || equals == 0) return false;
  auto name = line.substr(0, equals);
  auto kind = '=';
  if (std::string_view(":?+!").find(name.back()) != std::string_view::npos) {
    kind = name.back();
    name.remove_suffix(1);
    while (name.ends_with(':')) name.remove_suffix(1);
  }
  name = make_trimmed(name);
  if (name.empty() || name.find_first_of(" \t:#") != name.npos) return false;
  auto value = line.substr(equals + 1);
  if (auto const comment = value.find(" #"); comment != value.npos) value = value.substr(0, comment);
  value = make_trimmed(value);
  auto const key = expand(name);
  if (kind == '?' && values_.contains(key)) return true;
  if (kind == '+')
    values_[key] += " " + std::string(value);
  else if (kind == ':')
    values_[key] = substituted(expand(value), "$", "$$");
  else
    values_[key] = kind == '!' ? std::string(1, kUnknown) : std::string(value);
  return true;
}

std::string MakeVariables::expand(std::string_view text, bool evaluates) {
  evaluated_.clear();
  auto out = expand(text, 0);
  return evaluates ? evaluated_ : out;
}

std::string MakeVariables::expand(std::string_view text, int depth) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    char const c = text[at++];
    if (c != '$' || at == text.size()) {
      out += c;
      continue;
    }
    char const next = text[at++];
    if (next == '$') {
      out += '$';
    } else if (next == '(' || next == '{') {
      auto const end = closing(text, at, next, next == '(' ? ')' : '}');
      out += reference(text.substr(at, end - at), depth + 1);
      at = std::min(end + 1, text.size());
    } else {
      out += variable(std::string(1, next), depth + 1);
    }
  }
  if (depth > 0) left_ -= std::min(left_, out.size());
  return out;
}

std::string MakeVariables::variable(std::string const& name, int depth) {
  if (one_of(name, {"CURDIR", "PWD"})) return ".";
  auto const it = values_.find(name);
  if (depth > kDeepest || left_ == 0 || it == values_.end()) return std::string(1, kUnknown);
  return expand(std::string(it->second), depth);
}

std::string MakeVariables::reference(std::string_view inner, int depth) {
  if (depth > kDeepest || left_ == 0) return std::string(1, kUnknown);
  if (auto const blank = inner.find_first_of(" \t"); blank != inner.npos)
    return function(inner.substr(0, blank), make_trimmed(inner.substr(blank)), depth);
  // $(NAME:.c=.o)
  if (auto const colon = inner.find(':'); colon != inner.npos && inner.find('=', colon) != inner.npos) {
    auto const equals = inner.find('=', colon);
    auto from = std::string(inner.substr(colon + 1, equals - colon - 1)), to = std::string(inner.substr(equals + 1));
    if (from.find('%') == from.npos) from = "%" + from, to = "%" + to;
    std::vector<std::string> words;
    for (auto const& word : make_words(variable(expand(inner.substr(0, colon), depth), depth)))
      words.push_back(patsubst(from, to, word));
    return join(words, " ");
  }
  return variable(expand(inner, depth), depth);
}

template <class Make>
std::string MakeVariables::with(std::vector<std::pair<std::string, std::string>> const& some, Make const& make) {
  std::map<std::string, std::string> before;
  for (auto const& [name, value] : some) {
    if (values_.contains(name)) before[name] = values_[name];
    values_[name] = value;
  }
  auto out = make();
  for (auto const& one : some) values_.erase(one.first);
  values_.merge(before);
  return out;
}

std::string MakeVariables::function(std::string_view name, std::string_view arguments, int depth) {
  std::string unknown(1, kUnknown);
  if (one_of(name, {"call", "foreach", "if", "or"})) {
    auto const parts = split(arguments, name == "call" ? 20 : 3);
    if (name == "if") {
      bool const yes = is_known(expand(parts[0], depth)) && !make_trimmed(expand(parts[0], depth)).empty();
      return yes && parts.size() > 1    ? expand(parts[1], depth)
             : !yes && parts.size() > 2 ? expand(parts[2], depth)
                                        : "";
    }
    if (name == "or") {
      for (auto const& part : parts)
        if (auto value = expand(make_trimmed(part), depth); !value.empty() && is_known(value)) return value;
      return unknown;
    }
    if (name == "foreach") {
      if (parts.size() < 3) return unknown;
      auto const variable = std::string(make_trimmed(parts[0]));
      std::string out;
      for (auto const& word : make_words(expand(parts[1], depth)))
        out += with({{variable, word}}, [&] { return expand(parts[2], depth); }) + " ";
      return out;
    }
    std::vector<std::pair<std::string, std::string>> numbers;
    for (std::size_t i = 1; i < parts.size(); ++i)
      numbers.emplace_back(std::to_string(i), substituted(expand(parts[i], depth), "$", "$$"));
    return with(numbers, [&] { return variable(std::string(make_trimmed(parts[0])), depth); });
  }
  if (name == "eval") {
    evaluated_ += expand(arguments, depth) + "\n";
    return "";
  }
  auto const text = expand(arguments, depth);
  if (name == "shell") return make_trimmed(text) == "pwd" ? "." : unknown;
  auto const parts = split(text, 3);
  std::vector<std::string> args(parts.begin(), parts.end());
  if (name == "strip") return join(make_words(text), " ");
  if (name == "subst" && args.size() == 3) return substituted(args[2], args[0], args[1]);
  auto words = make_words(args.back());
  if (one_of(name, {"firstword", "lastword"}))
    return words.empty() ? "" : name == "firstword" ? words.front() : words.back();
  for (auto& word : words) {
    auto const slash = word.rfind('/');
    if (name == "addprefix" && args.size() == 2)
      word = args[0] + word;
    else if (name == "addsuffix" && args.size() == 2)
      word += args[0];
    else if (name == "patsubst" && args.size() == 3)
      word = patsubst(args[0], args[1], word);
    else if (name == "notdir")
      word = word.substr(slash + 1);
    else if (name == "dir")
      word = slash == word.npos ? "./" : word.substr(0, slash + 1);
    else if (name == "basename")
      word = word.substr(0, word.rfind('.'));
    else if (!one_of(name, {"sort", "abspath", "realpath"}))
      return unknown;
  }
  return join(words, " ");
}

std::optional<std::string> MakeVariables::known(std::string const& name) {
  if (!values_.contains(name)) return std::nullopt;
  auto value = variable(name, 1);
  return is_known(value) ? std::optional(std::move(value)) : std::nullopt;
}

bool MakeVariables::holds(std::string const& condition) {
  auto const blank = std::min(condition.find_first_of(" \t("), condition.size());
  auto const kind = condition.substr(0, blank);
  auto rest = make_trimmed(std::string_view(condition).substr(blank));
  if (kind == "ifdef" || kind == "ifndef") {
    auto const value = known(std::string(rest));
    return (value && !value->empty()) == (kind == "ifdef");
  }
  if (!rest.starts_with('(') || !rest.ends_with(')')) return kind == "ifneq";
  auto const parts = split(rest.substr(1, rest.size() - 2), 2);
  if (parts.size() != 2) return false;
  auto const side = [&](auto const part) {
    auto text = std::string(make_trimmed(expand(part)));
    std::erase(text, kUnknown);
    return text;
  };
  return (side(parts[0]) == side(parts[1])) == (kind == "ifeq");
}

}  // namespace e2e::init
