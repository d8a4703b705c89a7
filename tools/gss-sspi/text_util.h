// SPDX-License-Identifier: MIT
// Text in and out: formats, encodings, and what may be shown on a terminal.
#ifndef GSS_SSPI_TOOLS_TEXT_UTIL_H_
#define GSS_SSPI_TOOLS_TEXT_UTIL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/environment.h"
#include "core/result.h"

namespace gss_sspi::tools {

using Bytes = std::vector<uint8_t>;

// As printf, into a string.
std::string Format(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Text that peers or files chose, without what could command a terminal or is not UTF-8.
std::string Printable(std::string_view text);

std::string Hex(ByteView octets);
// Nothing when the text is not of that form. Blanks and line breaks do not count; base64 may be the
// one for URLs, and may lack its padding.
std::optional<Bytes> FromHex(std::string_view text);
std::optional<Bytes> FromBase64(std::string_view text);
std::string ToBase64(ByteView octets);

// UTF-16LE as printable UTF-8; nothing when it is not well-formed.
std::optional<std::string> FromUtf16(ByteView octets);

// 2026-11-23 22:17:00.1234567 UTC.
std::string UtcTime(FileTime time);

// "the account file cannot be read: FILE: No such file or directory".
std::string ErrorText(Error error);

bool EqualIgnoringAsciiCase(std::string_view a, std::string_view b);

}  // namespace gss_sspi::tools

#endif  // GSS_SSPI_TOOLS_TEXT_UTIL_H_
