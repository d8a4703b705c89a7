// SPDX-License-Identifier: MIT
// The policy file as a program meets it, through the host's mechglue: what its keys change, and the
// errors of a file that cannot be used (N810).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

// Puts a policy in force: each call another path, so that it counts at once.
static const char *use_policy(const char *lines) {
  static unsigned number;
  char name[32], text[2048];
  snprintf(name, sizeof name, "policy%u", number++);
  snprintf(text, sizeof text, "[ntlm]\n%s\n", lines);
  const char *path = write_file(name, text, 0600);
  setenv("GSS_SSPI_CONFIG", path, 1);
  return path;
}

static OM_uint32 try_role(OM_uint32 *minor, gss_cred_usage_t usage, gss_cred_id_t *cred) {
  const struct store_entry password[] = {{"ntlmssp_password", TEST_PASSWORD}, {NULL, NULL}};
  const struct store_entry file[] = {{"ntlmssp_keyfile", accounts_file()}, {NULL, NULL}};
  const bool accepts = usage == GSS_C_ACCEPT;
  return try_acquire(minor, accepts ? NULL : TEST_NAME, usage, &oid_ntlm, accepts ? file : password,
                     cred);
}

// Both roles fail, with both parts in the text.
static void expect_refused(const char *part, const char *other_part) {
  for (gss_cred_usage_t usage = GSS_C_INITIATE; usage <= GSS_C_ACCEPT; ++usage) {
    OM_uint32 minor;
    gss_cred_id_t cred;
    const OM_uint32 major = try_role(&minor, usage, &cred);
    ck_assert_msg(GSS_ERROR(major), "usage %d acquired, without %s", usage, part);
    ck_assert_ptr_null(cred);
    EXPECT_TEXT(minor_text(minor), part);
    EXPECT_TEXT(minor_text(minor), other_part);
  }
}

static void expect_taken(void) {
  for (gss_cred_usage_t usage = GSS_C_INITIATE; usage <= GSS_C_ACCEPT; ++usage) {
    OM_uint32 minor;
    gss_cred_id_t cred;
    const OM_uint32 major = try_role(&minor, usage, &cred);
    EXPECT_COMPLETE(major, minor);
    release_cred(&cred);
  }
}

// One login where each side acquires its credential under a policy of its own.
struct login {
  const char *initiator_policy;
  const char *acceptor_policy;
  const char *target;    // null: the usual one
  const char *password;  // null: the right one
  OM_uint32 flags;       // 0: kUsualFlags
  bool initiator_binds;  // the acceptor always does
};
struct outcome {
  bool established;
  bool initiator_failed;
  OM_uint32 major;
  char text[4096];
};

static struct outcome run_login(const struct login *login) {
  static char channel[] = "tls-exporter:a channel";
  static struct gss_channel_bindings_struct bindings;
  bindings.application_data = buffer_of_text(channel);
  struct outcome outcome;
  struct handshake h;
  memset(&outcome, 0, sizeof outcome);
  memset(&h, 0, sizeof h);
  h.mech = &oid_ntlm;
  h.request_flags = login->flags != 0 ? login->flags : kUsualFlags;
  h.initiator_bindings = login->initiator_binds ? &bindings : GSS_C_NO_CHANNEL_BINDINGS;
  h.acceptor_bindings = &bindings;
  use_policy(login->initiator_policy != NULL ? login->initiator_policy : "");
  h.initiator_cred = acquire_with_password(
      TEST_NAME, login->password != NULL ? login->password : TEST_PASSWORD, &oid_ntlm);
  use_policy(login->acceptor_policy != NULL ? login->acceptor_policy : "");
  h.acceptor_cred = acquire_acceptor(accounts_file(), &oid_ntlm);
  h.target = import_service(login->target != NULL ? login->target : "HTTP@server.example.com");
  outcome.established = handshake_run(&h);
  outcome.initiator_failed = GSS_ERROR(h.initiator.major);
  outcome.major = outcome.initiator_failed ? h.initiator.major : h.acceptor.major;
  snprintf(outcome.text, sizeof outcome.text, "%s",
           minor_text(outcome.initiator_failed ? h.initiator.minor : h.acceptor.minor));
  handshake_close(&h);
  return outcome;
}

