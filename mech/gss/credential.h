// SPDX-License-Identifier: MIT
// What a gss_cred_id_t stands for: the initiator's side, the acceptor's, or both. Never changes
// once it is made, so contexts and threads share it.
#ifndef GSS_SSPI_GSS_CREDENTIAL_H_
#define GSS_SSPI_GSS_CREDENTIAL_H_

#include <atomic>
#include <optional>

#include "core/memory.h"
#include "core/result.h"
#include "cred/account_verifier.h"
#include "cred/configuration.h"
#include "cred/nobody.h"
#include "cred/settings.h"
#include "cred/sources.h"
#include "cred/winbind_names.h"
#include "cred/winbind_verifier.h"
#include "gss/mit_gssapi.h"
#include "gss/name.h"
#include "gss/tag.h"
#include "ntlm/server_names.h"
#include "policy/policy.h"
#include "wire/reader.h"

namespace gss_sspi::gss {

class Credential : public Tagged<Tag::kCredential>, public Shared {
 public:
  // The credential of a name, which may be null: of a user to initiate, of a service to accept.
  //
  // An acceptor's account file that NTLM_USER_FILE names, and that cannot be used, is an error for
  // kAtOnce. For kAtLogon it is one of the logons: where several mechanisms are acquired in one
  // call libgssapi drops the error of one, and nobody would learn why NTLM is missing (P45).
  enum class ReportFile { kAtOnce, kAtLogon };
  static Result<Ref<Credential>> Acquire(const Name *name, gss_cred_usage_t usage,
                                         const cred::Settings &settings,
                                         ReportFile report = ReportFile::kAtOnce);
  // The credential of an anonymous initiator (N352).
  static Result<Ref<Credential>> Nobody();
  // This credential, or what it comes to if its account file could not be used.
  Result<Ref<Credential>> ForLogon();

  // N418: the octets of an exported credential, and back. They hold secrets in clear (N165).
  Result<Buffer> Export() const;
  static Result<Ref<Credential>> Import(ByteView octets);

  gss_cred_usage_t usage() const;
  // Null when the credential cannot do this.
  const ntlm::InitiatorCredential *initiator() const;
  // The account with which it initiates. Null when its secret is not known here.
  const cred::AccountCredential *account() const { return initiator_.account.get(); }
  // Null when the credential cannot do this.
  const ntlm::AcceptorVerifier *verifier() const;
  // The program itself gave the secret (D7).
  bool is_explicit() const { return is_explicit_; }
  // What CHALLENGEs say of this host.
  const ntlm::ServerNames &server_names() const {
    return challenge_names_ ? *challenge_names_ : configuration_->server_names();
  }
  // The names in it that are winbind's; empty without winbind.
  ntlm::ServerNames::Source joined_names() const {
    return joined_ ? joined_->Source({}) : ntlm::ServerNames::Source();
  }
  const cred::Configuration &configuration() const { return *configuration_; }
  const Policy &policy() const { return configuration_->policy(); }

  // N420: flags of NEGOTIATE in place of the usual ones. Another thread may set them at any time.
  void OfferInstead(std::optional<ntlm::Flags> flags) {
    offer_instead_ = flags ? uint64_t{*flags} | kIsSet : 0;
  }
  // N206: only protection that is asked for as such. Another thread may say so at any time.
  void ForgoProtection() { forgoes_protection_ = true; }
  bool forgoes_protection() const { return forgoes_protection_; }
  std::optional<ntlm::Flags> offer_instead() const {
    const uint64_t value = offer_instead_;
    if (value == 0) return std::nullopt;
    return static_cast<ntlm::Flags>(value);
  }

  // The user, or the service (N410: the local host when none was named).
  const Name &name() const { return *name_; }

 private:
  // What an acceptor verifies with.
  enum class Accepts : uint8_t { kNothing, kGivenAccount, kAccountFile, kWinbind };

  static Result<Ref<Credential>> Empty();
  Error FindAcceptor(const cred::Settings &settings, ReportFile report);
  Error AcceptByWinbind();
  void AcceptAccounts(Accepts kind, const Ref<cred::AccountList> &accounts);
  Error SetName(const Name *wanted);
  Error ImportInitiator(uint8_t kind, Reader *reader);
  Error ImportAcceptor(uint8_t kind, Reader *reader);

  static constexpr uint64_t kIsSet = uint64_t{1} << 32;

  cred::InitiatorSource initiator_;
  std::optional<cred::Nobody> nobody_;
  Accepts accepts_ = Accepts::kNothing;
  Ref<cred::AccountList> accounts_;  // null: winbind, or a file to be read at the logon
  std::optional<cred::AccountVerifier> account_verifier_;
  std::optional<cred::WinbindVerifier> winbind_verifier_;
  Ref<cred::WinbindNames> joined_;                    // of the domain that winbind is a member of
  std::optional<ntlm::ServerNames> challenge_names_;  // made of these
  Owned<Name> name_;
  Ref<cred::Configuration> configuration_;
  bool is_explicit_ = false;
  std::atomic<uint64_t> offer_instead_ = 0;
  std::atomic<bool> forgoes_protection_ = false;
};

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDENTIAL_H_
