// SPDX-License-Identifier: MIT
// The floor of CredSSP: the same TLS, with the same kind of certificate, on memory, and nothing
// else.
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls_ends.h"

struct Ends {
  SSL *client, *server;
};

static SSL_CTX *client_context, *server_context;

static void Fail(const char *what) {
  fprintf(stderr, "tlsbench: %s\n", what);
  exit(1);
}

static X509 *MakeCertificate(EVP_PKEY *key) {
  X509 *made = X509_new();
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), -86400);
  X509_gmtime_adj(X509_getm_notAfter(made), 86400);
  X509_NAME *name = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"localhost", -1, -1, 0);
  X509_set_issuer_name(made, name);
  X509_set_pubkey(made, key);
  if (X509_sign(made, key, EVP_sha256()) == 0) Fail("no certificate");
  return made;
}

static SSL_CTX *MakeContext(const SSL_METHOD *method, int version) {
  SSL_CTX *context = SSL_CTX_new(method);
  if (!context) Fail("no SSL_CTX");
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  return context;
}

void Prepare(int minor) {
  static EVP_PKEY *key;
  const int version = minor == 3 ? TLS1_3_VERSION : TLS1_2_VERSION;
  SSL_CTX_free(client_context);
  SSL_CTX_free(server_context);
  if (!key) key = EVP_RSA_gen(2048);
  client_context = MakeContext(TLS_client_method(), version);
  server_context = MakeContext(TLS_server_method(), version);
  X509 *certificate = MakeCertificate(key);
  SSL_CTX_use_certificate(server_context, certificate);
  SSL_CTX_use_PrivateKey(server_context, key);
  X509_free(certificate);
}

struct Ends *Connect(void) {
  struct Ends *ends = malloc(sizeof *ends);
  ends->client = SSL_new(client_context);
  ends->server = SSL_new(server_context);
  BIO *a = BIO_new(BIO_s_mem()), *b = BIO_new(BIO_s_mem());
  BIO_up_ref(a);
  BIO_up_ref(b);
  SSL_set_bio(ends->client, a, b);
  SSL_set_bio(ends->server, b, a);
  SSL_set_connect_state(ends->client);
  SSL_set_accept_state(ends->server);
  int client = 0, server = 0;
  for (int leg = 0; leg < 10 && !(client && server); ++leg) {
    if (!client) client = SSL_do_handshake(ends->client) == 1;
    if (!server) server = SSL_do_handshake(ends->server) == 1;
  }
  if (!client || !server) Fail("handshake");
  return ends;
}

void Disconnect(struct Ends *ends) {
  SSL_set_shutdown(ends->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_set_shutdown(ends->server, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ends->client);
  SSL_free(ends->server);
  free(ends);
}

static void Pass(SSL *from, SSL *to, uint8_t *data, size_t size) {
  if (SSL_write(from, data, (int)size) != (int)size) Fail("SSL_write");
  if (SSL_read(to, data, (int)size) != (int)size) Fail("SSL_read");
}

void PassRecord(struct Ends *ends, uint8_t *data, size_t size) {
  Pass(ends->client, ends->server, data, size);
}

void PassBack(struct Ends *ends, uint8_t *data, size_t size) {
  Pass(ends->server, ends->client, data, size);
}
