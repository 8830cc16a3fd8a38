#include "plan/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace e2e::plan {

namespace {

constexpr std::size_t kLongestName = 255, kLongestTag = 128;

bool small_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool letter_or_digit(char c) {
  return small_or_digit(c) || (c >= 'A' && c <= 'Z');
}

template <class Predicate>
bool all(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

/// Small letters and digits, with one '.', one or two '_' or any number of '-' between them.
bool good_part(std::string_view part) {
  auto const good = [](char c) { return small_or_digit(c) || c == '.' || c == '_' || c == '-'; };
  if (part.empty() || !all(part, good) || !small_or_digit(part.front()) || !small_or_digit(part.back())) return false;
  for (std::size_t i = 0; i < part.size();) {
    auto end = i;
    while (!small_or_digit(part[end])) ++end;
    auto const between = part.substr(i, end - i);
    if (!one_of(between, {"", ".", "_", "__"}) && !all(between, [](char c) { return c == '-'; })) return false;
    i = end + 1;
  }
  return true;
}

bool good_port(std::string_view text) {
  auto const port = parse_port(text);
  return port > 0 && port <= 65535;
}

/// HOST, HOST:PORT, or [IPV6]:PORT.
bool good_domain(std::string_view domain) {
  auto const bracket = domain.starts_with('[') ? domain.find(']') : domain.npos;
  auto const colon = domain.find(':', bracket == domain.npos ? 0 : bracket);
  if (colon != domain.npos && !good_port(domain.substr(colon + 1))) return false;
  auto host = domain.substr(0, colon);
  if (bracket != domain.npos)
    return bracket > 1 &&
           all(host.substr(1, bracket - 1), [](unsigned char c) { return std::isxdigit(c) != 0 || c == ':'; });
  while (!host.empty()) {
    auto const part = host.substr(0, host.find('.'));
    if (part.empty() || !letter_or_digit(part.front()) || !letter_or_digit(part.back()) ||
        !all(part, [](char c) { return letter_or_digit(c) || c == '-'; }))
      return false;
    host.remove_prefix(std::min(part.size() + 1, host.size()));
  }
  return !domain.starts_with(':') && !domain.ends_with('.');
}

bool good_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= kLongestTag && (letter_or_digit(tag[0]) || tag[0] == '_') &&
         all(tag, [](char c) { return letter_or_digit(c) || c == '_' || c == '.' || c == '-'; });
}

bool good_digest(std::string_view digest) {
  constexpr std::string_view kSha = "sha256:", kLonger = "sha512:";
  auto const hex = digest.substr(std::min(digest.size(), kSha.size()));
  return ((digest.starts_with(kSha) && hex.size() == 64) || (digest.starts_with(kLonger) && hex.size() == 128)) &&
         all(hex, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// What is wrong with a name; empty if nothing is.
std::string wrong_name(Reference const& reference, bool has_domain) {
  if (has_domain && !good_domain(reference.domain)) return fmt::format("'{}' is no registry", reference.domain);
  if (reference.path.empty()) return "it has no name";
  if (reference.domain.size() + 1 + reference.path.size() > kLongestName) return "it is too long";
  std::string_view rest = reference.path;
  for (bool more = true; more;) {
    auto const part = rest.substr(0, rest.find('/'));
    if (part.empty()) return "a part between its '/' is empty";
    if (std::any_of(part.begin(), part.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
      return fmt::format("'{}' has capital letters", part);
    if (!good_part(part))
      return fmt::format("'{}' is not made of small letters and digits, with . _ or - between them", part);
    more = part.size() < rest.size();
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  }
  return {};
}

}  // namespace

Reference parse_reference(std::string_view text) {
  Reference reference;
  auto const at = text.find('@');
  if (at != text.npos) reference.digest = text.substr(at + 1);
  auto name = text.substr(0, at);
  auto const colon = name.find(':', name.rfind('/') + 1);  // npos + 1 is 0
  if (colon != name.npos) reference.tag = name.substr(colon + 1);
  bool const has_tag = colon != name.npos;
  name = name.substr(0, colon);
  auto const slash = name.find('/');
  auto const first = name.substr(0, slash);
  bool const has_domain =
      slash != name.npos && (first.find_first_of(".:") != first.npos || first == "localhost" ||
                             std::any_of(first.begin(), first.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
  if (has_domain) reference.domain = first;
  reference.path = has_domain ? name.substr(slash + 1) : name;
  reference.wrong = wrong_name(reference, has_domain);
  if (!reference.wrong.empty()) return reference;
  if (has_tag && !good_tag(reference.tag))
    reference.wrong =
        reference.tag.empty() ? "the tag behind its ':' is missing" : fmt::format("'{}' can't be a tag", reference.tag);
  else if (at != text.npos && !good_digest(reference.digest))
    reference.wrong = fmt::format("'{}' is no digest, which is sha256: and 64 of 0-9a-f", reference.digest);
  return reference;
}

std::string on_a_node(std::string_view text) {
  auto const reference = parse_reference(text);
  if (!reference.wrong.empty()) return std::string(text);
  auto const& [domain, path, tag, digest, wrong] = reference;
  auto name = domain.empty() ? "docker.io/" + path : domain + "/" + path;
  constexpr std::string_view kHub = "docker.io/";
  if (name.starts_with(kHub) && name.find('/', kHub.size()) == name.npos) name.insert(kHub.size(), "library/");
  return name + (!digest.empty() ? "@" + digest : tag.empty() ? ":latest" : ":" + tag);
}

}  // namespace e2e::plan
