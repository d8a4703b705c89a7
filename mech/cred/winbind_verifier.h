// SPDX-License-Identifier: MIT
// An acceptor's judge that asks winbind, and so a domain controller (N430, N431).
#ifndef GSS_SSPI_CRED_WINBIND_VERIFIER_H_
#define GSS_SSPI_CRED_WINBIND_VERIFIER_H_

#include <cstdint>

#include "core/result.h"
#include "ntlm/credential.h"

namespace gss_sspi::cred {

class WinbindVerifier final : public ntlm::AcceptorVerifier {
 public:
  // `timeout` in seconds, as Policy::winbind_timeout.
  explicit WinbindVerifier(uint32_t timeout) : timeout_(timeout) {}

  // Status::kBackEndUnavailable when winbind, or the domain controller behind it, cannot be asked.
  Result<ntlm::VerifiedLogon> Verify(const ntlm::Claim &claim) const override;
  // Domain controllers keep no LM hashes to make them of.
  bool TellsLmKeys() const override { return false; }

 private:
  uint32_t timeout_;
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_WINBIND_VERIFIER_H_
