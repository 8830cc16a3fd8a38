#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "plan/containerfile.h"
#include "plan/lookup.h"

namespace e2e::plan {

namespace {

constexpr int kBuildTimeout = 15 * 60;

std::string folder(std::string const& path) {
  auto const slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, slash);
}

class Images {
 public:
  explicit Images(Lookup const& lookup) : lookup_(lookup) {}

  void run() {
    images();
    bases();
    image_circles();
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
      image.ref = value(written.ref, "localhost/" + image.name);
      image.timeout = seconds(written.timeout, kBuildTimeout);
      image.expected = seconds(written.expected, 0);
      image.command = values(written.command);
      for (auto const& [name, text] : written.args) image.args.push_back({name.value, text.value});
      if (named || written.ref) reference(written, image.ref);
      if (auto const [it, fresh] = refs.emplace(normal_reference(image.ref), image.origin); !fresh)
        lookup_.error(image.origin, fmt::format("two images have the reference '{}'", image.ref),
                      "give one of them a 'ref'", {{it->second, "the other one"}});
      if (image.from_command())
        from_command(written, image);
      else
        from_containerfile(written, image);
      plan().images.push_back(std::move(image));
    }
  }

  void reference(spec::Image const& written, std::string const& ref) {
    auto const allowed = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
             std::string_view("._-/:").find(c) != std::string_view::npos;
    };
    auto const tag = ref.substr(std::min(ref.rfind('/'), ref.size()));
    if (!std::all_of(ref.begin(), ref.end(), allowed))
      lookup_.error(written.ref ? written.ref->place : written.name.place,
                    fmt::format("'{}' can't be an image's reference", ref),
                    "small letters, digits and ._-/ such as localhost/gateway");
    else if (tag.find(':') != tag.npos && !tag.ends_with(":latest"))
      lookup_.error(written.ref->place, fmt::format("the reference '{}' has a tag", ref),
                    "leave it out: what is deployed is tagged by what it is made of");
  }

  void from_command(spec::Image const& written, Image& image) {
    for (auto const* text : {&written.containerfile, &written.context, &written.target})
      if (*text)
        lookup_.error((*text)->place, fmt::format("the image '{}' has a command and a Containerfile", image.name),
                      "keep one of the two");
    if (!written.args.empty())
      lookup_.error(written.args[0].name.place, "build arguments are for a Containerfile", "put them into the command");
    if (written.sources.empty())
      lookup_.error(written.name.place, fmt::format("what the image '{}' is made of is not known", image.name),
                    "list the files that the command reads as 'sources'");
    if (!written.go.empty())
      lookup_.error(written.go[0].place, "'go' is for a Containerfile", "list what the command reads as 'sources'");
    for (auto const& source : written.sources) lookup_.exists(source, "a source");
    lookup_.one_word(written.command);
    image.sources = paths(written.sources);
  }

  void from_containerfile(spec::Image const& written, Image& image) {
    if (!written.containerfile) {
      lookup_.error(written.name.place, fmt::format("the image '{}' is made of nothing", image.name),
                    "give it a 'containerfile', or a 'command' that writes a root file system");
      return;
    }
    image.containerfile = normal_path(written.containerfile->value);
    image.context = written.context ? normal_path(written.context->value) : folder(image.containerfile);
    image.target = value(written.target, "");
    if (!lookup_.files.is_folder(image.context))
      lookup_.error(written.context ? written.context->place : written.containerfile->place,
                    fmt::format("no folder '{}'", image.context), "the build context has to exist");
    auto const file = lookup_.open(*written.containerfile, "a Containerfile");
    if (!file) return;
    std::map<std::string, std::string> args;
    for (auto const& arg : image.args) args[arg.name] = arg.value;
    parsed_.push_back(parse_containerfile(lookup_.sources, *file, args));
    auto const& parsed = parsed_.back();
    parsed_of_[plan().images.size()] = parsed_.size() - 1;
    if (parsed.stages.empty())
      lookup_.error({*file, 1, 1, 1}, "the Containerfile has no FROM line", "its first instruction is FROM");
    else if (written.target &&
             std::find(parsed.stages.begin(), parsed.stages.end(), image.target) == parsed.stages.end())
      lookup_.error(written.target->place, fmt::format("'{}' has no stage '{}'", image.containerfile, image.target),
                    suggestion(image.target, parsed.stages));
    image.sources = parsed.sources;
    image.go = paths(written.go);
    for (auto const& package : written.go) {
      lookup_.exists(package, "a Go package");
      in_context(package, image);
    }
    // beside Go packages, `sources` adds; else it takes the place of what COPY names
    auto& into = image.go.empty() ? image.sources : image.kept;
    if (!written.sources.empty()) into.clear();
    for (auto const& source : written.sources) {
      lookup_.exists(source, "a source");
      if (auto path = in_context(source, image)) into.push_back(std::move(*path));
    }
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

  void bases() {
    for (auto const& [index, parsed] : parsed_of_)
      for (auto const& base : parsed_[parsed].bases) {
        if (auto const image = lookup_.image_of(base.ref))
          plan().images[index].bases.push_back({base.ref, *image});
        else if (base.ref.starts_with("localhost/"))
          lookup_.error(base.place, fmt::format("no image of the spec is '{}'", base.ref),
                        suggestion(base.ref, lookup_.image_refs()),
                        {{plan().images[index].origin, "needed by this image"}});
        else if (base.ref.find('@') == base.ref.npos && !not_utf8(base.ref))
          plan().images[index].foreign_bases.push_back(base.ref);
      }
  }

  /// A circle of images is told here, where the FROM lines are known.
  void image_circles() {
    std::set<std::size_t> done;
    std::vector<std::string> path;
    auto const visit = [&](auto const& self, std::size_t index) -> void {
      auto const& image = plan().images[index];
      if (done.contains(index)) return;
      if (auto const start = std::find(path.begin(), path.end(), image.name); start != path.end()) {
        lookup_.error(image.origin, fmt::format("the image '{}' is FROM itself", image.name),
                      fmt::format("the FROM lines go round in a circle: {} -> {}; one has to name another image",
                                  join(std::vector<std::string>(start, path.end()), " -> "), image.name));
        return;
      }
      path.push_back(image.name);
      for (auto const& base : image.bases) self(self, static_cast<std::size_t>(base.image));
      path.pop_back();
      done.insert(index);
    };
    for (std::size_t i = 0; i < plan().images.size(); ++i) visit(visit, i);
  }

  Lookup const& lookup_;
  std::vector<Containerfile> parsed_;
  std::map<std::size_t, std::size_t> parsed_of_;  // index of the image -> index in parsed_
};

}  // namespace

void resolve_images(Lookup const& lookup) {
  Images(lookup).run();
}

}  // namespace e2e::plan
