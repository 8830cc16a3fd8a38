// The verb `objects` of Ninja files: asks kubectl about objects, and prints what there is to hold claims against.
#pragma once

#include <string>
#include <vector>

namespace e2e::step {

struct ObjectsOptions {
  std::vector<std::string> command;  // kubectl; a word with "{}" is given once for each file, which takes its place
  bool files = false;                // standard input names them, each with a 0 behind; what is not there is left out
  std::vector<std::string> stores;   // instead: each is asked about in its namespace, which takes the place of "{}"
  std::vector<std::string> only;     // kinds of facts; empty: all
  std::string found;                 // one more fact of each object, which somebody else found
};
/// Prints the facts (step/facts.h). Without any file, where the command wants one, there are none. What belongs to a
/// CRD that is gone is gone. Ends with 1, and says what kubectl said, if it can't tell of the others.
int objects(ObjectsOptions const& options);

}  // namespace e2e::step
