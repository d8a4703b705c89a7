// SPDX-License-Identifier: MIT
// [MS-NLMP] 3.1.5 the client of an exchange, as a state machine without I/O:
//
//   Negotiate() -> NEGOTIATE,  Authenticate(CHALLENGE) -> AUTHENTICATE and the session
//   BeginDatagram(),           Authenticate(CHALLENGE) -> the same, connectionless
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
#include "policy/policy.h"

namespace gss_sspi::ntlm {

// What is asked for on the first leg.
struct InitiatorOffer {
  Flags protection = 0;               // of kSign, kSeal, kIdentify
  std::optional<Flags> instead = {};  // of the usual flags (N420)
};

// What the caller brings for the last leg.
struct InitiatorRequest {
  std::string_view target_name;  // the SPN in UTF-8, well-formed; empty for none
  std::optional<ChannelBindingsHash> channel_bindings;
  // Null, or true for a challenge that must not be answered (N715).
  bool (*is_own_challenge)(ServerChallenge challenge) = nullptr;
};

struct Authentication {
  Agreement agreement;
  bool has_mic = false;  // AUTHENTICATE carries one
};

class Initiator {
 public:
  // Writes NEGOTIATE.
  Error Negotiate(const InitiatorOffer &offer, const Policy &policy,
                  std::span<uint8_t, NegotiateMessage::kSize> out);
  // The same for an exchange that begins with CHALLENGE (N350).
  Error BeginDatagram(const InitiatorOffer &offer, const Policy &policy);

  // Reads CHALLENGE and makes AUTHENTICATE.
  Result<Authentication> Authenticate(ByteView challenge_token, const InitiatorRequest &request,
                                      const InitiatorCredential &credential,
                                      const Environment &environment, const Policy &policy,
                                      Buffer *authenticate_token);

 private:
  enum class Stage : uint8_t { kStart, kAwaitsChallenge, kOver };

  Error Begin(const InitiatorOffer &offer, const Policy &policy, Flags kind);

  Flags offered_ = 0;
  Flags asked_ = 0;  // of kSign and kSeal: without them there is no success
  Stage stage_ = Stage::kStart;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_INITIATOR_H_
