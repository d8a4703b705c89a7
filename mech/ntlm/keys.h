// SPDX-License-Identifier: MIT
// The secrets of NTLM, each a type of its own, and the values made from them.
#ifndef GSS_SSPI_NTLM_KEYS_H_
#define GSS_SSPI_NTLM_KEYS_H_

#include <array>
#include <cstdint>

#include "core/secret.h"
#include "crypto/hmac_md5.h"

namespace gss_sspi::ntlm {

// NTOWFv1(): MD4 of the password in UTF-16LE. As good as the password.
struct NtHash : Secret<16> {
  using Secret::Secret;
};

// LMOWFv1(). As good as the password.
struct LmHash : Secret<16> {
  using Secret::Secret;
};

// The first 8 octets of LMOWFv1(): all that KXKEY() takes of it.
struct LmSessionKey : Secret<8> {
  using Secret::Secret;
};

// An NT hash, ready to be the key of the HMAC-MD5 in NTOWFv2().
using NtHashKey = crypto::HmacMd5Key;

// NTOWFv2(), ready for HMAC-MD5: ResponseKeyNT of one user of one domain.
using ResponseKeyNt = crypto::HmacMd5Key;

struct SessionBaseKey : Secret<16> {
  using Secret::Secret;
};

// [MS-NLMP] 3.4.5.1: with NTLMv2 the same octets as the SessionBaseKey.
struct KeyExchangeKey : Secret<16> {
  using Secret::Secret;
};

struct ExportedSessionKey : Secret<16> {
  using Secret::Secret;
};

// A key made of a digest, whose own octets are wiped.
template <typename Key>
Key KeyFrom(crypto::Md5Digest digest) {
  Key key{std::span<const uint8_t, 16>(digest)};
  Wipe(digest.data(), digest.size());
  return key;
}

using NtProofStr = std::array<uint8_t, 16>;
using Mic = std::array<uint8_t, 16>;
using ChannelBindingsHash = std::array<uint8_t, 16>;

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_KEYS_H_
