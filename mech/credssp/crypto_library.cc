// SPDX-License-Identifier: MIT
#include "credssp/crypto_library.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace gss_sspi::credssp {
namespace {

constinit std::atomic<OSSL_LIB_CTX *> library = nullptr;

// With what OpenSSL makes at the first use of a library context, and does not try again in it when
// memory was missing. Such a context is given up.
OSSL_LIB_CTX *MakeLibrary() {
  const ErrorQueue errors;
  OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();
  EVP_MD *first = made != nullptr ? EVP_MD_fetch(made, "SHA256", nullptr) : nullptr;
  EVP_MD_free(first);
  if (first != nullptr) return made;
  OSSL_LIB_CTX_free(made);
  return nullptr;
}

}  // namespace

OSSL_LIB_CTX *CryptoLibrary() { return KeptByProcess<MakeLibrary, OSSL_LIB_CTX_free>(&library); }

}  // namespace gss_sspi::credssp
