#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/disk.h"
#include "base/order.h"
#include "base/text.h"
#include "plan/check_containerfile.h"
#include "plan/containerfile.h"
#include "plan/lookup.h"
#include "plan/reference.h"

namespace e2e::plan {

namespace {

constexpr int kBuildTimeout = 15 * 60;
constexpr int kDeepest = 50;  // images that are FROM one another

std::string folder(std::string const& path) {
  auto const slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, slash);
}

/// What makes two images one.
auto definition(Image const& i) {
  auto const pairs = [](std::vector<Item> const& items) {
    std::vector<std::pair<std::string, std::string>> out;
    for (auto const& [name, value] : items) out.emplace_back(name, value);
    return out;
  };
  return std::tuple(i.ref, i.pulled, i.prebuilt, i.containerfile, i.context, i.target, pairs(i.args), pairs(i.secrets),
                    pairs(i.volumes), i.flags, i.options, i.command, i.sources, i.go, i.kept, i.needs, i.timeout);
}

/// The images of one document. `bases` index them until they have a place in the plan.
class Images {
 public:
  explicit Images(Lookup const& lookup) : lookup_(lookup) {
    auto const& written = lookup.document.images;
    for (std::size_t i = 0; i < written.size(); ++i) {
      auto const& own = written[i].ref     ? written[i].ref->value
                        : written[i].image ? written[i].image->value
                                           : "localhost/" + written[i].name.value;
      by_reference_.emplace(normal_reference(own), i);
    }
  }

  void run() {
    images();
    bases();
    order();
    variants();
    add_to_plan();
  }

 private:
  Plan& plan() const { return lookup_.plan; }

  void images() {
    std::map<std::string, Place> refs;
    for (auto const& written : lookup_.document.images) {
      bool const named = lookup_.good_name(written.name, "an image");
      Image image;
      image.name = written.name.value;
      image.origin = written.name.place;
      image.variant = written.variant;
      image.pulled = value(written.image, "");
      image.prebuilt = value(written.prebuilt, "");
      image.ref = value(written.ref, image.is_pulled() ? image.pulled : "localhost/" + image.name);
      image.timeout = seconds(written.timeout, kBuildTimeout);
      image.expected = seconds(written.expected, 0);
      image.command = values(written.rootfs);
      image.flags = values(written.flags);
      image.needs = values(written.needs);
      for (auto const& [name, text] : written.args) image.args.push_back({name.value, text.value});
      for (auto const& [name, text] : written.secrets) image.secrets.push_back({name.value, text.value});
      for (auto const& volume : written.volumes) add_volume(volume, image);
      for (auto const& [name, text] : written.secrets) secret(name, text);
      for (auto const& flag : written.flags) one_flag(flag);
      if (written.prebuilt) foreign_reference(*written.prebuilt);
      for (auto const& [name, text] :
           {std::pair("platform", written.platform), std::pair("pull", written.pull),
            std::pair("network", written.network), std::pair("memory", written.memory), std::pair("ssh", written.ssh)})
        if (text) {
          image.options[name] = text->value;
          lookup_.worded(plan().builder, name, name, text->place);
        }
      if (written.target) lookup_.worded(plan().builder, "target", "target", written.target->place);
      if (!written.args.empty()) lookup_.worded(plan().builder, "args", "args", written.args[0].name.place);
      if (!written.secrets.empty()) lookup_.worded(plan().builder, "secrets", "secrets", written.secrets[0].name.place);
      if (!written.volumes.empty()) lookup_.worded(plan().builder, "volumes", "volumes", written.volumes[0].place);
      if (image.is_pulled()) {
        foreign_reference(*written.image);
      } else if (named || written.ref) {
        reference(written, image.ref);
      }
      if (auto const [it, fresh] = refs.emplace(normal_reference(image.ref), image.origin); !fresh)
        lookup_.error(image.origin, fmt::format("two images have the reference '{}'", image.ref),
                      "give one of them a 'ref'", {{it->second, "the other one"}});
      if (image.from_command())
        from_command(written, image);
      else if (!image.is_pulled())
        from_containerfile(written, image);
      locals_.push_back(std::move(image));
    }
  }

