// Small things about text that more than one stage needs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace e2e {

/// Of the candidates the one that a typing mistake would turn `word` into; nothing if none is near.
std::optional<std::string> closest(std::string_view word, std::span<std::string const> candidates);
/// "did you mean 'x'?", or else "known here: a, b, c", or without candidates `otherwise`.
std::string suggestion(std::string_view word, std::span<std::string const> candidates,
                       std::string_view otherwise = "there is none at all");

/// Its lines without blanks at their ends, and without empty ones.
std::vector<std::string> lines_of(std::string_view text);
std::string join(std::span<std::string const> parts, std::string_view separator);

bool one_of(std::string_view text, std::initializer_list<std::string_view> all);

/// A set of characters, looked up at once.
class Characters {
 public:
  constexpr explicit Characters(std::string_view all) {
    for (char const c : all) has_[static_cast<unsigned char>(c)] = true;
  }
  constexpr bool has(char c) const { return has_[static_cast<unsigned char>(c)]; }

 private:
  std::array<bool, 256> has_{};
};

/// `text` with what `meaning` gives for the NAME of each ${NAME} in it; where that is nothing, it stays as it is. $${
/// is a literal ${, and of a ${ without its } the name is empty.
std::string fill_holes(std::string_view text,
                       std::function<std::optional<std::string>(std::string const& name)> const& meaning);

void replace_all(std::string& text, std::string_view from, std::string_view to);
/// Those of ASCII.
std::string in_small_letters(std::string_view text);
/// As a part of a variable's name: "order-api" is ORDER_API.
std::string as_variable(std::string_view name);

/// A word as a POSIX shell reads it back, quoted only where it must be.
std::string shell_word(std::string_view word);
std::string shell_line(std::span<std::string const> words);

/// Whether a shell can have a variable of that name.
bool is_variable_name(std::string_view text);

/// Whether the text is what the pattern says, in which * stands for anything.
bool matches(std::string_view pattern, std::string_view text);

/// The reference of an image without its ":tag" and "@digest".
std::string without_tag(std::string ref);

/// Whether a file is YAML, by its name.
bool is_yaml(std::string_view path);

/// "512 B", "1.4 kB", "132 MB": three digits at most, units of 1000, as podman has them.
std::string human_bytes(std::uint64_t bytes);

/// Where the text stops being UTF-8; nothing if it is all of it.
std::optional<std::size_t> not_utf8(std::string_view text);

/// The number of a text of digits; 0 for anything else.
int parse_port(std::string_view text);

/// Seconds of "90s", "15m", "1h30m"; nothing for anything else, and for more than a week.
std::optional<int> parse_duration(std::string_view text);

}  // namespace e2e
