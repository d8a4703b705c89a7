// SPDX-License-Identifier: MIT
#include "tls.h"

#include <check.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

extern "C" {
#include "../gss/support.h"
}

namespace badpeer {

Identity::Identity() : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
  X509_NAME *name = X509_get_subject_name(certificate_);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char *>("peer"), -1, -1, 0);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
  X509_set_version(certificate_, X509_VERSION_3);
  X509_set_issuer_name(certificate_, name);
  X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
  X509_set_pubkey(certificate_, key_);
  ck_assert_int_gt(X509_sign(certificate_, key_, EVP_sha256()), 0);
}

Identity::~Identity() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

const char *Identity::WriteFile(const char *name) const {
  const char *path = temp_path(name);
  FILE *file = fopen(path, "w");
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(PEM_write_X509(file, certificate_), 1);
  ck_assert_int_eq(PEM_write_PrivateKey(file, key_, nullptr, nullptr, 0, nullptr, nullptr), 1);
  fclose(file);
  return path;
}

Octets PublicKeyOf(const X509 *certificate) {
  const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(certificate);
  return {reinterpret_cast<const char *>(ASN1_STRING_get0_data(key)),
          static_cast<size_t>(ASN1_STRING_length(key))};
}

Octets SubjectPublicKeyInfoOf(const X509 *certificate) {
  unsigned char *der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  ck_assert_int_gt(size, 0);
  const Octets octets(reinterpret_cast<const char *>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return octets;
}

void Tls::Watch(const SSL *ssl, int where, int code) {
  if ((where & SSL_CB_ALERT) == 0 || (where & SSL_CB_READ) == 0) return;
  static_cast<Tls *>(SSL_get_ex_data(ssl, 0))->alerts_.push_back(code);
}

Tls::Tls(const Setup &setup, const Identity *identity)
    : context_(SSL_CTX_new(setup.server ? TLS_server_method() : TLS_client_method())) {
  // What is old is wanted as well.
  SSL_CTX_set_security_level(context_, 0);
  SSL_CTX_set_min_proto_version(context_, setup.version);
  SSL_CTX_set_max_proto_version(context_, setup.version);
  SSL_CTX_set_num_tickets(context_, setup.tickets);
  ck_assert_int_eq(SSL_CTX_set_cipher_list(
                       context_, setup.ciphers != nullptr ? setup.ciphers : "DEFAULT:@SECLEVEL=0"),
                   1);
  if (setup.server) {
    SSL_CTX_use_certificate(context_, identity->certificate());
    SSL_CTX_use_PrivateKey(context_, identity->key());
  }
  if (setup.renegotiates) {
    SSL_CTX_set_options(context_, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    SSL_CTX_clear_options(context_, SSL_OP_NO_RENEGOTIATION);
  }
  ssl_ = SSL_new(context_);
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_ex_data(ssl_, 0, this);
  SSL_set_info_callback(ssl_, Watch);
  if (setup.server) {
    SSL_set_accept_state(ssl_);
  } else {
    SSL_set_connect_state(ssl_);
    SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char *>("server.example.com"));
  }
}

Tls::~Tls() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ERR_clear_error();
}

void Tls::Feed(const Octets &records) {
  if (records.empty()) return;
  BIO_write(SSL_get_rbio(ssl_), records.data(), static_cast<int>(records.size()));
}

Octets Tls::Out() {
  char *data = nullptr;
  BIO *bio = SSL_get_wbio(ssl_);
  const long size = BIO_get_mem_data(bio, &data);
  const Octets octets(data, static_cast<size_t>(size));
  BIO_reset(bio);
  return octets;
}

bool Tls::Handshake() { return SSL_do_handshake(ssl_) == 1; }

Octets Tls::Read() {
  Octets plaintext;
  char room[16384];
  size_t size = 0;
  while (SSL_read_ex(ssl_, room, sizeof room, &size) == 1) plaintext.append(room, size);
  return plaintext;
}

void Tls::Write(const Octets &message) {
  size_t written = 0;
  // Closed by an alert, of either end.
  if (SSL_get_shutdown(ssl_) != 0) return;
  ck_assert_int_eq(SSL_write_ex(ssl_, message.data(), message.size(), &written), 1);
}

Octets Tls::ServerKey() const {
  return PublicKeyOf(SSL_is_server(ssl_) == 1 ? SSL_get_certificate(ssl_)
                                              : SSL_get0_peer_certificate(ssl_));
}

size_t RecordSize(const Octets &stream) {
  if (stream.size() < 5) return stream.size();
  return 5 + (static_cast<size_t>(static_cast<uint8_t>(stream[3])) << 8 |
              static_cast<uint8_t>(stream[4]));
}

}  // namespace badpeer
