#include "claim/claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "base/diagnostics.h"
#include "base/parallel.h"
#include "base/text.h"

namespace e2e::claim {

namespace {

using Json = nlohmann::ordered_json;

/// Raised with every change of the format, so that an old file is written anew and never misread.
constexpr int kVersion = 9;
constexpr char const* kVersionKey = "e2egen-claims";
/// A thread costs about as much as this many claims.
constexpr std::size_t kClaimsOfAThread = 64;

/// What the compiler read, on a line of its own: only scan wants it.
struct Reads {
  std::vector<std::string> paths;
};

/// Each field of a record, by its name in the file: what is written is what is read. The first name tells what kind of
/// line it is.
template <class Type, class Each>
constexpr void each_field(Each const& each) {
  if constexpr (std::is_same_v<Type, Context>) {
    each("root", &Type::root), each("containerfile", &Type::containerfile), each("sources", &Type::sources);
    each("sent", &Type::sent);
  } else if constexpr (std::is_same_v<Type, Render>) {
    each("from", &Type::from), each("to", &Type::to), each("images", &Type::images);
    each("names", &Type::names), each("anywhere", &Type::anywhere), each("ns", &Type::ns);
    each("autoscaled", &Type::autoscaled);
    each("configs", &Type::configs), each("tells", &Type::tells);
    each("values", &Type::values), each("outputs", &Type::outputs), each("first", &Type::first);
  } else if constexpr (std::is_same_v<Type, Merge>) {
    each("into", &Type::into), each("reports", &Type::reports);
  } else if constexpr (std::is_same_v<Type, Restore>) {
    each("command", &Type::command), each("stamp", &Type::stamp);
  } else if constexpr (std::is_same_v<Type, Probe>) {
    each("probe", &Type::name), each("command", &Type::command);
  } else if constexpr (std::is_same_v<Type, Hint>) {
    each("text", &Type::text), each("meaning", &Type::meaning);
  } else if constexpr (std::is_same_v<Type, File>) {
    each("ninja", &Type::ninja), each("arguments", &Type::arguments);
    each("tools", &Type::tools), each("hints", &Type::hints);
  } else if constexpr (std::is_same_v<Type, Reads>) {
    each("reads", &Type::paths);
  } else {
    static_assert(std::is_same_v<Type, Claim>);
    each("stamp", &Type::stamp), each("title", &Type::title), each("phase", &Type::phase);
    each("origin", &Type::origin), each("recipe", &Type::recipe), each("stamps", &Type::stamps);
    each("after", &Type::after);
    each("files", &Type::files), each("context", &Type::context), each("narrow", &Type::narrow);
    each("by_architecture", &Type::by_architecture);
    each("bases", &Type::bases), each("result", &Type::result), each("identify", &Type::identify),
        each("ground", &Type::ground);
    each("probe", &Type::probe), each("products", &Type::products), each("backup", &Type::backup);
    each("until_used", &Type::until_used), each("ledger", &Type::ledger), each("timeout", &Type::timeout);
    each("retries", &Type::retries), each("retry", &Type::retry), each("undo", &Type::undo);
    each("names", &Type::names), each("name", &Type::name), each("members", &Type::members);
    each("explain", &Type::explain), each("environment", &Type::environment), each("folders", &Type::folders);
    each("contents", &Type::contents);
    each("finally", &Type::finally), each("on_failure", &Type::on_failure);
    each("restores", &Type::restores), each("render", &Type::render), each("merge", &Type::merge);
  }
}

/// Stands for any initializer where types are counted; never made.
struct Anything {
  template <class T>
  operator T() const {
    std::abort();
  }
};
/// How many fields a record has: the most initializers that it takes.
template <class Type, class... Initializers>
consteval std::size_t count_members() {
  if constexpr (requires { Type{Initializers{}..., Anything{}}; })
    return count_members<Type, Initializers..., Anything>();
  else
    return sizeof...(Initializers);
}
template <class Type>
consteval std::size_t count_listed() {
  std::size_t count = 0;
  each_field<Type>([&](auto...) { ++count; });
  return count;
}
/// A field that is forgotten above would be lost between the compiler and the steps.
template <class... Types>
consteval bool complete() {
  return ((count_members<Types>() == count_listed<Types>()) && ...);
}
static_assert(complete<Context, Render, Merge, Restore, Probe, Hint, Claim>());
static_assert(count_members<File>() == count_listed<File>() + 3, "reads, probes and claims have lines of their own");

template <class T>
concept Record = std::is_class_v<T> && std::is_aggregate_v<T>;

template <class T>
bool is_default(T const& value) {
  if constexpr (requires { value.empty(); })
    return value.empty();
  else
    return value == T{};
}
template <class T>
bool is_default(std::optional<T> const& value) {
  return !value;
}

/// JSON as nlohmann writes it, without building it first: thousands of claims are written at once.
class Writer {
 public:
  std::string text;

