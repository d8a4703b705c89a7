// SPDX-License-Identifier: MIT
// C118: a server that asks for a certificate of the client. It is bare OpenSSL, which no CredSSP
// follows on: the TLS handshake alone is looked at.
#include <credssp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <schannel.h>
#include <sspi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../credssp/certificates.h"
#include "support.h"

static void *text_of(const char *text) { return (void *)(uintptr_t)text; }

static struct certificate own, client;
static char path[] = "/tmp/sspi-client-XXXXXX";

static X509 *parse(const struct certificate *certificate) {
  const unsigned char *der = certificate->der;
  return d2i_X509(NULL, &der, (long)certificate->der_size);
}

static EVP_PKEY *key_of(const struct certificate *certificate) {
  BIO *text = BIO_new_mem_buf(certificate->key, -1);
  EVP_PKEY *key = PEM_read_bio_PrivateKey(text, NULL, NULL, NULL);
  BIO_free(text);
  return key;
}

static int accept_any(int good, X509_STORE_CTX *store) {
  (void)good, (void)store;
  return 1;
}

// `asks` for a certificate of the authority that `client` is.
static SSL *tls_server(int version, bool asks) {
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  X509 *certificate = parse(&own), *authority = parse(&client);
  EVP_PKEY *key = key_of(&own);
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
  ck_assert_int_eq(SSL_CTX_use_certificate(context, certificate), 1);
  ck_assert_int_eq(SSL_CTX_use_PrivateKey(context, key), 1);
  if (asks) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
    ck_assert_int_eq(SSL_CTX_add_client_CA(context, authority), 1);
  }
  SSL *server = SSL_new(context);
  SSL_set_bio(server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_accept_state(server);
  SSL_CTX_free(context);
  X509_free(certificate);
  X509_free(authority);
  EVP_PKEY_free(key);
  return server;
}

static CredHandle credential_of(const char *certificate_file) {
  SEC_WINNT_AUTH_IDENTITY_A identity = {
      .User = text_of(SSPI_USER),
      .UserLength = sizeof SSPI_USER - 1,
      .Domain = text_of(SSPI_DOMAIN),
      .DomainLength = sizeof SSPI_DOMAIN - 1,
      .Password = text_of(SSPI_PASSWORD),
      .PasswordLength = sizeof SSPI_PASSWORD - 1,
      .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
  };
  CERT_CONTEXT certificate = {X509_PEM_FILE_ENCODING, text_of(certificate_file),
                              certificate_file != NULL ? (DWORD)strlen(certificate_file) : 0, NULL,
                              NULL};
  PCCERT_CONTEXT certificates[] = {&certificate};
  SCHANNEL_CRED tls = {.dwVersion = SCHANNEL_CRED_VERSION,
                       .cCreds = certificate_file != NULL,
                       .paCred = certificates};
  CREDSSP_CRED cred = {CredsspPasswordCreds, &tls, &identity};
  CredHandle credential;
  EXPECT(SEC_E_OK, AcquireCredentialsHandleA(NULL, text_of("CREDSSP"), SECPKG_CRED_OUTBOUND, NULL,
                                             &cred, NULL, NULL, &credential, NULL));
  return credential;
}

struct exchange {
  SSL *server;
  CtxtHandle context;
  bool begun;
  unsigned char from_server[20000];
  int size;
};

static SECURITY_STATUS leg(struct exchange *exchange, CredHandle *credential, ULONG flags) {
  static unsigned char token[20000];
  SecBuffer in[] = {{(ULONG)exchange->size, SECBUFFER_TOKEN, exchange->from_server},
                    {0, SECBUFFER_EMPTY, NULL}};
  SecBuffer out = {sizeof token, SECBUFFER_TOKEN, token};
  SecBufferDesc input = {SECBUFFER_VERSION, 2, in}, output = {SECBUFFER_VERSION, 1, &out};
  ULONG attributes;
  const SECURITY_STATUS status = InitializeSecurityContextA(
      credential, exchange->begun ? &exchange->context : NULL, text_of("TERMSRV/www.demo.test"),
      flags, 0, 0, exchange->begun ? &input : NULL, 0, &exchange->context, &output, &attributes,
      NULL);
  exchange->begun = true;
  if (out.cbBuffer != 0) {
    BIO_write(SSL_get_rbio(exchange->server), token, (int)out.cbBuffer);
    SSL_do_handshake(exchange->server);
  }
  if (status == SEC_I_INCOMPLETE_CREDENTIALS) ck_assert_uint_eq(out.cbBuffer, 0);
  return status;
}

static void receive(struct exchange *exchange) {
  exchange->size =
      BIO_read(SSL_get_wbio(exchange->server), exchange->from_server, sizeof exchange->from_server);
  ck_assert_int_gt(exchange->size, 0);
}

