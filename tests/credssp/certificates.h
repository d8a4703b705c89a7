// SPDX-License-Identifier: MIT
// Self-signed certificates for servers of the tests.
#ifndef TESTS_CREDSSP_CERTIFICATES_H_
#define TESTS_CREDSSP_CERTIFICATES_H_

#include <stddef.h>
#include <stdint.h>

struct certificate {
  char certificate[4096], key[4096];  // PEM
  char pin[65];                       // SHA-256 of SubjectPublicKeyInfo, hexadecimal
  uint8_t der[2048];
  size_t der_size;
};

// `type` is RSA (2048 bits) or EC (P-256). Good from two days ago to `days` from now.
void make_certificate(struct certificate *made, const char *type, const char *dns_name, int days);
// Of the key in a certificate in DER; 0 when it is none of RSA.
int rsa_bits_of(const void *der, size_t size);

#endif  // TESTS_CREDSSP_CERTIFICATES_H_
