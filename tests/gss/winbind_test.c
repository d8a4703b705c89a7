// SPDX-License-Identifier: MIT
// winbind as account source, through the host's mechglue and with the libwbclient of the tests,
// which LD_LIBRARY_PATH leads to: logins that it verifies (N430, N431), its cached logons (N415
// source 4), and what happens when it is not there (N440, N448, N831).
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ntlm_fields.h"

enum { kPatience = 30 };  // seconds: what takes longer hangs

#define HOST "host FILES " TEST_DOMAIN " dom.example\n"
#define ALICE "user " TEST_DOMAIN " " TEST_USER " " TEST_PASSWORD " 1104"

// From now on winbind is as this file says; see tests/winbind/fake_wbclient.c.
static void set_winbind(const char *text) {
  static int number;
  char name[32];
  snprintf(name, sizeof name, "winbind-%d", number++);
  setenv("FAKE_WBCLIENT", write_file(name, text, 0600), 1);
}

static void setup(void) {
  unsetenv("USER");
  set_winbind(HOST ALICE " cached\n");
}

static int note_fake(struct dl_phdr_info *info, size_t size, void *found) {
  (void)size;
  if (strstr(info->dlpi_name, "libwbclient") != NULL) *(bool *)found = true;
  return 0;
}

static bool library_is_loaded(void) {
  bool found = false;
  dl_iterate_phdr(note_fake, &found);
  return found;
}

// A handshake whose acceptor asks winbind.
static void open_with_winbind(struct handshake *h, enum carrier carrier) {
  handshake_open(h, carrier);
  release_cred(&h->acceptor_cred);
  h->acceptor_cred = acquire(NULL, GSS_C_ACCEPT, carrier_mech(carrier), NULL);
  if (carrier == kSpnegoCut) cut_to_ntlm(h->acceptor_cred);
}

static void set_password(struct handshake *h, const char *user, const char *password) {
  release_cred(&h->initiator_cred);
  h->initiator_cred = acquire_with_password(user, password, &oid_ntlm);
}

// ---- to accept ---------------------------------------------------------------------------------

START_TEST(login) {
  struct handshake h;
  open_with_winbind(&h, (enum carrier)_i);
  handshake_establish(&h);
  expect_client(&h, TEST_NAME);
  expect_equal_keys(&h);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}
END_TEST

// A domain controller has no LM hashes: LM_KEY would leave the two ends without a key.
START_TEST(no_lm_key) {
  struct handshake h;
  const char *policy =
      "[ntlm]\n    initiator_minimum_security = none\n    acceptor_minimum_security = none\n";
  setenv("GSS_SSPI_CONFIG", write_file("weak.conf", policy, 0600), 1);
  setenv("LM_COMPAT_LEVEL", "0", 1);
  open_with_winbind(&h, kRaw);
  set_password(&h, TEST_NAME, TEST_PASSWORD);
  h.request_flags = 0;
  handshake_establish(&h);
  ck_assert_uint_ne(get32(h.token[0].data + kNegotiateFlags) & NTLM_LM_KEY, 0);
  ck_assert_uint_eq(get32(h.token[1].data + kChallengeFlags) & NTLM_LM_KEY, 0);
  expect_client(&h, TEST_NAME);
  handshake_close(&h);
}
END_TEST

// N443: one status for all of them.
static const struct {
  const char *winbind, *user, *password;
} kRefused[] = {
    {HOST ALICE "\n", TEST_NAME, "wrong"},
    {HOST ALICE "\n", TEST_DOMAIN "\\nobody", TEST_PASSWORD},
    {HOST ALICE "\n", "OTHER\\" TEST_USER, TEST_PASSWORD},
    {HOST ALICE " status=c0000072\n", TEST_NAME, TEST_PASSWORD},
    {HOST ALICE " guest\n", TEST_NAME, TEST_PASSWORD},
};
enum { kRefusedCount = sizeof kRefused / sizeof kRefused[0] };

START_TEST(refused) {
  static OM_uint32 minor_of_wrong_password;
  for (int i = 0; i < kRefusedCount; ++i) {
    struct handshake h;
    set_winbind(kRefused[i].winbind);
    open_with_winbind(&h, kRaw);
    set_password(&h, kRefused[i].user, kRefused[i].password);
    ck_assert_msg(!handshake_run(&h), "row %d", i);
    EXPECT_STATUS(GSS_S_FAILURE, h.acceptor.major, h.acceptor.minor);
    EXPECT_TEXT(minor_text(h.acceptor.minor), "winbind");
    if (i == 0) minor_of_wrong_password = h.acceptor.minor;
    ck_assert_uint_eq(h.acceptor.minor, minor_of_wrong_password);
    handshake_close(&h);
  }
}
END_TEST

