// SPDX-License-Identifier: MIT
// [MS-NLMP] 2.2.2.8 NTLMv2_RESPONSE and 2.2.2.7 NTLMv2_CLIENT_CHALLENGE ("temp" in 3.3.2).
#ifndef GSS_SSPI_NTLM_NTLMV2_RESPONSE_H_
#define GSS_SSPI_NTLM_NTLMV2_RESPONSE_H_

#include <optional>
#include <string_view>

#include "core/bytes.h"
#include "core/environment.h"
#include "core/result.h"
#include "ntlm/av_pairs.h"
#include "ntlm/keys.h"
#include "ntlm/message.h"

namespace gss_sspi::ntlm {

inline constexpr size_t kNtProofStrSize = 16;

struct Ntlmv2Response {
  ByteView proof;  // NTProofStr, 16 octets
  ByteView temp;   // all that the proof covers
  FileTime timestamp = 0;
  AvPairs av_pairs;

  // Views into `octets`.
  static Result<Ntlmv2Response> Parse(ByteView octets);
};

// The variable part of a response that an initiator makes.
struct ClientChallenge {
  FileTime timestamp = 0;
  std::span<const uint8_t, kClientChallengeSize> client_challenge;
  AvPairs server_pairs;          // from the CHALLENGE; those the client owns are not copied (N320)
  std::string_view target_name;  // the SPN in UTF-8, well-formed
  std::optional<ChannelBindingsHash> channel_bindings;
  bool with_mic = true;  // says that AUTHENTICATE carries a MIC (N316)

  // Octets of the response, NTProofStr included.
  size_t ResponseSize() const;
  // Writes "temp" behind the room for NTProofStr. `response` has ResponseSize() octets.
  void Build(MutableBytes response) const;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_NTLMV2_RESPONSE_H_
