// Catch2, version 2 or 3: what the tests use is named alike in both, but for what stands here.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

inline auto ContainsText(std::string const& text) {
  return Catch::Matchers::ContainsSubstring(text);
}
#else
#include <catch2/catch.hpp>

inline auto ContainsText(std::string const& text) {
  return Catch::Matchers::Contains(text);
}
#endif
