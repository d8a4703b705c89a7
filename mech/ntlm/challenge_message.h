// SPDX-License-Identifier: MIT
// [MS-NLMP] 2.2.1.2 CHALLENGE_MESSAGE.
#ifndef GSS_SSPI_NTLM_CHALLENGE_MESSAGE_H_
#define GSS_SSPI_NTLM_CHALLENGE_MESSAGE_H_

#include "core/bytes.h"
#include "core/result.h"
#include "ntlm/message.h"

namespace gss_sspi::ntlm {

struct ChallengeMessage {
  static constexpr size_t kHeaderSize = 56;
  static constexpr size_t kChallengeOffset = 24;

  Flags negotiate_flags = 0;
  ByteView target_name;  // UTF-16LE or OEM, as the flags say
  std::span<const uint8_t, kServerChallengeSize> server_challenge;
  ByteView target_info;  // AV_PAIRs

  // Views into `message`. Headers of 32 and 48 octets are taken too (N341).
  static Result<ChallengeMessage> Parse(ByteView message);

  size_t BuiltSize() const { return kHeaderSize + target_name.size() + target_info.size(); }
  // With VERSION. `out` has BuiltSize() octets.
  void Build(MutableBytes out) const;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_CHALLENGE_MESSAGE_H_
