#include "app/terminal.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace e2e::app {

bool colour_on_stderr() {
  auto const* no_color = std::getenv("NO_COLOR");
  auto const* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) && !(no_color && *no_color) && term && std::string_view(term) != "dumb";
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void print_error(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace e2e::app
