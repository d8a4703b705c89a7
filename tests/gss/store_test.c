// SPDX-License-Identifier: MIT
// gss_store_cred and gss_store_cred_into: a login in the session keyring of the kernel. Check runs
// each test in a process of its own, and each begins with a new session keyring.
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support.h"

static bool new_session(void) {
  return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) > 0 &&
         syscall(SYS_add_key, "user", "gss-sspi store_test", "x", 1, KEY_SPEC_SESSION_KEYRING) > 0;
}

static void setup(void) { ck_assert(new_session()); }

// 0 for none.
static long find_key(const char *type, const char *description) {
  const long key =
      syscall(SYS_keyctl, KEYCTL_SEARCH, (long)KEY_SPEC_SESSION_KEYRING, type, description, 0L);
  return key > 0 ? key : 0;
}

struct stored {
  OM_uint32 major, minor;
  gss_cred_usage_t usage;
  size_t elements;  // in elements_stored
};

static struct stored store(gss_cred_id_t cred, gss_cred_usage_t usage, gss_OID mech, bool overwrite,
                           bool make_default, const struct store_entry *entries) {
  struct stored stored = {.usage = 77};
  gss_key_value_element_desc elements[8];
  gss_key_value_set_desc set = {0, elements};
  for (; entries != NULL && entries->key != NULL; ++entries, ++set.count) {
    elements[set.count] = (gss_key_value_element_desc){entries->key, entries->value};
  }
  gss_OID_set oids = GSS_C_NO_OID_SET;
  stored.major = entries == NULL ? gss_store_cred(&stored.minor, cred, usage, mech, overwrite,
                                                  make_default, &oids, &stored.usage)
                                 : gss_store_cred_into(&stored.minor, cred, usage, mech, overwrite,
                                                       make_default, &set, &oids, &stored.usage);
  if (oids != GSS_C_NO_OID_SET) {
    OM_uint32 minor;
    int present = 0;
    stored.elements = oids->count;
    gss_test_oid_set_member(&minor, &oid_ntlm, oids, &present);
    ck_assert_int_eq(present, oids->count != 0);
    gss_release_oid_set(&minor, &oids);
  }
  return stored;
}

static struct stored store_simply(gss_cred_id_t cred, bool overwrite) {
  return store(cred, GSS_C_INITIATE, &oid_ntlm, overwrite, false, NULL);
}

static bool logs_in(const char *user) {
  struct handshake h;
  handshake_open(&h, kRaw);
  release_cred(&h.initiator_cred);
  OM_uint32 minor;
  const OM_uint32 major =
      try_acquire(&minor, user, GSS_C_INITIATE, &oid_ntlm, NULL, &h.initiator_cred);
  const bool done = major == GSS_S_COMPLETE && handshake_run(&h);
  if (done) expect_client(&h, TEST_NAME);
  handshake_close(&h);
  return done;
}

START_TEST(stored_login_logs_in) {
  unsetenv("NTLM_USER_FILE");
  ck_assert(!logs_in(TEST_NAME));
  gss_cred_id_t cred = acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm);
  const gss_cred_usage_t usage = _i == 0 ? GSS_C_INITIATE : GSS_C_BOTH;
  const struct stored stored =
      store(cred, usage, _i == 2 ? GSS_C_NO_OID : &oid_ntlm, false, true, NULL);
  EXPECT_COMPLETE(stored.major, stored.minor);
  ck_assert_uint_eq(stored.elements, 1);
  ck_assert_int_eq(stored.usage, GSS_C_INITIATE);
  release_cred(&cred);
  ck_assert(find_key("user", "gss-sspi:ntlm:" TEST_NAME) != 0);
  ck_assert(logs_in(TEST_NAME));
  ck_assert(logs_in(NULL));
}
END_TEST

START_TEST(overwriting) {
  unsetenv("NTLM_USER_FILE");
  gss_cred_id_t wrong = acquire_with_password(TEST_NAME, "not that one", &oid_ntlm);
  gss_cred_id_t right = acquire_with_password("dom\\ALICE", TEST_PASSWORD, &oid_ntlm);
  gss_cred_id_t other = acquire_with_password("DOM\\bob", "Passw0rd-bob", &oid_ntlm);
  struct stored stored = store_simply(wrong, false);
  EXPECT_COMPLETE(stored.major, stored.minor);
  ck_assert(!logs_in(TEST_NAME));
  stored = store_simply(right, false);
  EXPECT_STATUS(GSS_S_DUPLICATE_ELEMENT, stored.major, stored.minor);
  EXPECT_TEXT(minor_text(stored.minor), "ALICE");
  ck_assert_uint_eq(stored.elements, 0);
  ck_assert(!logs_in(TEST_NAME));
  stored = store_simply(other, false);
  EXPECT_COMPLETE(stored.major, stored.minor);
  stored = store_simply(right, true);
  EXPECT_COMPLETE(stored.major, stored.minor);
  ck_assert(logs_in(TEST_NAME));
  release_cred(&wrong);
  release_cred(&right);
  release_cred(&other);
}
END_TEST

START_TEST(default_login) {
  unsetenv("NTLM_USER_FILE");
  gss_cred_id_t alice = acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm);
  gss_cred_id_t bob = acquire_with_password("DOM\\bob", "wrong", &oid_ntlm);
  struct stored stored = store(alice, GSS_C_INITIATE, &oid_ntlm, true, _i == 0, NULL);
  EXPECT_COMPLETE(stored.major, stored.minor);
  stored = store(bob, GSS_C_INITIATE, &oid_ntlm, true, _i == 1, NULL);
  EXPECT_COMPLETE(stored.major, stored.minor);
  ck_assert_int_eq(logs_in(NULL), _i == 0);
  release_cred(&alice);
  release_cred(&bob);
}
END_TEST

