// What is said to people.
#pragma once

#include <string_view>

namespace e2e::app {

/// Whether standard error is a terminal that wants colours (NO_COLOR and TERM=dumb say that it does not).
bool colour_on_stderr();
/// The same of standard output.
bool colour_on_stdout();
/// Whether standard output is a terminal.
bool is_terminal();
void print(std::string_view text);
void print_error(std::string_view text);

}  // namespace e2e::app
