// SHA-256, by OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace e2e {

/// A running SHA-256. Fields are added with their length, so that no two lists of fields have the same digest.
class Hasher {
 public:
  Hasher();
  Hasher& bytes(std::string_view data);
  Hasher& field(std::string_view data);
  /// 64 hexadecimal digits; the Hasher is spent.
  std::string hex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256(std::string_view data);
/// Of a file's content. Throws Failure when it can't be read.
std::string sha256_file(std::string const& path);

}  // namespace e2e
