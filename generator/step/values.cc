#include "step/values.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/diagnostics.h"
#include "base/disk.h"
#include "base/machine.h"
#include "base/text.h"

namespace e2e::step {

namespace {

constexpr std::size_t kShort = 6;  // letters

std::string base64(std::string const& text) {
  std::string out((text.size() + 2) / 3 * 4 + 1, '\0');  // with the zero that OpenSSL adds
  auto const size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                    reinterpret_cast<unsigned char const*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace

std::string content_of(std::string const& path) {
  auto text = read_file(path);
  if (!text) throw Failure(fmt::format("no file {}: run ninja again", path));
  text->resize(text->find_last_not_of("\r\n") + 1);  // npos + 1 is 0
  if (not_utf8(*text) || text->find('\0') != text->npos)
    throw Failure(fmt::format("{} is no text, and can't be a value\n  help: have the task write it as base64", path));
  return *text;
}

std::map<std::string, std::string> values_of(claim::Render const& render) {
  auto values = render.values;
  for (auto& [name, text] : values) machine::fill_in(text);
  for (auto const& [name, path] : render.outputs) values[name] = content_of(path);
  return values;
}

std::vector<std::string> secrets_of(claim::Claim const& claim) {
  auto paths = claim.contents;
  if (claim.render) paths.insert(claim.render->outputs.begin(), claim.render->outputs.end());
  std::vector<std::string> secrets;
  for (auto const& [name, path] : paths) {
    auto const text = read_file(path).value_or("");
    for (auto const& line : lines_of(text))
      if (line.size() >= kShort) secrets.push_back(line);
    for (auto const& whole : {text, text.substr(0, text.find_last_not_of("\r\n") + 1)})
      if (whole.size() >= kShort) secrets.push_back(base64(whole));
  }
  return secrets;
}

}  // namespace e2e::step
