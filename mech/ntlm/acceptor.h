// SPDX-License-Identifier: MIT
// [MS-NLMP] 3.2.5.1 the server of a connection-oriented exchange, as a state machine without I/O:
//
//   Challenge(NEGOTIATE) -> CHALLENGE,  Authenticate(AUTHENTICATE) -> the session and who it is
//   with.
#ifndef GSS_SSPI_NTLM_ACCEPTOR_H_
#define GSS_SSPI_NTLM_ACCEPTOR_H_

#include <optional>

#include "core/bytes.h"
#include "core/environment.h"
#include "core/result.h"
#include "ntlm/authenticate_message.h"
#include "ntlm/credential.h"
#include "ntlm/keys.h"
#include "ntlm/ntlmv2_response.h"
#include "ntlm/server_names.h"
#include "ntlm/session.h"
#include "policy/policy.h"

namespace gss_sspi::ntlm {

// What the caller brings for the last leg.
struct AcceptorRequest {
  std::optional<ChannelBindingsHash> channel_bindings;
};

struct Acceptance {
  Agreement agreement;
  Identity initiator;
  bool channel_bound = false;  // both sides gave bindings, and they are the same
};

class Acceptor {
 public:
  // Reads NEGOTIATE and makes CHALLENGE.
  Error Challenge(ByteView negotiate_token, const ServerNames &names,
                  const Environment &environment, Buffer *challenge_token);

  // Reads AUTHENTICATE. There is one attempt: after a refusal the machine is over (N433).
  Result<Acceptance> Authenticate(ByteView authenticate_token, const AcceptorRequest &request,
                                  const AcceptorVerifier &verifier, const Environment &environment,
                                  const Policy &policy);

  // True once a NEGOTIATE was given to it.
  bool started() const { return stage_ != Stage::kStart; }

 private:
  enum class Stage : uint8_t { kStart, kAwaitsAuthenticate, kOver };

  ByteView negotiate() const { return transcript_.view().first(negotiate_size_); }
  ByteView challenge() const { return transcript_.view().subspan(negotiate_size_); }
  Result<Acceptance> Judge(ByteView authenticate_token, const AcceptorRequest &request,
                           const AcceptorVerifier &verifier, const Environment &environment,
                           const Policy &policy) const;

  Error CheckMic(ByteView token, const AuthenticateMessage &message, const Ntlmv2Response &response,
                 const ExportedSessionKey &key, const Policy &policy) const;

  Buffer transcript_;  // NEGOTIATE, then CHALLENGE: the MIC and the echo check need them as sent
  size_t negotiate_size_ = 0;
  Flags flags_ = 0;  // of the CHALLENGE
  bool negotiate_has_trailing_octets_ = false;
  Stage stage_ = Stage::kStart;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_ACCEPTOR_H_
