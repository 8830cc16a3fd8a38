// The command line.
#pragma once

namespace e2e::app {

/// Exit status: 0; 1 if something is wrong with a spec, a step or the machine; 2 if the command line is; 128 + the
/// signal that ended a step.
int run(int argc, char** argv);

}  // namespace e2e::app
