// SPDX-License-Identifier: MIT
// What the mechanism says of itself, that nobody meets it who does not name it, and what each key
// of the credential store does.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certificates.h"
#include "credssp_support.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct credssp_key kEnd = {NULL, NULL, kBothEnds};

static bool is_member(gss_OID oid, gss_OID_set set) {
  OM_uint32 minor;
  int present = 0;
  gss_test_oid_set_member(&minor, oid, set, &present);
  return present != 0;
}

static void expect_members(gss_OID_set set, const gss_const_OID *wanted, size_t count) {
  for (size_t i = 0; i < count; ++i) ck_assert(is_member((gss_OID)wanted[i], set));
  ck_assert_uint_eq(set->count, count);
}

// ---- what the mechanism says of itself ---------------------------------------------------------

// C32, C33: the number in the header is that of the file for administrators.
START_TEST(number_of_the_mechanism) {
  OM_uint32 minor;
  gss_buffer_desc text;
  gss_OID_set mechanisms;
  OM_uint32 major = gss_oid_to_str(&minor, &oid_credssp, &text);
  EXPECT_COMPLETE(major, minor);
  char line[200] = "", dotted[100];
  snprintf(dotted, sizeof dotted, "%.*s", (int)text.length - 5, (char *)text.value + 2);
  for (char *c = dotted; *c != '\0'; ++c) {
    if (*c == ' ') *c = '.';
  }
  gss_release_buffer(&minor, &text);
  FILE *file = fopen(CREDSSP_CONFIGURATION, "r");
  ck_assert_ptr_nonnull(file);
  while (strncmp(line, "credssp", 7) != 0) ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
  fclose(file);
  char expected[200];
  snprintf(expected, sizeof expected, "credssp %s gss_credssp.so\n", dotted);
  ck_assert_str_eq(line, expected);
  major = gss_indicate_mechs(&minor, &mechanisms);
  EXPECT_COMPLETE(major, minor);
  ck_assert(is_member(&oid_credssp, mechanisms));
  gss_release_oid_set(&minor, &mechanisms);
}
END_TEST

// C34, C35.
START_TEST(attributes_of_the_mechanism) {
  const gss_const_OID has[] = {GSS_C_MA_NOT_DFLT_MECH, GSS_C_MA_AUTH_INIT,  GSS_C_MA_AUTH_TARG,
                               GSS_C_MA_DELEG_CRED,    GSS_C_MA_INTEG_PROT, GSS_C_MA_CONF_PROT,
                               GSS_C_MA_WRAP,          GSS_C_MA_REPLAY_DET, GSS_C_MA_OOS_DET};
  const gss_const_OID has_not[] = {
      GSS_C_MA_MECH_NEGO, GSS_C_MA_MECH_CONCRETE, GSS_C_MA_ITOK_FRAMED, GSS_C_MA_MIC,
      GSS_C_MA_CBINDINGS, GSS_C_MA_CTX_TRANS,     GSS_C_MA_PROT_READY,  GSS_C_MA_DEPRECATED};
  OM_uint32 minor, major;
  gss_OID_set attributes, known;
  major = gss_inquire_attrs_for_mech(&minor, &oid_credssp, &attributes, &known);
  EXPECT_COMPLETE(major, minor);
  expect_members(attributes, has, COUNT(has));
  for (size_t i = 0; i < COUNT(has_not); ++i) ck_assert(is_member((gss_OID)has_not[i], known));
  gss_release_oid_set(&minor, &attributes);
  gss_release_oid_set(&minor, &known);
}
END_TEST

static bool holds(const gss_buffer_desc *token, gss_OID oid) {
  return memmem(token->value, token->length, oid->elements, oid->length) != NULL;
}

