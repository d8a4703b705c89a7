// SPDX-License-Identifier: MIT
// Text as NTLM sees it: UTF-16LE octets on the wire and in hashes, UTF-8 at the interfaces.
#ifndef GSS_SSPI_CORE_UTF16_H_
#define GSS_SSPI_CORE_UTF16_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/bytes.h"

namespace gss_sspi {

inline constexpr size_t kInvalidText = SIZE_MAX;

// Octets that the UTF-8 text needs in UTF-16LE, or kInvalidText when it is not well-formed UTF-8
// (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF) or holds a NUL.
size_t Utf16LengthOf(std::string_view utf8);

// Writes `utf8` as UTF-16LE. `out` has Utf16LengthOf(utf8) octets.
void Utf8ToUtf16(std::string_view utf8, MutableBytes out);

// The same for UTF-16LE to UTF-8. Invalid are an odd number of octets, an unpaired surrogate, a
// NUL.
size_t Utf8LengthOf(ByteView utf16);
void Utf16ToUtf8(ByteView utf16, std::span<char> out);

// [MS-UCODEREF] 3.1.5.3: one code unit to one code unit, by a table, whatever the locale. Units
// with no upper case, and surrogates, stay as they are.
uint16_t ToUpper(uint16_t code_unit);

// Upper case of UTF-16LE octets; `out` is as long as `utf16` and may be the same memory.
void UpperUtf16(ByteView utf16, MutableBytes out);

// N331: the full upper-casing of Unicode, which some peers use. It differs for a few code units,
// and one of them may become up to three.
bool HasFullUpper(ByteView utf16);
inline constexpr size_t kMaxFullUpper = 3;
// `out` has kMaxFullUpper times the octets of `utf16`, which are a whole number of code units.
// Gives the octets that were used.
size_t FullUpperUtf16(ByteView utf16, MutableBytes out);

// True when both well-formed UTF-8 texts are equal but for case, by the same table.
bool EqualIgnoringCase(std::string_view a, std::string_view b);
// The same for UTF-16LE.
bool EqualIgnoringCase(ByteView a, ByteView b);

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_UTF16_H_
