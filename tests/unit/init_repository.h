// A repository of strings, for the tests of init.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "catch.h"
#include "init/write.h"
#include "memory.h"
#include "spec/format.h"

namespace e2e::test {

inline std::string deployment(std::string const& name, std::string const& image, std::string const& ns = "default") {
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: " + name + "\n  namespace: " + ns +
         "\nspec:\n  template:\n    metadata: {labels: {app: " + name +
         "}}\n    spec:\n      containers:\n        - name: one\n          image: " + image + "\n";
}

/// A repository, the spec that it becomes, and what the compiler says of that.
struct Repository {
  Repository(std::initializer_list<std::pair<std::string, std::string>> files) {
    for (auto const& [path, text] : files) write(path, text);
  }

  Compiler compiler;

  void write(std::string const& path, std::string const& text) { compiler.files.write(path, text); }
  std::string spec() {
    auto const all = specs();
    REQUIRE(all.size() == 1);
    return all.front().text;
  }
  std::vector<init::WrittenSpec> specs() {
    auto const all = init::write_specs(".", "Shop", "specs/shop.yaml", compiler.files);
    for (auto const& [path, text] : all) compiler.files.write(path, text);
    for (auto const& [path, text] : all) {
      INFO(path);
      compiler.compile(path);
      CHECK(compiler.errors() == "");
      Diagnostics diagnostics;
      CHECK(spec::formatted("s", text, compiler.sources, diagnostics) == text);
    }
    for (auto const& [path, text] : all) compiler.files.remove(path);
    return all;
  }
};

}  // namespace e2e::test
