#include "step/rest.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/machine.h"
#include "base/parallel.h"
#include "claim/reads.h"

namespace e2e::step {

namespace {

constexpr std::string_view kFormat = "e2egen rest 1";
constexpr int kQuestionTimeout = 60;
/// A thread costs about as much as so many looks; neighbours mostly stand in one folder.
constexpr std::size_t kLooksAtOnce = 256, kPiecesOfAThread = 4;

/// Where a look went: a letter, and the path.
constexpr char kFollowed = 'f', kItself = 'i';

/// Looks at one place after the other, in their order; paths are looked up from the folder of the one before.
class Again {
 public:
  /// The key of something that is not there is made of zeros; that of what can't be told is none that was noted.
  FileKey operator()(std::string_view look) {
    auto const path = look.substr(1);
    auto const slash = path.rfind('/');
    bool const alone = slash == path.npos || slash == 0;
    if (!alone && path.substr(0, slash) != folder_) {
      folder_ = path.substr(0, slash);
      at_ = Descriptor(::open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      error_ = at_.open() ? 0 : errno;
    }
    struct stat status {};
    name_ = alone ? path : path.substr(slash + 1);
    if (!alone && !at_.open()) return nothing(error_);
    int const flags = look.front() == kFollowed ? 0 : AT_SYMLINK_NOFOLLOW;
    return ::fstatat(alone ? AT_FDCWD : at_.get(), name_.c_str(), &status, flags) == 0 ? FileKey::of(status)
                                                                                       : nothing(errno);
  }

 private:
  static FileKey nothing(int error) {
    FileKey key;
    if (!is_gone(error) && error != ELOOP && error != ENAMETOOLONG) key.spare = 1;
    return key;
  }

  std::string folder_, name_;
  Descriptor at_;
  int error_ = 0;
};

std::vector<FileKey> keys_now(std::vector<std::string_view> const& looks) {
  std::vector<FileKey> keys(looks.size());
  for_each_index((looks.size() + kLooksAtOnce - 1) / kLooksAtOnce, kPiecesOfAThread, [&] {
    return [&, again = Again()](std::size_t piece) mutable {
      auto const end = std::min(looks.size(), (piece + 1) * kLooksAtOnce);
      for (auto i = piece * kLooksAtOnce; i < end; ++i) keys[i] = again(looks[i]);
    };
  });
  return keys;
}

/// `places`: what the file has of them. Whoever runs, where, and on which architecture, counts too.
std::string digest_of(std::string_view places, std::vector<FileKey> const& keys) {
  auto const* const bytes = reinterpret_cast<char const*>(keys.data());
  return Hasher()
      .field(claim::reads_digest({}, DiskFiles()))
      .field(std::to_string(::geteuid()))
      .field(machine::architecture())
      .field(places)
      .bytes({bytes, keys.size() * sizeof(FileKey)})
      .hex();
}

/// Whether a change of any of them would show.
bool all_settled(std::vector<Look> const& looks, std::int64_t began) {
  std::map<std::uint64_t, Clock> clocks;
  for (auto const& [path, followed, key] : looks) {
    if (!key) continue;
    auto clock = clocks.find(key->device);
    if (clock == clocks.end()) {
      Descriptor const file(::open(path.c_str(), O_PATH | O_CLOEXEC | (followed ? 0 : O_NOFOLLOW)));
      clock = clocks.emplace(key->device, clock_of(file)).first;
    }
    if (clock->second != Clock::ours || !settled(*key, Clock::ours, 0, began)) return false;
  }
  return true;
}

/// The places, each ending in NUL.
std::vector<std::string_view> places_of(std::string_view text) {
  std::vector<std::string_view> places;
  for (auto end = text.find('\0'); end != text.npos; end = text.find('\0')) {
    places.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return places;
}

}  // namespace

void note_rest(std::string const& rest, Looks& looks, std::vector<Heard> const& answers, std::int64_t began) noexcept
    try {
  auto const taken = looks.taken();
  if (!taken || !all_settled(*taken, began)) return;
  std::string places;
  std::vector<FileKey> keys;
  for (auto const& [path, followed, key] : *taken) {
    places += followed ? kFollowed : kItself;
    places.append(path) += '\0';
    keys.push_back(key.value_or(FileKey{}));
  }
  nlohmann::json questions = nlohmann::json::array();
  for (auto const& [question, answer] : answers) questions.push_back({question, answer});
  nlohmann::json const head{{"format", kFormat}, {"digest", digest_of(places, keys)}, {"questions", questions}};
  write_file(rest, head.dump() + "\n" + places, Readers::owner);
} catch (...) {  // a full disk, say
}

bool at_rest(std::string const& rest) noexcept try {
  MappedFile const file(rest);
  auto const line = file.text().find('\n');
  if (line == std::string_view::npos) return false;
  auto const head = nlohmann::json::parse(file.text().substr(0, line));
  auto const places = file.text().substr(line + 1);
  if (head.at("format") != kFormat || head.at("digest") != digest_of(places, keys_now(places_of(places)))) return false;
  std::vector<std::string> questions;
  for (auto const& one : head.at("questions")) questions.push_back(one.at(0));
  auto const answers = ask(questions, kQuestionTimeout);
  for (std::size_t i = 0; i < questions.size(); ++i)
    if (auto const now = heard(questions[i], answers[i]).answer; now.empty() || now != head.at("questions")[i].at(1))
      return false;
  return true;
} catch (...) {
  return false;
}

}  // namespace e2e::step
