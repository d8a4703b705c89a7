// SPDX-License-Identifier: MIT
// The two things a state machine needs of a credential. They say what a credential can do and not
// what it holds: a password, a hash, a file, or another service stand behind them.
#ifndef GSS_SSPI_NTLM_CREDENTIAL_H_
#define GSS_SSPI_NTLM_CREDENTIAL_H_

#include <array>
#include <optional>

#include "core/bytes.h"
#include "core/memory.h"
#include "core/result.h"
#include "core/text.h"
#include "ntlm/attributes.h"
#include "ntlm/keys.h"
#include "ntlm/message.h"

namespace gss_sspi::ntlm {

// LM and NTLMv1 responses have this size, and no other response has it.
inline constexpr size_t kV1ResponseSize = 24;
using V1Response = std::array<uint8_t, kV1ResponseSize>;

// What both sides know when a proof is right, and what KXKEY() works on.
struct BaseKeys {
  SessionBaseKey session_base_key;
  std::optional<LmSessionKey> lm_session_key;  // nothing: the LM hash is not known
};

// Answers challenges in the name of one user.
class InitiatorCredential {
 public:
  // UTF-16LE, as they are sent in AUTHENTICATE.
  virtual ByteView user() const = 0;
  virtual ByteView domain() const = 0;
  virtual ByteView workstation() const = 0;

  // True for the credential of nobody: an empty user, and no responses (N352).
  virtual bool anonymous() const { return false; }

  // Fills in the first 16 octets of the NTLMv2 response `response`, whose rest is "temp", and gives
  // the session base key.
  virtual Result<SessionBaseKey> AnswerV2(ServerChallenge challenge,
                                          MutableBytes response) const = 0;

  // [MS-NLMP] 3.3.1: the response of the LM hash, if that is known, and that of the NT hash.
  // `challenge` is what they encrypt: the server's, or with extended session security its digest.
  struct V1Answer {
    std::optional<V1Response> lm;
    V1Response nt;
    BaseKeys keys;
  };
  virtual Result<V1Answer> AnswerV1(ServerChallenge challenge) const = 0;

  // For a service that holds the secret and makes the whole AUTHENTICATE itself, out of both
  // messages as they were sent. Nothing for all others.
  struct MadeMessage {
    Buffer authenticate;
    ExportedSessionKey session_key;
  };
  virtual Result<std::optional<MadeMessage>> MakeMessage(ByteView /*negotiate*/,
                                                         ByteView /*challenge*/) const {
    return std::optional<MadeMessage>();
  }

 protected:
  ~InitiatorCredential() = default;
};

// What kind of response is the proof (section 3.2 of the requirements).
enum class ResponseForm : uint8_t {
  kLmOnly,     // no NT response
  kNtlmV1,     // [MS-NLMP] 3.3.1 without extended session security
  kNtlmV1Ess,  // with it: the LM field holds the client's challenge (N311)
  kNtlmV2,     // [MS-NLMP] 3.3.2
};

// What an AUTHENTICATE claims. Text is UTF-16LE.
struct Claim {
  ByteView user;
  ByteView domain;
  ByteView workstation;
  ServerChallenge challenge;
  ResponseForm form;
  ByteView lm_response;  // 24 octets for kLmOnly and kNtlmV1Ess; else of any size, and no proof
  ByteView nt_response;  // 24 octets for kNtlmV1 and kNtlmV1Ess; NTLMv2_RESPONSE for kNtlmV2
};

// Who it was, in UTF-8.
class Identity {
 public:
  Identity() = default;
  // False when there is no memory. The domain is empty when the account source names none (D5).
  [[nodiscard]] bool Assign(std::string_view domain, std::string_view user) {
    if (!text_.Resize(domain.size() + user.size())) return false;
    Copy(text_.span(), AsBytes(domain));
    Copy(text_.span().subspan(domain.size()), AsBytes(user));
    domain_size_ = domain.size();
    return true;
  }
  std::string_view domain() const { return Head(AsText(text_.view()), domain_size_); }
  std::string_view user() const { return Tail(AsText(text_.view()), domain_size_); }

  // Null when the source knows no more than the name.
  Ref<Attributes> attributes;

 private:
  Buffer text_;
  size_t domain_size_ = 0;
};

struct VerifiedLogon {
  BaseKeys keys;
  Identity identity;
};

// Judges answers to the challenges of an acceptor.
class AcceptorVerifier {
 public:
  // Status::kLogonFailure for an unknown user and for a wrong proof alike (N443).
  virtual Result<VerifiedLogon> Verify(const Claim &claim) const = 0;
  // Whether it may tell LM session keys, without which LM_KEY must not be agreed on.
  virtual bool TellsLmKeys() const { return true; }

 protected:
  ~AcceptorVerifier() = default;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_CREDENTIAL_H_
