// SPDX-License-Identifier: MIT
// Credentials: account files in both formats and every refusal of 4.3, the credential store,
// copies, and the acceptor credential without a name.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mini_ntlm.h"

// One login with these credentials. Releases both. `status` is the acceptor's.
static bool login_with(gss_cred_id_t initiator, gss_cred_id_t acceptor, char *client, size_t room,
                       OM_uint32 *status) {
  struct handshake h;
  memset(&h, 0, sizeof h);
  h.mech = &oid_ntlm;
  h.request_flags = kUsualFlags;
  h.initiator_cred = initiator;
  h.acceptor_cred = acceptor;
  h.target = import_service("HTTP@server.example.com");
  const bool established = handshake_run(&h);
  if (status != NULL) *status = h.acceptor.major;
  if (established && client != NULL) {
    char *shown = display_name(h.client_name);
    snprintf(client, room, "%s", shown);
    free(shown);
  }
  handshake_close(&h);
  return established;
}

// Whether `password` opens the account of `name` in this file.
static bool opens(const char *accounts, const char *name, const char *password) {
  const char *path = write_file("opens", accounts, 0600);
  const struct store_entry store[] = {{"ntlmssp_password", password}, {NULL, NULL}};
  return login_with(acquire(name, GSS_C_INITIATE, &oid_ntlm, store),
                    acquire_acceptor(path, &oid_ntlm), NULL, 0, NULL);
}

static void nt_hash_hex(const char *password, char hex[33]) {
  uint8_t hash[16];
  struct octets units = utf16_of(password);
  mini_md4(units.data, units.size, hash);
  for (size_t i = 0; i < 16; ++i) snprintf(hex + 2 * i, 3, "%02X", hash[i]);
  octets_free(&units);
}

// ---- formats of the account file (N425, N426) --------------------------------------------------

#define NO_LM "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"
// The hash of "Passw0rd" in both cases of hexadecimal.
#define NT_UPPER "A87F3A337D73085C45F9416BE5787D86"
#define NT_LOWER "a87f3a337d73085c45f9416be5787d86"

static const struct account_row {
  const char *accounts;
  const char *name;
  const char *password;
  bool opens;
} kAccountRows[] = {
    {"DOM:alice:pw\n", "DOM\\alice", "pw", true},
    {"DOM:alice:pw", "DOM\\alice", "pw", true},
    {"DOM:alice:pw\r\n", "DOM\\alice", "pw", true},
    {"# comment\n\nDOM:alice:pw\n", "DOM\\alice", "pw", true},
    {"DOM:alice:pw\n", "DOM\\alice", "pw\r", false},
    {"DOM:alice:p:w:x\n", "DOM\\alice", "p:w:x", true},
    {"DOM:alice:p:w:x\n", "DOM\\alice", "p", false},
    {"DOM:alice: pw \n", "DOM\\alice", " pw ", true},
    {"DOM:alice: pw \n", "DOM\\alice", "pw", false},
    {"DOM:alice:#pw\n", "DOM\\alice", "#pw", true},
    {":alice:pw\n", "DOM\\alice", "pw", true},  // no domain in the line
    {"DOM:alice:pw\n", "alice", "pw", true},    // none in the request
    {"DOM:alice:first\nDOM:alice:second\n", "DOM\\alice", "first", true},
    {"DOM:alice:first\nDOM:alice:second\n", "DOM\\alice", "second", false},
    {"DOM:bob:x\nDOM:alice:pw\n", "DOM\\alice", "pw", true},
    {"dom:ALICE:pw\n", "DOM\\alice", "pw", true},
    // smbpasswd
    {"alice:1000:" NO_LM ":" NT_UPPER ":[U          ]:LCT-00000000:\n", "DOM\\alice", "Passw0rd",
     true},
    {"alice:1000:" NO_LM ":" NT_LOWER ":[U          ]:LCT-00000000:\n", "DOM\\alice", "Passw0rd",
     true},
    {"alice:1000:" NO_LM ":" NT_UPPER ":[U          ]:LCT-00000000:\n", "DOM\\alice", "Passw0re",
     false},
    {"DOM\\alice:1000:" NO_LM ":" NT_UPPER ":[U          ]:LCT-00000000:\n", "DOM\\alice",
     "Passw0rd", true},
    {"DOM\\alice:1000:" NO_LM ":" NT_UPPER ":[U          ]:LCT-00000000:\n", "OTHER\\alice",
     "Passw0rd", false},
    {"alice:1000:" NO_LM ":" NT_UPPER ":[UD         ]:LCT-00000000:\n", "DOM\\alice", "Passw0rd",
     false},  // disabled
    {"alice:1000:" NO_LM ":" NO_LM ":[U          ]:LCT-00000000:\n", "DOM\\alice", "Passw0rd",
     false},  // no hash
    {"alice:1000:" NO_LM ":NO PASSWORDXXXXXXXXXXXXXXXXXXXXX:[NU         ]:LCT-00000000:\n",
     "DOM\\alice", "", false},
    // both kinds in one file
    {"DOM:bob:x\nalice:1000:" NO_LM ":" NT_UPPER ":[U          ]:LCT-00000000:\n", "DOM\\alice",
     "Passw0rd", true},
    {"alice:1000:" NO_LM ":" NT_UPPER ":[U          ]:LCT-00000000:\nDOM:bob:x\n", "DOM\\bob", "x",
     true},
    // only three fields, so not smbpasswd
    {"DOM:1000:" NT_UPPER "\n", "DOM\\1000", NT_UPPER, true},
    {"DOM:1000:pw\n", "DOM\\1000", "pw", true},
};
enum { kAccountCount = sizeof kAccountRows / sizeof kAccountRows[0] };