// C34: neither by default nor inside SPNEGO.
START_TEST(never_unless_named) {
  OM_uint32 minor;
  gss_OID_set mechanisms;
  setenv("NTLM_USER_FILE", accounts_file(), 1);
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  OM_uint32 major = gss_acquire_cred(&minor, GSS_C_NO_NAME, 0, GSS_C_NO_OID_SET, GSS_C_BOTH, &cred,
                                     &mechanisms, NULL);
  EXPECT_COMPLETE(major, minor);
  ck_assert(is_member(&oid_ntlm, mechanisms));
  ck_assert(!is_member(&oid_credssp, mechanisms));
  gss_release_oid_set(&minor, &mechanisms);
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  gss_name_t target = import_service("HTTP@server.example.com");
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  major = gss_init_sec_context(&minor, cred, &context, target, &oid_spnego, 0, 0, NULL, NULL, NULL,
                               &token, NULL, NULL);
  EXPECT_COMPLETE(major, minor);
  ck_assert(holds(&token, &oid_ntlm));
  ck_assert(!holds(&token, &oid_credssp));
  gss_release_buffer(&minor, &token);
  gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
  // Nor does an acceptor take it that has no credential of it.
  seed_context(&context);
  gss_buffer_desc hello = buffer_of("\x16\x03\x01", 3);
  for (int i = 0; i < 2; ++i) {
    gss_ctx_id_t accepted = context;
    major = gss_accept_sec_context(&minor, &accepted, i == 0 ? GSS_C_NO_CREDENTIAL : cred, &hello,
                                   NULL, NULL, NULL, &token, NULL, NULL, NULL);
    EXPECT_STATUS(GSS_S_NO_CRED, major, minor);
  }
  gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
  release_name(&target);
  release_cred(&cred);
}
END_TEST

// ---- keys --------------------------------------------------------------------------------------

// C76 to C83: words that a key takes, separated by spaces, and one that it does not.
static const struct word_key {
  const char *key, *words, *wrong;
} kWordKeys[] = {
    {GSS_CREDSSP_CS_MODE, "full tsrequest", "half"},
    {GSS_CREDSSP_CS_FRAMING, "raw gss", "none"},
    {GSS_CREDSSP_CS_INNER, "spnego ntlm auto", "credssp"},
    {GSS_CREDSSP_CS_VERIFY, "none ca", "all"},
    {GSS_CREDSSP_CS_MIN_VERSION, "2 3 4 5 6", "7"},
    {GSS_CREDSSP_CS_TLS_MIN, "1.2 1.3", "1.1"},
    {GSS_CREDSSP_CS_TLS_MAX, "1.2 1.3", "1.4"},
    {GSS_CREDSSP_CS_REQUIRE_SAME_USER, "no yes", "maybe"},
    {GSS_CREDSSP_CS_DELEG_KRB5, "auto never always", "yes"},
    {GSS_CREDSSP_CS_FORWARD_BINDINGS, "no yes", ""},
    {GSS_CREDSSP_CS_ALLOW_NTLM, "yes", "true"},
    {GSS_CREDSSP_CS_PIN, "", "0123"},
    {GSS_CREDSSP_CS_CIPHERS, "ECDHE+AESGCM", "AES128-SHA"},
    {GSS_CREDSSP_CS_CA, "", "/nonexistent/ca.pem"},
    {GSS_CREDSSP_CS_CERT, "", "/nonexistent/cert.pem"},
    {GSS_CREDSSP_CS_SERVER_CERT, "", "/nonexistent/server.pem"},
    {GSS_CREDSSP_CS_PASSWORD_FILE, "", "/nonexistent/password"},
    {GSS_CREDSSP_CS_CLIENT_CERT, "", "/nonexistent/client.pem"},
    {"credssp:nonsense", "", "x"},
};

static OM_uint32 acquire_with_key(OM_uint32 *minor, const char *key, const char *value,
                                  gss_cred_usage_t usage, gss_cred_id_t *cred) {
  const bool has_password = strcmp(key, GSS_CREDSSP_CS_PASSWORD_FILE) == 0;
  const bool pins = strcmp(key, GSS_CREDSSP_CS_PIN) == 0;
  const struct credssp_key keys[] = {
      {key, value, kBothEnds},
      {GSS_NTLMSSP_CS_KEYFILE, accounts_file(), kBothEnds},
      {has_password ? NULL : GSS_CREDSSP_CS_PASSWORD, TEST_PASSWORD, kBothEnds},
      {pins ? GSS_CREDSSP_CS_VERIFY : NULL, "pin", kBothEnds},
      kEnd};
  return try_acquire_credssp(minor, TEST_NAME, usage, keys, kInitiatorEnd, cred);
}

