// SPDX-License-Identifier: MIT
#include "credssp/crypto_library.h"

#include <openssl/crypto.h>

namespace gss_sspi::credssp {
namespace {

constinit std::atomic<OSSL_LIB_CTX *> library = nullptr;

}  // namespace

OSSL_LIB_CTX *CryptoLibrary() {
  return KeptByProcess<OSSL_LIB_CTX_new, OSSL_LIB_CTX_free>(&library);
}

}  // namespace gss_sspi::credssp
