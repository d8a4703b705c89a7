// SPDX-License-Identifier: MIT
#include "credssp/tls_config.h"

#include <openssl/err.h>

#include <string_view>

#include "credssp/own_certificate.h"

namespace gss_sspi::credssp {
namespace {

// ECDHE and AEAD (C60).
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

// An encrypted key would make OpenSSL ask at the terminal.
int NoPassword(char *, int, int, void *) { return -1; }

// The newest entry of the error queue.
Error Refused(const char *what, const char *value) {
  const char *reason = ERR_reason_error_string(ERR_peek_last_error());
  return Fail(Status::kCredsspBadStoreKey, "%s %s: %s", what, value,
              reason != nullptr ? reason : "cannot be used");
}

void SetBehaviour(SSL_CTX *context) {
  // No renegotiation, no resumption (C60). The one ticket that an acceptor sends lets a lone
  // Finished have an answer (C25); it stands for no session.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  // Idle contexts give their record buffers back.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_default_passwd_cb(context, NoPassword);
}

Error SetVersions(SSL_CTX *context, const TlsSettings &settings) {
  if (SSL_CTX_set_min_proto_version(context, settings.min_version) == 1 &&
      SSL_CTX_set_max_proto_version(context, settings.max_version) == 1 &&
      settings.min_version <= settings.max_version) {
    return kSuccess;
  }
  return Fail(Status::kCredsspBadStoreKey, "no version of TLS from %s to %s",
              TlsVersionText(settings.min_version), TlsVersionText(settings.max_version));
}

// A tag of 16 octets (TlsPipe::record_sizes), so none of CCM_8.
bool IsAllowed(const SSL_CIPHER *cipher) {
  return SSL_CIPHER_is_aead(cipher) == 1 &&
         !std::string_view(SSL_CIPHER_get_name(cipher)).ends_with("CCM8");
}

Error SetCiphers(SSL_CTX *context, const char *wanted) {
  const char *list = wanted != nullptr ? wanted : kCiphers;
  if (SSL_CTX_set_cipher_list(context, list) != 1) return Refused("ciphers", list);
  const STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(context);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
    if (IsAllowed(cipher)) continue;
    return Fail(Status::kCredsspBadStoreKey, "ciphers %s: %s is not AEAD with a whole tag", list,
                SSL_CIPHER_get_name(cipher));
  }
  return kSuccess;
}

Error SetOwnCertificate(SSL_CTX *context, const TlsSettings &settings) {
  if (settings.certificate == nullptr) {
    return settings.role == Role::kAcceptor ? UseOwnCertificate(context, settings.host) : kSuccess;
  }
  if (SSL_CTX_use_certificate_chain_file(context, settings.certificate) != 1) {
    return Refused("certificate", settings.certificate);
  }
  const char *key = settings.key != nullptr ? settings.key : settings.certificate;
  if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) return Refused("key", key);
  if (SSL_CTX_check_private_key(context) != 1) return Refused("key", key);
  return kSuccess;
}

// The verdict is computed whether or not it decides (C61).
Error SetAuthorities(SSL_CTX *context, const TlsSettings &settings) {
  if (settings.role == Role::kAcceptor) return kSuccess;
  const bool decides = settings.verify == Verify::kAuthority;
  SSL_CTX_set_verify(context, decides ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (settings.authorities != nullptr) {
    if (SSL_CTX_load_verify_file(context, settings.authorities) == 1) return kSuccess;
    return Refused("authorities", settings.authorities);
  }
  // The folder is looked into when an issuer is wanted; the one big file is read only where its
  // verdict decides.
  if (SSL_CTX_set_default_verify_dir(context) != 1) return Status::kNoMemory;
  if (decides && SSL_CTX_set_default_verify_file(context) != 1) return Status::kNoMemory;
  return kSuccess;
}

}  // namespace

const char *TlsVersionText(int version) { return version == TLS1_3_VERSION ? "1.3" : "1.2"; }

Result<Ref<TlsConfig>> TlsConfig::Make(const TlsSettings &settings) {
  const ErrorQueue errors;
  OSSL_LIB_CTX *library = CryptoLibrary();
  if (library == nullptr) return Status::kNoMemory;
  const SSL_METHOD *method =
      settings.role == Role::kInitiator ? TLS_client_method() : TLS_server_method();
  SSL_CTX *context = SSL_CTX_new_ex(library, nullptr, method);
  if (context == nullptr) return Status::kNoMemory;
  Ref<TlsConfig> config = MakeShared<TlsConfig>(context);
  if (!config) {
    SSL_CTX_free(context);
    return Status::kNoMemory;
  }
  SetBehaviour(context);
  if (Error error = SetVersions(context, settings)) return error;
  if (Error error = SetCiphers(context, settings.ciphers)) return error;
  if (Error error = SetOwnCertificate(context, settings)) return error;
  if (Error error = SetAuthorities(context, settings)) return error;
  return config;
}

}  // namespace gss_sspi::credssp
