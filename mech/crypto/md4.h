// SPDX-License-Identifier: MIT
// MD4 (RFC 1320), of which MS-NLMP makes the NT hash of a password.
#ifndef GSS_SSPI_CRYPTO_MD4_H_
#define GSS_SSPI_CRYPTO_MD4_H_

#include <array>
#include <cstdint>

#include "core/bytes.h"

namespace gss_sspi::crypto {

using Md4Digest = std::array<uint8_t, 16>;

// [MS-NLMP] 6 MD4(M). What is hashed is a password: no copy of it stays behind. The digest is as
// secret as the password.
[[nodiscard]] Md4Digest Md4Of(ByteView message);

}  // namespace gss_sspi::crypto

#endif  // GSS_SSPI_CRYPTO_MD4_H_