  void add_volume(spec::Text const& written, Image& image) {
    auto const colon = written.value.find(':');
    if (colon == std::string::npos || colon == 0) {
      lookup_.error(written.place, fmt::format("'{}' is no volume", written.value),
                    "write HOST:CONTAINER, such as .cache/go:/root/go");
      return;
    }
    auto const host = written.value.substr(0, colon);
    if (!host.starts_with('/') && !host.starts_with("~/") && !inside_workspace(host))
      lookup_.error(written.place, fmt::format("'{}' leaves the workspace", host),
                    "a folder outside of it is named from / or ~/");
    image.volumes.push_back({host, written.value.substr(colon + 1)});
  }

  /// Of the machine's home or root nobody knows here what is there.
  void secret(spec::Text const& name, spec::Text const& file) const {
    for (auto const* one : {&name, &file})
      if (one->value.find_first_of(",\"'") != std::string::npos)
        return lookup_.error(one->place, fmt::format("'{}' can't be a secret", one->value),
                             "write 'secrets: {netrc: ~/.netrc}': an id and a path, without commas and quotes");
    if (!file.value.starts_with('/') && !file.value.starts_with("~/")) lookup_.exists(file, "the file of a secret");
  }

  void one_flag(spec::Text const& flag) const {
    if (flag.value.starts_with("--ignorefile"))
      return lookup_.error(
          flag.place, "a build has the ignore file that e2egen makes of yours",
          "write yours as .dockerignore into the context, or as CONTAINERFILE.dockerignore beside the Containerfile");
    lookup_.one_flag(flag);
  }

  bool is_reference(spec::Text const& ref, std::string_view example) const {
    auto const wrong = parse_reference(ref.value).wrong;
    if (!wrong.empty())
      lookup_.error(ref.place, fmt::format("'{}' can't be an image's reference: {}", ref.value, wrong),
                    fmt::format("write it like {}", example));
    return wrong.empty();
  }

  void foreign_reference(spec::Text const& ref) const { (void)is_reference(ref, "registry.example.com/redis:7"); }

  void reference(spec::Image const& written, std::string const& ref) const {
    spec::Text const text{ref, written.ref ? written.ref->place : written.name.place};
    if (!is_reference(text, "localhost/gateway")) return;
    auto const [domain, path, tag, digest, wrong] = parse_reference(ref);
    if (!digest.empty() || !one_of(tag, {"", "latest"}))
      lookup_.error(text.place, fmt::format("the reference '{}' has a {}", ref, digest.empty() ? "tag" : "digest"),
                    "leave it out: what is deployed is tagged by what it is made of");
  }

  void from_command(spec::Image const& written, Image& image) {
    if (written.inputs.empty())
      lookup_.error(written.name.place, fmt::format("what the image '{}' is made of is not known", image.name),
                    "list the files that the command reads as 'inputs'");
    for (auto const& input : written.inputs) lookup_.some_exist(input, "an input");
    lookup_.one_word(written.rootfs);
    image.sources = paths(written.inputs);
  }

  void from_containerfile(spec::Image const& written, Image& image) {
    if (!written.containerfile) {
      lookup_.error(written.name.place, fmt::format("the image '{}' is made of nothing", image.name),
                    "give it a 'containerfile', or a 'rootfs': a command that writes a root file system");
      return;
    }
    image.containerfile = normal_path(written.containerfile->value);
    image.context = written.context ? normal_path(written.context->value) : folder(image.containerfile);
    image.target = value(written.target, "");
    // without one of its own it is the folder of the Containerfile, of which is told anyway
    if (written.context && !lookup_.files.is_folder(image.context))
      lookup_.error(written.context->place, fmt::format("no folder '{}'", image.context),
                    lookup_.instead_of(*written.context, "a build context"));
    auto const* const found = containerfile_of(locals_.size());
    if (!found) return;
    auto const& [file, parsed] = *found;
    Checked const checked{lookup_, written, image, parsed, file};
    check_policy(checked, [&](std::string const& ref) { return local(ref).has_value(); });
    check_wanted(checked);
    check_args(checked);
    check_own(checked);
    check_sources(checked);
    if (parsed.stages.empty())
      lookup_.error({file, 1, 1, 1}, "the Containerfile has no FROM line", "its first instruction is FROM");
    else if (written.target &&
             std::find(parsed.stages.begin(), parsed.stages.end(), image.target) == parsed.stages.end())
      lookup_.error(written.target->place, fmt::format("'{}' has no stage '{}'", image.containerfile, image.target),
                    suggestion(image.target, parsed.stages));
    image.sources = parsed.sources;
    image.go = paths(written.go);
    for (auto const& package : written.go)
      if (lookup_.go_package(package)) (void)in_context(package, image);
    if (!image.go.empty()) passed(written, parsed, image);
    if (!written.sources.empty()) image.sent = std::exchange(image.sources, {});
    counted(written.sources, image, image.sources);
    counted(written.beside_go, image, image.kept);
    if (image.go.empty() && !written.beside_go.empty())
      lookup_.error(written.beside_go[0].place, "'beside-go' means nothing without 'go'",
                    "name by 'sources' what counts of the context, or leave it out");
  }