START_TEST(account_formats) {
  const struct account_row *row = &kAccountRows[_i];
  char hex[33];
  nt_hash_hex("Passw0rd", hex);
  ck_assert_str_eq(hex, NT_UPPER);
  ck_assert_msg(opens(row->accounts, row->name, row->password) == row->opens,
                "%s with \"%s\" in %s", row->name, row->password, row->accounts);
}
END_TEST

// D5: the name carries a domain only when the file gives one.
START_TEST(line_without_domain_gives_a_bare_name) {
  char client[100] = "";
  const char *path = write_file("bare", ":alice:pw\n", 0600);
  ck_assert(login_with(acquire_with_password("DOM\\alice", "pw", &oid_ntlm),
                       acquire_acceptor(path, &oid_ntlm), client, sizeof client, NULL));
  ck_assert_str_eq(client, "alice");
}
END_TEST

START_TEST(empty_password_of_the_file) {
  ck_assert(opens("DOM:alice:\n", "DOM\\alice", ""));
  ck_assert(!opens("DOM:alice:\n", "DOM\\alice", "x"));
}
END_TEST

// N417, N416: a password of 32 or 64 hexadecimal digits is a password.
START_TEST(password_that_looks_like_a_hash) {
  ck_assert(opens("DOM:alice:" NT_UPPER "\n", "DOM\\alice", NT_UPPER));
  ck_assert(!opens("DOM:alice:" NT_UPPER "\n", "DOM\\alice", "Passw0rd"));
  ck_assert(opens("DOM:alice:" NT_UPPER NT_UPPER "\n", "DOM\\alice", NT_UPPER NT_UPPER));
}
END_TEST

// ---- refused files (N427, N428, N442, N702) ----------------------------------------------------

// Both roles refuse the file, and the text names it. `line` may be null.
static void expect_file_refused(const char *path, const char *line) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  const struct store_entry store[] = {{"ntlmssp_keyfile", path}, {NULL, NULL}};
  OM_uint32 major = try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, &oid_ntlm, store, &cred);
  ck_assert_msg(GSS_ERROR(major), "%s: an initiator took it", path);
  ck_assert_msg(
      GSS_ROUTINE_ERROR(major) == GSS_S_NO_CRED || GSS_ROUTINE_ERROR(major) == GSS_S_FAILURE, "%s",
      status_text(major, minor));
  EXPECT_TEXT(minor_text(minor), path);
  if (line != NULL) EXPECT_TEXT(minor_text(minor), line);

  major = try_acquire(&minor, NULL, GSS_C_ACCEPT, &oid_ntlm, store, &cred);
  if (GSS_ERROR(major)) {
    EXPECT_TEXT(minor_text(minor), path);
    return;
  }
  OM_uint32 status = GSS_S_COMPLETE;
  ck_assert_msg(!login_with(acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm), cred, NULL,
                            0, &status),
                "%s: an acceptor took it", path);
  ck_assert(GSS_ERROR(status));
}

static const struct mode_row {
  mode_t mode;
  bool taken;
} kModes[] = {
    {0600, true},  {0400, true},  {0640, true},  {0440, true},  // owner root: group may read
    {0644, false}, {0604, false}, {0602, false}, {0601, false}, {0620, false},
    {0660, false}, {0666, false}, {0777, false}, {0606, false},
};
enum { kModeCount = sizeof kModes / sizeof kModes[0] };

START_TEST(modes_of_the_file) {
  const struct mode_row *row = &kModes[_i];
  // Group read is for files of root alone.
  if ((row->mode & 0040) != 0 && row->taken && geteuid() != 0) return;
  const char *path = write_file("mode", kAccounts, row->mode);
  if (row->taken) {
    const struct store_entry store[] = {{"ntlmssp_keyfile", path}, {NULL, NULL}};
    ck_assert(login_with(acquire(TEST_NAME, GSS_C_INITIATE, &oid_ntlm, store),
                         acquire_acceptor(path, &oid_ntlm), NULL, 0, NULL));
  } else {
    expect_file_refused(path, "chmod");
  }
}
END_TEST

// Needs root to give a file away.
START_TEST(file_of_another_user) {
  if (geteuid() != 0) return;
  const char *path = write_file("foreign", kAccounts, 0600);
  ck_assert_int_eq(chown(path, 12345, 12345), 0);
  expect_file_refused(path, NULL);
}
END_TEST

START_TEST(symbolic_link) {
  const char *path = temp_path("link");
  ck_assert_int_eq(symlink(write_file("real", kAccounts, 0600), path), 0);
  expect_file_refused(path, NULL);
}
END_TEST

START_TEST(folder) {
  const char *path = temp_path("folder");
  ck_assert_int_eq(mkdir(path, 0700), 0);
  expect_file_refused(path, NULL);
}
END_TEST

START_TEST(named_pipe_does_not_block) {
  const char *path = temp_path("pipe");
  ck_assert_int_eq(mkfifo(path, 0600), 0);
  expect_file_refused(path, NULL);
}
END_TEST

START_TEST(device) { expect_file_refused("/dev/null", NULL); }
END_TEST

START_TEST(missing_file) { expect_file_refused(temp_path("missing"), NULL); }
END_TEST

START_TEST(missing_folder) { expect_file_refused(temp_path("no/such/file"), NULL); }
END_TEST

#define GOOD_LINE TEST_DOMAIN ":" TEST_USER ":" TEST_PASSWORD "\n"
// The bad line comes first, so that nobody stops reading before it.
static const struct bad_line {
  const char *text;
  const char *line;
} kBadLines[] = {
    {"nonsense\n" GOOD_LINE, "1"},           {"# comment\nDOM:alice\n" GOOD_LINE, "2"},
    {"#\n#\nDOM::pw\n" GOOD_LINE, "3"},      {"\n\n\nno colon\n" GOOD_LINE, "4"},
    {" #indented comment\n" GOOD_LINE, "1"}, {"DOM:al\xff\xffice:pw\n" GOOD_LINE, "1"},
};
enum { kBadLineCount = sizeof kBadLines / sizeof kBadLines[0] };

