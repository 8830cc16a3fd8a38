#include "plan/resolve.h"

#include "plan/lookup.h"

namespace e2e::plan {

Plan resolve(spec::Document const& document, std::vector<Provider> const& providers, Overrides const& overrides,
             Files const& files, Sources& sources, Diagnostics& diagnostics) {
  Plan plan;
  Lookup const lookup{document, providers, overrides, files, sources, diagnostics, plan};
  plan.common = lookup.provider("common", {});
  plan.builder = lookup.provider("builder/" + value(document.builder, "podman"), document.builder);
  resolve_images(lookup);
  resolve_environment(lookup);
  return plan;
}

}  // namespace e2e::plan
