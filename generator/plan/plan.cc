#include "plan/plan.h"

namespace e2e::plan {

std::string_view transport_name(Transport transport) {
  switch (transport) {
    case Transport::layers: return "layers";
    case Transport::archive: return "archive";
    case Transport::registry: return "registry";
  }
  return "";
}

std::optional<Transport> transport_named(std::string_view name) {
  for (auto const transport : {Transport::layers, Transport::archive, Transport::registry})
    if (transport_name(transport) == name) return transport;
  return std::nullopt;
}

}  // namespace e2e::plan
