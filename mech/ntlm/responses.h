// SPDX-License-Identifier: MIT
// [MS-NLMP] 3.3.2 NTLM v2 Authentication, and the MIC of 3.1.5.1.2.
#ifndef GSS_SSPI_NTLM_RESPONSES_H_
#define GSS_SSPI_NTLM_RESPONSES_H_

#include "core/bytes.h"
#include "core/result.h"
#include "ntlm/keys.h"
#include "ntlm/message.h"

namespace gss_sspi::ntlm {

// [MS-NLMP] 3.3.1 NTOWFv1. The password is UTF-16LE.
NtHash NTOWFv1(ByteView password);

// [MS-NLMP] 3.3.2 NTOWFv2. User and domain are UTF-16LE; the user is upper-cased here, the domain
// counts as it stands (N331). The user has at most Limits::kUser code units.
ResponseKeyNt NTOWFv2(const NtHashKey &hash, ByteView user, ByteView domain);
inline ResponseKeyNt NTOWFv2(const NtHash &hash, ByteView user, ByteView domain) {
  return NTOWFv2(NtHashKey(hash.view()), user, domain);
}

// [MS-NLMP] 3.3.2: NTProofStr of `temp`, the response without its first 16 octets.
NtProofStr ComputeNtProofStr(const ResponseKeyNt &key, ServerChallenge challenge, ByteView temp);
SessionBaseKey ComputeSessionBaseKey(const ResponseKeyNt &key, const NtProofStr &proof);

// The MIC over the three messages as sent. `authenticate` is the whole message, its MIC at
// `mic_offset`; zeroes are taken for what stands there.
Mic ComputeMic(const ExportedSessionKey &key, ByteView negotiate, ByteView challenge,
               ByteView authenticate, size_t mic_offset);

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_RESPONSES_H_
