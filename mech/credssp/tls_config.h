// SPDX-License-Identifier: MIT
// TLS as one credential wants it: one SSL_CTX, made when it is needed first (C60 to C63).
#ifndef GSS_SSPI_CREDSSP_TLS_CONFIG_H_
#define GSS_SSPI_CREDSSP_TLS_CONFIG_H_

#include <openssl/ssl.h>

#include <cstdint>

#include "core/memory.h"
#include "core/result.h"
#include "credssp/crypto_library.h"

namespace gss_sspi::credssp {

enum class Role : uint8_t { kInitiator, kAcceptor };

// What the initiator makes of the server's certificate (C61).
enum class Verify : uint8_t { kNone, kAuthority, kPin };

// Paths and lists are null for what is built in.
struct TlsSettings {
  Role role = Role::kInitiator;
  int min_version = TLS1_2_VERSION;
  int max_version = TLS1_3_VERSION;
  const char *ciphers = nullptr;  // of TLS 1.2, as in ciphers(1)
  Verify verify = Verify::kNone;
  const char *authorities = nullptr;  // PEM; the system's without it
  const char *certificate = nullptr;  // PEM, own, with the chain behind it
  const char *host = "localhost";     // for a certificate that is made, at most 64 octets
  const char *key = nullptr;          // PEM; in the certificate's file without it
};

class TlsConfig : public Shared {
 public:
  // Without a certificate the acceptor has one that was made for this process.
  static Result<Ref<TlsConfig>> Make(const TlsSettings &settings);

  explicit TlsConfig(SSL_CTX *context) : context_(context) {}
  SSL_CTX *get() const { return context_.get(); }

 private:
  OpenSsl<SSL_CTX, SSL_CTX_free> context_;
};

// "1.2" for TLS1_2_VERSION.
const char *TlsVersionText(int version);

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_TLS_CONFIG_H_