// ---- files that cannot be used -----------------------------------------------------------------

static const struct bad_row {
  const char *text;
  const char *part;
} kBadFiles[] = {
    {"[ntlm]\nno_such_key = 1\n", "line 2: there is no key no_such_key"},
    {"[ntlm]\n\nacceptor_lm_level = 6\n", "line 3: acceptor_lm_level = 6; allowed: a number from"},
    {"[ntlm]\nsend_mic = sometimes\n", "allowed: always, when-timestamp or never"},
    {"[ntlm]\nfips = allow\nfips = allow\n", "line 3: fips is set in line 2 already"},
    {"[ntlm]\nlog_file = here\n", "line 2: log_file = here; allowed: an absolute path"},
    {"[ntlm]\noutgoing = {\n}\n", "line 2: subsections"},
    {"[ntlm]\nsyntax error\n", "line 2: the line is not of the form"},
    {"outgoing = deny\n[ntlm]\n", "line 1: a section"},
    {"include /etc/krb5.conf\n", "line 1: include"},
    {"[ntlm]\nincludedir /etc\n", "line 2: include"},
    {"module /tmp/evil.so:x\n", "line 1: include"},
    {"[NTLM]\noutgoing = deny\n", "line 1: the section must be written as [ntlm]"},
};
enum { kBadFileCount = sizeof kBadFiles / sizeof kBadFiles[0] };

START_TEST(bad_file) {
  const char *path = write_file("bad.conf", kBadFiles[_i].text, 0644);
  expect_taken();
  setenv("GSS_SSPI_CONFIG", path, 1);
  expect_refused(path, kBadFiles[_i].part);
  unsetenv("GSS_SSPI_CONFIG");
  expect_taken();
}
END_TEST

START_TEST(missing_file) {
  const char *path = temp_path("missing.conf");
  setenv("GSS_SSPI_CONFIG", path, 1);
  expect_refused(path, "No such file");
  // At once, and with no second to wait.
  write_file("missing.conf", "[ntlm]\n", 0600);
  expect_taken();
}
END_TEST

START_TEST(modes) {
  static const mode_t kGood[] = {0600, 0644, 0400}, kBad[] = {0620, 0602, 0666};
  for (size_t i = 0; i < 3; ++i) {
    setenv("GSS_SSPI_CONFIG", write_file("good-mode", "[ntlm]\n", kGood[i]), 1);
    expect_taken();
    const char *path = write_file("bad-mode", "[ntlm]\n", kBad[i]);
    setenv("GSS_SSPI_CONFIG", path, 1);
    expect_refused(path, "chmod go-w");
  }
}
END_TEST

START_TEST(owner) {
  if (geteuid() != 0) return;  // only root can give files away
  const char *path = write_file("owner", "[ntlm]\n", 0644);
  setenv("GSS_SSPI_CONFIG", path, 1);
  expect_taken();
  ck_assert_int_eq(chown(path, 12345, 12345), 0);
  unsetenv("GSS_SSPI_CONFIG");
  expect_taken();
  setenv("GSS_SSPI_CONFIG", path, 1);
  expect_refused(path, "belongs to user id 12345");
}
END_TEST

START_TEST(not_a_file) {
  const char *link = temp_path("link.conf");
  ck_assert_int_eq(symlink(write_file("target.conf", "[ntlm]\n", 0600), link), 0);
  setenv("GSS_SSPI_CONFIG", link, 1);
  expect_refused(link, "symbolic link");
  setenv("GSS_SSPI_CONFIG", "/tmp", 1);
  expect_refused("/tmp", "not a regular file");
  setenv("GSS_SSPI_CONFIG", "sspi.conf", 1);
  expect_refused("sspi.conf", "absolute");
}
END_TEST

