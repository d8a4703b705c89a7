// SPDX-License-Identifier: MIT
// The two things a state machine needs of a credential. They say what a credential can do and not
// what it holds: a password, a hash, a file, or another service stand behind them.
#ifndef GSS_SSPI_NTLM_CREDENTIAL_H_
#define GSS_SSPI_NTLM_CREDENTIAL_H_

#include "core/bytes.h"
#include "core/memory.h"
#include "core/result.h"
#include "core/text.h"
#include "ntlm/keys.h"
#include "ntlm/message.h"

namespace gss_sspi::ntlm {

// Answers challenges in the name of one user.
class InitiatorCredential {
 public:
  // UTF-16LE, as they are sent in AUTHENTICATE.
  virtual ByteView user() const = 0;
  virtual ByteView domain() const = 0;
  virtual ByteView workstation() const = 0;

  // Fills in the first 16 octets of the NTLMv2 response `response`, whose rest is "temp", and gives
  // the session base key.
  virtual Result<SessionBaseKey> Answer(ServerChallenge challenge, MutableBytes response) const = 0;

 protected:
  ~InitiatorCredential() = default;
};

// What an AUTHENTICATE claims. Text is UTF-16LE.
struct Claim {
  ByteView user;
  ByteView domain;
  ByteView workstation;
  ServerChallenge challenge;
  ByteView response;  // NTLMv2_RESPONSE
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

 private:
  Buffer text_;
  size_t domain_size_ = 0;
};

struct VerifiedLogon {
  SessionBaseKey session_base_key;
  Identity identity;
};

// Judges answers to the challenges of an acceptor.
class AcceptorVerifier {
 public:
  // Status::kLogonFailure for an unknown user and for a wrong proof alike (N443).
  virtual Result<VerifiedLogon> Verify(const Claim &claim) const = 0;

 protected:
  ~AcceptorVerifier() = default;
};

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_CREDENTIAL_H_