START_TEST(values_of_keys) {
  const struct word_key *row = &kWordKeys[_i];
  const bool accepts = strcmp(row->key, GSS_CREDSSP_CS_CERT) == 0;
  const gss_cred_usage_t usage = accepts ? GSS_C_ACCEPT : GSS_C_INITIATE;
  OM_uint32 minor, major;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  char words[100];
  snprintf(words, sizeof words, "%s", row->words);
  for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
    major = acquire_with_key(&minor, row->key, word, usage, &cred);
    EXPECT_COMPLETE(major, minor);
    release_cred(&cred);
  }
  major = acquire_with_key(&minor, row->key, row->wrong, usage, &cred);
  EXPECT_STATUS(GSS_S_FAILURE, major, minor);
  ck_assert_ptr_null(cred);
  const bool is_path = row->wrong[0] == '/';
  EXPECT_TEXT(minor_text_of(minor),
              is_path || strcmp(row->key, GSS_CREDSSP_CS_CIPHERS) == 0 ? row->wrong : row->key);
}
END_TEST

// C78: its owner's alone. C67, C69: its password is a default one, which is delegated nowhere
// unless the policy says so.
START_TEST(password_of_a_file) {
  OM_uint32 minor, major;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  const char *path = write_file("password", TEST_PASSWORD "\n", 0644);
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_PASSWORD_FILE, path, kInitiatorEnd}, kEnd};
  major = try_acquire_credssp(&minor, TEST_NAME, GSS_C_INITIATE, keys, kInitiatorEnd, &cred);
  EXPECT_STATUS(GSS_S_FAILURE, major, minor);
  EXPECT_TEXT(minor_text_of(minor), "read by others");
  write_file("password", TEST_PASSWORD "\n", 0600);
  struct credssp_login login;
  login_open_as(&login, TEST_NAME, NULL, keys);
  EXPECT_LOGIN_FAILS(&login, initiator, GSS_S_FAILURE, "no list allow_default");
  login_reset(&login);
  login.request_flags = 0;
  login_establish(&login);
  login_close(&login);
  setenv("GSS_SSPI_CONFIG",
         write_file("policy", "[credssp]\nallow_default_ntlm_only = TERMSRV/*\n", 0644), 1);
  login_open_as(&login, TEST_NAME, NULL, keys);
  login_establish(&login);
  ck_assert(
      member_is(login.acceptor.context, kDelegatedOption, 3, TEST_PASSWORD, strlen(TEST_PASSWORD)));
  login_close(&login);
}
END_TEST

// C65: the other way to give a password; forms of the name.
START_TEST(password_of_the_call) {
  static const struct {
    const char *name, *domain, *user;
  } kNames[] = {{TEST_NAME, TEST_DOMAIN, TEST_USER},
                {TEST_USER, "", TEST_USER},
                {TEST_USER "@" TEST_DOMAIN, "", TEST_USER "@" TEST_DOMAIN}};
  struct credssp_login login;
  login_open(&login, NULL);
  release_cred(&login.initiator.credential);
  login.initiator.credential = acquire_with_password(kNames[_i].name, TEST_PASSWORD, &oid_credssp);
  login_establish(&login);
  ck_assert(member_is(login.acceptor.context, kDelegatedOption, 1, kNames[_i].domain,
                      strlen(kNames[_i].domain)));
  ck_assert(member_is(login.acceptor.context, kDelegatedOption, 2, kNames[_i].user,
                      strlen(kNames[_i].user)));
  login_close(&login);
}
END_TEST

// C59: what the application is bound to is for the mechanism inside, when a key says so.
START_TEST(bindings_of_the_application) {
  const struct credssp_key keys[] = {
      {GSS_CREDSSP_CS_FORWARD_BINDINGS, _i % 2 ? "yes" : "no", kBothEnds}, kEnd};
  const bool differ = _i / 2 != 0;
  struct credssp_login login;
  struct gss_channel_bindings_struct here = {0}, there = {0};
  here.application_data = buffer_of_text("tls-server-end-point:here");
  there.application_data = buffer_of_text("tls-server-end-point:there");
  login_open(&login, keys);
  login.initiator.bindings = &here;
  login.acceptor.bindings = differ ? &there : &here;
  ck_assert_int_eq(login_run(&login), _i != 3);
  if (_i == 3) EXPECT_STATUS(GSS_S_FAILURE, login.acceptor.major, login.acceptor.minor);
  login_close(&login);
}
END_TEST