START_TEST(bad_line) {
  expect_file_refused(write_file("bad", kBadLines[_i].text, 0600), kBadLines[_i].line);
}
END_TEST

static const char *file_with_line_of(size_t size) {
  char *text = malloc(size + 200);
  const size_t head = (size_t)snprintf(text, 200, "DOM:somebody:");
  memset(text + head, 'x', size - head);
  snprintf(text + size, 200, "\n%s", GOOD_LINE);
  const char *path = write_file("lines", text, 0600);
  free(text);
  return path;
}

// N427: 8 KiB.
START_TEST(long_line) {
  expect_file_refused(file_with_line_of(8300), "1");
  expect_file_refused(file_with_line_of(100000), "1");
  const char *path = file_with_line_of(8000);
  ck_assert(login_with(acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm),
                       acquire_acceptor(path, &oid_ntlm), NULL, 0, NULL));
}
END_TEST

START_TEST(empty_file_holds_nobody) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  const char *path = write_file("empty", "", 0600);
  const struct store_entry store[] = {{"ntlmssp_keyfile", path}, {NULL, NULL}};
  const OM_uint32 major = try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, &oid_ntlm, store, &cred);
  EXPECT_STATUS(GSS_S_NO_CRED, major, minor);
  ck_assert(!login_with(acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm),
                        acquire_acceptor(path, &oid_ntlm), NULL, 0, NULL));
}
END_TEST

// N441.
START_TEST(user_not_in_the_file) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  const char *path = accounts_file();
  const struct store_entry store[] = {{"ntlmssp_keyfile", path}, {NULL, NULL}};
  const OM_uint32 major =
      try_acquire(&minor, "DOM\\nobody", GSS_C_INITIATE, &oid_ntlm, store, &cred);
  EXPECT_STATUS(GSS_S_NO_CRED, major, minor);
  char wanted[400];
  snprintf(wanted, sizeof wanted,
           "no entry for DOM\\nobody in %s (line format DOMAIN:user:password)", path);
  EXPECT_TEXT(minor_text(minor), wanted);
}
END_TEST

// A file that changes is read again, or at least never half.
START_TEST(file_is_read_when_needed) {
  const char *path = write_file("changing", "DOM:alice:first\n", 0600);
  ck_assert(login_with(acquire_with_password(TEST_NAME, "first", &oid_ntlm),
                       acquire_acceptor(path, &oid_ntlm), NULL, 0, NULL));
  path = write_file("changing", "DOM:alice:second\n", 0600);
  ck_assert(login_with(acquire_with_password(TEST_NAME, "second", &oid_ntlm),
                       acquire_acceptor(path, &oid_ntlm), NULL, 0, NULL));
  ck_assert(!login_with(acquire_with_password(TEST_NAME, "first", &oid_ntlm),
                        acquire_acceptor(path, &oid_ntlm), NULL, 0, NULL));
}
END_TEST

// N415: an explicit source does not fall through to the environment.
START_TEST(explicit_source_does_not_fall_through) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  setenv("NTLM_USER_FILE", accounts_file(), 1);
  const char *other = write_file("other", "DOM:bob:x\n", 0600);
  const struct store_entry store[] = {{"ntlmssp_keyfile", other}, {NULL, NULL}};
  const OM_uint32 major = try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, &oid_ntlm, store, &cred);
  EXPECT_STATUS(GSS_S_NO_CRED, major, minor);
  EXPECT_TEXT(minor_text(minor), other);
}
END_TEST

// The environment's file that cannot be used is not "no file".
START_TEST(bad_file_of_the_environment) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  const char *path = write_file("open-to-all", kAccounts, 0644);
  setenv("NTLM_USER_FILE", path, 1);
  const OM_uint32 major = try_acquire(&minor, NULL, GSS_C_INITIATE, &oid_ntlm, NULL, &cred);
  ck_assert(GSS_ERROR(major));
  EXPECT_TEXT(minor_text(minor), path);
}
END_TEST

// ---- credential store (N416, P34, P35) ---------------------------------------------------------

static char hash_of_alice[33];

#define D16 "DDDDDDDDDDDDDDDD"
#define D64 D16 D16 D16 D16
#define D256 D64 D64 D64 D64  // one more than a domain may have (N804)

static const struct store_row {
  const char *name;
  struct store_entry store[4];
  const char *client;  // null: refused
} kStores[] = {
    {"DOM\\alice", {{"ntlmssp_password", TEST_PASSWORD}}, TEST_NAME},
    {"DOM\\alice", {{"password", TEST_PASSWORD}}, TEST_NAME},
    {"DOM\\alice", {{"ntlmssp_nthash", hash_of_alice}}, TEST_NAME},
    {"alice", {{"ntlmssp_domain", "DOM"}, {"ntlmssp_password", TEST_PASSWORD}}, TEST_NAME},
    {"alice",
     {{"ntlmssp_domain", "OTHER"}, {"ntlmssp_password", "a-different-password"}},
     "OTHER\\alice"},
    {"DOM\\alice",
     {{"ntlmssp_password", TEST_PASSWORD}, {"ccache", "FILE:/nonexistent"}},
     TEST_NAME},
    {"DOM\\alice",
     {{"ntlmssp_password", TEST_PASSWORD}, {"keytab", "FILE:/nonexistent"}, {"verify", "x"}},
     TEST_NAME},
    {"DOM\\alice", {{"ntlmssp_password", TEST_PASSWORD}, {"ntlmssp_unknown", "x"}}, NULL},
    {"DOM\\alice", {{"ntlmssp_passwort", TEST_PASSWORD}}, NULL},
    {"DOM\\alice", {{"ntlmssp_nthash", "A87F"}}, NULL},
    {"DOM\\alice", {{"ntlmssp_nthash", "A87F3A337D73085C45F9416BE5787DXY"}}, NULL},
    {"DOM\\alice", {{"ntlmssp_nthash", NT_UPPER "00"}}, NULL},
    {"DOM\\alice", {{"ntlmssp_nthash", ""}}, NULL},
    {"DOM\\alice", {{"ccache", "FILE:/nonexistent"}}, NULL},
    {"alice", {{"ntlmssp_domain", D256}, {"ntlmssp_password", TEST_PASSWORD}}, NULL},
    {"alice", {{"ntlmssp_domain", "D\xff"}, {"ntlmssp_password", TEST_PASSWORD}}, NULL},
};
enum { kStoreCount = sizeof kStores / sizeof kStores[0] };