START_TEST(logon_without_winbindd) {
  struct handshake h;
  open_with_winbind(&h, kRaw);
  set_winbind("mode unreachable\n");
  ck_assert(!handshake_run(&h));
  EXPECT_STATUS(GSS_S_FAILURE, h.acceptor.major, h.acceptor.minor);
  EXPECT_TEXT(minor_text(h.acceptor.minor), "/run/samba/winbindd/pipe");
  handshake_reset(&h);
  // It is back.
  set_winbind(HOST ALICE "\n");
  handshake_establish(&h);
  handshake_close(&h);
}
END_TEST

START_TEST(logon_that_hangs) {
  struct handshake h;
  open_with_winbind(&h, kRaw);
  set_winbind("mode hang=60\n");
  const time_t start = time(NULL);
  ck_assert(!handshake_run(&h));
  ck_assert_msg(time(NULL) - start < kPatience, "it hangs");
  EXPECT_STATUS(GSS_S_FAILURE, h.acceptor.major, h.acceptor.minor);
  EXPECT_TEXT(minor_text(h.acceptor.minor), "within");
  handshake_close(&h);
}
END_TEST

START_TEST(acquire_without_winbindd) {
  static const gss_cred_usage_t kUsages[] = {GSS_C_ACCEPT, GSS_C_INITIATE};
  static const char *const kWorlds[] = {"mode unreachable\n", "mode hang=60\n"};
  setenv("NTLMUSER", TEST_USER, 1);
  for (int usage = 0; usage < 2; ++usage) {
    gss_cred_id_t cred = acquire(NULL, kUsages[usage], &oid_ntlm, NULL);  // with winbindd
    release_cred(&cred);
  }
  sleep(6);  // longer than the names of the domain are kept
  for (int row = 0; row < 4; ++row) {
    OM_uint32 minor;
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    set_winbind(kWorlds[row / 2]);
    const time_t start = time(NULL);
    const OM_uint32 major = try_acquire(&minor, NULL, kUsages[row % 2], &oid_ntlm, NULL, &cred);
    EXPECT_STATUS(GSS_S_NO_CRED, major, minor);
    EXPECT_TEXT(minor_text(minor), "/run/samba/winbindd/pipe");
    ck_assert_msg(time(NULL) - start < kPatience, "it hangs");
  }
}
END_TEST

// A winbindd that has much to do answers late; N201's short time is for initiators.
START_TEST(slow_winbindd) {
  struct handshake h;
  set_winbind(HOST ALICE "\nmode slow=500\n");
  open_with_winbind(&h, (enum carrier)_i);
  handshake_establish(&h);
  expect_client(&h, TEST_NAME);
  handshake_close(&h);
}
END_TEST

static token_hook check_names;
static void check_names(struct handshake *h, int leg, struct octets *token) {
  (void)h;
  static const struct {
    enum av_id id;
    const char *value;
  } kNames[] = {{kAvNbComputerName, "FILES"},
                {kAvNbDomainName, TEST_DOMAIN},
                {kAvDnsComputerName, "files.dom.example"},
                {kAvDnsDomainName, "dom.example"}};
  if (leg != 1) return;
  struct octets list = field_octets(token, kChallengeTargetInfo);
  for (size_t i = 0; i < sizeof kNames / sizeof kNames[0]; ++i) {
    uint16_t length = 0;
    const uint8_t *value = av_find(list.data, list.size, kNames[i].id, &length);
    struct octets expected = utf16_of(kNames[i].value);
    ck_assert_msg(
        value != NULL && length == expected.size && memcmp(value, expected.data, length) == 0, "%s",
        kNames[i].value);
    octets_free(&expected);
  }
  octets_free(&list);
  ck_assert_uint_ne(get32(token->data + kChallengeFlags) & NTLM_TARGET_TYPE_DOMAIN, 0);
}

