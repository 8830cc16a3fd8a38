#include "base/hash.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/diagnostics.h"

namespace e2e {

void Hasher::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Hasher::Hasher() : context_(EVP_MD_CTX_new()) {
  // looked up once: with EVP_sha256() each digest would search the providers, behind a lock
  static auto const* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (!context_ || !sha256 || EVP_DigestInit_ex(context_.get(), sha256, nullptr) != 1)
    throw Failure("OpenSSL offers no SHA-256");
}

Hasher& Hasher::bytes(std::string_view data) {
  EVP_DigestUpdate(context_.get(), data.data(), data.size());
  return *this;
}

Hasher& Hasher::field(std::string_view data) {
  return bytes(fmt::format("{}:", data.size())).bytes(data);
}

std::string Hasher::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(std::size_t{2} * size);
  for (unsigned i = 0; i < size; ++i) {
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 15];
  }
  return out;
}

std::string sha256(std::string_view data) {
  return Hasher().bytes(data).hex();
}

std::string sha256_file(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Failure(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  Hasher hasher;
  std::string buffer(1 << 16, '\0');
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hasher.bytes({buffer.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (file.bad()) throw Failure(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  return hasher.hex();
}

}  // namespace e2e
