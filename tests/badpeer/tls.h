// SPDX-License-Identifier: MIT
// One end of a TLS stream over memory BIOs, with OpenSSL as it comes.
#ifndef TESTS_BADPEER_TLS_H_
#define TESTS_BADPEER_TLS_H_

#include <openssl/ssl.h>

#include <vector>

#include "der.h"

namespace badpeer {

// A key with a certificate of its own (P-256), made anew.
class Identity {
 public:
  Identity();
  Identity(const Identity &) = delete;
  Identity &operator=(const Identity &) = delete;
  ~Identity();
  X509 *certificate() const { return certificate_; }
  EVP_PKEY *key() const { return key_; }
  // Both as one PEM file in the folder of the test.
  const char *WriteFile(const char *name) const;

 private:
  EVP_PKEY *key_;
  X509 *certificate_;
};
// What pubKeyAuth is about: the contents of the subjectPublicKey (C12); and what it is not.
Octets PublicKeyOf(const X509 *certificate);
Octets SubjectPublicKeyInfoOf(const X509 *certificate);

class Tls {
 public:
  struct Setup {
    bool server;
    int version;                    // the only one
    const char *ciphers = nullptr;  // up to TLS 1.2
    size_t tickets = 1;             // TLS 1.3
    bool renegotiates = false;      // lets itself be asked for it
  };
  Tls(const Setup &setup, const Identity *identity);
  Tls(const Tls &) = delete;
  Tls &operator=(const Tls &) = delete;
  ~Tls();

  void Feed(const Octets &records);
  Octets Out();
  // True once it is done.
  bool Handshake();
  Octets Read();
  void Write(const Octets &message);
  SSL *get() const { return ssl_; }
  // The key of the server's certificate.
  Octets ServerKey() const;
  // What the other end sent, level and description.
  const std::vector<int> &alerts() const { return alerts_; }

 private:
  static void Watch(const SSL *ssl, int where, int code);

  SSL_CTX *context_;
  SSL *ssl_;
  std::vector<int> alerts_;
};

// Octets of the first record of `stream`.
size_t RecordSize(const Octets &stream);

}  // namespace badpeer

#endif  // TESTS_BADPEER_TLS_H_
