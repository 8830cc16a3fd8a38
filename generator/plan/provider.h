// Providers are data: a template is a piece of Ninja with a header of traits ("#: trait = value").
//
//   #: role = builder | cluster | common
//   #: offers = archive ...          what a builder can hand over; a cluster's `accepts` has to name one of them
//   #: ports = LIST LIST HOST NODE   where a cluster's configuration tells which port of the machine leads to which
//   NodePort
//   #: folders = LIST LIST HOST      where it names folders of the machine: those of the workspace are made before
//   #: config = VERSION KIND         the apiVersion and kind of a cluster's configuration
//   #: apply = --force               what `kubectl apply` is told: a cluster that is ours may lose an object that can't
//   be
//                                    changed, and get it anew
//   #: tool NAME = where it comes from
//   #: words NAME = --flag={value}   how each item of the binding NAME becomes a word; {name} and {value} are holes. A
//                                    key of the spec for which a template has no words means nothing to it: an error.
//   #: retry RULE = text             a failure of RULE whose log holds the text is worth another try
//   #: hint text = meaning           what a text in a log means, for the message of a failure
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostics.h"

namespace e2e::plan {

/// One item of a list that a template turns into a word.
struct Item {
  std::string name;
  std::string value;
};

struct Provider {
  std::string name;  // "builder/podman"
  std::string text;  // the template, which goes into the output as it is
  std::string role = {};
  std::vector<std::string> offers = {}, accepts = {}, ports = {}, folders = {}, config = {}, apply = {};
  std::map<std::string, std::string> tools = {};
  std::map<std::string, std::string> compilers = {};  // the same, that only the compiler asks
  std::map<std::string, std::string> formats = {};
  std::multimap<std::string, std::string> retries = {};
  std::vector<std::pair<std::string, std::string>> hints = {};

  /// "podman"
  std::string short_name() const { return name.substr(name.rfind('/') + 1); }
  bool has_words(std::string const& binding) const { return formats.contains(binding); }
  /// The items of that binding as words, by its format. Throws Failure if there are items and no format.
  std::vector<std::string> words(std::string const& binding, std::vector<Item> const& items) const;
};

/// The rules that the compiler asks a template of that role and with those transports for; it may be without others.
std::vector<std::string> needed_rules(Provider const& provider);

/// Reads the header of a template that stands in `sources`.
Provider parse_provider(std::string name, Sources const& sources, std::int32_t file, Diagnostics& diagnostics);

}  // namespace e2e::plan
