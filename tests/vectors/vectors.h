// SPDX-License-Identifier: MIT
// The published and computed vectors of this folder, by the path of their value in the JSON files,
// such as "ntlm_davenport.ntowfv2". A path that does not exist ends the test.
#ifndef GSS_SSPI_TESTS_VECTORS_H_
#define GSS_SSPI_TESTS_VECTORS_H_

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace gss_sspi::test {

struct VectorRow {
  std::string_view path, text;
};
inline constexpr VectorRow kVectorRows[] = {
#include "vectors_data.h"
};

inline const VectorRow *FindVector(std::string_view path) {
  const auto *row =
      std::lower_bound(std::begin(kVectorRows), std::end(kVectorRows), path,
                       [](const VectorRow &a, std::string_view wanted) { return a.path < wanted; });
  return row != std::end(kVectorRows) && row->path == path ? row : nullptr;
}

inline bool HasVector(std::string_view path) { return FindVector(path) != nullptr; }

inline std::string_view TextVector(std::string_view path) {
  if (const VectorRow *row = FindVector(path)) return row->text;
  std::fprintf(stderr, "no vector %.*s\n", static_cast<int>(path.size()), path.data());
  std::exit(EXIT_FAILURE);
}

// Elements of a list.
inline size_t VectorCount(const std::string &path) {
  const std::string_view text = TextVector(path + ".#");
  size_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

// A number in hexadecimal, as flags are written.
inline uint32_t NumberVector(std::string_view path) {
  const std::string_view text = TextVector(path);
  uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return number;
}

}  // namespace gss_sspi::test

#endif  // GSS_SSPI_TESTS_VECTORS_H_
