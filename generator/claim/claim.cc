#include "claim/claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/diagnostics.h"
#include "base/parallel.h"
#include "base/text.h"

namespace e2e::claim {

namespace {

using Json = nlohmann::ordered_json;

/// Raised with every change of the format, so that an old file is written anew and never misread.
constexpr int kVersion = 4;
constexpr char const* kVersionKey = "e2egen-claims";
/// A thread costs about as much as this many claims.
constexpr std::size_t kClaimsOfAThread = 64;

/// Each field of a record, by its name in the file: what is written is what is read.
template <class Record, class Each>
void each_field(Record& r, Each const& each) {
  using Type = std::remove_const_t<Record>;
  if constexpr (std::is_same_v<Type, Context>) {
    each("root", r.root), each("containerfile", r.containerfile), each("sources", r.sources);
  } else if constexpr (std::is_same_v<Type, Render>) {
    each("from", r.from), each("to", r.to), each("images", r.images);
    each("names", r.names), each("ns", r.ns), each("first", r.first);
  } else if constexpr (std::is_same_v<Type, Merge>) {
    each("into", r.into), each("reports", r.reports);
  } else if constexpr (std::is_same_v<Type, Restore>) {
    each("command", r.command), each("stamp", r.stamp);
  } else if constexpr (std::is_same_v<Type, Probe>) {
    each("name", r.name), each("command", r.command), each("must_answer", r.must_answer);
  } else if constexpr (std::is_same_v<Type, Hint>) {
    each("text", r.text), each("meaning", r.meaning);
  } else if constexpr (std::is_same_v<Type, File>) {
    each("ninja", r.ninja), each("arguments", r.arguments), each("reads", r.reads), each("tools", r.tools);
    each("probes", r.probes), each("hints", r.hints);
  } else {
    static_assert(std::is_same_v<Type, Claim>);
    each("stamp", r.stamp), each("title", r.title), each("phase", r.phase), each("origin", r.origin);
    each("recipe", r.recipe), each("stamps", r.stamps), each("files", r.files), each("context", r.context);
    each("narrow", r.narrow), each("bases", r.bases), each("result", r.result), each("identify", r.identify),
        each("probe", r.probe);
    each("products", r.products), each("backup", r.backup), each("until_used", r.until_used);
    each("ledger", r.ledger), each("timeout", r.timeout), each("retries", r.retries), each("retry", r.retry),
        each("undo", r.undo);
    each("names", r.names), each("name", r.name), each("members", r.members), each("explain", r.explain);
    each("environment", r.environment), each("folders", r.folders), each("restores", r.restores),
        each("render", r.render), each("merge", r.merge);
  }
}

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
    // what is odd is the library's: it escapes, and throws at what is not UTF-8
    if (std::all_of(value.begin(), value.end(), [](char c) { return kPlain.has(c); }))
      (text += '"').append(value) += '"';
    else
      text += Json(value).dump();
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
      each_field(record, [&](char const* key, auto const& value) {
        if (is_default(value)) return;
        next();
        pair(key, value);
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
};

template <class T>
std::string line_of(T const& record) {
  Writer writer;
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
  each_field(record, [&](char const* key, auto& value) {
    if (auto const it = json.find(key); it != json.end()) decode(*it, value);
  });
}

Claim to_claim(std::string_view line) {
  auto const json = Json::parse(line);
  Claim claim;
  json.at("stamp").get_to(claim.stamp);  // without a name it is no claim
  decode(json, claim);
  return claim;
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
  return fmt::format("%{{{}}}", stamp);
}

std::string tag_of(std::string_view stamp) {
  return fmt::format("%{{{}#tag}}", stamp);
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
    std::vector<std::string> lines(file.claims.size());
    for_each_index(lines.size(), kClaimsOfAThread,
                   [&] { return [&](std::size_t i) { lines[i] = line_of(file.claims[i]); }; });
    auto text = line_of(file);
    for (auto const& line : lines) text += line;
    return text;
  } catch (nlohmann::json::exception const& error) {
    throw Failure(fmt::format("the claims file can't hold a name that is not UTF-8 ({})", error.what()));
  }
}

File parse(std::string_view text) {
  return guarded([&] {
    auto file = to_header(next_line(text));
    while (!text.empty()) file.claims.push_back(to_claim(next_line(text)));
    return file;
  });
}

File parse_one(std::string_view text, std::string_view stamp) {
  return guarded([&] {
    // ordered JSON: each line begins with its stamp, so that the others need not be parsed
    auto const start = text.find(fmt::format("\n{{\"stamp\":{}", Json(stamp).dump()));
    if (start == text.npos) throw Failure(fmt::format("no claim {} in the claims file: run e2egen again", stamp));
    auto rest = text.substr(start + 1);
    auto file = to_header(next_line(text));
    file.claims.push_back(to_claim(next_line(rest)));
    return file;
  });
}

}  // namespace e2e::claim
