#include "spec/profile.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "spec/fields.h"
#include "spec/variables.h"

namespace e2e::spec {

namespace {

template <class T>
void lay_over(std::optional<T>& value, std::optional<T> const& with) {
  if (with) value = with;
}

void lay_over(std::vector<Text>& value, std::vector<Text> const& with) {
  if (!with.empty()) value = with;
}

void lay_over(std::vector<Pair>& value, std::vector<Pair> const& with) {
  for (auto const& pair : with) {
    if (pair.value.unset) {
      std::erase_if(value, [&](auto const& other) { return other.name.value == pair.name.value; });
      continue;
    }
    auto const same = std::find_if(value.begin(), value.end(),
                                   [&](auto const& other) { return other.name.value == pair.name.value; });
    if (same == value.end())
      value.push_back(pair);
    else
      *same = pair;
  }
}

void lay_over(std::optional<Helm>& value, std::optional<Helm> const& with);

template <class T>
void lay_over(T& object, T const& with, std::span<Field<T> const> fields) {
  for (auto const& field : fields)
    std::visit(
        [&](auto member) {
          lay_over(object.*member, with.*member);
          if (std::any_of(with.unset.begin(), with.unset.end(),
                          [&](auto const& key) { return key.value == field.key; }))
            object.*member = {};
        },
        field.member);
  if constexpr (std::is_same_v<T, Deployment>) lay_over(object.endpoints, with.endpoints);
}

void lay_over(std::optional<Helm>& value, std::optional<Helm> const& with) {
  if (value && with)
    lay_over(*value, *with, helm_fields());
  else if (with)
    value = with;
}

template <class T>
void lay_over(std::vector<T>& objects, std::vector<T> const& with, std::span<Field<T> const> fields,
              std::string_view what, Diagnostics& diagnostics) {
  for (auto const& one : with) {
    auto const same = std::find_if(objects.begin(), objects.end(),
                                   [&](T const& other) { return other.name.value == one.name.value; });
    if (one.removed && same == objects.end()) {
      std::vector<std::string> known;
      for (auto const& object : objects) known.push_back(object.name.value);
      diagnostics.add({one.name.place,
                       fmt::format("no {} is called '{}', so none can be taken away", what, one.name.value),
                       suggestion(one.name.value, known)});
    } else if (one.removed) {
      objects.erase(same);
    } else if (same == objects.end()) {
      T fresh;
      fresh.name = one.name;
      lay_over(fresh, one, fields);
      objects.push_back(std::move(fresh));
    } else {
      lay_over(*same, one, fields);
    }
  }
}

}  // namespace

void patch(Document& document, Profile const& profile, Diagnostics& diagnostics) {
  auto const& with = profile.patch;
  lay_over(document.variables, with.variables);
  lay_over(document.images, with.images, image_fields(), "image", diagnostics);
  for (auto& image : document.images)
    if (std::any_of(with.images.begin(), with.images.end(),
                    [&](auto const& one) { return one.name.value == image.name.value; }) ||
        std::any_of(with.variables.begin(), with.variables.end(),
                    [&](auto const& one) { return mentions(image, one.name.value); }))
      image.variant += (image.variant.empty() ? "" : "+") + profile.name.value;
  lay_over(document.clusters, with.clusters, clusters_fields(), "cluster", diagnostics);
  lay_over(document.deployments, with.deployments, deployment_fields(), "deployment", diagnostics);
  lay_over(document.tasks, with.tasks, task_fields(), "task", diagnostics);
  lay_over(document.tests, with.tests, test_fields(), "test", diagnostics);
  if (!with.cluster) return;
  if (!document.cluster) document.cluster.emplace().name = with.cluster->name;
  lay_over(*document.cluster, *with.cluster, cluster_fields());
  if (with.cluster->given_name) document.cluster->name = with.cluster->name;
}

}  // namespace e2e::spec
