// SPDX-License-Identifier: MIT
// [MS-NLMP] 2.2.1.3 AUTHENTICATE_MESSAGE.
#ifndef GSS_SSPI_NTLM_AUTHENTICATE_MESSAGE_H_
#define GSS_SSPI_NTLM_AUTHENTICATE_MESSAGE_H_

#include "core/bytes.h"
#include "core/result.h"
#include "ntlm/message.h"

namespace gss_sspi::ntlm {

struct AuthenticateMessage {
  static constexpr size_t kHeaderSize = 88;
  static constexpr size_t kMicOffset = 72;
  // N318: where the MIC stands in messages that have neither the VERSION flag nor its field.
  static constexpr size_t kMicOffsetWithoutVersion = 64;

  Flags negotiate_flags = 0;
  ByteView domain_name;  // text: UTF-16LE or OEM, as the flags say
  ByteView user_name;
  ByteView workstation;
  ByteView lm_challenge_response;
  ByteView nt_challenge_response;
  ByteView encrypted_random_session_key;
  // Where the MIC stands if there is one; zero when the message has no room for it before its
  // payload. Whether one is there is said by MsvAvFlags in the response.
  size_t mic_offset = 0;
  bool trailing_octets = false;  // behind the last payload (N346)

  // Views into `message`. Any order of payloads, and gaps between them, will do (N343).
  static Result<AuthenticateMessage> Parse(ByteView message);

  size_t BuiltSize() const;
  // With VERSION, a MIC field of zeroes at kMicOffset, and the payload in the order of Windows
  // (P26): domain, user, workstation, LM, NT, session key. `out` has BuiltSize() octets.
  void Build(MutableBytes out) const;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_AUTHENTICATE_MESSAGE_H_
