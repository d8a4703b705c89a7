// SPDX-License-Identifier: MIT
// OpenSSL as a guest in a process that may use it too: a library context of our own, and the error
// queue of the thread as it was before.
#ifndef GSS_SSPI_CREDSSP_CRYPTO_LIBRARY_H_
#define GSS_SSPI_CREDSSP_CRYPTO_LIBRARY_H_

#include <openssl/err.h>
#include <openssl/types.h>

#include <memory>

#include "core/memory.h"

namespace gss_sspi::credssp {

// Made at first use; no configuration file is read into it. Null when there is no memory.
OSSL_LIB_CTX *CryptoLibrary();

// Around every call of OpenSSL: what such a call leaves in the error queue ends with this object,
// what was in it before stays.
class ErrorQueue {
 public:
  ErrorQueue() { ERR_set_mark(); }
  ErrorQueue(const ErrorQueue &) = delete;
  ErrorQueue &operator=(const ErrorQueue &) = delete;
  ~ErrorQueue() { ERR_pop_to_mark(); }
};

// Owner of an object of OpenSSL: OpenSsl<X509, X509_free>.
template <auto kFree>
struct OpenSslDeleter {
  template <typename T>
  void operator()(T *object) const {
    kFree(object);
  }
};
template <typename T, auto kFree>
using OpenSsl = std::unique_ptr<T, OpenSslDeleter<kFree>>;

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_CRYPTO_LIBRARY_H_
