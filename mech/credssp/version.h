// SPDX-License-Identifier: MIT
// [MS-CSSP] 2.2.1 version: what each version of CredSSP can do.
#ifndef GSS_SSPI_CREDSSP_VERSION_H_
#define GSS_SSPI_CREDSSP_VERSION_H_

#include <algorithm>
#include <cstdint>

namespace gss_sspi::credssp {

inline constexpr uint32_t kOwnVersion = 6;    // sent in every TSRequest (C6)
inline constexpr uint32_t kLeastVersion = 2;  // of all that there are; 0 and 1 are refused

// The version that both speak. One above ours counts as ours (C6).
constexpr uint32_t NegotiatedVersion(uint32_t peer) { return std::min(peer, kOwnVersion); }

// C16: versions 3, 4 and 6 have errorCode. The negotiated version.
constexpr bool HasErrorCode(uint32_t version) {
  return version == 3 || version == 4 || version == 6;
}

// Version 5 binds the server's key by a hash over clientNonce and key, where older ones send the
// key.
constexpr bool BindsByHash(uint32_t version) { return version >= 5; }

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_VERSION_H_
