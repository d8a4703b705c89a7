// SPDX-License-Identifier: MIT
// MD5 (RFC 1321). MS-NLMP derives its signing and sealing keys with it and hashes channel bindings;
// HMAC-MD5 is built on it.
#ifndef GSS_SSPI_CRYPTO_MD5_H_
#define GSS_SSPI_CRYPTO_MD5_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/bytes.h"
#include "core/secret.h"

namespace gss_sspi::crypto {

inline constexpr size_t kMd5BlockSize = 64;
inline constexpr size_t kMd5DigestSize = 16;

using Md5Digest = std::array<uint8_t, kMd5DigestSize>;

// The words A, B, C, D. Their octets in memory are the digest: the targets are little-endian.
using Md5State = std::array<uint32_t, 4>;

// RFC 1321 3.3.
inline constexpr Md5State kMd5InitialState = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

// RFC 1321 3.4: takes `count` blocks of 64 octets into the state.
void Md5Blocks(Md5State &state, const uint8_t *blocks, size_t count);

inline Md5Digest ToDigest(const Md5State &state) {
  Md5Digest digest;
  std::memcpy(digest.data(), state.data(), digest.size());
  return digest;
}

// MD5 of octets that come in parts. What is hashed is often a key, so the object wipes itself.
class Md5 {
 public:
  Md5() = default;
  // Goes on from the state reached after `length` octets, a multiple of 64.
  Md5(const Md5State &state, uint64_t length) : state_(state), length_(length) {}
  Md5(const Md5 &) = delete;
  Md5 &operator=(const Md5 &) = delete;
  ~Md5() {
    Wipe(state_.data(), sizeof state_);
    Wipe(block_.data(), sizeof block_);
  }

  void Update(ByteView data);
  // Ends the message. The object can then only be destroyed.
  [[nodiscard]] Md5State FinishState();
  [[nodiscard]] Md5Digest Finish() { return ToDigest(FinishState()); }

 private:
  Md5State state_ = kMd5InitialState;
  uint64_t length_ = 0;
  std::array<uint8_t, kMd5BlockSize> block_;  // Its first length_ % 64 octets are waiting.
};

// MD5 of all parts one after the other.
template <typename... Parts>
[[nodiscard]] Md5Digest Md5Of(const Parts &...parts) {
  Md5 md5;
  (md5.Update(parts), ...);
  return md5.Finish();
}

}  // namespace gss_sspi::crypto

#endif  // GSS_SSPI_CRYPTO_MD5_H_