  void counted(std::vector<spec::Text> const& written, Image const& image, std::vector<std::string>& into) const {
    for (auto const& source : written) {
      lookup_.exists(source, "a source");
      if (auto path = in_context(source, image)) into.push_back(std::move(*path));
    }
  }

  /// What a later stage takes of the context out of the one that compiles, Go knows nothing of.
  void passed(spec::Image const& written, Containerfile const& parsed, Image& image) const {
    for (auto const& one : parsed.passed)
      if (one.path != ".")
        image.passed.push_back(one.path);
      else if (written.beside_go.empty())
        lookup_.error(one.place, "'go' would leave out files that this line takes: all of the context may be there",
                      "copy what is needed, or name by 'beside-go' of the image what counts beside Go's own files",
                      {{written.name.place, "the image"}});
  }

  struct Read {
    std::int32_t source;
    Containerfile file;
  };

  /// The Containerfile of an image, read once; nothing while it is being read, and if there is none.
  Read const* containerfile_of(std::size_t index) {
    auto const& written = lookup_.document.images[index];
    auto const [it, fresh] = read_.try_emplace(index);
    if (!fresh || !written.containerfile) return it->second ? &*it->second : nullptr;
    auto const source = lookup_.open(*written.containerfile, kContainerfile);
    if (!source) return nullptr;
    Build build{.target = value(written.target, "")};
    for (auto const& [name, text] : written.args) build.args[name.value] = text.value;
    build.base = [&](std::string const& ref) { return inherited(ref); };
    auto const given = [&](std::initializer_list<std::string_view> names) {
      return std::any_of(written.flags.begin(), written.flags.end(), [&](auto const& flag) {
        return one_of(std::string_view(flag.value).substr(0, flag.value.find('=')), names);
      });
    };
    build.every_stage = given({"--target", "--skip-unused-stages"});
    auto file = parse_containerfile(lookup_.sources, *source, build);
    // what is said to the builder past the spec is not read here
    if (given({"--target", "--build-arg", "--build-arg-file", "--from", "-f", "--file", "--build-context"}))
      file.sources = {"."};
    it->second = Read{*source, std::move(file)};
    return &*it->second;
  }

  /// What an image passes on to those that are FROM it. One that a command makes has files and nothing else; of one
  /// that is pulled nothing is known.
  Inherited inherited(std::string const& ref) {
    if (auto const index = local(ref)) {
      auto const& written = lookup_.document.images[*index];
      if (!written.rootfs.empty()) return {};
      // each of these is read within the reading of another one: further away it counts as one from elsewhere
      bool const far = depth_ == kDeepest && !read_.contains(*index);
      ++depth_;
      auto const* const found = written.image || written.prebuilt || far ? nullptr : containerfile_of(*index);
      --depth_;
      return found ? found->file.inherited : Inherited{.open = true};
    }
    Inherited unknown{.open = true};
    // golang:onbuild and the like copy whatever there is
    if (ref.find("onbuild") != ref.npos) unknown.triggers.push_back({.name = "COPY", .rest = ". /"});
    return unknown;
  }

  /// The path as the context has it.
  std::optional<std::string> in_context(spec::Text const& written, Image const& image) const {
    auto const path = normal_path(written.value);
    if (image.context == ".") return path;
    if (path == image.context) return ".";
    if (path.starts_with(image.context + "/")) return path.substr(image.context.size() + 1);
    lookup_.error(written.place, fmt::format("'{}' is outside of the context '{}'", path, image.context),
                  "a build sees only what is in its context");
    return std::nullopt;
  }

