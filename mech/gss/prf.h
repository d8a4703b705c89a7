// SPDX-License-Identifier: MIT
// RFC 4401 for NTLM: key material for an application, out of the key of a session.
#ifndef GSS_SSPI_GSS_PRF_H_
#define GSS_SSPI_GSS_PRF_H_

#include <cstdint>

#include "core/bytes.h"
#include "ntlm/keys.h"

namespace gss_sspi::gss {

// N518. There is no NTLM peer to match, so the construction is our own, with RFC 4402's counter:
//
//   K      = HMAC-MD5(ExportedSessionKey, "gss-sspi NTLM pseudo-random")
//   output = T(0) | T(1) | ..., cut to the size of `out`
//   T(n)   = HMAC-MD5(K, n | prf_key | input), both numbers in 32 bits, big-endian
//
// K keeps the output apart from whatever else the session key is used for, and prf_key the two
// kinds of output from each other.
void PseudoRandom(const ntlm::ExportedSessionKey &session_key, uint32_t prf_key, ByteView input,
                  MutableBytes out);

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_PRF_H_
