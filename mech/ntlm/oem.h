// SPDX-License-Identifier: MIT
// Text in the OEM character set, for peers without Unicode (N333, P21). Which code page a peer
// means is not on the wire, so only what all of them share is text to us: ASCII.
#ifndef GSS_SSPI_NTLM_OEM_H_
#define GSS_SSPI_NTLM_OEM_H_

#include "core/bytes.h"

namespace gss_sspi::ntlm {

// False when the text is not printable ASCII. `out` has half as many octets as `utf16`.
[[nodiscard]] inline bool Utf16ToOem(ByteView utf16, MutableBytes out) {
  for (size_t i = 0; i < out.size(); ++i) {
    const uint8_t low = utf16[2 * i];
    if (utf16[2 * i + 1] != 0 || low < 0x20 || low >= 0x7f) return false;
    out[i] = low;
  }
  return true;
}

// The same the other way round. `out` has twice as many octets as `oem`.
[[nodiscard]] inline bool OemToUtf16(ByteView oem, MutableBytes out) {
  for (size_t i = 0; i < oem.size(); ++i) {
    if (oem[i] < 0x20 || oem[i] >= 0x7f) return false;
    out[2 * i] = oem[i];
    out[2 * i + 1] = 0;
  }
  return true;
}

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_OEM_H_