  /// The image of this document that a FROM line means.
  std::optional<std::size_t> local(std::string const& ref) const {
    auto const it = by_reference_.find(normal_reference(ref));
    return it == by_reference_.end() ? std::nullopt : std::optional(it->second);
  }

  std::vector<std::string> refs() const {
    std::vector<std::string> out;
    for (auto const& image : locals_) out.push_back(image.ref);
    return out;
  }

  void bases() {
    for (auto const& [index, read] : read_) {
      if (!read) continue;
      for (auto const& base : read->file.bases) {
        auto const image = local(base.ref);
        if (image && !(base.or_stage && *image == index)) {
          lookup_.worded(plan().builder, "bases", "FROM another image", base.place);
          locals_[index].bases.push_back({base.ref, ImageId{static_cast<std::uint32_t>(*image)}});
        } else if (base.or_stage)
          continue;
        else if (base.ref.starts_with("localhost/"))
          lookup_.error(base.place, fmt::format("no image of the spec is '{}'", base.ref), suggestion(base.ref, refs()),
                        {{locals_[index].origin, "needed by this image"}});
        else if (base.ref.find('@') == base.ref.npos && !not_utf8(base.ref))
          locals_[index].foreign_bases.push_back(base.ref);
      }
    }
  }

  /// `FROM golang` in the image of that name most likely means another one.
  std::string library_of(std::size_t index) const {
    for (auto const& base : locals_[index].bases)
      if (static_cast<std::size_t>(base.image) == index && base.ref.find('/') == base.ref.npos)
        return fmt::format(". If the one of Docker Hub is meant: docker.io/library/{}", base.ref);
    return {};
  }

  /// Puts them in the order of their FROM lines. A circle is told here, where the FROM lines are known.
  void order() {
    auto found = in_order(locals_.size(), [&](std::size_t index) {
      std::vector<std::size_t> bases;
      for (auto const& base : locals_[index].bases) bases.push_back(static_cast<std::size_t>(base.image));
      return bases;
    });
    for (auto const& circle : found.circles) {
      std::vector<std::string> names;
      for (auto const index : circle) names.push_back(locals_[index].name);
      lookup_.error(
          locals_[circle.front()].origin, fmt::format("the image '{}' is FROM itself", names.front()),
          fmt::format("the FROM lines go round in a circle: {} -> {}; one has to name another image{}",
                      join(names, " -> "), names.front(), circle.size() == 1 ? library_of(circle.front()) : ""));
    }
    order_ = std::move(found.order);
  }

  /// What is FROM a changed image is another image too.
  void variants() {
    for (auto const index : order_)
      for (auto const& base : locals_[index].bases)
        if (locals_[index].variant.empty())
          locals_[index].variant = locals_[static_cast<std::size_t>(base.image)].variant;
  }

  void add_to_plan() {
    std::map<std::pair<std::string, std::string>, std::size_t> there;
    auto& images = plan().images;
    for (std::size_t i = 0; i < images.size(); ++i) there.emplace(std::pair(images[i].name, images[i].variant), i);
    std::vector<std::size_t> fresh;
    for (std::size_t i = 0; i < locals_.size(); ++i) {
      auto const& image = locals_[i];
      auto const [it, is_fresh] = there.emplace(std::pair(image.name, image.variant), images.size());
      lookup_.images.add(ImageId{static_cast<std::uint32_t>(it->second)}, image);
      if (is_fresh) {
        images.push_back(image);
        fresh.push_back(i);
      } else if (auto const& same = images[it->second]; definition(same) != definition(image)) {
        lookup_.error(image.origin, fmt::format("two specs have an image '{}', and not the same one", image.name),
                      "make both the same, or give one another name", {{same.origin, "the other one"}});
      }
    }
    for (auto const i : fresh)
      for (auto& base : plan().images[static_cast<std::size_t>(lookup_.images.ids[i])].bases)
        base.image = lookup_.images.ids[static_cast<std::size_t>(base.image)];
  }

  Lookup const& lookup_;
  std::map<std::string, std::size_t> by_reference_;  // the images as they are written
  std::vector<Image> locals_;
  std::map<std::size_t, std::optional<Read>> read_;  // by index of the image
  int depth_ = 0;                                    // of those that are being read
  std::vector<std::size_t> order_;                   // of the images, each after those that it is FROM
};

}  // namespace

void resolve_images(Lookup const& lookup) {
  Images(lookup).run();
}

}  // namespace e2e::plan
