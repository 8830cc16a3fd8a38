#include "init/shell.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace e2e::init {

namespace {

constexpr std::size_t kLongest = 10'000;  // what doubles itself stays small

bool of_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

/// Where the bracket that is open before `at` is closed; the end if it is not.
std::size_t closing(std::string_view text, std::size_t at, char open, char close) {
  for (int depth = 1; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == open)
      ++depth;
    else if (text[at] == close && --depth == 0)
      return at;
  }
  return text.size();
}

/// What stands behind a '$' at `at`, which moves behind it.
std::string value(std::string_view text, std::size_t& at, Variables const& variables) {
  std::string unknown(1, kUnknown);
  if (at >= text.size()) return "$";
  if (text[at] == '(') {
    at = std::min(closing(text, at + 1, '(', ')') + 1, text.size());
    return unknown;
  }
  if (text[at] != '{') {
    auto end = at;
    while (end < text.size() && of_name(text[end])) ++end;
    if (end == at) {
      bool const special = std::string_view("@*#?!-$").find(text[at]) != std::string_view::npos;
      if (special) ++at;
      return special ? unknown : "$";
    }
    std::string const name(text.substr(at, end - at));
    at = end;
    return variables(name).value_or(unknown);
  }
  auto const end = closing(text, at + 1, '{', '}');
  auto const inner = text.substr(at + 1, end - at - 1);
  at = std::min(end + 1, text.size());
  auto const length = std::find_if_not(inner.begin(), inner.end(), of_name) - inner.begin();
  auto const name = inner.substr(0, static_cast<std::size_t>(length));
  auto rest = inner.substr(name.size());
  auto const known = variables(std::string(name));
  if (rest.empty()) return known.value_or(unknown);
  bool const colon = rest.starts_with(":-");
  if (!colon && !rest.starts_with('-')) return unknown;
  rest.remove_prefix(colon ? 2 : 1);
  return known && !(colon && known->empty()) ? *known : filled(rest, variables);
}

class Script {
 public:
  Script(std::string_view text, Variables const& variables) : text_(text), outer_(variables) {}

  std::vector<Command> run() {
    while (at_ < text_.size()) step();
    end_command();
    return std::move(out_);
  }

 private:
  void step() {
    char const c = text_[at_++];
    if (c == '\\') {
      if (at_ < text_.size() && text_[at_] != '\n') put(text_[at_]);
      ++at_;
    } else if (c == '\'') {
      auto const end = std::min(text_.find('\'', at_), text_.size());
      for (; at_ < end; ++at_) put(text_[at_]);
      in_word_ = true;
      ++at_;
    } else if (c == '"') {
      quoted();
    } else if (c == '`') {
      at_ = std::min(text_.find('`', at_), text_.size()) + 1;
      put(kUnknown);
    } else if (c == '$') {
      for (char const one : value(text_, at_, known_)) {
        if (one == ' ' || one == '\t' || one == '\n')
          end_word();
        else
          put(one);
      }
    } else if (c == '#' && !in_word_) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == ' ' || c == '\t' || c == '\r') {
      end_word();
    } else if (c == '\n') {
      end_command();
      if (!here_.empty()) skip_here();
    } else if (c == ';' || c == '&' || c == '|' || c == '(' || c == ')') {
      end_command();
    } else if (c == '<' && text_.substr(at_).starts_with('<') && !text_.substr(at_).starts_with("<<")) {
      here_document();
    } else {
      put(c);
    }
  }

  void put(char c) {
    word_ += c;
    in_word_ = true;
  }

  void quoted() {
    in_word_ = true;
    while (at_ < text_.size() && text_[at_] != '"') {
      char const c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        if (text_[at_] != '\n') word_ += text_[at_];
        ++at_;
      } else if (c == '$') {
        word_ += value(text_, at_, known_);
      } else {
        word_ += c;
      }
    }
    ++at_;
  }

  void here_document() {
    ++at_;
    if (text_.substr(at_).starts_with('-')) ++at_;
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    while (at_ < text_.size() && (of_name(text_[at_]) || text_[at_] == '\'' || text_[at_] == '"'))
      if (char const c = text_[at_++]; of_name(c)) here_ += c;
  }

  void skip_here() {
    while (at_ < text_.size()) {
      auto const end = std::min(text_.find('\n', at_), text_.size());
      auto line = text_.substr(at_, end - at_);
      line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
      at_ = std::min(end + 1, text_.size());
      if (line == here_) break;
    }
    here_.clear();
  }

  void end_word() {
    if (in_word_) words_.push_back(word_);
    word_.clear();
    in_word_ = false;
  }

  static std::size_t assignment(std::string const& word) {
    auto const equals = word.find('=');
    bool const is = equals != word.npos && equals > 0 &&
                    std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals), of_name);
    return is ? equals : 0;
  }

  void end_command() {
    end_word();
    if (words_.empty()) return;
    auto first = std::find_if(words_.begin(), words_.end(), [](auto const& word) { return assignment(word) == 0; });
    bool const declares = first == words_.begin() && (*first == "export" || *first == "local" || *first == "readonly");
    if (first == words_.end() || declares)
      for (auto const& word : words_)
        if (auto const equals = assignment(word))
          set_[word.substr(0, equals)] = word.size() < kLongest ? word.substr(equals + 1) : std::string(1, kUnknown);
    Command command;
    for (auto const& word : Words(words_.begin(), first))
      command.environment.emplace_back(word.substr(0, assignment(word)), word.substr(assignment(word) + 1));
    words_.erase(words_.begin(), first);
    command.words = std::move(words_);
    if (!command.words.empty()) out_.push_back(std::move(command));
    words_.clear();
  }

  std::string_view text_;
  Variables const& outer_;
  std::map<std::string, std::string> set_;
  Variables const known_ = [this](std::string const& name) {
    auto const it = set_.find(name);
    return it == set_.end() ? outer_(name) : it->second;
  };
  std::size_t at_ = 0;
  std::string word_, here_;
  bool in_word_ = false;
  Words words_;
  std::vector<Command> out_;
};

}  // namespace

bool is_known(std::string_view text) {
  return text.find(kUnknown) == text.npos;
}

std::string filled(std::string_view text, Variables const& variables) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (char const c = text[at++]; c == '$' && text.substr(at).starts_with('$'))
      out += text[at++];
    else if (c == '$')
      out += value(text, at, variables);
    else
      out += c;
  }
  return out;
}

std::vector<Command> shell_commands(std::string_view script, Variables const& variables) {
  return Script(script, variables).run();
}

}  // namespace e2e::init
