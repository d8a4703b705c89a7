// SPDX-License-Identifier: MIT
// What a gss_cred_id_t of CredSSP stands for: TLS, the credentials of the mechanism inside, and
// what is delegated. Never changes once it is made but for its TLS, which is made at first use.
#ifndef GSS_SSPI_GSS_CREDSSP_CREDENTIAL_H_
#define GSS_SSPI_GSS_CREDSSP_CREDENTIAL_H_

#include <optional>

#include "core/memory.h"
#include "core/mutex.h"
#include "core/owned_text.h"
#include "core/result.h"
#include "core/secret.h"
#include "credssp/tls_config.h"
#include "credssp/tls_facts.h"
#include "gss/credssp/account.h"
#include "gss/credssp/configuration.h"
#include "gss/credssp/name.h"
#include "gss/credssp/settings.h"
#include "gss/tag.h"

namespace gss_sspi::gss {

class CredsspCredential : public Tagged<Tag::kCredsspCredential>, public Shared {
 public:
  // `keys` is the whole store of the caller, `name` may be null.
  static Result<Ref<CredsspCredential>> Acquire(const CredsspName *name, gss_cred_usage_t usage,
                                                const CredsspSettings &settings,
                                                gss_const_key_value_set_t keys);

  gss_cred_usage_t usage() const;
  bool CanInitiate() const { return static_cast<bool>(initiator_); }
  bool CanAccept() const { return static_cast<bool>(acceptor_); }
  // The host's, for the mechanism inside.
  gss_cred_id_t initiator() const { return initiator_.get(); }
  gss_cred_id_t acceptor() const { return acceptor_.get(); }

  // Made at first use: nothing of libssl before (C62).
  Result<Ref<credssp::TlsConfig>> Tls(credssp::Role role);

  // TSCredentials that delegate the account; empty where there is nothing to delegate.
  ByteView delegated() const { return delegated_.view(); }
  // TSCredentials that delegate nothing (V5).
  ByteView nothing() const { return nothing_.view(); }
  // The program itself gave the password (C67).
  bool is_fresh() const { return is_fresh_; }

  const CredsspPolicy &policy() const { return configuration_->policy(); }
  uint32_t least_version(credssp::Role role) const {
    return LeastVersion(policy(), role == credssp::Role::kInitiator, least_version_);
  }
  bool owns_tls() const { return owns_tls_; }
  bool is_framed() const { return is_framed_; }
  bool forwards_bindings() const { return forwards_bindings_; }
  bool requires_same_user() const { return requires_same_user_; }
  DelegateKrb5 delegate_krb5() const { return delegate_krb5_; }
  bool allows_ntlm() const { return allows_ntlm_; }
  Inner inner() const { return inner_; }
  credssp::Verify verify() const { return verify_; }
  ByteView pin() const { return ByteView(pin_); }
  // In place of the target's host; empty for that.
  const OwnedText &server_name() const { return server_name_; }
  // Mode tsrequest: the key of credssp:server-cert, else empty.
  ByteView server_key() const { return server_key_.view(); }

  Result<Owned<CredsspName>> Name() const;

 private:
  struct TlsPaths {
    OwnedText authorities, client_certificate, client_key, certificate, key, ciphers;
  };

  Error TakeSettings(const CredsspSettings &settings);
  Error TakePin(const char *digits);
  Error TakeAccount(const CredsspName *name, const CredsspSettings &settings);
  Error AcquireInitiator(const CredsspName *name, gss_const_key_value_set_t keys);
  Error AcquireAcceptor(const CredsspName *name, gss_const_key_value_set_t keys);
  bool HasTlsFiles() const;

  Ref<CredsspConfiguration> configuration_;
  HostCredential initiator_;
  HostCredential acceptor_;
  Account account_;
  Owned<CredsspName> name_;  // as it was wanted; null for none
  SecretBytes delegated_;
  SecretBytes nothing_;
  TlsPaths paths_;
  OwnedText server_name_;
  Buffer server_key_;
  uint8_t pin_[credssp::kPinSize] = {};
  Mutex tls_mutex_;
  Ref<credssp::TlsConfig> tls_[2];  // by role
  int tls_min_ = TLS1_2_VERSION;
  int tls_max_ = TLS1_3_VERSION;
  uint32_t least_version_ = 0;  // 0: not said
  credssp::Verify verify_ = credssp::Verify::kNone;
  Inner inner_ = Inner::kSpnego;
  DelegateKrb5 delegate_krb5_ = DelegateKrb5::kAuto;
  bool owns_tls_ = true;
  bool is_framed_ = false;
  bool is_fresh_ = true;
  bool forwards_bindings_ = false;
  bool requires_same_user_ = false;
  bool allows_ntlm_ = true;
};

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDSSP_CREDENTIAL_H_