static void expect_issuer(struct exchange *exchange) {
  SecPkgContext_IssuerListInfoEx issuers;
  EXPECT(SEC_E_OK,
         QueryContextAttributesA(&exchange->context, SECPKG_ATTR_ISSUER_LIST_EX, &issuers));
  ck_assert_uint_eq(issuers.cIssuers, 1);
  X509 *authority = parse(&client);
  const unsigned char *der;
  size_t size;
  X509_NAME_get0_der(X509_get_subject_name(authority), &der, &size);
  ck_assert_uint_eq(issuers.aIssuers[0].cbData, size);
  ck_assert_mem_eq(issuers.aIssuers[0].pbData, der, size);
  X509_free(authority);
  EXPECT(SEC_E_OK, FreeContextBuffer(issuers.aIssuers));
}

// Which certificate there is at first, whether one is given when it is asked for, and whether the
// program wants to be told (C109).
static const struct asked_case {
  bool at_first, later, is_told, empty_input;
} kAsked[] = {
    {false, false, true, false}, {false, true, true, false},   {false, false, true, true},
    {true, false, false, false}, {false, false, false, false},
};

static void run_case(const struct asked_case *row, int version) {
  struct exchange *exchange = calloc(1, sizeof *exchange);
  const ULONG flags = row->is_told || row->at_first ? 0 : ISC_REQ_USE_SUPPLIED_CREDS;
  CredHandle first = credential_of(row->at_first ? path : NULL), second = credential_of(path);
  exchange->server = tls_server(version, true);
  EXPECT(SEC_I_CONTINUE_NEEDED, leg(exchange, &first, flags));
  receive(exchange);
  SECURITY_STATUS status = leg(exchange, &first, flags);
  if (row->is_told) {
    EXPECT(SEC_I_INCOMPLETE_CREDENTIALS, status);
    expect_issuer(exchange);
    // The same octets again, as programs do, or none.
    if (row->empty_input) exchange->size = 0;
    status = leg(exchange, row->later ? &second : &first, flags);
  }
  EXPECT(SEC_I_CONTINUE_NEEDED, status);
  SecPkgContext_IssuerListInfoEx issuers;
  ck_assert(
      FAILED(QueryContextAttributesA(&exchange->context, SECPKG_ATTR_ISSUER_LIST_EX, &issuers)));
  ck_assert_int_eq(SSL_is_init_finished(exchange->server), 1);
  X509 *shown = SSL_get0_peer_certificate(exchange->server), *expected = parse(&client);
  ck_assert_int_eq(shown != NULL, row->at_first || row->later);
  if (shown != NULL) ck_assert_int_eq(X509_cmp(shown, expected), 0);
  X509_free(expected);
  EXPECT(SEC_E_OK, DeleteSecurityContext(&exchange->context));
  FreeCredentialsHandle(&first);
  FreeCredentialsHandle(&second);
  SSL_free(exchange->server);
  free(exchange);
}

START_TEST(server_asks_for_a_certificate) {
  run_case(&kAsked[_i], TLS1_2_VERSION);
  run_case(&kAsked[_i], TLS1_3_VERSION);
}
END_TEST

// Nothing is stopped where nobody asks.
START_TEST(server_does_not_ask) {
  struct exchange *exchange = calloc(1, sizeof *exchange);
  CredHandle credential = credential_of(NULL);
  exchange->server = tls_server(TLS1_3_VERSION, false);
  EXPECT(SEC_I_CONTINUE_NEEDED, leg(exchange, &credential, 0));
  receive(exchange);
  EXPECT(SEC_I_CONTINUE_NEEDED, leg(exchange, &credential, 0));
  ck_assert_int_eq(SSL_is_init_finished(exchange->server), 1);
  EXPECT(SEC_E_OK, DeleteSecurityContext(&exchange->context));
  FreeCredentialsHandle(&credential);
  SSL_free(exchange->server);
  free(exchange);
}
END_TEST

static void make_certificates(void) {
  make_certificate(&own, "EC", "www.demo.test", 1);
  make_certificate(&client, "EC", "client.demo.test", 1);
  FILE *file = fdopen(mkstemp(path), "w");
  fprintf(file, "%s%s", client.certificate, client.key);
  fclose(file);
}

static Suite *make_suite(void) {
  Suite *suite = suite_create("sspi client certificate");
  TCase *all = tcase_create("all");
  tcase_add_unchecked_fixture(all, make_certificates, NULL);
  tcase_set_timeout(all, 60);
  tcase_add_loop_test(all, server_asks_for_a_certificate, 0, sizeof kAsked / sizeof kAsked[0]);
  tcase_add_test(all, server_does_not_ask);
  suite_add_tcase(suite, all);
  return suite;
}

int main(void) {
  const int status = run_sspi_suite(make_suite());
  unlink(path);
  return status;
}
