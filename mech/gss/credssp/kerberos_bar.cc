// SPDX-License-Identifier: MIT
#include "gss/credssp/kerberos_bar.h"

#include <krb5/krb5.h>
#include <stdio.h>

#include "core/environment.h"
#include "core/secret.h"
#include "gss/credssp/oids.h"

namespace gss_sspi::gss {
namespace {

Error Refused(const char *what) { return Fail(Status::kCredsspNoCredential, "Kerberos: %s", what); }

// A key table in memory, which ends with its last user: the credential.
class MemoryKeytab {
 public:
  MemoryKeytab() = default;
  MemoryKeytab(const MemoryKeytab &) = delete;
  MemoryKeytab &operator=(const MemoryKeytab &) = delete;
  ~MemoryKeytab() {
    if (keytab_ != nullptr) krb5_kt_close(context_, keytab_);
    if (context_ != nullptr) krb5_free_context(context_);
  }

  // With one key, which nobody knows: an acceptor's credential is made of no empty table.
  Error Open() {
    Secret<32> key;
    uint64_t number;
    uint8_t octets[sizeof number] = {};
    if (Error error = SystemEnvironment().random(key.span())) return error;
    if (Error error = SystemEnvironment().random({octets, sizeof octets})) return error;
    std::memcpy(&number, octets, sizeof number);
    static_cast<void>(snprintf(name_, sizeof name_, "MEMORY:gss-sspi-%016llx",
                               static_cast<unsigned long long>(number)));
    if (krb5_init_context(&context_) != 0) return Refused("no context");
    if (krb5_kt_resolve(context_, name_, &keytab_) != 0) return Refused("no key table in memory");
    return Add(key.span());
  }
  const char *name() const { return name_; }

 private:
  Error Add(std::span<uint8_t> key) {
    krb5_keytab_entry entry{};
    if (krb5_parse_name_flags(context_, "nobody@INVALID", 0, &entry.principal) != 0) {
      return Refused("no principal");
    }
    entry.key.enctype = ENCTYPE_AES256_CTS_HMAC_SHA1_96;
    entry.key.length = static_cast<unsigned>(key.size());
    entry.key.contents = key.data();
    const krb5_error_code code = krb5_kt_add_entry(context_, keytab_, &entry);
    krb5_free_principal(context_, entry.principal);
    return code == 0 ? kSuccess : Refused("no key");
  }

  krb5_context context_ = nullptr;
  krb5_keytab keytab_ = nullptr;
  char name_[40] = "";
};

}  // namespace

// A part of an acceptor's, which refuses to initiate with GSS_S_NO_CRED.
Error BarKerberos(const HostCredential &credential) {
  MemoryKeytab keytab;
  if (Error error = keytab.Open()) return error;
  gss_key_value_element_desc entry{"keytab", keytab.name()};
  const gss_key_value_set_desc store{1, &entry};
  OM_uint32 minor = 0;
  const OM_uint32 major = Host()->gss_add_cred_from(
      &minor, credential.get(), GSS_C_NO_NAME, &kKrb5Mechanism, GSS_C_ACCEPT, GSS_C_INDEFINITE,
      GSS_C_INDEFINITE, &store, nullptr, nullptr, nullptr, nullptr);
  if (!GSS_ERROR(major)) return kSuccess;
  return HostFailure(Status::kCredsspNoCredential, major, minor, &kKrb5Mechanism);
}

}  // namespace gss_sspi::gss
