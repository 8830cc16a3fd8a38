#include "app/terminal.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace e2e::app {

namespace {

bool colour_on(int fd) {
  auto const* no_color = std::getenv("NO_COLOR");
  auto const* term = std::getenv("TERM");
  return ::isatty(fd) && !(no_color && *no_color) && term && std::string_view(term) != "dumb";
}

}  // namespace

bool colour_on_stderr() {
  return colour_on(STDERR_FILENO);
}

bool colour_on_stdout() {
  return colour_on(STDOUT_FILENO);
}

bool is_terminal() {
  return ::isatty(STDOUT_FILENO) != 0;
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void print_error(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace e2e::app
