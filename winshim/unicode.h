// SPDX-License-Identifier: MIT
// UTF-8 and UTF-16 as Win32 converts them: what is malformed becomes U+FFFD, and a NUL is a
// character. (mech/core/utf16.h refuses both, for names and passwords.)
#ifndef GSS_SSPI_WINSHIM_UNICODE_H_
#define GSS_SSPI_WINSHIM_UNICODE_H_

#include <windows.h>

#include <cstring>
#include <string_view>

#include "winshim/export.h"

namespace gss_sspi::winshim {

using WideView = std::basic_string_view<WCHAR>;

struct Converted {
  size_t units = 0;        // of the result
  bool malformed = false;  // something had to be replaced
};

// With `out` null they only count.
Converted ToUtf16(std::string_view utf8, WCHAR *out);
Converted ToUtf8(WideView utf16, char *out);

// UTF-8 as the function that the program called wants it: its length, and the text without a NUL.
inline size_t UnitsOf(std::string_view utf8, const char *) { return utf8.size(); }
inline size_t UnitsOf(std::string_view utf8, const WCHAR *) { return ToUtf16(utf8, nullptr).units; }
inline void Put(std::string_view utf8, char *out) { std::memcpy(out, utf8.data(), utf8.size()); }
inline void Put(std::string_view utf8, WCHAR *out) { ToUtf16(utf8, out); }

// A NUL-terminated copy; null when there is no memory.
Allocated<char> NewUtf8(const WCHAR *text);

}  // namespace gss_sspi::winshim

#endif  // GSS_SSPI_WINSHIM_UNICODE_H_
