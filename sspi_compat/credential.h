// SPDX-License-Identifier: MIT
// A credential of a program: a package, a use and an identity (sections 4.1 and 4.2).
#ifndef GSS_SSPI_SSPI_CREDENTIAL_H_
#define GSS_SSPI_SSPI_CREDENTIAL_H_

#include <gssapi/gssapi.h>
#include <sspi.h>

#include <memory>
#include <mutex>
#include <string>

#include "sspi_compat/credssp_cred.h"
#include "sspi_compat/gss.h"
#include "sspi_compat/identity.h"
#include "sspi_compat/packages.h"

namespace gss_sspi::sspi {

// Safe to use from several threads at once.
class Credential {
 public:
  // `principal` is the name of an acceptor, or empty. What can be acquired without asking a KDC is
  // acquired now, so that its lack is told by AcquireCredentialsHandle; the rest by the first
  // context.
  // `tls` is for CREDSSP.
  static SECURITY_STATUS Acquire(const Package &package, ULONG use, Identity identity,
                                 std::string principal, TlsWishes tls,
                                 std::shared_ptr<Credential> *out);

  const Package &package() const { return package_; }
  // S9, S10.
  bool CanInitiate() const { return (use_ & SECPKG_CRED_OUTBOUND) != 0; }
  bool CanAccept() const { return (use_ & SECPKG_CRED_INBOUND) != 0; }

  // Which protection an initiator leaves to the mechanism: MIT's krb5 has confidentiality and
  // integrity without being asked, except with a credential that forgoes them
  // (ISC_REQ_NO_INTEGRITY).
  enum class Protection { kUsual, kOnlyAsked };

  // The GSSAPI credential, which lives as long as this object.
  SECURITY_STATUS Initiator(Protection protection, gss_cred_id_t *out);
  SECURITY_STATUS Acceptor(gss_cred_id_t *out);
  // The reason when Negotiate says that it has no mechanism.
  SECURITY_STATUS WhyNoMechanism() const;

  // SECPKG_CRED_ATTR_NAMES: DOMAIN\user or a principal.
  SECURITY_STATUS Name(std::string *out);
  // Seconds, GSS_C_INDEFINITE for no end.
  OM_uint32 Lifetime();

 private:
  Credential(const Package &package, ULONG use, Identity identity, std::string principal,
             TlsWishes tls)
      : package_(package),
        use_(use),
        identity_(std::move(identity)),
        principal_(std::move(principal)),
        tls_(std::move(tls)) {}

  bool IsAskedLater() const;
  SECURITY_STATUS AcquireEarly();
  SECURITY_STATUS AcquireWhole(gss_cred_usage_t usage, GssCred *out) const;
  SECURITY_STATUS AcquireFrom(gss_const_OID mech, gss_cred_usage_t usage, GssCred *out) const;
  SECURITY_STATUS AcquireStream(gss_cred_usage_t usage, GssCred *out) const;
  SECURITY_STATUS Restrict(GssCred *credential) const;
  SECURITY_STATUS ImportName(gss_const_OID mech, gss_cred_usage_t usage, GssName *out) const;
  std::string UserFor(gss_const_OID mech) const;
  SECURITY_STATUS NameOfIdentity(std::string *out) const;

  const Package &package_;
  const ULONG use_;
  const Identity identity_;
  const std::string principal_;
  const TlsWishes tls_;

  std::mutex mutex_;  // of what follows
  GssCred initiators_[2];
  GssCred acceptor_;
};

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_CREDENTIAL_H_