// ---- certificates ------------------------------------------------------------------------------

// C50, C61, C62: what proves the server's name.
static const struct certificate_case {
  const char *verify, *name, *server_name;  // the key's value; the certificate's; null: no key
  const char *type;                         // of the key
  const char *fails;                        // a part of the text, or null
} kCertificates[] = {
    {"ca", "server.example.com", NULL, "EC", NULL},
    {"ca", "server.example.com", NULL, "RSA", NULL},
    {"ca", "other.example.com", NULL, "EC", "name"},
    {"ca", "other.example.com", "other.example.com", "EC", NULL},
    {"ca", "expired", NULL, "EC", "expired"},
    {"pin", "other.example.com", NULL, "EC", NULL},
    {"none", "server.example.com", NULL, "EC", NULL},
};

START_TEST(certificate_of_the_server) {
  const struct certificate_case *row = &kCertificates[_i];
  const bool expired = strcmp(row->name, "expired") == 0;
  struct certificate made;
  make_certificate(&made, row->type, expired ? "server.example.com" : row->name, expired ? -1 : 1);
  const char *path = write_file("cert.pem", made.certificate, 0644);
  const struct credssp_key keys[] = {
      {GSS_CREDSSP_CS_CERT, path, kAcceptorEnd},
      {GSS_CREDSSP_CS_KEY, write_file("key.pem", made.key, 0600), kAcceptorEnd},
      {GSS_CREDSSP_CS_VERIFY, row->verify, kInitiatorEnd},
      {GSS_CREDSSP_CS_CA, path, kInitiatorEnd},
      {GSS_CREDSSP_CS_PIN, made.pin, kInitiatorEnd},
      {row->server_name != NULL ? GSS_CREDSSP_CS_SERVER_NAME : NULL, row->server_name,
       kInitiatorEnd},
      kEnd};
  struct credssp_login login;
  login_open(&login, keys);
  if (row->fails != NULL) {
    EXPECT_LOGIN_FAILS(&login, initiator, GSS_S_FAILURE, row->fails);
  } else {
    login_establish(&login);
    const bool proven = strcmp(row->verify, "none") != 0;
    const uint32_t proof = proven ? GSS_CREDSSP_PROOF_CERTIFICATE : 0;
    ck_assert(member_is(login.initiator.context, kProofOption, 0, &proof, sizeof proof));
    ck_assert_int_eq((login.initiator.flags & GSS_C_MUTUAL_FLAG) != 0, proven);
    ck_assert(member_is(login.initiator.context, kCertificateOption, 0, made.der, made.der_size));
  }
  login_close(&login);
}
END_TEST

// C62: one for the process, with a key of RSA, and not before it is needed.
START_TEST(certificate_of_the_process) {
  OM_uint32 minor, major;
  gss_buffer_set_t first, second;
  struct credssp_login login;
  login_open(&login, NULL);
  login_establish(&login);
  major = ask(login.acceptor.context, kCertificateOption, &minor, &first);
  EXPECT_COMPLETE(major, minor);
  ck_assert_int_eq(rsa_bits_of(first->elements[0].value, first->elements[0].length), 2048);
  login_close(&login);
  login_open(&login, NULL);
  login_establish(&login);
  major = ask(login.initiator.context, kCertificateOption, &minor, &second);
  EXPECT_COMPLETE(major, minor);
  ck_assert_uint_eq(first->elements[0].length, second->elements[0].length);
  ck_assert_mem_eq(first->elements[0].value, second->elements[0].value, first->elements[0].length);
  gss_release_buffer_set(&minor, &first);
  gss_release_buffer_set(&minor, &second);
  login_close(&login);
}
END_TEST

// ---- programs that do not keep to the rules ----------------------------------------------------

