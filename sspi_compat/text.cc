// SPDX-License-Identifier: MIT
#include "sspi_compat/text.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/utf16.h"

namespace gss_sspi::sspi {

static_assert(std::endian::native == std::endian::little, "core/utf16.h writes little-endian");

std::optional<std::string> Utf8Of(const WCHAR *text, size_t units) {
  const ByteView octets{reinterpret_cast<const uint8_t *>(text), units * sizeof(WCHAR)};
  const size_t size = Utf8LengthOf(octets);
  if (size == kInvalidText) return std::nullopt;
  std::string utf8(size, '\0');
  Utf16ToUtf8(octets, utf8);
  return utf8;
}

bool IsUtf8(std::string_view text) { return Utf16LengthOf(text) != kInvalidText; }

size_t LengthOf(const WCHAR *text) {
  size_t units = 0;
  while (text[units] != 0) ++units;
  return units;
}

std::optional<std::string> TextOfCaller(const SEC_CHAR *text) {
  if (text == nullptr || !IsUtf8(text)) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> TextOfCaller(const SEC_WCHAR *text) {
  if (text == nullptr) return std::nullopt;
  return Utf8Of(text, LengthOf(text));
}

template <>
size_t UnitsOf<SEC_CHAR>(std::string_view utf8) {
  return utf8.size() + 1;
}

template <>
size_t UnitsOf<SEC_WCHAR>(std::string_view utf8) {
  const size_t octets = Utf16LengthOf(utf8);
  return (octets == kInvalidText ? 0 : octets / sizeof(SEC_WCHAR)) + 1;
}

template <>
SEC_CHAR *Put<SEC_CHAR>(std::string_view utf8, SEC_CHAR *out) {
  std::memcpy(out, utf8.data(), utf8.size());
  out[utf8.size()] = 0;
  return out + utf8.size() + 1;
}

template <>
SEC_WCHAR *Put<SEC_WCHAR>(std::string_view utf8, SEC_WCHAR *out) {
  const size_t units = UnitsOf<SEC_WCHAR>(utf8) - 1;
  if (units != 0) {
    Utf8ToUtf16(utf8, {reinterpret_cast<uint8_t *>(out), units * sizeof(SEC_WCHAR)});
  }
  out[units] = 0;
  return out + units + 1;
}

namespace {
char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
}  // namespace

bool EqualIgnoringAsciiCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, LowerAscii, LowerAscii);
}

std::string UpperAscii(std::string_view text) {
  std::string upper(text);
  for (char &c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  }
  return upper;
}

}  // namespace gss_sspi::sspi
