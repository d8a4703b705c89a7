// SPDX-License-Identifier: MIT
// DES (FIPS 46-3) as the responses of NTLMv1 and the LM hash use it: one block, encryption only.
#ifndef GSS_SSPI_CRYPTO_DES_H_
#define GSS_SSPI_CRYPTO_DES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gss_sspi::crypto {

inline constexpr size_t kDesBlockSize = 8;
inline constexpr size_t kDesKeySize = 7;

using DesBlock = std::array<uint8_t, kDesBlockSize>;
using DeslResponse = std::array<uint8_t, 3 * kDesBlockSize>;

// [MS-NLMP] 6 DES(K, D): a key of 56 bits, to which the parity bits are added here.
[[nodiscard]] DesBlock DES(std::span<const uint8_t, kDesKeySize> key,
                           std::span<const uint8_t, kDesBlockSize> data);

// [MS-NLMP] 6 DESL(K, D): three times DES with octets 0 to 6, 7 to 13, and 14 and 15 of the key.
[[nodiscard]] DeslResponse DESL(std::span<const uint8_t, 16> key,
                                std::span<const uint8_t, kDesBlockSize> data);

}  // namespace gss_sspi::crypto

#endif  // GSS_SSPI_CRYPTO_DES_H_