// C162.
START_TEST(calls_out_of_turn) {
  struct credssp_login login;
  OM_uint32 minor, major;
  login_open(&login, NULL);
  seed_context(&login.initiator.context);
  gss_buffer_desc text = buffer_of_text("too early"), token = GSS_C_EMPTY_BUFFER;
  for (int leg = 0; leg < 2; ++leg) {
    major = gss_wrap(&minor, login.initiator.context, 1, 0, &text, NULL, &token);
    EXPECT_STATUS(GSS_S_NO_CONTEXT, major, minor);
    major = gss_unwrap(&minor, login.initiator.context, &text, &token, NULL, NULL);
    EXPECT_STATUS(GSS_S_NO_CONTEXT, major, minor);
    gss_buffer_desc none = GSS_C_EMPTY_BUFFER, hello = GSS_C_EMPTY_BUFFER;
    if (leg == 1) break;
    major = gss_init_sec_context(&minor, login.initiator.credential, &login.initiator.context,
                                 login.target, &oid_credssp, 0, 0, NULL, &none, NULL, &hello, NULL,
                                 NULL);
    ck_assert_uint_eq(major, GSS_S_CONTINUE_NEEDED);
    gss_release_buffer(&minor, &hello);
  }
  // The other role, and the other end of life.
  major = gss_accept_sec_context(&minor, &login.initiator.context, login.acceptor.credential, &text,
                                 NULL, NULL, NULL, &token, NULL, NULL, NULL);
  EXPECT_STATUS(GSS_S_NO_CONTEXT, major, minor);
  for (int again = 0; again < 2; ++again) {
    major = gss_init_sec_context(&minor, login.initiator.credential, &login.initiator.context,
                                 login.target, &oid_credssp, 0, 0, NULL, &text, NULL, &token, NULL,
                                 NULL);
    ck_assert(GSS_ERROR(major));
    EXPECT_STATUS(GSS_S_NO_CONTEXT, major, minor);
  }
  login_close(&login);
}
END_TEST

// C54: what a half-open context waits for.
static void note_awaited(struct credssp_login *login, int leg, struct octets *token) {
  (void)token;
  char *seen = login->hook_argument;
  OM_uint32 minor, major;
  gss_buffer_set_t set;
  gss_ctx_id_t context = leg % 2 == 0 ? login->initiator.context : login->acceptor.context;
  major = ask(context, kStatusOption, &minor, &set);
  EXPECT_COMPLETE(major, minor);
  char *end = seen + strlen(seen);
  sprintf(end, "%.*s|", (int)set->elements[1].length, (char *)set->elements[1].value);
  gss_release_buffer_set(&minor, &set);
}

START_TEST(what_a_context_waits_for) {
  struct credssp_login login;
  char seen[1000] = "";
  login_open(&login, NULL);
  login.hook = note_awaited;
  login.hook_argument = seen;
  login_establish(&login);
  EXPECT_TEXT(seen, "the TLS handshake|");
  EXPECT_TEXT(seen, "pubKeyAuth");
  EXPECT_TEXT(seen, "authInfo");
  login_close(&login);
}
END_TEST

static Suite *make_suite(void) {
  Suite *suite = suite_create("credssp settings");
  TCase *all = tcase_create("all");
  tcase_set_timeout(all, 60);
  tcase_add_test(all, number_of_the_mechanism);
  tcase_add_test(all, attributes_of_the_mechanism);
  tcase_add_test(all, never_unless_named);
  tcase_add_loop_test(all, values_of_keys, 0, COUNT(kWordKeys));
  tcase_add_test(all, password_of_a_file);
  tcase_add_loop_test(all, password_of_the_call, 0, 3);
  tcase_add_loop_test(all, bindings_of_the_application, 0, 4);
  tcase_add_loop_test(all, certificate_of_the_server, 0, COUNT(kCertificates));
  tcase_add_test(all, certificate_of_the_process);
  tcase_add_test(all, calls_out_of_turn);
  tcase_add_test(all, what_a_context_waits_for);
  suite_add_tcase(suite, all);
  return suite;
}

int main(void) { return run_suite(make_suite); }