static void wait_until_changed(void) { usleep(1100 * 1000); }

START_TEST(changes_are_noticed) {
  const char *path = use_policy("");
  expect_taken();
  write_file("next.conf", "[ntlm]\nnonsense = 1\n", 0600);
  ck_assert_int_eq(rename(temp_path("next.conf"), path), 0);
  wait_until_changed();
  expect_refused(path, "line 2");
  // Until it is mended each call says so, and then none.
  expect_refused(path, "line 2");
  write_file("next.conf", "[ntlm]\nsend_mic = always\n", 0600);
  ck_assert_int_eq(rename(temp_path("next.conf"), path), 0);
  expect_taken();
}
END_TEST

START_TEST(level_of_the_environment) {
  use_policy("");
  setenv("LM_COMPAT_LEVEL", "6", 1);
  expect_refused("LM_COMPAT_LEVEL", "0 to 5");
  setenv("LM_COMPAT_LEVEL", "5", 1);
  expect_taken();
}
END_TEST

// ---- what the keys change ----------------------------------------------------------------------

static const struct login_row {
  struct login login;
  bool established;
  const char *part;  // of the text of a failure
} kLogins[] = {
    {{.acceptor_policy = ""}, true, NULL},
    // Levels.
    {{.initiator_policy = "initiator_lm_level = 5", .acceptor_policy = "acceptor_lm_level = 5"},
     true,
     NULL},
    {{.initiator_policy = "initiator_lm_level = 2"}, false, "form of the peer's response"},
    {{.initiator_policy = "initiator_lm_level = 2", .acceptor_policy = "acceptor_lm_level = 2"},
     true,
     NULL},
    {{.initiator_policy = "initiator_lm_level = 2",
      .acceptor_policy = "acceptor_lm_level = 2",
      .password = "wrong"},
     false,
     "logon failure"},
    // The keys of the other role count for nothing.
    {{.initiator_policy = "initiator_lm_level = 2", .acceptor_policy = "initiator_lm_level = 2"},
     false,
     "form of the peer's response"},
    // Strength.
    {{.acceptor_policy = "acceptor_minimum_security = ess 128 seal", .flags = kSignFlags},
     false,
     ""},
    {{.acceptor_policy = "acceptor_minimum_security = ess 128 seal"}, true, NULL},
    // MIC.
    {{.initiator_policy = "send_mic = never"}, true, NULL},
    {{.initiator_policy = "send_mic = never", .acceptor_policy = "require_mic = always"},
     false,
     "MIC"},
    {{.acceptor_policy = "require_mic = always"}, true, NULL},
    // Channel bindings.
    {{.acceptor_policy = "channel_bindings = always"}, false, "channel bindings are required"},
    {{.acceptor_policy = "channel_bindings = always", .initiator_binds = true}, true, NULL},
    {{.acceptor_policy = "channel_bindings = off", .initiator_binds = true}, true, NULL},
    // Who it was meant for.
    {{.acceptor_policy = "spn_check = require"}, false, "HTTP/server.example.com"},
    {{.acceptor_policy = "spn_check = require\nspn_names = server.example.com"}, true, NULL},
    {{.acceptor_policy = "spn_check = require\nspn_names = cifs/server.example.com"}, false, ""},
    // Traffic.
    {{.initiator_policy = "outgoing = deny"}, false, "outgoing"},
    {{.initiator_policy = "outgoing = deny\noutgoing_audit_only = yes"}, true, NULL},
    {{.initiator_policy = "outgoing = deny\noutgoing_except = *.example.com"}, true, NULL},
    {{.initiator_policy = "outgoing_except = http/SERVER.*"}, false, "outgoing_except"},
    {{.initiator_policy = "outgoing_except = http/SERVER.*", .target = "ldap@server.example.com"},
     true,
     NULL},
    {{.acceptor_policy = "incoming = deny"}, false, "incoming"},
    {{.acceptor_policy = "incoming = deny\nincoming_audit_only = yes"}, true, NULL},
    {{.acceptor_policy = "incoming = deny\nincoming_except = " TEST_DOMAIN "\\al*"}, true, NULL},
    {{.acceptor_policy = "incoming_except = " TEST_USER}, false, "incoming_except"},
    // Each denies its own direction.
    {{.initiator_policy = "incoming = deny", .acceptor_policy = "outgoing = deny"}, true, NULL},
};
enum { kLoginCount = sizeof kLogins / sizeof kLogins[0] };