START_TEST(credential_store) {
  const struct store_row *row = &kStores[_i];
  OM_uint32 minor;
  gss_cred_id_t cred;
  char client[100] = "";
  nt_hash_hex(TEST_PASSWORD, hash_of_alice);
  const OM_uint32 major =
      try_acquire(&minor, row->name, GSS_C_INITIATE, &oid_ntlm, row->store, &cred);
  if (row->client == NULL) {
    ck_assert_msg(GSS_ERROR(major), "row %d was taken", _i);
    ck_assert_ptr_null(cred);
    ck_assert_ptr_null(strstr(minor_text(minor), TEST_PASSWORD));
  } else {
    EXPECT_COMPLETE(major, minor);
    ck_assert(login_with(cred, acquire_acceptor(accounts_file(), &oid_ntlm), client, sizeof client,
                         NULL));
    ck_assert_str_eq(client, row->client);
  }
}
END_TEST

START_TEST(unknown_key_is_named) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  const struct store_entry store[] = {{"ntlmssp_unknown", "x"}, {NULL, NULL}};
  const OM_uint32 major = try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, &oid_ntlm, store, &cred);
  ck_assert(GSS_ERROR(major));
  EXPECT_TEXT(minor_text(minor), "ntlmssp_unknown");
}
END_TEST

// P35: foreign keys only, no name, ACCEPT.
START_TEST(acceptor_with_foreign_keys_only) {
  const struct store_entry store[] = {{"keytab", "FILE:/nonexistent"}, {NULL, NULL}};
  setenv("NTLM_USER_FILE", accounts_file(), 1);
  ck_assert(login_with(acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm),
                       acquire(NULL, GSS_C_ACCEPT, &oid_ntlm, store), NULL, 0, NULL));
}
END_TEST

// N430: an explicit credential as the one account of an acceptor; with and without a name for a
// file.
START_TEST(acceptor_with_one_account) {
  const struct store_entry store[] = {{"ntlmssp_password", "one-password"}, {NULL, NULL}};
  gss_cred_id_t both = acquire(TEST_NAME, GSS_C_BOTH, &oid_ntlm, store);
  ck_assert(
      login_with(acquire_with_password(TEST_NAME, "one-password", &oid_ntlm), both, NULL, 0, NULL));
  both = acquire(TEST_NAME, GSS_C_BOTH, &oid_ntlm, store);
  ck_assert(!login_with(acquire_with_password(TEST_NAME, "other", &oid_ntlm), both, NULL, 0, NULL));
  both = acquire(TEST_NAME, GSS_C_BOTH, &oid_ntlm, store);
  ck_assert(!login_with(acquire_with_password("DOM\\bob", "one-password", &oid_ntlm), both, NULL, 0,
                        NULL));
}
END_TEST

START_TEST(acceptor_with_a_service_name_and_a_file) {
  OM_uint32 minor;
  gss_key_value_element_desc element = {"ntlmssp_keyfile", accounts_file()};
  gss_key_value_set_desc set = {1, &element};
  gss_OID_set_desc mechs = {1, &oid_ntlm};
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  gss_name_t name = import_service("HTTP@server.example.com");
  const OM_uint32 major = gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, &mechs,
                                                GSS_C_ACCEPT, &set, &cred, NULL, NULL);
  EXPECT_COMPLETE(major, minor);
  ck_assert(
      login_with(acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm), cred, NULL, 0, NULL));
  release_name(&name);
}
END_TEST

START_TEST(password_needs_a_name) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  const OM_uint32 major =
      try_acquire_with_password(&minor, NULL, "x", &oid_ntlm, GSS_C_INITIATE, &cred);
  ck_assert(GSS_ERROR(major));
  ck_assert_ptr_null(cred);
}
END_TEST

// ---- the account in place of the name: ntlmssp_user --------------------------------------------

#define PRINCIPAL "alice.smith@EXAMPLE.COM"

// gss_acquire_cred_from with a name of this type.
static OM_uint32 acquire_named(OM_uint32 *minor, const char *text, gss_OID type,
                               gss_cred_usage_t usage, gss_OID mech,
                               const struct store_entry *store, gss_cred_id_t *cred) {
  gss_key_value_element_desc elements[4];
  gss_key_value_set_desc set = {0, elements};
  for (; store[set.count].key != NULL; ++set.count) {
    elements[set.count].key = store[set.count].key;
    elements[set.count].value = store[set.count].value;
  }
  gss_OID_set_desc mechs = {1, mech};
  gss_name_t name = text != NULL ? import_name(text, type) : GSS_C_NO_NAME;
  const OM_uint32 major =
      gss_acquire_cred_from(minor, name, GSS_C_INDEFINITE, &mechs, usage, &set, cred, NULL, NULL);
  release_name(&name);
  return major;
}

