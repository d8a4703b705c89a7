// SPDX-License-Identifier: MIT
// An initiator's credential that winbind keeps: of a user who logged on to this host with winbind's
// help (N415 source 4). It makes the whole AUTHENTICATE; no secret comes to us but the session key.
#ifndef GSS_SSPI_CRED_WINBIND_CREDENTIAL_H_
#define GSS_SSPI_CRED_WINBIND_CREDENTIAL_H_

#include <cstdint>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"
#include "core/text.h"
#include "ntlm/credential.h"

namespace gss_sspi::cred {

class WinbindCredential final : public ntlm::InitiatorCredential {
 public:
  // N201: asks winbind whether it keeps a logon of this user, and takes no answer within 40 ms for
  // a no. An empty domain is winbind's own. Status::kNoCredential whenever winbind cannot help,
  // with the reason as detail. `timeout` is for MakeMessage(), in seconds.
  static Result<WinbindCredential> Find(std::string_view domain, std::string_view user,
                                        std::string_view workstation, uint32_t timeout);

  std::string_view user_name() const { return Tail(AsText(utf8_.view()), domain_size_); }
  std::string_view domain_name() const { return Head(AsText(utf8_.view()), domain_size_); }

  ByteView user() const override { return user_; }
  ByteView domain() const override { return domain_; }
  ByteView workstation() const override { return workstation_; }
  // Never called where MakeMessage() makes messages.
  Result<ntlm::SessionBaseKey> AnswerV2(ntlm::ServerChallenge challenge,
                                        MutableBytes response) const override;
  Result<V1Answer> AnswerV1(ntlm::ServerChallenge challenge) const override;
  // winbindd needs the NEGOTIATE as it was sent for the MIC, which it makes when the CHALLENGE
  // tells the time. It knows no channel bindings.
  Result<std::optional<MadeMessage>> MakeMessage(ByteView negotiate,
                                                 ByteView challenge) const override;

 private:
  Error Assign(std::string_view domain, std::string_view user, std::string_view workstation);

  Buffer utf8_;   // domain, user
  Buffer utf16_;  // domain, user, workstation
  size_t domain_size_ = 0;
  ByteView domain_, user_, workstation_;
  uint32_t timeout_ = 0;
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_WINBIND_CREDENTIAL_H_
