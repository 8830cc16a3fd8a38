#include "init/images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <tuple>

#include "base/text.h"
#include "init/bases.h"
#include "init/containerfiles.h"
#include "init/names.h"
#include "init/paths.h"
#include "init/shell.h"
#include "plan/containerfile.h"

namespace e2e::init {

namespace {

bool has_domain(std::string const& ref) {
  auto const domain = ref.substr(0, ref.find('/'));
  return domain.size() < ref.size() && (domain.find_first_of(".:") != domain.npos || domain == "localhost");
}

/// What is said of an image by those who build it.
struct Told {
  Build first;
  std::vector<std::string> refs = {};  // without tags
  std::set<std::string> names = {};
};

constexpr int kSaid = 3;

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
    name_bases(project_, out_.images);
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
    if (!containerfiles_.has_stages(build.containerfile)) return;
    auto more = build;
    containerfiles_.keep_declared(build.containerfile, more.args);
    auto* image = same_as(more);
    if (!image) {
      auto const name = name_of(build);
      out_.images.push_back({.name = free_name(name, build.target.empty() ? "" : name + "-" + build.target)});
      image = &out_.images.back();
      image->containerfile = build.containerfile;
      image->context = build.context;
      image->target = build.target;
      image->args = more.args;
      image->remarks = build.remarks;
      image->remarks.insert(image->remarks.begin(), fmt::format("from {}", build.told_by));
      told_[image->name] = {.first = build};
      containerfiles_.complete(*image);
    }
    image->made_by.insert(build.made_by.empty() ? build.told_by : build.told_by + " " + build.made_by);
    auto& told = told_[image->name];
    if (!build.name.empty()) told.names.insert(good_name(build.name));
    for (auto const& ref : build.refs)
      if (auto const bare = without_tag(ref); bare.find_first_not_of(kUnknown) != bare.npos) told.refs.push_back(bare);
  }

  /// The image that this build makes as well. Who is believed less has nothing to say on how it is made.
  Image* same_as(Build const& build) {
    Image* found = nullptr;
    for (auto& image : out_.images) {
      if (image.containerfile != build.containerfile) continue;
      auto const& first = told_.at(image.name).first;
      if (one_of(build.target, {first.target, image.target}) &&
          (first.told_by != build.told_by || agree(image.args, build.args)))
        return &image;
      if (first.authority < build.authority && !found) found = &image;
    }
    return found;
  }

  static bool agree(BuildArgs const& a, BuildArgs const& b) {
    return std::all_of(a.begin(), a.end(), [&](auto const& one) {
      return std::all_of(b.begin(), b.end(),
                         [&](auto const& other) { return one.first != other.first || one == other; });
    });
  }