// N303, N615.
START_TEST(challenge_names_the_domain) {
  struct handshake h;
  open_with_winbind(&h, kRaw);
  h.hook = check_names;
  handshake_establish(&h);
  ck_assert_int_ge(h.legs, 2);
  handshake_close(&h);
}
END_TEST

// N326: the names of the join are names of this host.
static const struct {
  const char *target;
  bool accepted;
} kTargets[] = {
    {"host@files.dom.example", true},
    {"HTTP@FILES", true},
    {"HTTP@other.dom.example", false},
};
enum { kTargetCount = sizeof kTargets / sizeof kTargets[0] };

START_TEST(targets) {
  struct handshake h;
  const char *policy = "[ntlm]\n    spn_check = require\n";
  setenv("GSS_SSPI_CONFIG", write_file("require.conf", policy, 0600), 1);
  open_with_winbind(&h, kRaw);
  release_name(&h.target);
  h.target = import_service(kTargets[_i].target);
  ck_assert_msg(handshake_run(&h) == kTargets[_i].accepted, "%s: %s", kTargets[_i].target,
                status_text(h.acceptor.major, h.acceptor.minor));
  if (!kTargets[_i].accepted) EXPECT_TEXT(minor_text(h.acceptor.minor), "spn_check");
  handshake_close(&h);
}
END_TEST

// N434, N616.
START_TEST(sids_of_the_client) {
  static const char kSids[] =
      "S-1-5-21-1-2-4294967295-1104,S-1-5-21-1-2-4294967295-513,S-1-5-21-1-2-4294967295-514";
  OM_uint32 minor;
  int authenticated = 0, complete = 0, more = -1;
  gss_buffer_desc value = GSS_C_EMPTY_BUFFER, shown = GSS_C_EMPTY_BUFFER;
  gss_buffer_desc attribute = buffer_of_text("urn:gssntlmssp:sids");
  struct handshake h;
  open_with_winbind(&h, kRaw);
  handshake_establish(&h);
  const OM_uint32 major = gss_get_name_attribute(&minor, h.client_name, &attribute, &authenticated,
                                                 &complete, &value, &shown, &more);
  EXPECT_COMPLETE(major, minor);
  ck_assert_int_ne(authenticated, 0);
  ck_assert_uint_eq(value.length, strlen(kSids));
  ck_assert_mem_eq(value.value, kSids, value.length);
  gss_release_buffer(&minor, &value);
  gss_release_buffer(&minor, &shown);
  handshake_close(&h);
}
END_TEST

// ---- to initiate -------------------------------------------------------------------------------

static void cached_login(enum carrier carrier, const char *variable) {
  struct handshake h;
  handshake_open(&h, carrier);
  release_cred(&h.initiator_cred);
  setenv(variable, TEST_USER, 1);
  h.initiator_cred = acquire(NULL, GSS_C_INITIATE, carrier_mech(carrier), NULL);
  unsetenv(variable);
  if (carrier == kSpnegoCut) cut_to_ntlm(h.initiator_cred);
  handshake_establish(&h);
  expect_client(&h, TEST_NAME);
  expect_equal_keys(&h);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}

START_TEST(cached_logon) {
  cached_login((enum carrier)_i, "NTLMUSER");
  cached_login((enum carrier)_i, "USER");
}
END_TEST

START_TEST(cached_logon_to_winbind) {
  struct handshake h;
  open_with_winbind(&h, kRaw);
  release_cred(&h.initiator_cred);
  h.initiator_cred = acquire(TEST_NAME, GSS_C_INITIATE, &oid_ntlm, NULL);
  handshake_establish(&h);
  expect_client(&h, TEST_NAME);
  expect_equal_keys(&h);
  handshake_close(&h);
}
END_TEST

START_TEST(no_cached_logon) {
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  setenv("NTLMUSER", "nobody", 1);
  OM_uint32 major = try_acquire(&minor, NULL, GSS_C_INITIATE, &oid_ntlm, NULL, &cred);
  EXPECT_STATUS(GSS_S_NO_CRED, major, minor);
  EXPECT_TEXT(minor_text(minor), "winbind keeps no logon of nobody");
  unsetenv("NTLMUSER");
  major = try_acquire(&minor, NULL, GSS_C_INITIATE, &oid_ntlm, NULL, &cred);
  EXPECT_STATUS(GSS_S_NO_CRED, major, minor);
  EXPECT_TEXT(minor_text(minor), "NTLMUSER");
}
END_TEST

