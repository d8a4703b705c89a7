// SPDX-License-Identifier: MIT
// DER for the tests of CredSSP, made without the product's own writer.
#ifndef GSS_SSPI_TESTS_CREDSSP_SUPPORT_H_
#define GSS_SSPI_TESTS_CREDSSP_SUPPORT_H_

#include "ntlm_support.h"

namespace gss_sspi::test {

using Parts = std::initializer_list<ByteView>;

// An element whose length takes that many octets behind the first; 0 is the short form.
inline Bytes Element(uint8_t tag, Parts parts, size_t length_octets) {
  const Bytes content = Concatenate(parts);
  Bytes header = {tag};
  if (length_octets == 0) {
    ck_assert_uint_lt(content.size(), 0x80);
    header.push_back(static_cast<uint8_t>(content.size()));
  } else {
    header.push_back(static_cast<uint8_t>(0x80 + length_octets));
    for (size_t i = length_octets; i > 0; --i) {
      header.push_back(i > sizeof(size_t) ? uint8_t{0}
                                          : static_cast<uint8_t>(content.size() >> (8 * (i - 1))));
    }
  }
  return Concatenate({header, content});
}

// The same with a minimal length.
inline Bytes Element(uint8_t tag, Parts parts) {
  size_t size = 0;
  for (const ByteView part : parts) size += part.size();
  size_t length_octets = 0;
  for (size_t rest = size; size >= 0x80 && rest != 0; rest >>= 8) ++length_octets;
  return Element(tag, parts, length_octets);
}

inline Bytes Sequence(Parts parts) { return Element(0x30, parts); }
// [number] EXPLICIT.
inline Bytes Tagged(unsigned number, Parts parts) {
  return Element(static_cast<uint8_t>(0xa0 + number), parts);
}
inline Bytes OctetString(ByteView octets) { return Element(0x04, {octets}); }
inline Bytes Integer(ByteView octets) { return Element(0x02, {octets}); }
inline Bytes Integer(const char *hex) { return Integer(Unhex(hex)); }

inline void ExpectHex(ByteView got, std::string_view hex) {
  ck_assert_msg(Hex(got) == hex, "got %s", Hex(got).c_str());
}

}  // namespace gss_sspi::test

#endif  // GSS_SSPI_TESTS_CREDSSP_SUPPORT_H_