  std::string name_of(Build const& build) const {
    if (!build.name.empty()) return build.name;
    for (auto const& ref : build.refs) {
      auto name = last_part(without_tag(ref));
      std::erase(name, kUnknown);
      if (good_name(name) != "unnamed") return name;
    }
    return name_of_containerfile(build.containerfile, project_);
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

  /// What manifests call the images: as those who build them do, or by a reference whose last part is the name.
  void references() {
    std::map<std::string, std::vector<std::string>> wanted;  // without their tags
    for (auto const& ref : named_)
      if (ref.find('@') == ref.npos) wanted[without_tag(ref)].push_back(ref);
    std::map<std::string, std::tuple<int, std::size_t, std::string>> best;  // by image
    for (auto const& [bare, refs] : wanted) {
      Image const* image = nullptr;
      int most = 0;
      for (auto const& one : out_.images)
        if (auto const likeness = like(one, bare); likeness > most) image = &one, most = likeness;
      if (!image) continue;
      auto& found = best[image->name];
      if (std::pair(std::get<0>(found), std::get<1>(found)) < std::pair(most, refs.size()))
        found = {most, refs.size(), bare};
    }
    for (auto& image : out_.images) {
      auto const it = best.find(image.name);
      if (it == best.end()) continue;
      auto const& bare = std::get<2>(it->second);
      auto const& ref = wanted.at(bare).front();
      image.used = true;
      if (bare != "localhost/" + image.name && ref != image.name) image.ref = bare;
      if (!has_domain(ref) && std::get<0>(it->second) < kSaid)
        image.remarks.push_back(fmt::format("the '{}' of a manifest is taken for it, not for a registry's", ref));
    }
    // what kubebuilder calls the one image of a repository
    for (auto& image : out_.images)
      if (!image.used && image.name == project_ && named_.contains("controller:latest") && !made("controller:latest")) {
        image.ref = "controller";
        image.used = true;
        image.remarks.emplace_back("the 'controller' of a manifest is taken for it");
      }
  }

  /// How much a reference without its tag looks like that of the image: kSaid if who builds it says so, 0 if not at
  /// all.
  int like(Image const& image, std::string const& bare) const {
    auto const last = last_part(bare);
    auto const told = told_.find(image.name);
    if (told != told_.end())
      for (auto const& ref : told->second.refs)
        if (ref == bare || (!is_known(ref) && last_part(ref) == last && matches(with_stars(ref), bare))) return kSaid;
    auto const is = [&](std::string const& name) {
      // what compose makes of a project and a service
      if (last.size() <= name.size() + 1 || !last.ends_with(name)) return last == name ? 2 : 0;
      auto const sign = last[last.size() - name.size() - 1];
      auto const before = last.substr(0, last.size() - name.size() - 1);
      return (sign == '-' || sign == '_') && letters(before) == letters(project_) ? 1 : 0;
    };
    int most = is(image.name);
    if (told != told_.end())
      for (auto const& name : told->second.names) most = std::max(most, is(name));
    return most;
  }

  static std::string with_stars(std::string text) {
    std::replace(text.begin(), text.end(), kUnknown, '*');
    return text;
  }

  static std::string letters(std::string text) {
    std::erase_if(text, [](unsigned char c) { return !std::isalnum(c); });
    return text;
  }

  Image const* made(std::string const& ref) const { return image_of(ref, out_.images); }
  Image const* made_for(std::string const& base) const { return image_for_base(base, out_.images); }

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

  /// What can't be built as things are.
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
    tests();
  }

  /// What stands in a folder of tests, and nobody builds or uses, is what they try something on.
  void tests() {
    std::map<std::string, std::size_t> left;  // by folder
    auto const of_tests = [&](auto const& image) {
      return !test_folder(image.containerfile, repository_.root).empty();
    };
    if (std::all_of(out_.images.begin(), out_.images.end(), of_tests)) return;
    for (bool more = true; more;) {
      more = std::erase_if(out_.images, [&](auto const& image) {
               if (image.used || image.containerfile.empty() || told_.contains(image.name) || !of_tests(image))
                 return false;
               bool const base = std::any_of(out_.images.begin(), out_.images.end(), [&](auto const& other) {
                 return std::any_of(other.bases.begin(), other.bases.end(),
                                    [&](auto const& ref) { return &other != &image && made_for(ref) == &image; });
               });
               if (!base) ++left[test_folder(image.containerfile, repository_.root)];
               return !base;
             }) > 0;
    }
    for (auto const& [folder, count] : left)
      out_.remarks.push_back(fmt::format("{}: {} Containerfile{} of tests, which nothing names or builds", folder,
                                         count, count == 1 ? "" : "s"));
  }

  Repository const& repository_;
  std::string const& project_;
  std::set<std::string> const& named_;
  std::set<std::string> const& always_;
  Files const& files_;
  Containerfiles containerfiles_;
  std::map<std::string, Told> told_;  // by image, what is said of those that something builds
  ImageChoice out_;
};

}  // namespace

ImageChoice choose_images(Repository const& repository, std::string const& name, std::set<std::string> const& named,
                          std::set<std::string> const& always, Files const& files) {
  return Chooser(repository, name, named, always, files).run();
}

}  // namespace e2e::init