// ---- gss_store_cred_into -----------------------------------------------------------------------

START_TEST(lifetime) {
  static const struct store_entry kShort[] = {{"ntlmssp_lifetime", "1"}, {NULL, NULL}};
  static const struct store_entry kLong[] = {
      {"ccache", "FILE:/nowhere"}, {"ntlmssp_lifetime", "0000000600"}, {NULL, NULL}};
  unsetenv("NTLM_USER_FILE");
  gss_cred_id_t cred = acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm);
  struct stored stored = store(cred, GSS_C_INITIATE, &oid_ntlm, true, true, kLong);
  EXPECT_COMPLETE(stored.major, stored.minor);
  ck_assert(logs_in(NULL));
  stored = store(cred, GSS_C_INITIATE, &oid_ntlm, true, true, kShort);
  EXPECT_COMPLETE(stored.major, stored.minor);
  sleep(3);
  ck_assert(!logs_in(NULL));
  release_cred(&cred);
}
END_TEST

// N416.
static const struct store_entry kBadEntries[][2] = {
    {{"ntlmssp_lifetime", ""}, {NULL, NULL}},
    {{"ntlmssp_lifetime", "0"}, {NULL, NULL}},
    {{"ntlmssp_lifetime", "-1"}, {NULL, NULL}},
    {{"ntlmssp_lifetime", "+1"}, {NULL, NULL}},
    {{"ntlmssp_lifetime", "1h"}, {NULL, NULL}},
    {{"ntlmssp_lifetime", "4294967296"}, {NULL, NULL}},
    {{"ntlmssp_lifetime", "99999999999999999999"}, {NULL, NULL}},
    {{"ntlmssp_lifetimes", "1"}, {NULL, NULL}},
    {{"ntlmssp_keyfile", "/nowhere"}, {NULL, NULL}},
    {{"ntlmssp_", "1"}, {NULL, NULL}},
};

START_TEST(bad_entries) {
  static const struct store_entry kGood[] = {{"ntlmssp_lifetime", "4294967295"}, {NULL, NULL}};
  gss_cred_id_t cred = acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm);
  struct stored stored = store(cred, GSS_C_INITIATE, &oid_ntlm, true, true, kBadEntries[_i]);
  EXPECT_STATUS(GSS_S_FAILURE, stored.major, stored.minor);
  EXPECT_TEXT(minor_text(stored.minor), "ntlmssp_");
  ck_assert_int_eq(find_key("user", "gss-sspi:ntlm:" TEST_NAME), 0);
  stored = store(cred, GSS_C_INITIATE, &oid_ntlm, true, true, kGood);
  EXPECT_COMPLETE(stored.major, stored.minor);
  release_cred(&cred);
}
END_TEST

// ---- what cannot be stored
// -----------------------------------------------------------------------

START_TEST(acceptors_are_not_stored) {
  gss_cred_id_t acceptor = acquire_acceptor(accounts_file(), &oid_ntlm);
  for (int usage = GSS_C_BOTH; usage <= GSS_C_ACCEPT; ++usage) {
    const struct stored stored = store(acceptor, usage, &oid_ntlm, true, true, NULL);
    EXPECT_STATUS(GSS_S_NO_CRED, stored.major, stored.minor);
    ck_assert_uint_eq(stored.elements, 0);
  }
  release_cred(&acceptor);
  gss_cred_id_t cred = acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm);
  const struct stored stored = store(cred, GSS_C_ACCEPT, &oid_ntlm, true, true, NULL);
  EXPECT_STATUS(GSS_S_NO_CRED, stored.major, stored.minor);
  release_cred(&cred);
  ck_assert_int_eq(find_key("keyring", "gss-sspi:ntlm"), 0);
}
END_TEST

START_TEST(policy_without_keyring) {
  gss_cred_id_t cred = acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm);
  release_cred(&cred);
  setenv("GSS_SSPI_CONFIG", write_file("no_keyring", "[ntlm]\n  use_keyring = no\n", 0600), 1);
  cred = acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm);
  const struct stored stored = store_simply(cred, true);
  EXPECT_STATUS(GSS_S_FAILURE, stored.major, stored.minor);
  EXPECT_TEXT(minor_text(stored.minor), "keyring");
  ck_assert_int_eq(find_key("keyring", "gss-sspi:ntlm"), 0);
  release_cred(&cred);
}
END_TEST

static Suite *store_suite(void) {
  Suite *suite = suite_create("store");
  TCase *tests = tcase_create("session keyring");
  tcase_set_timeout(tests, 30);
  tcase_add_checked_fixture(tests, setup, NULL);
  tcase_add_loop_test(tests, stored_login_logs_in, 0, 3);
  tcase_add_test(tests, overwriting);
  tcase_add_loop_test(tests, default_login, 0, 2);
  tcase_add_test(tests, lifetime);
  tcase_add_loop_test(tests, bad_entries, 0, (int)(sizeof kBadEntries / sizeof kBadEntries[0]));
  tcase_add_test(tests, acceptors_are_not_stored);
  tcase_add_test(tests, policy_without_keyring);
  suite_add_tcase(suite, tests);
  return suite;
}

int main(void) {
  if (!new_session()) {
    printf("SKIP: no session keyring here: %s\n", strerror(errno));
    return 77;
  }
  return run_suite(store_suite);
}
