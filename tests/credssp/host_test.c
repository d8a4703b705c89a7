// SPDX-License-Identifier: MIT
// What the module costs a process that has it loaded and does not use it: neither OpenSSL's
// initialisation nor a key. The program puts itself before OpenSSL and counts.
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "credssp_support.h"

static atomic_int initialisations, contexts, keys;

static void *real(const char *library, const char *name) {
  void *found = dlsym(dlopen(library, RTLD_LAZY), name);
  if (found == NULL) abort();
  return found;
}

// The parts of OpenSSL's interface that are counted, in the types that its ABI has.
int OPENSSL_init_crypto(uint64_t options, const void *settings);
int OPENSSL_init_crypto(uint64_t options, const void *settings) {
  ++initialisations;
  int (*next)(uint64_t, const void *);
  *(void **)&next = real("libcrypto.so.3", "OPENSSL_init_crypto");
  return next(options, settings);
}

void *SSL_CTX_new_ex(void *library, const char *properties, const void *method);
void *SSL_CTX_new_ex(void *library, const char *properties, const void *method) {
  ++contexts;
  void *(*next)(void *, const char *, const void *);
  *(void **)&next = real("libssl.so.3", "SSL_CTX_new_ex");
  return next(library, properties, method);
}

int EVP_PKEY_generate(void *context, void **key);
int EVP_PKEY_generate(void *context, void **key) {
  ++keys;
  int (*next)(void *, void **);
  *(void **)&next = real("libcrypto.so.3", "EVP_PKEY_generate");
  return next(context, key);
}

static void expect_untouched(void) {
  ck_assert_int_eq(initialisations, 0);
  ck_assert_int_eq(contexts, 0);
  ck_assert_int_eq(keys, 0);
}

// The module is loaded by the first call that looks at all mechanisms.
static void expect_loaded(void) {
  OM_uint32 minor;
  gss_OID_set attributes = GSS_C_NO_OID_SET;
  const OM_uint32 major = gss_inquire_attrs_for_mech(&minor, &oid_credssp, &attributes, NULL);
  EXPECT_COMPLETE(major, minor);
  gss_release_oid_set(&minor, &attributes);
  void *module = dlopen("libssl.so.3", RTLD_LAZY | RTLD_NOLOAD);
  ck_assert_ptr_nonnull(module);
  dlclose(module);
}

START_TEST(loaded_and_not_used) {
  expect_loaded();
  expect_untouched();
  // Another mechanism's login, by default credentials where the mechglue asks everybody.
  setenv("NTLM_USER_FILE", accounts_file(), 1);
  for (enum carrier carrier = kRaw; carrier < kCarriers; ++carrier) {
    struct handshake handshake;
    handshake_open(&handshake, carrier);
    handshake_establish(&handshake);
    handshake_close(&handshake);
  }
  OM_uint32 minor;
  gss_cred_id_t cred;
  const OM_uint32 major =
      gss_acquire_cred(&minor, GSS_C_NO_NAME, 0, GSS_C_NO_OID_SET, GSS_C_BOTH, &cred, NULL, NULL);
  EXPECT_COMPLETE(major, minor);
  release_cred(&cred);
  expect_untouched();
}
END_TEST

// C36, C62: programs that try each mechanism, and an acceptor's credential, make none either.
START_TEST(asked_and_not_used) {
  OM_uint32 minor;
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  gss_name_t target = import_service("host@server.example.com");
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  OM_uint32 major = gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &context, target,
                                         &oid_credssp, 0, 0, NULL, NULL, NULL, &token, NULL, NULL);
  EXPECT_STATUS(GSS_S_NO_CRED, major, minor);
  release_name(&target);
  struct credssp_login login;
  login_open(&login, NULL);
  expect_untouched();
  login_establish(&login);
  // What the others are compared with.
  ck_assert_int_gt(initialisations, 0);
  ck_assert_int_eq(contexts, 2);
  ck_assert_int_gt(keys, 0);
  login_close(&login);
}
END_TEST

static Suite *make_suite(void) {
  Suite *suite = suite_create("credssp host");
  TCase *all = tcase_create("all");
  tcase_set_timeout(all, 60);
  tcase_add_test(all, loaded_and_not_used);
  tcase_add_test(all, asked_and_not_used);
  suite_add_tcase(suite, all);
  return suite;
}

int main(void) { return run_suite(make_suite); }