  void write(std::string const& value) {
    auto const before = text.size();
    text += '"';
    std::size_t written = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (kPlain.has(value[i])) continue;
      if (value[i] != '"' && value[i] != '\\') {
        // what is odder is the library's: it escapes, and throws at what is not UTF-8
        text.replace(before, text.npos, Json(value).dump());
        return;
      }
      (text.append(value, written, i - written) += '\\') += value[i];
      written = i + 1;
    }
    text.append(value, written) += '"';
  }
  void write(bool value) { text += value ? "true" : "false"; }
  void write(int value) { text += std::to_string(value); }
  void write(ResultFrom value) { write(static_cast<int>(value)); }
  template <class T>
  void write(std::optional<T> const& value) {
    write(*value);
  }
  template <class T>
  void write(std::vector<T> const& values) {
    listed('[', ']', [&](auto const& next) {
      for (auto const& value : values) {
        next();
        write(value);
      }
    });
  }
  template <class T>
  void write(std::map<std::string, T> const& values) {
    listed('{', '}', [&](auto const& next) {
      for (auto const& [key, value] : values) {
        next();
        pair(key, value);
      }
    });
  }
  template <Record T>
  void write(T const& record) {
    listed('{', '}', [&](auto const& next) {
      if constexpr (std::is_same_v<T, File>) {
        next();
        pair(kVersionKey, kVersion);
      }
      each_field<T>([&](char const* key, auto member) {
        if (is_default(record.*member)) return;
        next();
        pair(key, record.*member);
      });
    });
  }

 private:
  static constexpr Characters kPlain{
      " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"};

  template <class Items>
  void listed(char open, char close, Items const& items) {
    text += open;
    bool first = true;
    items([&] {
      if (!std::exchange(first, false)) text += ',';
    });
    text += close;
  }

