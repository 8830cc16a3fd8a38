// What the Containerfiles of a repository say of the images that are built from them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "init/draft.h"

namespace e2e::init {

class Containerfiles {
 public:
  explicit Containerfiles(Files const& files) : files_(files) {}

  bool has_stages(std::string const& path);
  /// Without those that no ARG declares.
  void keep_declared(std::string const& path, BuildArgs& args);
  /// What is read from the Containerfile for any image of it.
  void complete(Image& image);
  /// An image of a Containerfile that serves several: an ARG without a default says which, and COPY has it in a path.
  std::optional<Image> for_service(std::string const& path, std::string const& name);

 private:
  std::string const& text_of(std::string const& path);
  bool is_there(std::string const& folder, std::string const& source) const;
  std::vector<std::string> missing(std::string const& folder, std::vector<std::string> const& sources) const;
  void context(Image& image, std::map<std::string, std::string> const& args);

  Files const& files_;
  std::map<std::string, std::string> texts_;
};

}  // namespace e2e::init
