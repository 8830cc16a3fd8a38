// What compose files and skaffold.yaml say: how images are built, and what is deployed.
#pragma once

#include <string>
#include <vector>

#include "base/disk.h"
#include "base/yaml.h"
#include "init/repository.h"

namespace e2e::init {

void read_compose(std::string const& path, std::vector<yaml::Node> const& documents, Files const& files,
                  Repository& into);
void read_skaffold(std::string const& path, std::vector<yaml::Node> const& documents, Files const& files,
                   Repository& into);

}  // namespace e2e::init
