// A text, read by one of the two parsers of YAML.
#pragma once

#include <string>
#include <vector>

#include "base/yaml.h"
#include "catch.h"

namespace e2e::test {

using Parse = decltype(&yaml::parse);

struct Read {
  Sources sources;
  Diagnostics diagnostics;
  std::vector<yaml::Node> documents;

  explicit Read(std::string text, Parse parse = yaml::parse) {
    auto const file = sources.add("f.yaml", std::move(text));
    documents = parse(sources, file, diagnostics);
  }
  std::string errors() const { return diagnostics.render(sources, false); }
  yaml::Node const& root() const {
    REQUIRE(documents.size() == 1);
    return documents[0];
  }
  std::string at(yaml::Node const& node) const { return sources.name(node.place); }
};

}  // namespace e2e::test