static void expect_cred_name(gss_cred_id_t cred, const char *expected) {
  OM_uint32 minor;
  gss_name_t name = GSS_C_NO_NAME;
  EXPECT_COMPLETE(gss_inquire_cred_by_mech(&minor, cred, &oid_ntlm, &name, NULL, NULL, NULL), 0);
  char *shown = display_name(name);
  ck_assert_str_eq(shown, expected);
  free(shown);
  release_name(&name);
}

static const struct account_key_row {
  const char *name;  // null: none
  const char *account;
  const char *domain;  // null: no key ntlmssp_domain
  const char *client;
} kAccountKeys[] = {
    {PRINCIPAL, "DOM\\alice", NULL, TEST_NAME},
    {NULL, "DOM\\alice", NULL, TEST_NAME},
    {"DOM\\bob", "DOM\\alice", NULL, TEST_NAME},
    {PRINCIPAL, "alice", "DOM", TEST_NAME},
    {PRINCIPAL, "DOM\\alice", "OTHER", TEST_NAME},
    {PRINCIPAL, "alice@DOM", NULL, TEST_NAME},
    {PRINCIPAL, "alice", NULL, "alice"},
    {PRINCIPAL, "alice@dom.example.com", NULL, "alice@dom.example.com"},
};
enum { kAccountKeyCount = sizeof kAccountKeys / sizeof kAccountKeys[0] };

START_TEST(account_key_names_the_initiator) {
  const struct account_key_row *row = &kAccountKeys[_i];
  const struct store_entry store[] = {{"ntlmssp_user", row->account},
                                      {"password", TEST_PASSWORD},
                                      {row->domain != NULL ? "ntlmssp_domain" : NULL, row->domain},
                                      {NULL, NULL}};
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  const OM_uint32 major =
      acquire_named(&minor, row->name, GSS_C_NT_USER_NAME, GSS_C_INITIATE, &oid_ntlm, store, &cred);
  EXPECT_COMPLETE(major, minor);
  expect_cred_name(cred, row->client);
  release_cred(&cred);
}
END_TEST

// Whatever the name is: it is for another mechanism.
START_TEST(account_key_beside_other_kinds_of_names) {
  gss_OID types[] = {&oid_krb5_principal, GSS_C_NT_HOSTBASED_SERVICE, GSS_C_NT_ANONYMOUS};
  static const char *const kNames[] = {PRINCIPAL, "HTTP@server.example.com", "x"};
  const struct store_entry store[] = {
      {"ntlmssp_user", TEST_NAME}, {"password", TEST_PASSWORD}, {NULL, NULL}};
  OM_uint32 minor;
  char client[100] = "";
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  const OM_uint32 major =
      acquire_named(&minor, kNames[_i], types[_i], GSS_C_INITIATE, &oid_ntlm, store, &cred);
  EXPECT_COMPLETE(major, minor);
  expect_cred_name(cred, TEST_NAME);
  ck_assert(
      login_with(cred, acquire_acceptor(accounts_file(), &oid_ntlm), client, sizeof client, NULL));
  ck_assert_str_eq(client, TEST_NAME);
}
END_TEST

START_TEST(account_key_with_a_file) {
  const struct store_entry store[] = {
      {"ntlmssp_user", "DOM\\bob"}, {"ntlmssp_keyfile", accounts_file()}, {NULL, NULL}};
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  const OM_uint32 major =
      acquire_named(&minor, PRINCIPAL, GSS_C_NT_USER_NAME, GSS_C_INITIATE, &oid_ntlm, store, &cred);
  EXPECT_COMPLETE(major, minor);
  expect_cred_name(cred, "DOM\\bob");
  release_cred(&cred);
}
END_TEST

// One call for all mechanisms. That krb5 leaves the key alone, tests/apps shows with a realm.
START_TEST(account_key_through_spnego) {
  const struct store_entry store[] = {
      {"ntlmssp_user", TEST_NAME}, {"password", TEST_PASSWORD}, {NULL, NULL}};
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  const OM_uint32 major = acquire_named(&minor, PRINCIPAL, &oid_krb5_principal, GSS_C_INITIATE,
                                        &oid_spnego, store, &cred);
  EXPECT_COMPLETE(major, minor);
  cut_to_ntlm(cred);
  gss_cred_id_t acceptor = acquire_acceptor(accounts_file(), &oid_spnego);
  struct handshake h;
  handshake_open(&h, kSpnegoCut);
  release_cred(&h.initiator_cred);
  release_cred(&h.acceptor_cred);
  h.initiator_cred = cred;
  h.acceptor_cred = acceptor;
  handshake_establish(&h);
  expect_client(&h, TEST_NAME);
  handshake_close(&h);
}
END_TEST

// The one account of an acceptor, which stays the service that it is named after.
START_TEST(account_key_of_an_acceptor) {
  static const struct {
    const char *name;
    gss_cred_usage_t usage;
    const char *shown;
  } kRows[] = {{"HTTP@server.example.com", GSS_C_ACCEPT, "HTTP@server.example.com"},
               {"HTTP@server.example.com", GSS_C_BOTH, TEST_NAME},
               {NULL, GSS_C_ACCEPT, TEST_NAME}};
  const struct store_entry store[] = {
      {"ntlmssp_user", TEST_NAME}, {"password", "one-password"}, {NULL, NULL}};
  static const char *const kClients[][2] = {
      {TEST_NAME, "one-password"}, {TEST_NAME, TEST_PASSWORD}, {"DOM\\bob", "one-password"}};
  for (size_t i = 0; i < 3; ++i) {
    OM_uint32 minor;
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    const OM_uint32 major = acquire_named(&minor, kRows[_i].name, GSS_C_NT_HOSTBASED_SERVICE,
                                          kRows[_i].usage, &oid_ntlm, store, &cred);
    EXPECT_COMPLETE(major, minor);
    expect_cred_name(cred, kRows[_i].shown);
    ck_assert_int_eq(login_with(acquire_with_password(kClients[i][0], kClients[i][1], &oid_ntlm),
                                cred, NULL, 0, NULL),
                     i == 0);
  }
}
END_TEST

