// SPDX-License-Identifier: MIT
// Pieces of text. std::string_view::substr and copy throw where a position is behind the end, and
// the modules have no exceptions; these stop at the end instead.
#ifndef GSS_SSPI_CORE_TEXT_H_
#define GSS_SSPI_CORE_TEXT_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

namespace gss_sspi {

// The first `size` octets; all of them for npos, or when there are fewer.
inline std::string_view Head(std::string_view text, size_t size) {
  return {text.data(), std::min(size, text.size())};
}

// What is behind the first `size` octets; nothing for npos, or when there are fewer.
inline std::string_view Tail(std::string_view text, size_t size) {
  text.remove_prefix(std::min(size, text.size()));
  return text;
}

// What is behind position `at` of a separator; nothing when there is none (npos).
inline std::string_view Behind(std::string_view text, size_t at) {
  return at == std::string_view::npos ? std::string_view() : Tail(text, at + 1);
}

inline bool Contains(std::string_view text, char c) {
  return text.find(c) != std::string_view::npos;
}

// Copies as a C string, cut to fit.
inline void CopyText(std::span<char> out, std::string_view text) {
  const std::string_view fits = Head(text, out.size() - 1);
  if (!fits.empty()) std::memcpy(out.data(), fits.data(), fits.size());
  out[fits.size()] = '\0';
}

// Replaces what could end a line or command a terminal: names come from peers.
inline void ReplaceControlCharacters(char *text) {
  for (; *text != '\0'; ++text) {
    const auto c = static_cast<unsigned char>(*text);
    if (c < 0x20 || c == 0x7f) *text = '?';
  }
}

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_TEXT_H_
