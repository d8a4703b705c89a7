// SPDX-License-Identifier: MIT
#include "text_util.h"

#include <strings.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <ctime>

#include "core/utf16.h"

namespace gss_sspi::tools {
namespace {

constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int HexValue(char c) {
  const size_t at = std::string_view("0123456789abcdef").find(static_cast<char>(c | 0x20));
  return (c >= '0' && c <= '9') || at > 9 ? static_cast<int>(at) : -1;
}

int Base64Value(char c) {
  if (c == '-') c = '+';
  if (c == '_') c = '/';
  const size_t at = kBase64Digits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// C0, DEL and C1; also U+2028 and the controls of writing direction, which can change what a line
// seems to say.
bool IsControl(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

uint32_t CodePoint(std::string_view character) {
  const auto first = static_cast<uint8_t>(character[0]);
  uint32_t value = character.size() == 1 ? first : first & (0x7fU >> character.size());
  for (const char c : character.substr(1)) value = value << 6 | (static_cast<uint8_t>(c) & 0x3fU);
  return value;
}

size_t LengthOfCharacter(std::string_view text) {
  for (size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    if (Utf16LengthOf(text.substr(0, size)) != kInvalidText) return size;
  }
  return 0;
}

}  // namespace

std::string Format(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *text = nullptr;
  const int size = vasprintf(&text, format, arguments);
  va_end(arguments);
  if (size < 0) throw std::bad_alloc();
  std::string copy(text, static_cast<size_t>(size));
  std::free(text);
  return copy;
}

std::string Printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const size_t size = LengthOfCharacter(text);
    const std::string_view character = text.substr(0, size == 0 ? 1 : size);
    if (size == 0 || IsControl(CodePoint(character))) {
      shown += '?';
    } else {
      shown += character;
    }
    text.remove_prefix(character.size());
  }
  return shown;
}

std::string Hex(ByteView octets) {
  std::string text;
  for (const uint8_t octet : octets) text += Format("%02x", octet);
  return text;
}

std::optional<Bytes> FromHex(std::string_view text) {
  Bytes octets;
  int high = -1;
  for (const char c : text) {
    if (IsBlank(c) || c == ':') continue;
    const int value = HexValue(c);
    if (value < 0) return std::nullopt;
    if (high < 0) {
      high = value;
    } else {
      octets.push_back(static_cast<uint8_t>(high << 4 | value));
      high = -1;
    }
  }
  if (high >= 0) return std::nullopt;
  return octets;
}

std::optional<Bytes> FromBase64(std::string_view text) {
  Bytes octets;
  unsigned bits = 0;
  unsigned held = 0;  // bits that are no octet yet
  size_t digits = 0;
  size_t padding = 0;
  for (const char c : text) {
    if (IsBlank(c)) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = Base64Value(c);
    if (value < 0 || padding != 0) return std::nullopt;
    ++digits;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xffffU;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    octets.push_back(static_cast<uint8_t>(bits >> held));
  }
  const bool whole = padding == 0 || (padding <= 2 && (digits + padding) % 4 == 0);
  if (digits % 4 == 1 || !whole) return std::nullopt;
  return octets;
}

std::string ToBase64(ByteView octets) {
  std::string text;
  for (size_t i = 0; i < octets.size(); i += 3) {
    const ByteView group = octets.subspan(i, std::min<size_t>(3, octets.size() - i));
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; ++j) bits = bits << 8 | (j < group.size() ? group[j] : 0U);
    for (size_t j = 0; j < 4; ++j) {
      text += j <= group.size() ? kBase64Digits[bits >> (18 - 6 * j) & 0x3f] : '=';
    }
  }
  return text;
}

std::optional<std::string> FromUtf16(ByteView octets) {
  const size_t size = Utf8LengthOf(octets);
  if (size == kInvalidText) return std::nullopt;
  std::string text(size, '\0');
  Utf16ToUtf8(octets, text);
  return Printable(text);
}

std::string UtcTime(FileTime time) {
  const auto since_1601 = static_cast<int64_t>(time / kFileTimePerSecond);
  const std::time_t seconds =
      since_1601 - static_cast<int64_t>(kUnixEpochAsFileTime / kFileTimePerSecond);
  std::tm parts{};
  std::array<char, 64> text{};
  if (gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts) == 0) {
    return "not a time";
  }
  return Format("%s.%07u UTC", text.data(), static_cast<unsigned>(time % kFileTimePerSecond));
}

std::string ErrorText(Error error) {
  const std::string detail = DetailOf(error.status);
  return TextOf(error.status) + (detail.empty() ? "" : ": " + detail);
}

bool EqualIgnoringAsciiCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace gss_sspi::tools
