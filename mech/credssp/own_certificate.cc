// SPDX-License-Identifier: MIT
#include "credssp/own_certificate.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "core/environment.h"
#include "core/memory.h"
#include "credssp/crypto_library.h"

namespace gss_sspi::credssp {
namespace {

constexpr int kKeyBits = 2048;
// Clocks of clients may be behind.
constexpr long kValidBefore = -24L * 3600;
constexpr long kValidBehind = 10L * 365 * 24 * 3600;

struct OwnCertificate {
  OpenSsl<EVP_PKEY, EVP_PKEY_free> key;
  OpenSsl<X509, X509_free> certificate;
};

constinit std::atomic<OwnCertificate *> own = nullptr;

EVP_PKEY *MakeKey() {
  const OpenSsl<EVP_PKEY_CTX, EVP_PKEY_CTX_free> maker(
      EVP_PKEY_CTX_new_from_name(CryptoLibrary(), "RSA", nullptr));
  EVP_PKEY *key = nullptr;
  if (!maker || EVP_PKEY_keygen_init(maker.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(maker.get(), kKeyBits) != 1 ||
      EVP_PKEY_generate(maker.get(), &key) != 1) {
    return nullptr;
  }
  return key;
}

bool SetSerial(X509 *certificate) {
  uint8_t octets[sizeof(uint64_t)] = {};
  if (SystemEnvironment().random({octets, sizeof octets})) return false;
  uint64_t number;
  std::memcpy(&number, octets, sizeof number);
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1 | 1) == 1;
}

bool SetNames(X509 *certificate, const char *host) {
  X509_NAME *name = X509_get_subject_name(certificate);
  const auto *text = reinterpret_cast<const unsigned char *>(host);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

X509 *MakeCertificate(EVP_PKEY *key, const char *host) {
  OpenSsl<X509, X509_free> certificate(X509_new_ex(CryptoLibrary(), nullptr));
  X509 *made = certificate.get();
  if (made == nullptr || X509_set_version(made, X509_VERSION_3) != 1 || !SetSerial(made) ||
      !SetNames(made, host) ||
      X509_gmtime_adj(X509_getm_notBefore(made), kValidBefore) == nullptr ||
      X509_gmtime_adj(X509_getm_notAfter(made), kValidBehind) == nullptr ||
      X509_set_pubkey(made, key) != 1) {
    return nullptr;
  }
  const OpenSsl<EVP_MD, EVP_MD_free> digest(EVP_MD_fetch(CryptoLibrary(), "SHA256", nullptr));
  if (!digest || X509_sign(made, key, digest.get()) == 0) return nullptr;
  return certificate.release();
}

// Null when none can be made.
OwnCertificate *MakeOwnCertificate(const char *host) {
  auto made = Make<OwnCertificate>();
  if (!made) return nullptr;
  made->key.reset(MakeKey());
  if (made->key) made->certificate.reset(MakeCertificate(made->key.get(), host));
  return made->certificate ? made.release() : nullptr;
}

void FreeOwnCertificate(OwnCertificate *certificate) { Deleter()(certificate); }

}  // namespace

Error UseOwnCertificate(SSL_CTX *context, const char *host) {
  const OwnCertificate *certificate =
      KeptByProcess<MakeOwnCertificate, FreeOwnCertificate>(&own, host);
  if (certificate == nullptr) {
    return Fail(Status::kTlsFailed, "no certificate of this process could be made");
  }
  if (SSL_CTX_use_certificate(context, certificate->certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, certificate->key.get()) != 1) {
    return Status::kNoMemory;
  }
  return kSuccess;
}

}  // namespace gss_sspi::credssp
