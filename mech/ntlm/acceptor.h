// SPDX-License-Identifier: MIT
// [MS-NLMP] 3.2.5 the server of an exchange, as a state machine without I/O:
//
//   Challenge(NEGOTIATE) -> CHALLENGE,    Authenticate(AUTHENTICATE) -> the session, and with whom
//   ChallengeDatagram() -> CHALLENGE,     the same, connectionless
#ifndef GSS_SSPI_NTLM_ACCEPTOR_H_
#define GSS_SSPI_NTLM_ACCEPTOR_H_

#include <optional>

#include "core/bytes.h"
#include "core/environment.h"
#include "core/result.h"
#include "ntlm/authenticate_message.h"
#include "ntlm/challenge_message.h"
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
  Identity initiator;          // empty when anonymous
  bool anonymous = false;      // N352: nobody was proven
  bool channel_bound = false;  // both sides gave bindings, and they are the same
};

class Acceptor {
 public:
  // Reads NEGOTIATE and makes CHALLENGE.
  Error Challenge(ByteView negotiate_token, const ServerNames &names,
                  const Environment &environment, const Policy &policy, Buffer *challenge_token);
  // Makes the CHALLENGE that begins a connectionless exchange (N350).
  Error ChallengeDatagram(const ServerNames &names, const Environment &environment,
                          const Policy &policy, Buffer *challenge_token);

  // For CHALLENGEs to come: no LM_KEY in them, whatever the level.
  void ForgoLmKeys() { grants_lm_key_ = false; }

  // Reads AUTHENTICATE. There is one attempt: after a refusal the machine is over (N433).
  Result<Acceptance> Authenticate(ByteView authenticate_token, const AcceptorRequest &request,
                                  const AcceptorVerifier &verifier, const Environment &environment,
                                  const Policy &policy);

  // Of the CHALLENGE that was made.
  ServerChallenge server_challenge() const {
    return challenge().subspan<ChallengeMessage::kChallengeOffset, kServerChallengeSize>();
  }
  // True once a NEGOTIATE was given to it.
  bool started() const { return stage_ != Stage::kStart; }

 private:
  enum class Stage : uint8_t { kStart, kAwaitsAuthenticate, kOver };

  ByteView negotiate() const { return transcript_.view().first(negotiate_size_); }
  ByteView challenge() const { return transcript_.view().subspan(negotiate_size_); }
  Error SendChallenge(Flags flags, ByteView negotiate_token, const ServerNames &names,
                      const Environment &environment, Buffer *challenge_token);
  Result<Acceptance> Judge(ByteView authenticate_token, const AcceptorRequest &request,
                           const AcceptorVerifier &verifier, const Environment &environment,
                           const Policy &policy) const;
  Result<Flags> AgreedFlags(const AuthenticateMessage &message, const Policy &policy) const;
  Error JudgeV2(ByteView token, const AuthenticateMessage &message, const Ntlmv2Response &response,
                const ChallengeMessage &sent, const AcceptorRequest &request,
                const Environment &environment, const Policy &policy, Acceptance *acceptance) const;
  Error CheckMic(ByteView token, const AuthenticateMessage &message, const Ntlmv2Response &response,
                 const ExportedSessionKey &key, const Policy &policy) const;
  Error RefuseUncoveredOctets(const AuthenticateMessage &message) const;

  Buffer transcript_;  // NEGOTIATE, then CHALLENGE: the MIC and the echo check need them as sent
  size_t negotiate_size_ = 0;
  Flags flags_ = 0;  // of the CHALLENGE
  bool grants_lm_key_ = true;
  bool negotiate_has_trailing_octets_ = false;
  Stage stage_ = Stage::kStart;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_ACCEPTOR_H_
