// SPDX-License-Identifier: MIT
// [MS-NLMP] 3.3.2 NTLM v2 Authentication, and the MIC of 3.1.5.1.2.
#ifndef GSS_SSPI_NTLM_RESPONSES_H_
#define GSS_SSPI_NTLM_RESPONSES_H_

#include <optional>

#include "core/bytes.h"
#include "core/result.h"
#include "ntlm/credential.h"
#include "ntlm/keys.h"
#include "ntlm/message.h"

namespace gss_sspi::ntlm {

// [MS-NLMP] 3.3.1 NTOWFv1. The password is UTF-16LE.
NtHash NTOWFv1(ByteView password);

// [MS-NLMP] 3.3.1 LMOWFv1. The password is UTF-8. Nothing when it has no LM hash: more than 14
// characters, or one that is not ASCII (which other code page would be meant is unknown).
std::optional<LmHash> LMOWFv1(std::string_view password);

// [MS-NLMP] 3.3.1: the response that a hash gives to a challenge, DESL.
V1Response ComputeV1Response(std::span<const uint8_t, 16> hash, ServerChallenge challenge);

// [MS-NLMP] 3.3.1, with extended session security: what is encrypted in place of the server's
// challenge.
std::array<uint8_t, kServerChallengeSize> EssChallenge(
    ServerChallenge challenge, std::span<const uint8_t, kClientChallengeSize> client_challenge);

// [MS-NLMP] 3.3.1: the SessionBaseKey of both NTLMv1 forms. `lm` may be null.
BaseKeys V1BaseKeys(const NtHash &nt, const LmHash *lm);
// The same when there is no NT response: the first half of the LM hash, then zeroes.
BaseKeys LmBaseKeys(const LmHash &lm);

// How a user's name becomes upper case: as the protocol wants it, or as some peers do it (N331).
enum class UpperForm : uint8_t { kOneToOne, kFull };

// [MS-NLMP] 3.3.2 NTOWFv2. User and domain are UTF-16LE; the user is upper-cased here, the domain
// counts as it stands (N331). The user has at most Limits::kUser code units.
ResponseKeyNt NTOWFv2(const NtHashKey &hash, ByteView user, ByteView domain,
                      UpperForm form = UpperForm::kOneToOne);
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
