// SPDX-License-Identifier: MIT
#include "sspi_compat/credential.h"

#include <vector>

#include "sspi_compat/status.h"
#include "sspi_compat/target.h"
#include "sspi_compat/text.h"

namespace gss_sspi::sspi {
namespace {

// The key of the store for the account's name in NTLM, where the GSSAPI name is that of Kerberos.
constexpr char kNtlmUserKey[] = GSS_NTLM_CS_USER;
constexpr char kPasswordKey[] = "password";
constexpr char kNtlmPasswordKey[] = GSS_NTLMSSP_CS_PASSWORD;

// The mechanisms in question: for Negotiate what it can choose from.
class OidSet {
 public:
  explicit OidSet(std::initializer_list<gss_const_OID> oids) {
    for (gss_const_OID oid : oids) Add(oid);
  }
  void Add(gss_const_OID oid) {
    oids_.push_back(*oid);
    set_ = {oids_.size(), oids_.data()};
  }
  gss_OID_set get() { return &set_; }
  bool empty() const { return oids_.empty(); }

 private:
  std::vector<gss_OID_desc> oids_;
  gss_OID_set_desc set_{0, nullptr};
};

// A backslash before what krb5_parse_name would take for a separator.
std::string EscapeForPrincipal(std::string_view user) {
  std::string escaped;
  for (const char c : user) {
    if (c == '@' || c == '/' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// DOMAIN\user in one text is two.
Identity Split(Identity identity) {
  const size_t slash = identity.user.find('\\');
  if (identity.domain.empty() && slash != std::string::npos) {
    identity.domain = identity.user.substr(0, slash);
    identity.user.erase(0, slash + 1);
  }
  return identity;
}

}  // namespace

SECURITY_STATUS Credential::Acquire(const Package &package, ULONG use, Identity identity,
                                    std::string principal, TlsWishes tls,
                                    std::shared_ptr<Credential> *out) {
  std::shared_ptr<Credential> credential(new Credential(package, use, Split(std::move(identity)),
                                                        std::move(principal), std::move(tls)));
  const SECURITY_STATUS status = credential->AcquireEarly();
  if (status == SEC_E_OK) *out = std::move(credential);
  return status;
}

// True when only a context can tell whether there is something to initiate with.
bool Credential::IsAskedLater() const {
  if (&package_ == &kNegotiate) return true;  // it may be one of several
  if (!identity_.given) return false;
  return &package_ != &kNtlm || identity_.user.empty() || !identity_.password.has_value();
}

SECURITY_STATUS Credential::AcquireEarly() {
  gss_cred_id_t unused = GSS_C_NO_CREDENTIAL;
  SECURITY_STATUS accepting = SEC_E_NO_CREDENTIALS;
  if (CanAccept()) accepting = Acceptor(&unused);
  if (!CanInitiate()) return accepting;
  const SECURITY_STATUS initiating =
      IsAskedLater() ? SEC_E_OK : Initiator(Protection::kUsual, &unused);
  // With both uses, the one that is missing is told when it is used.
  return accepting == SEC_E_OK ? SEC_E_OK : initiating;
}

std::string Credential::UserFor(gss_const_OID mech) const {
  const std::string &user = identity_.user;
  const std::string &domain = identity_.domain;
  if (domain.empty()) return user;
  if (gss_oid_equal(mech, kNtlmOid) || gss_oid_equal(mech, kCredsspOid)) {
    return domain + '\\' + user;
  }
  return EscapeForPrincipal(user) + '@' + UpperAscii(domain);
}

SECURITY_STATUS Credential::ImportName(gss_const_OID mech, gss_cred_usage_t usage,
                                       GssName *out) const {
  OM_uint32 minor = 0;
  OM_uint32 major = GSS_S_COMPLETE;
  if (usage == GSS_C_ACCEPT && !principal_.empty()) {
    major = ImportTarget(&minor, principal_, out->out());
  } else if (!identity_.user.empty()) {
    const std::string user = UserFor(mech);
    gss_buffer_desc buffer = BufferOf(user);
    major = gss_import_name(&minor, &buffer, GSS_C_NT_USER_NAME, out->out());
  }
  return GSS_ERROR(major) ? FromGss(major, minor, mech, Call::kAcquire) : SEC_E_OK;
}

SECURITY_STATUS Credential::AcquireFrom(gss_const_OID mech, gss_cred_usage_t usage,
                                        GssCred *out) const {
  if (identity_.given && identity_.user.empty() && identity_.password.has_value()) {
    return Fail(SEC_E_NO_CREDENTIALS, "the identity has a password, but no user");
  }
  GssName name;
  if (const SECURITY_STATUS status = ImportName(mech, usage, &name); status != SEC_E_OK) {
    return status;
  }
  const bool negotiates = gss_oid_equal(mech, kSpnegoOid) != 0;
  std::vector<gss_key_value_element_desc> store;
  const std::string ntlm_user = UserFor(kNtlmOid);
  if (negotiates && !ntlm_user.empty()) store.push_back({kNtlmUserKey, ntlm_user.c_str()});
  if (identity_.password.has_value()) {
    // Kerberos would take a password to the KDC.
    const bool ntlm_only = negotiates && !identity_.packages.Allows(kKerberos.name);
    store.push_back({ntlm_only ? kNtlmPasswordKey : kPasswordKey, identity_.password->c_str()});
  }
  const gss_key_value_set_desc set{static_cast<OM_uint32>(store.size()), store.data()};
  OidSet mechs({mech});
  if (negotiates && usage == GSS_C_ACCEPT) {
    // A client may send a token of its mechanism without SPNEGO.
    mechs.Add(kKerberosOid);
    mechs.Add(kNtlmOid);
  }
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_acquire_cred_from(&minor, name.get(), GSS_C_INDEFINITE, mechs.get(),
                                                usage, store.empty() ? GSS_C_NO_CRED_STORE : &set,
                                                out->out(), nullptr, nullptr);
  return GSS_ERROR(major) ? FromGss(major, minor, mech, Call::kAcquire) : SEC_E_OK;
}

// C85, C86. The mechanism takes the password for itself and for the login inside.
SECURITY_STATUS Credential::AcquireStream(gss_cred_usage_t usage, GssCred *out) const {
  if (identity_.given && identity_.user.empty() && identity_.password.has_value()) {
    return Fail(SEC_E_NO_CREDENTIALS, "the identity has a password, but no user");
  }
  GssName name;
  if (const SECURITY_STATUS status = ImportName(kCredsspOid, usage, &name); status != SEC_E_OK) {
    return status;
  }
  const bool accepts = usage == GSS_C_ACCEPT;
  const bool has_kerberos = identity_.packages.Allows(kKerberos.name);
  const bool has_ntlm = identity_.packages.Allows(kNtlm.name);
  if (!has_kerberos && !has_ntlm) {
    return Fail(SEC_E_NO_CREDENTIALS, "the package list leaves neither Kerberos nor NTLM");
  }
  std::vector<gss_key_value_element_desc> store;
  const auto wish = [&](bool wanted, const char *key, const char *value) {
    if (wanted) store.push_back({key, value});
  };
  wish(!accepts && identity_.password.has_value(), GSS_CREDSSP_CS_PASSWORD,
       identity_.password ? identity_.password->c_str() : "");
  wish(!accepts && !has_kerberos, GSS_CREDSSP_CS_INNER, "ntlm");
  wish(!has_ntlm, GSS_CREDSSP_CS_ALLOW_NTLM, "no");
  wish(!tls_.certificate_file.empty(), accepts ? GSS_CREDSSP_CS_CERT : GSS_CREDSSP_CS_CLIENT_CERT,
       tls_.certificate_file.c_str());
  wish(!tls_.least_version.empty(), GSS_CREDSSP_CS_TLS_MIN, tls_.least_version.c_str());
  wish(!tls_.most_version.empty(), GSS_CREDSSP_CS_TLS_MAX, tls_.most_version.c_str());
  wish(!accepts && tls_.verifies_server, GSS_CREDSSP_CS_VERIFY, "ca");
  const gss_key_value_set_desc set{static_cast<OM_uint32>(store.size()), store.data()};
  OidSet mechs({kCredsspOid});
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_acquire_cred_from(&minor, name.get(), GSS_C_INDEFINITE, mechs.get(),
                                                usage, store.empty() ? GSS_C_NO_CRED_STORE : &set,
                                                out->out(), nullptr, nullptr);
  return GSS_ERROR(major) ? FromGss(major, minor, kCredsspOid, Call::kAcquire) : SEC_E_OK;
}

// 4.1: what PackageList leaves for Negotiate to choose from.
SECURITY_STATUS Credential::Restrict(GssCred *credential) const {
  OidSet allowed({});
  if (identity_.packages.Allows(kKerberos.name)) allowed.Add(kKerberosOid);
  if (identity_.packages.Allows(kNtlm.name)) allowed.Add(kNtlmOid);
  if (allowed.get()->count == 2) return SEC_E_OK;
  if (allowed.empty()) {
    return Fail(SEC_E_NO_CREDENTIALS, "the package list leaves neither Kerberos nor NTLM");
  }
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_set_neg_mechs(&minor, credential->get(), allowed.get());
  return GSS_ERROR(major) ? FromGss(major, minor, kSpnegoOid, Call::kAcquire) : SEC_E_OK;
}

SECURITY_STATUS Credential::AcquireWhole(gss_cred_usage_t usage, GssCred *out) const {
  if (&package_ == &kCredssp) return AcquireStream(usage, out);
  const SECURITY_STATUS status = AcquireFrom(package_.mech, usage, out);
  if (status != SEC_E_OK || &package_ != &kNegotiate) return status;
  return Restrict(out);
}

SECURITY_STATUS Credential::Initiator(Protection protection, gss_cred_id_t *out) {
  const std::lock_guard lock(mutex_);
  GssCred &kept = initiators_[static_cast<size_t>(protection)];
  if (!kept) {
    GssCred fresh;
    if (const SECURITY_STATUS status = AcquireWhole(GSS_C_INITIATE, &fresh); status != SEC_E_OK) {
      return status;
    }
    if (protection == Protection::kOnlyAsked) {
      OM_uint32 minor = 0;
      gss_buffer_desc none = GSS_C_EMPTY_BUFFER;
      const OM_uint32 major =
          gss_set_cred_option(&minor, fresh.inout(), Mutable(&kNoCiFlagsDesc), &none);
      if (GSS_ERROR(major)) return FromGss(major, minor, package_.mech, Call::kAcquire);
    }
    kept = std::move(fresh);
  }
  *out = kept.get();
  return SEC_E_OK;
}

SECURITY_STATUS Credential::Acceptor(gss_cred_id_t *out) {
  const std::lock_guard lock(mutex_);
  if (!acceptor_) {
    GssCred fresh;
    if (const SECURITY_STATUS status = AcquireWhole(GSS_C_ACCEPT, &fresh); status != SEC_E_OK) {
      return status;
    }
    acceptor_ = std::move(fresh);
  }
  *out = acceptor_.get();
  return SEC_E_OK;
}

SECURITY_STATUS Credential::WhyNoMechanism() const {
  GssCred unused;
  const SECURITY_STATUS status = identity_.packages.Allows(kKerberos.name)
                                     ? AcquireFrom(kKerberosOid, GSS_C_INITIATE, &unused)
                                     : AcquireFrom(kNtlmOid, GSS_C_INITIATE, &unused);
  if (status != SEC_E_OK) return status;
  return Fail(SEC_E_NO_CREDENTIALS, "no package of Negotiate has a credential for this");
}

SECURITY_STATUS Credential::NameOfIdentity(std::string *out) const {
  if (&package_ != &kKerberos) {
    *out = UserFor(kNtlmOid);
    return SEC_E_OK;
  }
  GssName name;
  if (const SECURITY_STATUS status = ImportName(kKerberosOid, GSS_C_INITIATE, &name);
      status != SEC_E_OK) {
    return status;
  }
  GssName principal;
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_canonicalize_name(&minor, name.get(), Mutable(kKerberosOid), principal.out());
  if (GSS_ERROR(major)) return FromGss(major, minor, kKerberosOid, Call::kAcquire);
  *out = DisplayName(principal.get());
  return SEC_E_OK;
}

SECURITY_STATUS Credential::Name(std::string *out) {
  if (!identity_.user.empty()) return NameOfIdentity(out);
  gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
  const SECURITY_STATUS status =
      CanInitiate() ? Initiator(Protection::kUsual, &credential) : Acceptor(&credential);
  if (status != SEC_E_OK) return status;
  OM_uint32 minor = 0;
  GssName name;
  const OM_uint32 major =
      gss_inquire_cred(&minor, credential, name.out(), nullptr, nullptr, nullptr);
  if (GSS_ERROR(major)) return FromGss(major, minor, package_.mech, Call::kAcquire);
  *out = DisplayName(name.get());
  if (out->empty()) return Fail(SEC_E_NO_CREDENTIALS, "the credential has no name");
  return SEC_E_OK;
}

OM_uint32 Credential::Lifetime() {
  const std::lock_guard lock(mutex_);
  const GssCred &any = initiators_[0] ? initiators_[0] : acceptor_;
  OM_uint32 minor = 0;
  OM_uint32 lifetime = GSS_C_INDEFINITE;
  if (any) gss_inquire_cred(&minor, any.get(), nullptr, &lifetime, nullptr, nullptr);
  return lifetime;
}

}  // namespace gss_sspi::sspi