  template <class T>
  void pair(std::string const& key, T const& value) {
    write(key);
    text += ':';
    write(value);
  }
  /// A field, whose name needs no escape.
  template <class T>
  void pair(char const* key, T const& value) {
    ((text += '"') += key) += "\":";
    write(value);
  }
};

template <class T>
std::string line_of(T const& record) {
  Writer writer;
  writer.text.reserve(1024);  // longer than most
  writer.write(record);
  return writer.text + "\n";
}

template <Record T>
void decode(Json const& json, T& record);
template <class T>
void decode(Json const& json, T& value) {
  json.get_to(value);
}
template <class T>
void decode(Json const& json, std::optional<T>& value) {
  decode(json, value.emplace());
}
template <Record T>
void decode(Json const& json, std::vector<T>& records) {
  for (auto const& one : json) decode(one, records.emplace_back());
}
template <Record T>
void decode(Json const& json, T& record) {
  each_field<T>([&](char const* key, auto member) {
    if (auto const it = json.find(key); it != json.end()) decode(*it, record.*member);
  });
}

/// What a line of that kind begins with.
std::string beginning(std::string_view kind) {
  return fmt::format("{{\"{}\":", kind);
}
std::string beginning(std::string_view kind, std::string_view name) {
  return beginning(kind) + Json(name).dump();
}

template <class T>
T to(std::string_view line) {
  T record;
  decode(Json::parse(line), record);
  return record;
}

File to_header(std::string_view line) {
  auto const json = Json::parse(line);
  if (json.at(kVersionKey) != kVersion) throw Failure("the claims file is of another version");
  File file;
  decode(json, file);
  return file;
}

std::string_view next_line(std::string_view& text) {
  auto const end = text.find('\n');
  auto const line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

/// Of sorted lines the one that begins so; empty if there is none.
std::string_view find_line(std::string_view lines, std::string_view beginning) {
  while (!lines.empty()) {
    // the line in the middle, from its first sign to the end of it
    auto const before = lines.rfind('\n', lines.size() / 2);
    auto const start = before == lines.npos || before + 1 == lines.size() ? 0 : before + 1;
    auto rest = lines.substr(start);
    auto const line = next_line(rest);
    if (line.starts_with(beginning)) return line;
    lines = line < beginning ? rest : lines.substr(0, start);
  }
  return {};
}

template <class Read>
File guarded(Read read) {
  try {
    return read();
  } catch (nlohmann::json::exception const& error) {
    throw Failure(fmt::format("the claims file is damaged ({}): run e2egen again", error.what()));
  }
}

}  // namespace

std::string result_of(std::string_view stamp) {
  return std::string("%{").append(stamp).append("}");
}

std::string tag_of(std::string_view stamp) {
  return std::string("%{").append(stamp).append("#tag}");
}

std::string owner_file(std::string_view stamp) {
  return std::string(stamp).append(".ours");
}

std::string ignore_file(std::string_view stamp) {
  return std::string(stamp).append(".ignore");
}

std::string image_tag(std::string_view image_id) {
  if (auto const colon = image_id.find(':'); colon != image_id.npos) image_id.remove_prefix(colon + 1);
  return fmt::format("e2e-{}", image_id.substr(0, 12));
}

int version() {
  return kVersion;
}

std::string to_text(File const& file) {
  try {
    auto const claims = file.claims.size(), probes = file.probes.size();
    std::vector<std::string> lines(claims + probes);
    for_each_index(claims, kClaimsOfAThread,
                   [&] { return [&](std::size_t i) { lines[i] = line_of(file.claims[i]); }; });
    for (std::size_t i = 0; i < probes; ++i) lines[claims + i] = line_of(file.probes[i]);
    if (!file.reads.empty()) lines.push_back(line_of(Reads{file.reads}));  // an empty one would have no beginning
    std::sort(lines.begin(), lines.end());
    auto text = line_of(file);
    text.reserve(std::accumulate(lines.begin(), lines.end(), text.size(),
                                 [](auto size, auto const& line) { return size + line.size(); }));
    for (auto const& line : lines) text += line;
    return text;
  } catch (nlohmann::json::exception const& error) {
    throw Failure(fmt::format("the claims file can't hold a name that is not UTF-8 ({})", error.what()));
  }
}

File parse(std::string_view text) {
  return guarded([&] {
    auto file = to_header(next_line(text));
    static auto const kClaim = beginning("stamp"), kProbe = beginning("probe"), kReads = beginning("reads");
    std::vector<std::string_view> claims;
    while (!text.empty()) {
      auto const line = next_line(text);
      if (line.starts_with(kClaim))
        claims.push_back(line);
      else if (line.starts_with(kProbe))
        file.probes.push_back(to<Probe>(line));
      else if (line.starts_with(kReads))
        file.reads = to<Reads>(line).paths;
      else
        throw Failure("the claims file is damaged: run e2egen again");
    }
    file.claims.resize(claims.size());
    for_each_index(claims.size(), kClaimsOfAThread,
                   [&] { return [&](std::size_t i) { file.claims[i] = to<Claim>(claims[i]); }; });
    return file;
  });
}

File parse_one(std::string_view text, std::string_view stamp) {
  return guarded([&] {
    auto file = to_header(next_line(text));
    auto const line = find_line(text, beginning("stamp", stamp));
    if (line.empty()) throw Failure(fmt::format("no claim {} in the claims file: run e2egen again", stamp));
    file.claims.push_back(to<Claim>(line));
    if (auto const& probe = file.claims.front().probe; !probe.empty())
      if (auto const asked = find_line(text, beginning("probe", probe)); !asked.empty())
        file.probes.push_back(to<Probe>(asked));
    return file;
  });
}

}  // namespace e2e::claim
