// SPDX-License-Identifier: MIT
// [MS-NLMP] 3.1.5.1 the client of a connection-oriented exchange, as a state machine without I/O:
//
//   Negotiate() -> NEGOTIATE,  Authenticate(CHALLENGE) -> AUTHENTICATE and the session.
#ifndef GSS_SSPI_NTLM_INITIATOR_H_
#define GSS_SSPI_NTLM_INITIATOR_H_

#include <optional>
#include <string_view>

#include "core/bytes.h"
#include "core/environment.h"
#include "core/result.h"
#include "ntlm/credential.h"
#include "ntlm/flags.h"
#include "ntlm/keys.h"
#include "ntlm/negotiate_message.h"
#include "ntlm/ntlmv2_response.h"
#include "ntlm/session.h"

namespace gss_sspi::ntlm {

// What the caller asks for.
struct InitiatorRequest {
  Flags protection = 0;          // of kSign, kSeal, kIdentify
  std::string_view target_name;  // the SPN in UTF-8, well-formed; empty for none
  std::optional<ChannelBindingsHash> channel_bindings;
};

class Initiator {
 public:
  // Writes NEGOTIATE for the protection asked for.
  Error Negotiate(Flags protection, std::span<uint8_t, NegotiateMessage::kSize> out);

  // Reads CHALLENGE and makes AUTHENTICATE, always with a MIC (N316).
  Result<Agreement> Authenticate(ByteView challenge_token, const InitiatorRequest &request,
                                 const InitiatorCredential &credential,
                                 const Environment &environment, Buffer *authenticate_token);

 private:
  enum class Stage : uint8_t { kStart, kAwaitsChallenge, kOver };

  Flags offered_ = 0;
  Stage stage_ = Stage::kStart;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_INITIATOR_H_
