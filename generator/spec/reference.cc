#include "spec/reference.h"

#include <fmt/format.h>

#include "base/text.h"
#include "spec/fields.h"

namespace e2e::spec {

namespace {

constexpr std::string_view kHead = R"(# The spec

Written by `e2egen reference`.

A spec is a YAML file, by custom in `specs/`. Paths are relative to the folder in which e2egen runs and never leave it;
only `include` is relative to the file it stands in. Names have small letters, digits, `-` and `.`. A list of one may be
written without the brackets; a command that is one text is for a shell. Durations have units: `90s`, `15m`, `1h30m`.

What stands in several places is written once: `&name` before a value, `*name` for all of it, and `<<: *name` in a map
brings what does not stand there. Keys of the spec that begin with `x-` mean nothing, and are a place for such values.

Editors with a YAML language server offer, describe and check the keys if they know the schema, which `e2egen schema`
prints. `docs/spec.schema.json` is a copy; the first line of a spec says where one is, relative to the spec:

```yaml
# yaml-language-server: $schema=../docs/spec.schema.json
```

```yaml
include: [datastorage.yaml]
images:
  gateway:
    containerfile: docker/gateway.Dockerfile
    context: .
cluster:
  name: gateway-e2e
  config: kind.yaml
deployments:
  gateway:
    manifests: [manifests/gateway.yaml]
    needs: [migrations]
tasks:
  migrations:
    command: [sh, migrations/migrate.sh]
    inputs: [migrations]
    needs: [postgres]
tests:
  gateway:
    command: [go, test, ./suite]
    inputs: [suite]
    needs: [gateway]
```

Not to be said, because it is read from the files themselves: which image is FROM which; which files of its context an
image is made of (what COPY, ADD and bind mounts name, less the ignore file and what e2egen writes); which images a
cluster has to have (what the manifests name by an image's `ref`); what to wait for (Deployments, StatefulSets,
DaemonSets, Jobs, CRDs, APIServices).
)";

/// The values of a shape, for people.
template <class T>
std::string value_of(Field<T> const& field) {
  if (field.choices.empty()) return std::string(shape_name(field.shape));
  return "one of " + join(field.choices, ", ");
}

template <class T>
std::string table(std::string_view title, std::span<Field<T> const> fields, std::string_view about = {}) {
  auto out = fmt::format("\n## {}\n{}", title, about);
  for (auto const& field : fields)
    out += fmt::format("\n`{}`: {}. {}\n\n```yaml\n{}\n```\n", field.key, value_of(field), field.help, field.example);
  return out;
}

/// The keys that mean something for images that come about like that, and not for all.
std::string keys_of(Way way) {
  std::vector<std::string> keys;
  for (auto const& field : image_fields())
    if (field.ways != any_way && (field.ways & way)) keys.push_back(fmt::format("`{}`", field.key));
  return join(keys, ", ");
}

std::string ways() {
  std::vector<std::string> keys;
  for (auto const& field : image_fields())
    if (field.ways == any_way) keys.push_back(fmt::format("`{}`", field.key));
  return fmt::format(
      "\nAll images have {}. One that is pulled has {} besides; one that a command makes has {}; what remains is for "
      "those "
      "that are built from a Containerfile.\n",
      join(keys, ", "), keys_of(pulled), keys_of(by_command));
}

}  // namespace

std::string reference() {
  auto out = std::string(kHead) + "\n## A spec\n";
  for (auto const& section : sections())
    out += fmt::format("\n`{}`: {}\n\n```yaml\n{}\n```\n", section.key, section.help, section.example);
  out += table("An image", image_fields(), ways());
  out += table("A cluster", cluster_fields());
  out += table("One of several clusters", clusters_fields().last(1), "\nIt has the keys of a cluster, and:\n");
  out += table("A deployment", deployment_fields());
  out += table("A Helm chart", helm_fields());
  out += table("A task, and a test", task_fields());
  out += table("A test alone", test_fields().subspan(task_fields().size()));
  out += table("A policy", policy_fields());
  return out;
}

}  // namespace e2e::spec