static const struct bad_account_row {
  const char *account;
  gss_cred_usage_t usage;
  const char *key;  // of the secret; null: none
  const char *text;
} kBadAccounts[] = {
    {"", GSS_C_INITIATE, "password", "ntlmssp_user: the user is empty"},
    {"DOM\\", GSS_C_INITIATE, "password", "ntlmssp_user: the user is empty"},
    {"DOM\\a\\b", GSS_C_INITIATE, "password", "ntlmssp_user: more than one backslash"},
    {"@DOM", GSS_C_INITIATE, "password", "ntlmssp_user: nothing before the at-sign"},
    {"alice@", GSS_C_BOTH, "password", "ntlmssp_user: no domain"},
    {"a\xff", GSS_C_ACCEPT, "password", "ntlmssp_user: the name is not UTF-8"},
    {D256 "\\alice", GSS_C_INITIATE, "password", "ntlmssp_user: user or domain is longer"},
    {"DOM\\a\\b", GSS_C_INITIATE, NULL, "ntlmssp_user: more than one backslash"},
    // It would restrict nothing.
    {"DOM\\alice", GSS_C_ACCEPT, NULL, "ntlmssp_user without its password"},
    {"DOM\\alice", GSS_C_ACCEPT, "ntlmssp_keyfile", "ntlmssp_user without its password"},
};
enum { kBadAccountCount = sizeof kBadAccounts / sizeof kBadAccounts[0] };

START_TEST(bad_account_key) {
  const struct bad_account_row *row = &kBadAccounts[_i];
  const bool file = row->key != NULL && strcmp(row->key, "ntlmssp_keyfile") == 0;
  const struct store_entry store[] = {{"ntlmssp_user", row->account},
                                      {row->key, file ? accounts_file() : TEST_PASSWORD},
                                      {NULL, NULL}};
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  setenv("NTLM_USER_FILE", accounts_file(), 1);
  const OM_uint32 major =
      acquire_named(&minor, NULL, GSS_C_NO_OID, row->usage, &oid_ntlm, store, &cred);
  ck_assert(GSS_ERROR(major));
  ck_assert_ptr_null(cred);
  EXPECT_TEXT(minor_text(minor), row->text);
}
END_TEST

// ---- inquiries (N126, N512) --------------------------------------------------------------------

static const struct usage_row {
  gss_cred_usage_t usage;
  const char *user;
} kUsages[] = {{GSS_C_INITIATE, TEST_NAME}, {GSS_C_BOTH, TEST_NAME}, {GSS_C_ACCEPT, NULL}};

static gss_cred_id_t cred_of_usage(const struct usage_row *row) {
  const struct store_entry store[] = {{"ntlmssp_keyfile", accounts_file()}, {NULL, NULL}};
  return acquire(row->user, row->usage, &oid_ntlm, store);
}

START_TEST(inquire_cred) {
  OM_uint32 minor, lifetime = 0;
  gss_name_t name = GSS_C_NO_NAME;
  gss_cred_usage_t usage = -1;
  gss_OID_set mechs = GSS_C_NO_OID_SET;
  gss_cred_id_t cred = cred_of_usage(&kUsages[_i]);
  const OM_uint32 major = gss_inquire_cred(&minor, cred, &name, &lifetime, &usage, &mechs);
  EXPECT_COMPLETE(major, minor);
  ck_assert_int_eq(usage, kUsages[_i].usage);
  ck_assert_uint_eq(lifetime, GSS_C_INDEFINITE);
  ck_assert_uint_eq(mechs->count, 1);
  ck_assert_ptr_nonnull(name);
  char *shown = display_name(name);
  if (kUsages[_i].user != NULL) ck_assert_str_eq(shown, kUsages[_i].user);
  free(shown);
  release_name(&name);
  gss_release_oid_set(&minor, &mechs);
  release_cred(&cred);
}
END_TEST

START_TEST(inquire_cred_by_mech) {
  OM_uint32 minor, initiator = 1, acceptor = 1;
  gss_name_t name = GSS_C_NO_NAME;
  gss_cred_usage_t usage = -1;
  const gss_cred_usage_t expected = kUsages[_i].usage;
  gss_cred_id_t cred = cred_of_usage(&kUsages[_i]);
  const OM_uint32 major =
      gss_inquire_cred_by_mech(&minor, cred, &oid_ntlm, &name, &initiator, &acceptor, &usage);
  EXPECT_COMPLETE(major, minor);
  ck_assert_int_eq(usage, expected);
  ck_assert_uint_eq(initiator, expected == GSS_C_ACCEPT ? 0 : GSS_C_INDEFINITE);
  ck_assert_uint_eq(acceptor, expected == GSS_C_INITIATE ? 0 : GSS_C_INDEFINITE);
  release_name(&name);
  release_cred(&cred);
}
END_TEST

