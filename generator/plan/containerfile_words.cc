#include "plan/containerfile_words.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace e2e::plan {

namespace {

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

class Filler {
 public:
  Filler(std::string_view word, char escape, std::function<Known(std::string const&)> const& value)
      : rest_(word), escape_(escape), value_(value) {}

  Known run() {
    auto out = until('\0');
    return broken_ || unknown_ ? std::nullopt : Known(std::move(out));
  }

 private:
  bool at(char c) const { return !rest_.empty() && rest_[0] == c; }

  char take() {
    if (rest_.empty()) {
      broken_ = true;
      return '\0';
    }
    char const c = rest_[0];
    rest_.remove_prefix(1);
    // podman escapes by a backslash in any file, others by what the file says
    if (escape_ != '\\' && (c == '\\' || c == escape_)) broken_ = true;
    return c;
  }

  std::string until(char end) {
    std::string out;
    while (!broken_ && !rest_.empty()) {
      if (end && at(end)) {
        take();
        return out;
      }
      if (at('$')) {
        out += variable();
        continue;
      }
      switch (char const c = take()) {
        case '\'':
          while (!broken_ && !at('\'')) out += take();
          take();
          break;
        case '"': double_quoted(out); break;
        case '\\':
          // one at the end is dropped
          if (!rest_.empty()) out += take();
          break;
        default: out += c;
      }
    }
    if (end) broken_ = true;
    return out;
  }

  void double_quoted(std::string& out) {
    while (!broken_ && !at('"')) {
      if (at('$')) {
        out += variable();
        continue;
      }
      char const c = take();
      out += c == '\\' && (at('"') || at('$') || at('\\')) ? take() : c;
    }
    take();
  }

  std::string name() {
    // one digit is a name of its own
    if (!rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_[0]))) return {take()};
    std::string out;
    while (!rest_.empty() && (std::isalnum(static_cast<unsigned char>(rest_[0])) || rest_[0] == '_')) out += take();
    // letters of other alphabets belong to it as well
    if (!rest_.empty() && !is_ascii(rest_[0])) broken_ = true;
    return out;
  }

  std::string value_of(std::string const& name) {
    auto found = value_(name);
    if (!found) unknown_ = true;
    return found.value_or("");
  }

  std::string variable() {
    take();
    if (!at('{')) {
      auto const name = this->name();
      return name.empty() ? "$" : value_of(name);
    }
    take();
    auto const name = this->name();
    if (name.empty()) broken_ = true;
    if (at('}')) {
      take();
      return value_of(name);
    }
    if (take() != ':') broken_ = true;
    char const mode = take();
    if (mode != '-' && mode != '+') broken_ = true;
    auto const value = value_(name);
    // what stands here need not be known where it isn't needed
    bool const before = unknown_;
    auto const word = until('}');
    bool const takes_word = value && (mode == '-') == value->empty();
    unknown_ = before || !value || (takes_word && unknown_);
    return takes_word ? word : mode == '-' ? value.value_or("") : "";
  }

  std::string_view rest_;
  char escape_;
  std::function<Known(std::string const&)> const& value_;
  bool broken_ = false;   // nobody knows what it says
  bool unknown_ = false;  // a value isn't known
};

}  // namespace

Known filled(std::string_view word, char escape, std::function<Known(std::string const&)> const& value) {
  return Filler(word, escape, value).run();
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 6 && text.find_first_not_of("0123456789") == text.npos;
}

bool same_in_any_case(std::string_view a, std::string_view b) {
  return in_small_letters(a) == in_small_letters(b);
}

std::optional<std::string> plain_name(std::string_view word) {
  auto const name = word.substr(0, word.find('='));
  bool const plain = std::all_of(name.begin(), name.end(),
                                 [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c == '.'; });
  return plain ? std::optional<std::string>(name) : std::nullopt;
}

bool set_by_builder(std::string_view name) {
  if (one_of(name, {"PATH", "TERM", "HOME", "HOSTNAME", "container"})) return true;
  for (std::string_view const system : {"TARGET", "BUILD"})
    if (name.starts_with(system) && one_of(name.substr(system.size()), {"PLATFORM", "OS", "ARCH", "VARIANT"}))
      return true;
  for (std::string_view const upper : {"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"}) {
    if (name == upper || name == in_small_letters(upper)) return true;
  }
  return false;
}

Known Scope::value(std::string const& name) const {
  if (auto const it = env.find(name); it != env.end()) return it->second;
  if (open) return std::nullopt;
  if (auto const it = args.find(name); it != args.end()) return it->second;
  return set_by_builder(name) ? std::nullopt : Known("");
}

}  // namespace e2e::plan
