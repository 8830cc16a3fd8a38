#include "app/cli.h"

int main(int argc, char** argv) {
  return e2e::app::run(argc, argv);
}
