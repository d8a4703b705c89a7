// SPDX-License-Identifier: MIT
// What a gss_cred_id_t stands for: the initiator's side, the acceptor's, or both. Never changes
// once it is made, so contexts and threads share it.
#ifndef GSS_SSPI_GSS_CREDENTIAL_H_
#define GSS_SSPI_GSS_CREDENTIAL_H_

#include <optional>

#include "core/memory.h"
#include "core/result.h"
#include "cred/account_credential.h"
#include "cred/account_verifier.h"
#include "cred/host_identity.h"
#include "cred/settings.h"
#include "gss/mit_gssapi.h"
#include "gss/name.h"
#include "gss/tag.h"
#include "ntlm/server_names.h"
#include "policy/policy.h"

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
  // This credential, or what it comes to if its account file could not be used.
  Result<Ref<Credential>> ForLogon();

  // N418: the octets of an exported credential, and back. They hold secrets in clear (N165).
  Result<Buffer> Export() const;
  static Result<Ref<Credential>> Import(ByteView octets);

  gss_cred_usage_t usage() const;
  // Null when the credential cannot do this.
  const cred::AccountCredential *initiator() const { return initiator_ ? &*initiator_ : nullptr; }
  struct AcceptorSide {
    Ref<cred::AccountList> accounts;  // null: to be found at the logon
    cred::AccountVerifier verifier;
    ntlm::ServerNames names;
    bool from_file = false;  // accounts->source() is the path
  };
  const AcceptorSide *acceptor() const { return acceptor_ ? &*acceptor_ : nullptr; }
  const Policy &policy() const { return policy_; }

  // The user, or the service (N410: the local host when none was named).
  const Name &name() const { return *name_; }

 private:
  static Result<Ref<Credential>> Empty();
  Error SetAcceptor(const Ref<cred::AccountList> &accounts, bool from_file);
  Error SetName(const Name *wanted);

  std::optional<cred::AccountCredential> initiator_;
  std::optional<AcceptorSide> acceptor_;
  Owned<Name> name_;
  cred::HostIdentity host_;
  Policy policy_;
};

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDENTIAL_H_
