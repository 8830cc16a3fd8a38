#include "spec/profile.h"

#include <algorithm>

#include "spec/fields.h"

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
    std::visit([&](auto member) { lay_over(object.*member, with.*member); }, field.member);
}

void lay_over(std::optional<Helm>& value, std::optional<Helm> const& with) {
  if (value && with)
    lay_over(*value, *with, helm_fields());
  else if (with)
    value = with;
}

template <class T>
void lay_over(std::vector<T>& objects, std::vector<T> const& with, std::span<Field<T> const> fields) {
  for (auto const& one : with) {
    auto const same = std::find_if(objects.begin(), objects.end(),
                                   [&](T const& other) { return other.name.value == one.name.value; });
    if (same == objects.end())
      objects.push_back(one);
    else
      lay_over(*same, one, fields);
  }
}

}  // namespace

void patch(Document& document, Profile const& profile) {
  auto const& with = profile.patch;
  lay_over(document.images, with.images, image_fields());
  for (auto& image : document.images)
    if (std::any_of(with.images.begin(), with.images.end(),
                    [&](auto const& one) { return one.name.value == image.name.value; }))
      image.variant += (image.variant.empty() ? "" : "+") + profile.name.value;
  lay_over(document.deployments, with.deployments, deployment_fields());
  lay_over(document.tasks, with.tasks, task_fields());
  lay_over(document.tests, with.tests, test_fields());
  if (!with.cluster) return;
  if (document.cluster) {
    lay_over(*document.cluster, *with.cluster, cluster_fields());
    if (with.cluster->given_name) document.cluster->name = with.cluster->name;
  } else {
    document.cluster = with.cluster;
  }
}

}  // namespace e2e::spec