START_TEST(logins) {
  const struct login_row *row = &kLogins[_i];
  const struct outcome outcome = run_login(&row->login);
  ck_assert_msg(outcome.established == row->established, "initiator {%s} acceptor {%s}: %s",
                row->login.initiator_policy, row->login.acceptor_policy, outcome.text);
  if (!row->established) EXPECT_TEXT(outcome.text, row->part);
}
END_TEST

START_TEST(denied_traffic_fails_on_the_first_leg) {
  struct handshake h;
  struct octets token;
  use_policy("outgoing = deny");
  handshake_open(&h, kRaw);
  ck_assert(GSS_ERROR(initiator_step(&h, NULL, &token)));
  ck_assert_uint_eq(token.size, 0);
  octets_free(&token);
  handshake_close(&h);
}
END_TEST

// N212.
static bool is_default_mechanism(void) {
  OM_uint32 minor;
  int outside = 0;
  gss_OID_set attributes = GSS_C_NO_OID_SET;
  EXPECT_COMPLETE(gss_inquire_attrs_for_mech(&minor, &oid_ntlm, &attributes, NULL), 0);
  EXPECT_COMPLETE(
      gss_test_oid_set_member(&minor, (gss_OID)GSS_C_MA_NOT_DFLT_MECH, attributes, &outside), 0);
  gss_release_oid_set(&minor, &attributes);
  return outside == 0;
}

START_TEST(offer_in_negotiate) {
  use_policy("");
  ck_assert(is_default_mechanism());
  use_policy("offer_in_negotiate = no");
  ck_assert(!is_default_mechanism());
  // NTLM by itself goes on.
  expect_taken();
}
END_TEST

START_TEST(limit_of_tokens) {
  struct octets input, output;
  for (int small = 0; small < 2; ++small) {
    struct handshake h;
    use_policy(small != 0 ? "max_token_size = 1024" : "");
    handshake_open(&h, kRaw);
    initiator_step(&h, NULL, &input);
    acceptor_step(&h, &input, &output);
    octets_free(&input);
    // A CHALLENGE with octets behind its fields.
    uint8_t more[2000] = {0};
    octets_append(&output, more, sizeof more);
    const OM_uint32 major = initiator_step(&h, &output, &input);
    ck_assert_msg(GSS_ERROR(major) == (small != 0 ? GSS_S_DEFECTIVE_TOKEN : 0), "%s",
                  status_text(major, h.initiator.minor));
    octets_free(&input);
    octets_free(&output);
    handshake_close(&h);
  }
}
END_TEST

START_TEST(user_files_of_the_policy) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  char lines[1024];
  use_policy("use_winbind = no\nuse_keyring = no");
  ck_assert(GSS_ERROR(try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, &oid_ntlm, NULL, &cred)));
  ck_assert(GSS_ERROR(try_acquire(&minor, NULL, GSS_C_ACCEPT, &oid_ntlm, NULL, &cred)));
  snprintf(lines, sizeof lines, "initiator_user_file = %s\nuse_winbind = no\nuse_keyring = no",
           accounts_file());
  use_policy(lines);
  cred = acquire(TEST_NAME, GSS_C_INITIATE, &oid_ntlm, NULL);
  release_cred(&cred);
  ck_assert(GSS_ERROR(try_acquire(&minor, NULL, GSS_C_ACCEPT, &oid_ntlm, NULL, &cred)));
  snprintf(lines, sizeof lines, "acceptor_user_file = %s\nuse_winbind = no\nuse_keyring = no",
           accounts_file());
  use_policy(lines);
  cred = acquire(NULL, GSS_C_ACCEPT, &oid_ntlm, NULL);
  release_cred(&cred);
  ck_assert(GSS_ERROR(try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, &oid_ntlm, NULL, &cred)));
}
END_TEST

