// SPDX-License-Identifier: MIT
// An initiator's credential that knows the NT hash of its account.
#ifndef GSS_SSPI_CRED_ACCOUNT_CREDENTIAL_H_
#define GSS_SSPI_CRED_ACCOUNT_CREDENTIAL_H_

#include <optional>
#include <string_view>

#include "core/bytes.h"
#include "core/memory.h"
#include "core/result.h"
#include "core/text.h"
#include "ntlm/credential.h"

namespace gss_sspi::cred {

// Never changed once it is made, so it may have several owners and many threads may use it.
class AccountCredential final : public ntlm::InitiatorCredential, public Shared {
 public:
  // Text is UTF-8. `workstation` is what AUTHENTICATE tells the server.
  static Result<Ref<AccountCredential>> Make(std::string_view domain, std::string_view user,
                                             std::string_view workstation,
                                             const ntlm::NtHash &nt_hash,
                                             const ntlm::LmHash *lm_hash = nullptr);

  std::string_view domain_name() const { return Head(utf8(), domain_size_); }
  std::string_view user_name() const { return Head(Tail(utf8(), domain_size_), user_size_); }
  std::string_view workstation_name() const { return Tail(utf8(), domain_size_ + user_size_); }
  const ntlm::NtHash &nt_hash() const { return nt_hash_; }
  const ntlm::LmHash *lm_hash() const { return lm_hash_ ? &*lm_hash_ : nullptr; }

  ByteView user() const override { return user_; }
  ByteView domain() const override { return domain_; }
  ByteView workstation() const override { return workstation_; }
  Result<ntlm::SessionBaseKey> AnswerV2(ntlm::ServerChallenge challenge,
                                        MutableBytes response) const override;
  Result<V1Answer> AnswerV1(ntlm::ServerChallenge challenge) const override;

 private:
  std::string_view utf8() const { return AsText(utf8_.view()); }

  Buffer utf8_;                             // domain, user, workstation
  Buffer utf16_;                            // the same
  size_t domain_size_ = 0, user_size_ = 0;  // in UTF-8
  ByteView domain_, user_, workstation_;
  ntlm::NtHash nt_hash_;
  std::optional<ntlm::LmHash> lm_hash_;
  ntlm::ResponseKeyNt response_key_;  // made once, for all handshakes
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_ACCOUNT_CREDENTIAL_H_
