// What the loader says to specs, for a test that holds the editor's schema against it. On standard output, in JSON, one
// object a line: what it is, its text, and whether the loader takes it.
//
//   verdicts FILE...     these files, with all that they include; then the example of each key of the tables, and each
//                        key with each of many values
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/yaml.h"
#include "spec/fields.h"
#include "spec/load.h"
#include "spec/read.h"

using namespace e2e;

namespace {

/// Values as they stand in a spec: good ones of each shape, and ones that are nearly good. None that a
/// parser makes the same of as of a good one, such as 010 or 0xa of 10.
constexpr std::string_view kValues[] = {
    "{x: {output: a/b}}",
    "{x: {output: /a}}",
    "{x: {output: ''}}",
    "{x: {output: a, more: b}}",
    "{x: {outputs: a}}",
    "{x: {}}",
    "x",
    "a b",
    "\"\"",
    "''",
    "",
    "null",
    "~",
    "5",
    "0",
    "-1",
    "1000",
    "1001",
    "'5'",
    "'0'",
    "'1000'",
    "'1001'",
    "'05'",
    "1.5",
    "true",
    "false",
    "'true'",
    "yes",
    "no",
    "on",
    "90s",
    "0s",
    "15m",
    "1h30m",
    "1h30m5s",
    "30m1h",
    "1h1h",
    "h",
    "1d",
    "90 s",
    "'90'",
    "168h",
    "169h",
    "604800s",
    "604801s",
    "10080m",
    "10081m",
    "0000090s",
    "00000090s",
    "-1s",
    "512m",
    "2g",
    "2G",
    "0g",
    "02g",
    "1.5g",
    "g",
    "2gb",
    "999999999999b",
    "1000000000000b",
    "missing",
    "always",
    "sometimes",
    "a/b",
    "./a",
    ".",
    "..",
    "../a",
    "./../a",
    ".//../a",
    "a/..",
    "..a",
    "a..",
    ".../a",
    "/",
    "/etc",
    "~/a",
    "\"a\\nb\"",
    "\"a\\rb\"",
    "\"\\0\"",
    "\"a\\n\"",
    "|\n            a\n            b",
    ">-\n            a\n            b",
    "${X}",
    "x${X}y",
    "$X",
    "$${",
    "[]",
    "[x]",
    "[x, y]",
    "['']",
    "[5, true, 1.5]",
    "[null]",
    "[~, x]",
    "[[x]]",
    "[{a: b}]",
    "[/etc]",
    "[a, ../b]",
    "[${X}]",
    "[\"a\\nb\"]",
    "{}",
    "{a: b}",
    "{a: 5}",
    "{a: ''}",
    "{a: null}",
    "{a: }",
    "{a: [x]}",
    "{a: {b: c}}",
    "{'': x}",
    "{\"a\\nb\": x}",
    "{a: \"x\\ny\"}",
    "{8080: 30080}",
    "{1: 65535}",
    "{0: 1}",
    "{1: 0}",
    "{1: 65536}",
    "{65536: 1}",
    "{01: 1}",
    "{1: ''}",
    "{1: '05'}",
    "{1: '5'}",
    "{1: 1.5}",
    "{1: ${X}}",
    "{\"${X}\": 1}",
    "linux/arm64",
    "linux/arm/v7",
    "linux/arm64/v8.1",
    "linux/arm64/v",
    "linux/arm64/7",
    "linux/arm46",
    "linux",
    "arm64",
    "linux/arm64/v8/x",
    "/linux/arm64",
    "linux/${X}",
    "{true: x}",
    "{a: ${X}}",
    "{a: {}}",
    "2020-01-01",
    "1:30",
    "&a x",
    "!!str 5",
    "<<",
    "=",
    "ü",
};

void print(std::string const& what, std::string const& text, bool taken) {
  fmt::print("{}\n", nlohmann::json({{"what", what}, {"text", text}, {"taken", taken}}).dump());
}

/// One file for itself: what it includes and what its variables stand for is not looked at.
bool taken(std::string const& text) {
  Sources sources;
  Diagnostics diagnostics;
  auto const documents = yaml::parse(sources, sources.add("spec.yaml", text), diagnostics);
  if (documents.size() != 1 || !documents[0].is_map()) return false;
  spec::read(documents[0], sources, diagnostics);
  return !diagnostics.any();
}

void print(std::string const& text) {
  print(text, text, taken(text));
}

/// `last` below these keys, indented.
std::string below(std::vector<std::string> const& keys, std::string const& last) {
  std::string out, indent;
  for (auto const& key : keys) {
    out += indent + key + ":\n";
    indent += "  ";
  }
  return out + indent + last + "\n";
}

void each_value(std::vector<std::string> const& where, std::string_view key) {
  for (auto const value : kValues) print(below(where, fmt::format("{}: {}", key, value)));
}

template <class T>
void each_key(std::vector<std::string> const& where, std::span<spec::Field<T> const> fields) {
  print(below(where, "no-such-key: x"));
  for (auto const& field : fields) {
    print(below(where, std::string(field.example)));
    each_value(where, field.key);
  }
}

/// What stands in a section: maps, and texts where a map should be.
template <class T>
void each_entry(std::vector<std::string> where, std::string const& section, std::span<spec::Field<T> const> fields) {
  where.push_back(section);
  each_value(where, "n");
  where.emplace_back("n");
  each_key(where, fields);
}

void each_section(std::vector<std::string> const& where) {
  each_entry(where, "images", spec::image_fields());
  each_entry(where, "deployments", spec::deployment_fields());
  auto chart = where;
  for (auto const* part : {"deployments", "n", "helm"}) chart.emplace_back(part);
  each_key(chart, spec::helm_fields());
  each_entry(where, "tasks", spec::task_fields());
  each_entry(where, "tests", spec::test_fields());
  each_entry(where, "clusters", spec::clusters_fields());
  auto cluster = where;
  cluster.emplace_back("cluster");
  each_key(cluster, spec::cluster_fields());
  print(below(where, "no-such-key: x"));
  for (auto const& section : spec::sections()) {
    print(below(where, std::string(section.example)));
    each_value(where, section.key);
  }
}

}  // namespace

int main(int count, char** arguments) {
  DiskFiles const files;
  for (int i = 1; i < count; ++i) {
    Sources sources;
    Diagnostics diagnostics;
    spec::load(arguments[i], {}, files, sources, diagnostics);
    print(arguments[i], files.read(arguments[i]).value_or(""), !diagnostics.any());
  }
  for (auto const value : kValues) print(std::string(value) + "\n");
  each_section({});
  each_section({"profiles", "p"});
  each_value({"profiles"}, "p");
  each_key({"policy"}, spec::policy_fields());
}
