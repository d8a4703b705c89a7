// SPDX-License-Identifier: MIT
// A user with a password, and the credentials of the host's mechanisms that can be made of it.
#ifndef GSS_SSPI_GSS_CREDSSP_ACCOUNT_H_
#define GSS_SSPI_GSS_CREDSSP_ACCOUNT_H_

#include <span>
#include <string_view>

#include "core/owned_text.h"
#include "core/result.h"
#include "gss/credssp/host_objects.h"
#include "policy/credssp_policy.h"

namespace gss_sspi::gss {

class Account {
 public:
  // DOMAIN\user is split, user@realm stays whole (D4).
  Error SetName(std::string_view domain, std::string_view user);
  Error SetPassword(std::string_view password);

  bool is_named() const { return !user_.empty(); }
  bool has_password() const { return has_password_; }
  std::string_view domain() const { return domain_.view(); }
  std::string_view user() const { return user_.view(); }
  const char *password() const { return password_.c_str(); }

  // DOMAIN\user or user.
  Error NtlmName(OwnedText *name) const;
  // user@REALM: the realm of the policy's list, else that of a UPN, else the domain in upper case.
  // Not the default realm (C74): its user of that name may be somebody else, whose ticket is at
  // hand.
  Error PrincipalName(const CredsspPolicy &policy, OwnedText *name) const;
  // The realm is more than a guess: a KDC may be asked.
  bool HasRealm(const CredsspPolicy &policy) const;

 private:
  OwnedText domain_;
  OwnedText user_;
  SecretText password_;
  bool has_password_ = false;
};

// What of an account's password the host's mechanisms get.
enum class PasswordFor : uint8_t {
  kNobody,  // keys of the caller's own say all
  kNtlm,    // no KDC is asked
  kAll
};

struct InnerRequest {
  std::span<const gss_OID> mechanisms;
  gss_cred_usage_t usage;
  const Account *account = nullptr;  // null: the default of the process
  gss_name_t name = nullptr;         // without an account
  PasswordFor password = PasswordFor::kNobody;
  gss_const_key_value_set_t keys = nullptr;  // of the caller's own
};

// gss_acquire_cred_from of the host.
Result<HostCredential> AcquireInner(const CredsspPolicy &policy, const InnerRequest &request);

// gss_set_neg_mechs of the host, for one mechanism.
Error RestrictNegotiation(const HostCredential &credential, gss_OID mechanism);

bool HasMechanism(gss_cred_id_t credential, gss_const_OID mechanism);

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDSSP_ACCOUNT_H_