START_TEST(times_of_acquire) {
  OM_uint32 minor, lifetime = 0;
  gss_OID_set_desc mechs = {1, &oid_ntlm};
  gss_OID_set actual = GSS_C_NO_OID_SET;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  gss_name_t name = import_user(TEST_NAME);
  gss_buffer_desc password = buffer_of_text("x");
  const OM_uint32 major = gss_acquire_cred_with_password(&minor, name, &password, 60, &mechs,
                                                         GSS_C_INITIATE, &cred, &actual, &lifetime);
  EXPECT_COMPLETE(major, minor);
  ck_assert_uint_eq(lifetime, GSS_C_INDEFINITE);
  ck_assert_uint_eq(actual->count, 1);
  gss_release_oid_set(&minor, &actual);
  release_name(&name);
  release_cred(&cred);
}
END_TEST

// ---- copies (N418, N132) -----------------------------------------------------------------------

// gss_add_cred with an input and an output credential copies what the input holds.
static gss_cred_id_t copied_by_add_cred(gss_cred_id_t cred) {
  OM_uint32 minor;
  gss_cred_id_t copy = GSS_C_NO_CREDENTIAL;
  const OM_uint32 major = gss_add_cred(&minor, cred, GSS_C_NO_NAME, &oid_spnego, GSS_C_INITIATE,
                                       GSS_C_INDEFINITE, GSS_C_INDEFINITE, &copy, NULL, NULL, NULL);
  EXPECT_COMPLETE(major, minor);
  return copy;
}

START_TEST(exported_initiator) {
  const struct store_entry by_file[] = {{"ntlmssp_keyfile", accounts_file()}, {NULL, NULL}};
  nt_hash_hex(TEST_PASSWORD, hash_of_alice);
  const struct store_entry by_hash[] = {{"ntlmssp_nthash", hash_of_alice}, {NULL, NULL}};
  gss_cred_id_t originals[] = {acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm),
                               acquire(TEST_NAME, GSS_C_INITIATE, &oid_ntlm, by_file),
                               acquire(TEST_NAME, GSS_C_INITIATE, &oid_ntlm, by_hash)};
  for (size_t i = 0; i < 3; ++i) {
    char client[100] = "";
    gss_cred_id_t copy = copy_of_cred(originals[i]);
    release_cred(&originals[i]);
    ck_assert(login_with(copy, acquire_acceptor(accounts_file(), &oid_ntlm), client, sizeof client,
                         NULL));
    ck_assert_str_eq(client, TEST_NAME);
  }
}
END_TEST

START_TEST(exported_acceptor) {
  gss_cred_id_t original = acquire_acceptor(accounts_file(), &oid_ntlm);
  gss_cred_id_t copy = copy_of_cred(original);
  release_cred(&original);
  OM_uint32 status;
  gss_cred_id_t second = copy_of_cred(copy);
  ck_assert(login_with(acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm), copy, NULL, 0,
                       &status));
  ck_assert(
      !login_with(acquire_with_password(TEST_NAME, "wrong", &oid_ntlm), second, NULL, 0, &status));
}
END_TEST

START_TEST(damaged_exported_credential) {
  OM_uint32 minor;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  gss_cred_id_t cred = acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm), copy;
  EXPECT_COMPLETE(gss_export_cred(&minor, cred, &token), 0);
  for (size_t size = 1; size < token.length; ++size) {
    gss_buffer_desc cut = buffer_of(guarded_copy(token.value, size), size);
    copy = GSS_C_NO_CREDENTIAL;
    if (size < 20) continue;  // mechglue's own head
    ck_assert_msg(GSS_ERROR(gss_import_cred(&minor, &cut, &copy)), "%zu octets taken", size);
    ck_assert_ptr_null(copy);
  }
  for (size_t bit = 0; bit < token.length * 8; ++bit) {
    uint8_t *octets = guarded_copy(token.value, token.length);
    octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
    gss_buffer_desc changed = buffer_of(octets, token.length);
    copy = GSS_C_NO_CREDENTIAL;
    gss_import_cred(&minor, &changed, &copy);
    release_cred(&copy);
  }
  gss_release_buffer(&minor, &token);
  release_cred(&cred);
}
END_TEST

START_TEST(copy_by_add_cred) {
  char client[100] = "";
  gss_cred_id_t original = acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm);
  setenv("NTLM_USER_FILE", accounts_file(), 1);
  gss_cred_id_t copy = copied_by_add_cred(original);
  release_cred(&original);
  ck_assert(
      login_with(copy, acquire_acceptor(accounts_file(), &oid_ntlm), client, sizeof client, NULL));
  ck_assert_str_eq(client, TEST_NAME);
}
END_TEST

// ---- the acceptor credential without a name (N410, N704) ---------------------------------------

static gss_name_t name_of_default_acceptor(void) {
  OM_uint32 minor;
  gss_name_t name = GSS_C_NO_NAME;
  gss_cred_id_t cred = acquire_acceptor(accounts_file(), &oid_ntlm);
  const OM_uint32 major =
      gss_inquire_cred_by_mech(&minor, cred, &oid_ntlm, &name, NULL, NULL, NULL);
  EXPECT_COMPLETE(major, minor);
  ck_assert_ptr_nonnull(name);
  release_cred(&cred);
  return name;
}

START_TEST(default_acceptor_is_shown) {
  gss_name_t name = name_of_default_acceptor();
  char *shown = display_name(name);
  ck_assert_uint_gt(strlen(shown), 0);
  free(shown);
  release_name(&name);
}
END_TEST

