// SPDX-License-Identifier: MIT
#include "winshim/unicode.h"

#include <climits>

namespace gss_sspi::winshim {
namespace {

constexpr char32_t kReplacement = 0xfffd;

struct CodePoint {
  char32_t value = kReplacement;
  size_t units = 1;  // that it took
  bool malformed = true;
};

bool IsContinuation(uint8_t octet) { return (octet & 0xc0) == 0x80; }

// How a sequence of Unicode's table 3-7 (well-formed UTF-8) begins.
struct Lead {
  uint8_t first, last;             // of the lead octet
  uint8_t more;                    // octets that follow
  uint8_t second_min, second_max;  // of the next octet
};
constexpr Lead kLeads[] = {
    {0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
    {0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
    {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

// Of malformed text the longest beginning of a sequence is one U+FFFD (Unicode, section 3.9).
CodePoint First(std::string_view text) {
  static constexpr uint8_t kMask[] = {0x7f, 0x1f, 0x0f, 0x07};
  const auto octet = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  for (const Lead &lead : kLeads) {
    if (octet(0) < lead.first || octet(0) > lead.last) continue;
    char32_t value = octet(0) & kMask[lead.more];
    for (size_t i = 1; i <= lead.more; ++i) {
      if (i == text.size() || !IsContinuation(octet(i)) ||
          (i == 1 && (octet(1) < lead.second_min || octet(1) > lead.second_max))) {
        return {kReplacement, i, true};
      }
      value = value << 6 | (octet(i) & 0x3fU);
    }
    return {value, lead.more + size_t{1}, false};
  }
  return {};
}

CodePoint First(WideView text) {
  const char32_t high = text[0];
  if (high < 0xd800 || high > 0xdfff) return {high, 1, false};
  if (high > 0xdbff || text.size() < 2) return {};
  const char32_t low = text[1];
  if (low < 0xdc00 || low > 0xdfff) return {};
  return {0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), 2, false};
}

size_t PutCodePoint(char32_t c, WCHAR *out) {
  const auto unit = [](char32_t value) { return static_cast<WCHAR>(value); };
  if (c < 0x10000) {
    if (out != nullptr) out[0] = unit(c);
    return 1;
  }
  if (out != nullptr) {
    out[0] = unit(0xd800 + ((c - 0x10000) >> 10));
    out[1] = unit(0xdc00 + ((c - 0x10000) & 0x3ff));
  }
  return 2;
}

size_t PutCodePoint(char32_t c, char *out) {
  static constexpr uint8_t kLeadBits[] = {0, 0, 0xc0, 0xe0, 0xf0};
  const size_t octets = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  if (out == nullptr) return octets;
  size_t shift = 6 * (octets - 1);
  out[0] = static_cast<char>(kLeadBits[octets] | c >> shift);
  for (size_t i = 1; i < octets; ++i) {
    shift -= 6;
    out[i] = static_cast<char>(0x80 | (c >> shift & 0x3f));
  }
  return octets;
}

template <typename From, typename To>
Converted Convert(From text, To *out) {
  Converted result;
  while (!text.empty()) {
    const CodePoint c = First(text);
    text.remove_prefix(c.units);
    result.units += PutCodePoint(c.value, out == nullptr ? nullptr : out + result.units);
    result.malformed |= c.malformed;
  }
  return result;
}

// Text of a caller who gives its length, or a negative number: up to and with the NUL.
template <typename Char>
std::basic_string_view<Char> TextOf(const Char *text, int length) {
  if (length >= 0) return {text, static_cast<size_t>(length)};
  size_t units = 0;
  while (text[units] != 0) ++units;
  return {text, units + 1};
}

bool IsUtf8CodePage(UINT code_page) { return code_page == CP_UTF8; }
bool IsDefaultCodePage(UINT code_page) {
  return code_page == CP_ACP || code_page == CP_OEMCP || code_page == CP_THREAD_ACP;
}

constexpr DWORD kFlagsFromUtf8 = MB_ERR_INVALID_CHARS;
constexpr DWORD kFlagsFromDefault = MB_PRECOMPOSED | MB_ERR_INVALID_CHARS;
constexpr DWORD kFlagsToUtf8 = WC_ERR_INVALID_CHARS;
constexpr DWORD kFlagsToDefault =
    WC_COMPOSITECHECK | WC_DISCARDNS | WC_SEPCHARS | WC_DEFAULTCHAR | WC_NO_BEST_FIT_CHARS;

// ERROR_SUCCESS when the arguments that both directions have make sense.
DWORD Judge(UINT code_page, DWORD flags, DWORD utf8_flags, DWORD default_flags, const void *text,
            int length, const void *out, int room) {
  if (!IsUtf8CodePage(code_page) && !IsDefaultCodePage(code_page)) return ERROR_INVALID_PARAMETER;
  if (text == nullptr || length == 0 || room < 0) return ERROR_INVALID_PARAMETER;
  if ((room > 0 && out == nullptr) || text == out) return ERROR_INVALID_PARAMETER;
  if ((flags & ~(IsUtf8CodePage(code_page) ? utf8_flags : default_flags)) != 0) {
    return ERROR_INVALID_FLAGS;
  }
  return ERROR_SUCCESS;
}

// What the function gives when the text becomes `units`, for which there is `room`: 0 is failure.
int Fit(size_t units, int room) {
  if (units > INT_MAX || (room > 0 && units > static_cast<size_t>(room))) {
    return Refuse<int>(ERROR_INSUFFICIENT_BUFFER);
  }
  return static_cast<int>(units);
}

}  // namespace

Converted ToUtf16(std::string_view utf8, WCHAR *out) { return Convert(utf8, out); }

Converted ToUtf8(WideView utf16, char *out) { return Convert(utf16, out); }

Allocated<char> NewUtf8(const WCHAR *text) {
  const WideView wide = TextOf(text, -1);
  Allocated<char> utf8 = Allocate<char>(ToUtf8(wide, nullptr).units);
  if (utf8) ToUtf8(wide, utf8.get());
  return utf8;
}

}  // namespace gss_sspi::winshim

using namespace gss_sspi::winshim;  // NOLINT: the exports below have C names

WINSHIM_EXPORT int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCSTR lpMultiByteStr,
                                              int cbMultiByte, LPWSTR lpWideCharStr,
                                              int cchWideChar) {
  const DWORD error = Judge(CodePage, dwFlags, kFlagsFromUtf8, kFlagsFromDefault, lpMultiByteStr,
                            cbMultiByte, lpWideCharStr, cchWideChar);
  if (error != ERROR_SUCCESS) return Refuse<int>(error);
  const auto text = TextOf(lpMultiByteStr, cbMultiByte);
  const Converted needed = ToUtf16(text, nullptr);
  if (needed.malformed && (dwFlags & MB_ERR_INVALID_CHARS) != 0) {
    return Refuse<int>(ERROR_NO_UNICODE_TRANSLATION);
  }
  const int units = Fit(needed.units, cchWideChar);
  if (units != 0 && cchWideChar != 0) ToUtf16(text, lpWideCharStr);
  return units;
}

WINSHIM_EXPORT int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWSTR lpWideCharStr,
                                              int cchWideChar, LPSTR lpMultiByteStr,
                                              int cbMultiByte, LPCSTR lpDefaultChar,
                                              BOOL *lpUsedDefaultChar) {
  const DWORD error = Judge(CodePage, dwFlags, kFlagsToUtf8, kFlagsToDefault, lpWideCharStr,
                            cchWideChar, lpMultiByteStr, cbMultiByte);
  if (error != ERROR_SUCCESS) return Refuse<int>(error);
  // Everything has a form in UTF-8, so there is nothing to put a default character for.
  if (IsUtf8CodePage(CodePage) && (lpDefaultChar != nullptr || lpUsedDefaultChar != nullptr)) {
    return Refuse<int>(ERROR_INVALID_PARAMETER);
  }
  const auto text = TextOf(lpWideCharStr, cchWideChar);
  const Converted needed = ToUtf8(text, nullptr);
  if (needed.malformed && (dwFlags & WC_ERR_INVALID_CHARS) != 0) {
    return Refuse<int>(ERROR_NO_UNICODE_TRANSLATION);
  }
  const int octets = Fit(needed.units, cbMultiByte);
  if (octets != 0 && cbMultiByte != 0) ToUtf8(text, lpMultiByteStr);
  if (octets != 0 && lpUsedDefaultChar != nullptr) *lpUsedDefaultChar = needed.malformed;
  return octets;
}
