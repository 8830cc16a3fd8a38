// The text of Makefiles: its lines, its variables and what its functions make of them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace e2e::init {

std::string_view make_trimmed(std::string_view text);
std::vector<std::string> make_words(std::string_view text);
/// Those that end in '\' are one with the next.
std::vector<std::string> make_lines(std::string_view text);

class MakeVariables {
 public:
  void set(std::string const& name, std::string const& value) { values_[name] = value; }
  /// NAME = value, and :=, ?=, +=; whether the line is one of them.
  bool assign(std::string const& line);
  /// With all variables and functions filled in, kUnknown for what is not known. `$$` becomes `$`. `evaluates`: what
  /// $(eval) has to read is the answer, in lines of its own.
  std::string expand(std::string_view text, bool evaluates = false);
  /// The value of a variable that is there and known.
  std::optional<std::string> known(std::string const& name);
  /// Of ifeq, ifneq, ifdef and ifndef. What is not known is nothing.
  bool holds(std::string const& condition);

 private:
  std::string expand(std::string_view text, int depth);
  std::string reference(std::string_view inner, int depth);
  std::string function(std::string_view name, std::string_view arguments, int depth);
  std::string variable(std::string const& name, int depth);
  /// What `make` says while these have other values.
  template <class Make>
  std::string with(std::vector<std::pair<std::string, std::string>> const& some, Make const& make);

  std::map<std::string, std::string> values_;
  std::string evaluated_;
  std::size_t left_ = 200'000;  // what may still be filled in: some define themselves
};

}  // namespace e2e::init
