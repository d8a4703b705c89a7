// SPDX-License-Identifier: MIT
#include "credssp/crypto_library.h"

#include <openssl/crypto.h>
#include <pthread.h>

namespace gss_sspi::credssp {
namespace {

pthread_once_t library_once = PTHREAD_ONCE_INIT;
constinit OSSL_LIB_CTX *library = nullptr;

}  // namespace

OSSL_LIB_CTX *CryptoLibrary() {
  pthread_once(&library_once, [] { library = OSSL_LIB_CTX_new(); });
  return library;
}

}  // namespace gss_sspi::credssp
