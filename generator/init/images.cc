#include "init/images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "base/text.h"
#include "init/containerfiles.h"
#include "init/names.h"
#include "init/paths.h"
#include "plan/containerfile.h"

namespace e2e::init {

namespace {

bool has_domain(std::string const& ref) {
  auto const domain = ref.substr(0, ref.find('/'));
  return domain.size() < ref.size() && (domain.find_first_of(".:") != domain.npos || domain == "localhost");
}

std::string reference_of(Image const& image) {
  return !image.ref.empty() ? image.ref : !image.pulled.empty() ? image.pulled : "localhost/" + image.name;
}

class Chooser {
 public:
  Chooser(Repository const& repository, std::string const& name, std::set<std::string> const& named,
          std::set<std::string> const& always, Files const& files)
      : repository_(repository),
        project_(name),
        named_(named),
        always_(always),
        files_(files),
        containerfiles_(files) {}

  ImageChoice run() {
    for (auto const& build : repository_.builds) from_build(build);
    for (auto const& path : repository_.containerfiles) from_containerfile(path);
    references();
    from_templates();
    scripts();
    pulled();
    own_bases();
    switch_off();
    std::stable_partition(out_.images.begin(), out_.images.end(), [](auto const& one) { return one.pulled.empty(); });
    return std::move(out_);
  }

 private:
  std::string free_name(std::string const& wanted, std::string const& otherwise) const {
    std::set<std::string> taken;
    for (auto const& one : out_.images) taken.insert(one.name);
    return init::free_name(taken, wanted, otherwise);
  }

  void from_build(Build const& build) {
    auto const same = std::find_if(out_.images.begin(), out_.images.end(), [&](auto const& one) {
      return one.containerfile == build.containerfile && one.target == build.target && one.args == build.args;
    });
    if (same != out_.images.end()) return;
    if (!containerfiles_.has_stages(build.containerfile)) return;
    Image image{.name = free_name(build.name, build.name + "-" + build.target)};
    image.containerfile = build.containerfile;
    image.context = build.context;
    image.target = build.target;
    image.args = build.args;
    image.remarks = build.remarks;
    image.remarks.insert(image.remarks.begin(), fmt::format("from {}", build.told_by));
    if (!build.ref.empty()) wanted_refs_[image.name] = without_tag(build.ref);
    containerfiles_.complete(image);
    out_.images.push_back(std::move(image));
  }

  void from_containerfile(std::string const& path) {
    for (auto const& one : out_.images)
      if (one.containerfile == path) return;
    if (!containerfiles_.has_stages(path)) {
      out_.remarks.push_back(fmt::format("{}: no FROM line", path));
      return;
    }
    auto const name = name_of_containerfile(path, project_);
    Image image{.name = free_name(name, last_part(folder_of(path)) + "-" + name)};
    image.containerfile = path;
    containerfiles_.complete(image);
    out_.images.push_back(std::move(image));
  }

  /// Manifests name an image by a reference whose last part is its name.
  void references() {
    for (auto const& ref : named_) {
      if (ref.find('@') != ref.npos) continue;
      auto const bare = without_tag(ref);
      auto const image = std::find_if(out_.images.begin(), out_.images.end(), [&](auto const& one) {
        auto const wanted = wanted_refs_.find(one.name);
        return one.name == last_part(bare) || (wanted != wanted_refs_.end() && wanted->second == bare);
      });
      if (image == out_.images.end() || image->used) continue;
      image->used = true;
      if (bare != "localhost/" + image->name && ref != image->name) image->ref = bare;
      if (!has_domain(ref))
        image->remarks.push_back(fmt::format("the '{}' of a manifest is taken for it, not for a registry's", ref));
    }
    // what kubebuilder calls the one image of a repository
    for (auto& image : out_.images)
      if (!image.used && image.name == project_ && named_.contains("controller:latest") && !made("controller:latest")) {
        image.ref = "controller";
        image.used = true;
        image.remarks.emplace_back("the 'controller' of a manifest is taken for it");
      }
  }

  Image const* made(std::string const& ref) const { return image_of(ref, out_.images); }
  /// By a FROM line, where a tag counts.
  Image const* made_for(std::string const& base) const {
    auto const* image = made(base);
    return image && plan::normal_reference(reference_of(*image)) == plan::normal_reference(base) ? image : nullptr;
  }

  /// One Containerfile for several services: an ARG says which, and COPY has it in a path.
  void from_templates() {
    std::set<std::string> used;
    for (auto const& ref : named_) {
      if (made(ref)) continue;
      auto const bare = without_tag(ref);
      for (auto const& path : repository_.containerfiles)
        if (auto image = containerfiles_.for_service(path, last_part(bare));
            image && free_name(image->name, "") == image->name) {
          if (plan::normal_reference(bare) != "localhost/" + image->name + ":latest") image->ref = bare;
          image->used = true;
          out_.images.push_back(std::move(*image));
          used.insert(path);
          break;
        }
    }
    std::erase_if(out_.images,
                  [&](auto const& one) { return used.contains(one.containerfile) && one.args.empty() && !one.used; });
  }

