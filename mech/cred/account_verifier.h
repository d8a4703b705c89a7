// SPDX-License-Identifier: MIT
// An acceptor's judge that knows the NT hashes of its accounts: those of a file, or a single one.
#ifndef GSS_SSPI_CRED_ACCOUNT_VERIFIER_H_
#define GSS_SSPI_CRED_ACCOUNT_VERIFIER_H_

#include "core/memory.h"
#include "core/result.h"
#include "cred/account_list.h"
#include "ntlm/credential.h"

namespace gss_sspi::cred {

class AccountVerifier final : public ntlm::AcceptorVerifier {
 public:
  explicit AccountVerifier(Ref<AccountList> accounts) : accounts_(std::move(accounts)) {}

  Result<ntlm::VerifiedLogon> Verify(const ntlm::Claim &claim) const override;

 private:
  Ref<AccountList> accounts_;
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_ACCOUNT_VERIFIER_H_
