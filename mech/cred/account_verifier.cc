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

// An account's part of a logon.
struct Secrets {
  const ntlm::NtHashKey &nt_key;
  const ntlm::NtHash &nt_hash;
  const ntlm::LmHash &lm_hash;
  bool has_lm_hash;
};

// [MS-NLMP] 3.3.1. `hash` is the one that makes the response.
bool IsV1Response(std::span<const uint8_t, 16> hash, ntlm::ServerChallenge challenge,
                  ByteView response) {
  return ConstantTimeEqual(ntlm::ComputeV1Response(hash, challenge), response);
}

// These are true for a right proof, and then give the keys.
bool CheckV1(const ntlm::Claim &claim, const Secrets &secrets, ntlm::BaseKeys *keys) {
  if (claim.form == ntlm::ResponseForm::kLmOnly) {
    *keys = ntlm::LmBaseKeys(secrets.lm_hash);
    return IsV1Response(secrets.lm_hash.view(), claim.challenge, claim.lm_response) &&
           secrets.has_lm_hash;
  }
  *keys = ntlm::V1BaseKeys(secrets.nt_hash, secrets.has_lm_hash ? &secrets.lm_hash : nullptr);
  if (claim.form == ntlm::ResponseForm::kNtlmV1) {
    return IsV1Response(secrets.nt_hash.view(), claim.challenge, claim.nt_response);
  }
  const auto digest =
      ntlm::EssChallenge(claim.challenge, claim.lm_response.first<ntlm::kClientChallengeSize>());
  return IsV1Response(secrets.nt_hash.view(), digest, claim.nt_response);
}

// [MS-NLMP] 3.3.2, with a key made of the user's name in upper case.
bool CheckV2With(const ntlm::ResponseKeyNt &key, const ntlm::Claim &claim, ntlm::BaseKeys *keys) {
  const auto expected = ntlm::ComputeNtProofStr(key, claim.challenge,
                                                claim.nt_response.subspan(ntlm::kNtProofStrSize));
  if (!ConstantTimeEqual(expected, claim.nt_response.first(ntlm::kNtProofStrSize))) return false;
  keys->session_base_key = ntlm::ComputeSessionBaseKey(key, expected);
  return true;
}

bool CheckV2(const ntlm::Claim &claim, const Secrets &secrets, ntlm::BaseKeys *keys) {
  const auto with = [&](ntlm::UpperForm form) {
    return CheckV2With(ntlm::NTOWFv2(secrets.nt_key, claim.user, claim.domain, form), claim, keys);
  };
  // N331: both forms are keyed with the account's secret.
  return with(ntlm::UpperForm::kOneToOne) ||
         (HasFullUpper(claim.user) && with(ntlm::UpperForm::kFull));
}

bool CheckProof(const ntlm::Claim &claim, const Secrets &secrets, ntlm::BaseKeys *keys) {
  return claim.form == ntlm::ResponseForm::kNtlmV2 ? CheckV2(claim, secrets, keys)
                                                   : CheckV1(claim, secrets, keys);
}

// For an unknown user the work is the same, with secrets of nobody: the time does not tell.
void CheckForNobody(const ntlm::Claim &claim) {
  const ntlm::NtHashKey nt_key;
  const ntlm::NtHash nt_hash;
  const ntlm::LmHash lm_hash;
  ntlm::BaseKeys keys;
  CheckProof(claim, {nt_key, nt_hash, lm_hash, false}, &keys);
}

// What is known of a user beside the name: where the logon came from, as the client says.
Error AddWorkstation(ByteView workstation, ntlm::Identity *identity) {
  const ClaimedName name(workstation);
  if (name.view().empty()) return kSuccess;
  Ref<ntlm::Attributes> attributes = MakeShared<ntlm::Attributes>();
  if (!attributes || !attributes->Add(ntlm::attribute::kWorkstation, name.view())) {
    return Status::kNoMemory;
  }
  identity->attributes = std::move(attributes);
  return kSuccess;
}

}  // namespace

Result<ntlm::VerifiedLogon> AccountVerifier::Verify(const ntlm::Claim &claim) const {
  const ClaimedName user(claim.user);
  const ClaimedName domain(claim.domain);
  const Account *account = accounts_->Find(user.view(), domain.view());
  const bool known = account != nullptr && account->usable;

  ntlm::VerifiedLogon logon;
  bool right = false;
  if (known) {
    right = CheckProof(
        claim, {account->hash_key, account->nt_hash, account->lm_hash, account->has_lm_hash},
        &logon.keys);
  } else {
    CheckForNobody(claim);
  }
  if (!right) {
    // Only the log tells which it was (N443).
    Log("verify: %.*s: %s", GSS_SSPI_TEXT(user.view()), WhyRefused(account));
    // One text for all (N443); the name is what the client itself said.
    return Fail(Status::kLogonFailure, "%.*s%s%.*s, accounts of %.*s", GSS_SSPI_TEXT(domain.view()),
                domain.view().empty() ? "" : "\\", GSS_SSPI_TEXT(user.view()),
                GSS_SSPI_TEXT(accounts_->source()));
  }
  if (!logon.identity.Assign(account->domain, account->user)) return Status::kNoMemory;
  if (Error error = AddWorkstation(claim.workstation, &logon.identity)) return error;
  return logon;
}

}  // namespace gss_sspi::cred
