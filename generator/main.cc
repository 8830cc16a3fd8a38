#include <cstdio>
#include <exception>
#include <new>

#include "app/cli.h"

namespace {

/// Without memory of its own: there may be none.
int ended_by(char const* what, char const* help) {
  std::fprintf(stderr, "e2egen: %s\n  help: %s\n", what, help);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return e2e::app::run(argc, argv);
  } catch (std::bad_alloc const&) {
    return ended_by("there is not enough memory", "see `free -m`, and `ulimit -v` for what this shell may have");
  } catch (std::exception const& exception) {
    return ended_by(exception.what(), "nothing was expected to fail here: if it stays, report it");
  } catch (...) {
    return ended_by("something failed that has no name", "report it");
  }
}
