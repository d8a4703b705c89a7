// SPDX-License-Identifier: MIT
// CRC-32 with the polynomial 0xEDB88320, the checksum of NTLM messages without extended session
// security.
#ifndef GSS_SSPI_CRYPTO_CRC32_H_
#define GSS_SSPI_CRYPTO_CRC32_H_

#include <cstdint>

#include "core/bytes.h"

namespace gss_sspi::crypto {

// CRC-32 of octets that come in parts.
class Crc32 {
 public:
  void Update(ByteView data);
  [[nodiscard]] uint32_t Value() const { return ~remainder_; }

 private:
  uint32_t remainder_ = 0xffffffff;
};

// [MS-NLMP] 6 CRC32(M) of all parts one after the other.
template <typename... Parts>
[[nodiscard]] uint32_t Crc32Of(const Parts &...parts) {
  Crc32 crc;
  (crc.Update(parts), ...);
  return crc.Value();
}

}  // namespace gss_sspi::crypto

#endif  // GSS_SSPI_CRYPTO_CRC32_H_