START_TEST(default_acceptor_is_compared_and_copied) {
  OM_uint32 minor;
  int equal = 0;
  gss_name_t name = name_of_default_acceptor(), same = name_of_default_acceptor();
  gss_name_t copy = GSS_C_NO_NAME, again = GSS_C_NO_NAME, user = import_user(TEST_NAME);
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  EXPECT_COMPLETE(gss_compare_name(&minor, name, same, &equal), 0);
  ck_assert_int_ne(equal, 0);
  EXPECT_COMPLETE(gss_compare_name(&minor, name, user, &equal), 0);
  ck_assert_int_eq(equal, 0);
  EXPECT_COMPLETE(gss_duplicate_name(&minor, name, &copy), 0);
  EXPECT_COMPLETE(gss_export_name(&minor, name, &token), 0);
  EXPECT_COMPLETE(gss_import_name(&minor, &token, GSS_C_NT_EXPORT_NAME, &again), 0);
  EXPECT_COMPLETE(gss_compare_name(&minor, name, again, &equal), 0);
  ck_assert_int_ne(equal, 0);
  gss_release_buffer(&minor, &token);
  release_name(&name);
  release_name(&same);
  release_name(&copy);
  release_name(&again);
  release_name(&user);
}
END_TEST

// The order of calls of mod_auth_gssapi with Basic: P33, P58.
START_TEST(default_acceptor_as_target) {
  for (int right = 0; right < 2; ++right) {
    struct handshake h;
    handshake_open(&h, kRaw);
    release_name(&h.target);
    release_cred(&h.initiator_cred);
    h.initiator_cred =
        acquire_with_password(TEST_NAME, right != 0 ? TEST_PASSWORD : "wrong", &oid_ntlm);
    h.target = name_of_default_acceptor();
    ck_assert_int_eq(handshake_run(&h), right);
    if (right != 0) expect_client(&h, TEST_NAME);
    handshake_close(&h);
  }
}
END_TEST

// ---- handles do not mix identities (N722) ------------------------------------------------------

START_TEST(credentials_do_not_mix) {
  static const char *const kUsers[][2] = {{"DOM\\alice", TEST_PASSWORD},
                                          {"OTHER\\alice", "a-different-password"},
                                          {"DOM\\bob", "Passw0rd:with:colons"}};
  gss_cred_id_t creds[3];
  for (size_t i = 0; i < 3; ++i) {
    creds[i] = acquire_with_password(kUsers[i][0], kUsers[i][1], &oid_ntlm);
  }
  for (size_t round = 0; round < 30; ++round) {
    const size_t which = round * 7 % 3;
    struct handshake h;
    handshake_open(&h, kRaw);
    release_cred(&h.initiator_cred);
    h.initiator_cred = creds[which];
    handshake_establish(&h);
    expect_client(&h, kUsers[which][0]);
    h.initiator_cred = GSS_C_NO_CREDENTIAL;
    handshake_close(&h);
  }
  for (size_t i = 0; i < 3; ++i) release_cred(&creds[i]);
}
END_TEST

static Suite *cred_suite(void) {
  Suite *suite = suite_create("cred");
  TCase *file = tcase_create("account file");
  tcase_add_loop_test(file, account_formats, 0, kAccountCount);
  tcase_add_test(file, line_without_domain_gives_a_bare_name);
  tcase_add_test(file, empty_password_of_the_file);
  tcase_add_test(file, password_that_looks_like_a_hash);
  tcase_add_loop_test(file, modes_of_the_file, 0, kModeCount);
  tcase_add_test(file, file_of_another_user);
  tcase_add_test(file, symbolic_link);
  tcase_add_test(file, folder);
  tcase_add_test(file, named_pipe_does_not_block);
  tcase_add_test(file, device);
  tcase_add_test(file, missing_file);
  tcase_add_test(file, missing_folder);
  tcase_add_loop_test(file, bad_line, 0, kBadLineCount);
  tcase_add_test(file, long_line);
  tcase_add_test(file, empty_file_holds_nobody);
  tcase_add_test(file, user_not_in_the_file);
  tcase_add_test(file, file_is_read_when_needed);
  tcase_add_test(file, explicit_source_does_not_fall_through);
  tcase_add_test(file, bad_file_of_the_environment);
  suite_add_tcase(suite, file);

  TCase *store = tcase_create("credential store");
  tcase_add_loop_test(store, credential_store, 0, kStoreCount);
  tcase_add_test(store, unknown_key_is_named);
  tcase_add_test(store, acceptor_with_foreign_keys_only);
  tcase_add_test(store, acceptor_with_one_account);
  tcase_add_test(store, acceptor_with_a_service_name_and_a_file);
  tcase_add_test(store, password_needs_a_name);
  tcase_add_loop_test(store, account_key_names_the_initiator, 0, kAccountKeyCount);
  tcase_add_loop_test(store, account_key_beside_other_kinds_of_names, 0, 3);
  tcase_add_test(store, account_key_with_a_file);
  tcase_add_test(store, account_key_through_spnego);
  tcase_add_loop_test(store, account_key_of_an_acceptor, 0, 3);
  tcase_add_loop_test(store, bad_account_key, 0, kBadAccountCount);
  suite_add_tcase(suite, store);

  TCase *inquiry = tcase_create("inquiries");
  tcase_add_loop_test(inquiry, inquire_cred, 0, 3);
  tcase_add_loop_test(inquiry, inquire_cred_by_mech, 0, 3);
  tcase_add_test(inquiry, times_of_acquire);
  suite_add_tcase(suite, inquiry);

  TCase *copies = tcase_create("copies");
  tcase_add_test(copies, exported_initiator);
  tcase_add_test(copies, exported_acceptor);
  tcase_add_test(copies, damaged_exported_credential);
  tcase_add_test(copies, copy_by_add_cred);
  suite_add_tcase(suite, copies);

  TCase *nameless = tcase_create("acceptor without a name");
  tcase_add_test(nameless, default_acceptor_is_shown);
  tcase_add_test(nameless, default_acceptor_is_compared_and_copied);
  tcase_add_test(nameless, default_acceptor_as_target);
  tcase_add_test(nameless, credentials_do_not_mix);
  suite_add_tcase(suite, nameless);
  return suite;
}

int main(void) { return run_suite(cred_suite); }
