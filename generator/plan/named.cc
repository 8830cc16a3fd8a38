// What a spec names of the objects that its manifests make.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "plan/kinds.h"
#include "plan/lookup.h"

namespace e2e::plan {

namespace {

class Named {
 public:
  Named(Lookup const& lookup, Environment const& environment, Provider const* provider,
        std::vector<Manifest> const& manifests)
      : lookup_(lookup), manifests_(manifests) {
    bool custom = false;
    for (auto const& manifest : manifests) {
      made_.insert(manifest.made.begin(), manifest.made.end());
      custom |= manifest.custom;
    }
    bool const ours = provider && provider->text.find("rule cluster_delete") != std::string::npos;
    all_known_ = ours && !custom && environment.tasks.empty();
  }

  /// `object`: KIND/NAME.
  void check(spec::Text const& text, std::string const& object, std::string const& written_ns) const {
    auto const slash = object.find('/');
    if (slash == object.npos) return;
    auto const* kind = kind_called(object.substr(0, slash));
    Made const wanted{kind ? std::string(kind->resource) : "", object.substr(slash + 1),
                      kind && kind->in_namespace ? written_ns : ""};
    // what the cluster has of itself is not looked for
    if (!kind || kind->named_later || made_.contains(wanted) || wanted.ns.starts_with("kube-") ||
        wanted.name == "kubernetes")
      return;
    std::vector<std::string> same_kind;
    for (auto const& one : made_) {
      if (one.resource != wanted.resource) continue;
      if (one.name == wanted.name) return tell(text, wanted, fmt::format("it is in the namespace '{}'", one.ns));
      same_kind.push_back(one.name);
    }
    tell(text, wanted, suggestion(wanted.name, same_kind, fmt::format("no manifest makes any {}", wanted.resource)));
  }

  /// `object`: service/NAME:PORT.
  void check_port(spec::Text const& text, std::string const& object, std::string const& port,
                  std::string const& ns) const {
    auto const slash = object.find('/');
    auto const* kind = slash == object.npos ? nullptr : kind_called(object.substr(0, slash));
    if (!kind || kind->kind != "Service") return;
    for (auto const& manifest : manifests_)
      for (auto const& service : manifest.services)
        if (service.name == object.substr(slash + 1) && service.ns == ns && !service.ports.empty() &&
            std::find(service.ports.begin(), service.ports.end(), port) == service.ports.end())
          lookup_.error(text.place, fmt::format("the Service '{}' has no port {}", service.name, port),
                        fmt::format("it has {}", join(service.ports, ", ")), {{service.place, "the Service"}});
  }

 private:
  void tell(spec::Text const& text, Made const& wanted, std::string help) const {
    auto const where = wanted.ns.empty() ? "" : fmt::format(" in the namespace '{}'", wanted.ns);
    lookup_.diagnostics.add({text.place,
                             fmt::format("no manifest makes the {} '{}'{}", wanted.resource, wanted.name, where),
                             std::move(help),
                             {},
                             all_known_ ? std::string_view() : warnings::kNoObject});
  }

  Lookup const& lookup_;
  std::vector<Manifest> const& manifests_;
  std::set<Made> made_;
  bool all_known_ = false;  // nobody else makes anything
};

}  // namespace

void check_named(Lookup const& lookup, Environment const& environment, std::size_t cluster,
                 std::vector<Manifest> const& manifests) {
  // what is missing may stand in a manifest that could not be read
  if (lookup.diagnostics.any()) return;
  Named const named(lookup, environment, environment.clusters[cluster].provider, manifests);
  auto const& document = lookup.document;
  for (std::size_t i = 0; i < document.deployments.size(); ++i) {
    if (environment.deployments[i].cluster != cluster) continue;
    auto const& deployment = document.deployments[i];
    auto const check = [&](spec::Text const& text, std::string const& object) {
      if (namespaces_of(manifests[i], object).empty())
        named.check(text, object, namespace_of(manifests[i], deployment.name_space));
    };
    for (auto const& text : deployment.ready) check(text, text.value.substr(0, text.value.find('=')));
  }
  auto const check_all = [&](std::vector<spec::Command> const& written, std::vector<Command> const& meant) {
    for (std::size_t i = 0; i < written.size(); ++i) {
      auto const& command = written[i];
      if (meant[i].clusters.empty() || meant[i].clusters.front() != cluster) continue;
      auto const ns = value(command.name_space, "default");
      if (command.pod) named.check(*command.pod, command.pod->value, ns);
      for (auto const& [name, text] : command.forward) {
        auto const colon = text.value.rfind(':');
        named.check(text, text.value.substr(0, colon), ns);
        named.check_port(text, text.value.substr(0, colon), text.value.substr(colon + 1), ns);
      }
    }
  };
  check_all(document.tasks, environment.tasks);
  check_all(document.tests, environment.suites);
}

}  // namespace e2e::plan
