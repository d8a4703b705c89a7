// SPDX-License-Identifier: MIT
#include "cred/account_verifier.h"

#include "core/log.h"
#include "core/secret.h"
#include "core/utf16.h"
#include "ntlm/ntlmv2_response.h"
#include "ntlm/responses.h"
#include "policy/policy.h"

namespace gss_sspi::cred {
namespace {

// Short UTF-8 text from a claim, whose length was checked against the limits.
class ClaimedName {
 public:
  explicit ClaimedName(ByteView utf16) : size_(Utf8LengthOf(utf16)) {
    if (size_ > sizeof text_) size_ = 0;  // not a name that any account has
    if (size_ != 0) Utf16ToUtf8(utf16, {text_, size_});
  }
  std::string_view view() const { return {text_, size_}; }

 private:
  char text_[3 * Limits::kUser];
  size_t size_;
};

const char *WhyRefused(const Account *account) {
  if (account == nullptr) return "unknown user";
  return account->usable ? "wrong password" : "disabled, or without NT hash";
}

}  // namespace

Result<ntlm::VerifiedLogon> AccountVerifier::Verify(const ntlm::Claim &claim) const {
  const ClaimedName user(claim.user);
  const ClaimedName domain(claim.domain);
  const Account *account = accounts_->Find(user.view(), domain.view());
  const bool known = account != nullptr && account->usable;

  // For an unknown account the work is the same, with a key of nobody: the time does not tell.
  const ntlm::NtHashKey nobody;
  const auto key = ntlm::NTOWFv2(known ? account->hash_key : nobody, claim.user, claim.domain);
  const auto proof = ntlm::ComputeNtProofStr(key, claim.challenge,
                                             claim.nt_response.subspan(ntlm::kNtProofStrSize));
  const bool right = ConstantTimeEqual(proof, claim.nt_response.first(ntlm::kNtProofStrSize));
  if (!known || !right) {
    // Only the log tells which it was (N443).
    Log("verify: %.*s: %s", GSS_SSPI_TEXT(user.view()), WhyRefused(account));
    // One text for all (N443); the name is what the client itself said.
    return Fail(Status::kLogonFailure, "%.*s%s%.*s, accounts of %.*s", GSS_SSPI_TEXT(domain.view()),
                domain.view().empty() ? "" : "\\", GSS_SSPI_TEXT(user.view()),
                GSS_SSPI_TEXT(accounts_->source()));
  }
  ntlm::VerifiedLogon logon;
  logon.keys.session_base_key = ntlm::ComputeSessionBaseKey(key, proof);
  if (!logon.identity.Assign(account->domain, account->user)) return Status::kNoMemory;
  return logon;
}

}  // namespace gss_sspi::cred