// ---- the log -----------------------------------------------------------------------------------

static bool file_holds(const char *path, const char *part) {
  char text[8192] = "";
  FILE *file = fopen(path, "r");
  if (file == NULL) return false;
  const size_t size = fread(text, 1, sizeof text - 1, file);
  text[size] = '\0';
  fclose(file);
  return strstr(text, part) != NULL;
}

static void fail_a_login(const char *lines) {
  const struct login login = {
      .initiator_policy = lines, .acceptor_policy = lines, .password = "wrong"};
  ck_assert(!run_login(&login).established);
}

START_TEST(log_file) {
  char lines[512];
  const char *of_policy = temp_path("policy.log"), *of_variable = temp_path("variable.log");
  struct stat status;
  fail_a_login("");
  ck_assert_int_ne(access(of_policy, F_OK), 0);
  snprintf(lines, sizeof lines, "log_file = %s", of_policy);
  fail_a_login(lines);
  ck_assert(file_holds(of_policy, TEST_USER));
  ck_assert(!file_holds(of_policy, TEST_PASSWORD));
  ck_assert_int_eq(stat(of_policy, &status), 0);
  ck_assert_uint_eq(status.st_mode & 0777, 0600);
  // The variable goes before it.
  ck_assert_int_eq(unlink(of_policy), 0);
  setenv("GSSNTLMSSP_DEBUG", of_variable, 1);
  fail_a_login(lines);
  ck_assert(file_holds(of_variable, TEST_USER));
  ck_assert_int_ne(access(of_policy, F_OK), 0);
  unsetenv("GSSNTLMSSP_DEBUG");
  fail_a_login(lines);
  ck_assert_int_eq(unlink(of_policy), 0);
  // And no key is no log.
  fail_a_login("");
  ck_assert_int_ne(access(of_policy, F_OK), 0);
}
END_TEST

START_TEST(audit_is_logged) {
  char lines[512];
  const char *log = temp_path("audit.log");
  snprintf(lines, sizeof lines,
           "log_file = %s\noutgoing = deny\noutgoing_audit_only = yes\nincoming = deny\n"
           "incoming_audit_only = yes",
           log);
  const struct login login = {.initiator_policy = lines, .acceptor_policy = lines};
  ck_assert(run_login(&login).established);
  ck_assert(file_holds(log, "audit: NTLM to HTTP/server.example.com"));
  ck_assert(file_holds(log, "audit: NTLM of " TEST_NAME));
}
END_TEST

static Suite *policy_suite(void) {
  Suite *suite = suite_create("policy");
  TCase *files = tcase_create("files");
  tcase_set_timeout(files, 30);
  tcase_add_loop_test(files, bad_file, 0, kBadFileCount);
  tcase_add_test(files, missing_file);
  tcase_add_test(files, modes);
  tcase_add_test(files, owner);
  tcase_add_test(files, not_a_file);
  tcase_add_test(files, changes_are_noticed);
  tcase_add_test(files, level_of_the_environment);
  suite_add_tcase(suite, files);

  TCase *keys = tcase_create("keys");
  tcase_add_loop_test(keys, logins, 0, kLoginCount);
  tcase_add_test(keys, denied_traffic_fails_on_the_first_leg);
  tcase_add_test(keys, offer_in_negotiate);
  tcase_add_test(keys, limit_of_tokens);
  tcase_add_test(keys, user_files_of_the_policy);
  suite_add_tcase(suite, keys);

  TCase *log = tcase_create("log");
  tcase_add_test(log, log_file);
  tcase_add_test(log, audit_is_logged);
  suite_add_tcase(suite, log);
  return suite;
}

int main(void) { return run_suite(policy_suite); }