  /// An image that is only FROMed and that no Containerfile makes: a script in a folder of its name may.
  void scripts() {
    std::set<std::string> wanted;
    for (auto const& image : out_.images)
      for (auto const& base : image.bases)
        if (base.starts_with("localhost/") && !made_for(base)) wanted.insert(base);
    for (auto const& ref : wanted)
      for (auto const& folder : repository_.folders) {
        auto const name = last_part(without_tag(ref));
        if (last_part(folder) != name || name != good_name(name) || made(ref)) continue;
        std::vector<std::string> found;
        for (auto const& file : files_.list(folder))
          if (file.ends_with(".sh")) found.push_back(file);
        if (found.size() != 1) continue;
        Image image{.name = free_name(name, "")};
        image.command = {"sh", below(folder, found[0])};
        image.sources = {folder};
        image.remarks.push_back(fmt::format(
            "a guess: FROM lines name it, and no Containerfile makes it; does {} write a tar of a root file system?",
            image.command[1]));
        if (plan::normal_reference(ref) == "localhost/" + image.name + ":latest")
          out_.images.insert(out_.images.begin(), std::move(image));
      }
  }

  static bool can_be_pulled(std::string const& ref) {
    return !ref.empty() && !ref.starts_with('-') && std::all_of(ref.begin(), ref.end(), [](unsigned char c) {
      return std::isalnum(c) || std::string_view("._-/:@+").find(static_cast<char>(c)) != std::string_view::npos;
    });
  }

  void pulled() {
    for (auto const& ref : named_) {
      if (made(ref) || ref.starts_with("localhost/")) continue;
      if (!can_be_pulled(ref)) {
        out_.remarks.push_back(fmt::format("a manifest names the image '{}', which is no reference", ref));
        continue;
      }
      if (always_.contains(ref)) {
        out_.external.push_back(ref);
        continue;
      }
      auto const bare = without_tag(ref);
      auto const tag = ref.size() > bare.size() && ref[bare.size()] == ':' ? ref.substr(bare.size() + 1) : "";
      Image image{.name = free_name(last_part(bare), last_part(bare) + "-" + tag)};
      image.pulled = ref;
      // where a node looks for it; the builder may be told of no registry at all
      if (!has_domain(ref)) {
        image.ref = ref;
        image.pulled = (ref.find('/') == ref.npos ? "docker.io/library/" : "docker.io/") + ref;
      }
      image.used = true;
      out_.images.push_back(std::move(image));
    }
  }

  /// nginx/Containerfile that is FROM nginx: the two want two references.
  void own_bases() {
    for (auto& image : out_.images)
      for (auto const& base : image.bases)
        if (image.ref.empty() && image.pulled.empty() && made_for(base) == &image) {
          image.ref = fmt::format("localhost/{}/{}", project_, image.name);
          image.remarks.push_back(
              fmt::format("it is FROM '{}': by another reference it is not taken for itself", base));
          break;
        }
  }

  /// What can't be built as things are, or what nothing names.
  void switch_off() {
    for (bool more = true; more;) {
      more = false;
      for (auto& image : out_.images) {
        if (!image.off.empty()) continue;
        for (auto const& base : image.bases) {
          auto const* from = made_for(base);
          if (!base.starts_with("localhost/") || (from && from->off.empty())) continue;
          image.off = from ? fmt::format("it is FROM {}, which is left out", base)
                           : fmt::format("it is FROM {}, and nothing here makes that", base);
          more = true;
          break;
        }
      }
    }
    if (named_.empty()) return;
    for (bool more = true; more;) {
      more = false;
      for (auto& image : out_.images) {
        if (!image.off.empty() || image.used) continue;
        bool const base = std::any_of(out_.images.begin(), out_.images.end(), [&](auto const& other) {
          return other.off.empty() && std::any_of(other.bases.begin(), other.bases.end(),
                                                  [&](auto const& ref) { return made_for(ref) == &image; });
        });
        if (base) continue;
        image.off = "no manifest names it, and no FROM line";
        more = true;
      }
    }
  }

  Repository const& repository_;
  std::string const& project_;
  std::set<std::string> const& named_;
  std::set<std::string> const& always_;
  Files const& files_;
  Containerfiles containerfiles_;
  std::map<std::string, std::string> wanted_refs_;  // of images, as compose and skaffold say it
  ImageChoice out_;
};

}  // namespace

Image const* image_of(std::string const& ref, std::vector<Image> const& images) {
  auto const normal = plan::normal_reference(ref);
  auto const bare = without_tag(ref);
  Image const* found = nullptr;
  for (auto const& image : images) {
    auto const own = reference_of(image);
    if (plan::normal_reference(own) == normal) return &image;
    if (image.pulled.empty() && own == bare && !found) found = &image;
  }
  return found;
}

ImageChoice choose_images(Repository const& repository, std::string const& name, std::set<std::string> const& named,
                          std::set<std::string> const& always, Files const& files) {
  return Chooser(repository, name, named, always, files).run();
}

}  // namespace e2e::init