START_TEST(cached_logon_ends) {
  struct handshake h;
  handshake_open(&h, kRaw);
  release_cred(&h.initiator_cred);
  h.initiator_cred = acquire(TEST_NAME, GSS_C_INITIATE, &oid_ntlm, NULL);
  set_winbind(HOST ALICE "\n");
  ck_assert(!handshake_run(&h));
  EXPECT_STATUS(GSS_S_NO_CRED, h.initiator.major, h.initiator.minor);
  EXPECT_TEXT(minor_text(h.initiator.minor), "winbind keeps no logon of " TEST_NAME);
  handshake_close(&h);
}
END_TEST

// ---- beside other sources ----------------------------------------------------------------------

// Who needs no winbind does not even load its library; this must be the first login of a process.
START_TEST(other_sources_do_without_it) {
  struct handshake h;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  handshake_reset(&h);
  ck_assert(!library_is_loaded());
  release_cred(&h.acceptor_cred);
  h.acceptor_cred = acquire(NULL, GSS_C_ACCEPT, &oid_ntlm, NULL);
  handshake_establish(&h);
  ck_assert(library_is_loaded());
  handshake_close(&h);
}
END_TEST

// N415: a file that was named is the only source, even for a user whom winbind knows.
START_TEST(named_file_is_the_only_source) {
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  const char *file = write_file("others", "DOM:other:password\n", 0600);
  const struct store_entry store[] = {{"ntlmssp_keyfile", file}, {NULL, NULL}};
  OM_uint32 major = try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, &oid_ntlm, store, &cred);
  EXPECT_STATUS(GSS_S_NO_CRED, major, minor);
  setenv("NTLM_USER_FILE", file, 1);
  major = try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, &oid_ntlm, NULL, &cred);
  EXPECT_STATUS(GSS_S_NO_CRED, major, minor);
  struct handshake h;
  open_with_winbind(&h, kRaw);  // in truth with the file
  ck_assert(!handshake_run(&h));
  EXPECT_STATUS(GSS_S_FAILURE, h.acceptor.major, h.acceptor.minor);
  handshake_reset(&h);
  unsetenv("NTLM_USER_FILE");
  release_cred(&h.acceptor_cred);
  h.acceptor_cred = acquire(NULL, GSS_C_ACCEPT, &oid_ntlm, NULL);
  handshake_establish(&h);
  handshake_close(&h);
}
END_TEST

START_TEST(exported_credentials) {
  struct handshake h;
  open_with_winbind(&h, kRaw);
  release_cred(&h.initiator_cred);
  h.initiator_cred = acquire(TEST_NAME, GSS_C_INITIATE, &oid_ntlm, NULL);
  gss_cred_id_t *const creds[] = {&h.initiator_cred, &h.acceptor_cred};
  for (int i = 0; i < 2; ++i) {
    const gss_cred_id_t copy = copy_of_cred(*creds[i]);
    release_cred(creds[i]);
    *creds[i] = copy;
  }
  handshake_establish(&h);
  expect_client(&h, TEST_NAME);
  handshake_close(&h);
}
END_TEST

static Suite *winbind_suite(void) {
  Suite *suite = suite_create("winbind");
  TCase *cases = tcase_create("winbind");
  tcase_add_checked_fixture(cases, setup, NULL);
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, other_sources_do_without_it);
  tcase_add_loop_test(cases, login, 0, kCarriers);
  tcase_add_test(cases, no_lm_key);
  tcase_add_test(cases, refused);
  tcase_add_test(cases, logon_without_winbindd);
  tcase_add_test(cases, logon_that_hangs);
  tcase_add_test(cases, acquire_without_winbindd);
  tcase_add_loop_test(cases, slow_winbindd, 0, kCarriers);
  tcase_add_test(cases, challenge_names_the_domain);
  tcase_add_loop_test(cases, targets, 0, kTargetCount);
  tcase_add_test(cases, sids_of_the_client);
  tcase_add_loop_test(cases, cached_logon, 0, kCarriers);
  tcase_add_test(cases, cached_logon_to_winbind);
  tcase_add_test(cases, no_cached_logon);
  tcase_add_test(cases, cached_logon_ends);
  tcase_add_test(cases, named_file_is_the_only_source);
  tcase_add_test(cases, exported_credentials);
  suite_add_tcase(suite, cases);
  return suite;
}

int main(void) { return run_suite(winbind_suite); }
