// SPDX-License-Identifier: MIT
#include "certificates.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static void add_dns_name(X509 *x509, const char *dns_name) {
  char value[300];
  snprintf(value, sizeof value, "DNS:%s", dns_name);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, value);
  ck_assert_ptr_nonnull(extension);
  ck_assert_int_eq(X509_add_ext(x509, extension, -1), 1);
  X509_EXTENSION_free(extension);
}

static void put_pem(BIO *from, char *to, size_t room) {
  const int size = BIO_read(from, to, (int)room - 1);
  ck_assert_int_gt(size, 0);
  to[size] = '\0';
  BIO_free(from);
}

static void put_pin(X509 *x509, char pin[65]) {
  uint8_t *spki = NULL, hash[32];
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &spki);
  ck_assert_int_gt(size, 0);
  EVP_Digest(spki, (size_t)size, hash, NULL, EVP_sha256(), NULL);
  OPENSSL_free(spki);
  for (int i = 0; i < 32; ++i) snprintf(pin + 2 * i, 3, "%02x", hash[i]);
}

void make_certificate(struct certificate *made, const char *type, const char *dns_name, int days) {
  EVP_PKEY *key = strcmp(type, "RSA") == 0 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
  X509 *x509 = X509_new();
  ck_assert(key != NULL && x509 != NULL);
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -2 * 86400L);
  X509_gmtime_adj(X509_getm_notAfter(x509), days * 86400L);
  X509_NAME *name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"a server", -1, -1, 0);
  X509_set_issuer_name(x509, name);
  X509_set_pubkey(x509, key);
  add_dns_name(x509, dns_name);
  ck_assert_int_gt(X509_sign(x509, key, EVP_sha256()), 0);
  BIO *text = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(text, x509);
  put_pem(text, made->certificate, sizeof made->certificate);
  text = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(text, key, NULL, NULL, 0, NULL, NULL);
  put_pem(text, made->key, sizeof made->key);
  put_pin(x509, made->pin);
  uint8_t *end = made->der;
  const int size = i2d_X509(x509, NULL);
  ck_assert_int_le(size, (int)sizeof made->der);
  made->der_size = (size_t)i2d_X509(x509, &end);
  X509_free(x509);
  EVP_PKEY_free(key);
}

int rsa_bits_of(const void *der, size_t size) {
  const uint8_t *octets = der;
  X509 *x509 = d2i_X509(NULL, &octets, (long)size);
  ck_assert_ptr_nonnull(x509);
  EVP_PKEY *key = X509_get0_pubkey(x509);
  const int bits = EVP_PKEY_is_a(key, "RSA") ? EVP_PKEY_get_bits(key) : 0;
  X509_free(x509);
  return bits;
}
