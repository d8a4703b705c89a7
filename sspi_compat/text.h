// SPDX-License-Identifier: MIT
// Text: UTF-8 inside and in A functions, UTF-16 in the order of this host in W functions. Not for
// secrets.
#ifndef GSS_SSPI_SSPI_TEXT_H_
#define GSS_SSPI_SSPI_TEXT_H_

#include <sspi.h>

#include <optional>
#include <string>
#include <string_view>

#include "sspi_compat/memory.h"

namespace gss_sspi::sspi {

// Nothing when the text is not well-formed or holds a NUL.
std::optional<std::string> Utf8Of(const WCHAR *text, size_t units);
bool IsUtf8(std::string_view text);

size_t LengthOf(const WCHAR *text);

// NUL-terminated text of a caller; nothing for a null pointer or text that is not well-formed.
std::optional<std::string> TextOfCaller(const SEC_CHAR *text);
std::optional<std::string> TextOfCaller(const SEC_WCHAR *text);

// Units that `utf8` needs, with the NUL; `Put` writes them and gives the position behind them.
template <typename Char>
size_t UnitsOf(std::string_view utf8);
template <typename Char>
Char *Put(std::string_view utf8, Char *out);

// A text for the caller, who frees it with FreeContextBuffer.
template <typename Char>
ContextBuffer<Char> GiveText(std::string_view utf8) {
  auto text = NewContextBuffer<Char>(UnitsOf<Char>(utf8));
  Put<Char>(utf8, text.get());
  return text;
}

bool EqualIgnoringAsciiCase(std::string_view a, std::string_view b);
std::string UpperAscii(std::string_view text);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_TEXT_H_
