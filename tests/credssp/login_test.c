// SPDX-License-Identifier: MIT
// Logins by CredSSP: every way to log on inside, both versions of TLS, both modes; what both sides
// then say; what is delegated, and to whom; who is refused, and why.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credssp_support.h"

// ---- ways to log on ----------------------------------------------------------------------------

static const struct way {
  const char *inner, *tls;
  const char *tls_name;
} kWays[] = {
    {"spnego", "1.3", "TLSv1.3"}, {"spnego", "1.2", "TLSv1.2"}, {"ntlm", "1.3", "TLSv1.3"},
    {"ntlm", "1.2", "TLSv1.2"},   {"auto", "1.3", "TLSv1.3"},
};
enum { kWayCount = sizeof kWays / sizeof kWays[0] };

static void open_way(struct credssp_login *login, int way) {
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_INNER, kWays[way].inner, kInitiatorEnd},
                                     {GSS_CREDSSP_CS_TLS_MAX, kWays[way].tls, kBothEnds},
                                     {NULL, NULL, kBothEnds}};
  login_open(login, keys);
}

static void expect_client_is(gss_name_t name, const char *expected) {
  char *shown = display_name(name);
  ck_assert_str_eq(shown, expected);
  free(shown);
}

// C1, C15, C27, C28, C30, C50, C51, C52, C140.
START_TEST(both_sides_agree) {
  struct credssp_login login;
  open_way(&login, _i);
  login_establish(&login);
  ck_assert_uint_eq(login.initiator.flags, kStreamFlags | GSS_C_DELEG_FLAG);
  ck_assert_uint_eq(login.acceptor.flags, kStreamFlags | GSS_C_DELEG_FLAG);
  expect_client_is(login.client, TEST_NAME);
  ck_assert(member_is(login.initiator.context, kTlsOption, 0, kWays[_i].tls_name, 7));
  const uint32_t version = 6;
  ck_assert(member_is(login.acceptor.context, kVersionOption, 0, &version, sizeof version));
  ck_assert(
      member_is(login.initiator.context, kInnerOption, 0, oid_ntlm.elements, oid_ntlm.length));
  expect_messages_pass(login.initiator.context, login.acceptor.context);
  login_close(&login);
}
END_TEST

// C26: no more legs, and no larger ones, than were seen with other implementations; so the last
// token of the login inside goes with pubKeyAuth wherever it can (C29).
START_TEST(legs_are_those_of_the_field) {
  struct credssp_login login;
  open_way(&login, _i);
  login_establish(&login);
  ck_assert_int_le(login.legs, 10);
  // The first token of the initiator, Finished, NEGOTIATE, AUTHENTICATE with pubKeyAuth, authInfo.
  ck_assert_uint_lt(login.sizes[0], 600);
  ck_assert_uint_lt(login.sizes[2], 200);
  ck_assert_uint_eq(login.sizes[login.legs - 1], 0);
  login_close(&login);
}
END_TEST

// C42, C43: the application's TLS, whose key it gives to both.
START_TEST(tsrequest_mode) {
  struct credssp_login login;
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_MODE, "tsrequest", kBothEnds},
                                     {NULL, NULL, kBothEnds}};
  OM_uint32 minor, major;
  login_open(&login, keys);
  gss_OID_desc key_option = option(kServerKeyOption);
  uint8_t key[65];
  fill_pattern(key, sizeof key, 1);
  gss_buffer_desc value = buffer_of(key, sizeof key);
  seed_context(&login.initiator.context);
  seed_context(&login.acceptor.context);
  major = gss_set_sec_context_option(&minor, &login.initiator.context, &key_option, &value);
  EXPECT_COMPLETE(major, minor);
  // _i == 1: the acceptor has another one.
  if (_i == 1) key[64] ^= 1;
  major = gss_set_sec_context_option(&minor, &login.acceptor.context, &key_option, &value);
  EXPECT_COMPLETE(major, minor);
  if (_i == 1) {
    EXPECT_LOGIN_FAILS(&login, acceptor, GSS_S_BAD_SIG, "man in the middle");
    EXPECT_STATUS(GSS_S_FAILURE, login.initiator.major, login.initiator.minor);
    EXPECT_TEXT(login.initiator.text, "C000006D");
  } else {
    login_establish(&login);
    ck_assert_uint_eq(login.initiator.flags, GSS_C_DELEG_FLAG);
    expect_client_is(login.client, TEST_NAME);
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
    major = gss_wrap(&minor, login.initiator.context, 1, 0, &value, NULL, &token);
    EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  }
  login_close(&login);
}
END_TEST

// C43: nobody has given the key.
START_TEST(tsrequest_mode_without_key) {
  struct credssp_login login;
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_MODE, "tsrequest", kBothEnds},
                                     {NULL, NULL, kBothEnds}};
  login_open(&login, keys);
  EXPECT_LOGIN_FAILS(&login, initiator, GSS_S_FAILURE, "has not given the server's public key");
  login_close(&login);
}
END_TEST

// C39, C40: with the header that libgssapi asks for, no seed is needed.
START_TEST(framed_first_token) {
  struct credssp_login login;
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_FRAMING, "gss", kInitiatorEnd},
                                     {NULL, NULL, kBothEnds}};
  login_open(&login, keys);
  gss_buffer_desc none = GSS_C_EMPTY_BUFFER, token = GSS_C_EMPTY_BUFFER;
  OM_uint32 minor;
  OM_uint32 major =
      gss_init_sec_context(&minor, login.initiator.credential, &login.initiator.context,
                           login.target, &oid_credssp, 0, 0, NULL, &none, NULL, &token, NULL, NULL);
  EXPECT_STATUS(GSS_S_COMPLETE, major, minor);
  ck_assert_uint_eq(((const uint8_t *)token.value)[0], 0x60);
  gss_buffer_desc answer = GSS_C_EMPTY_BUFFER;
  major = gss_accept_sec_context(&minor, &login.acceptor.context, login.acceptor.credential, &token,
                                 NULL, NULL, NULL, &answer, NULL, NULL, NULL);
  EXPECT_STATUS(GSS_S_COMPLETE, major, minor);
  ck_assert_uint_eq(major, GSS_S_CONTINUE_NEEDED);
  ck_assert_uint_eq(((const uint8_t *)answer.value)[0], 0x16);
  gss_release_buffer(&minor, &token);
  gss_release_buffer(&minor, &answer);
  login_close(&login);
}
END_TEST

// ---- delegation --------------------------------------------------------------------------------

// C54, C66: what arrives.
START_TEST(delegated_account_is_readable) {
  struct credssp_login login;
  login_open(&login, NULL);
  login_establish(&login);
  const uint32_t password = 1;
  ck_assert(member_is(login.acceptor.context, kDelegatedOption, 0, &password, sizeof password));
  ck_assert(
      member_is(login.acceptor.context, kDelegatedOption, 1, TEST_DOMAIN, strlen(TEST_DOMAIN)));
  ck_assert(member_is(login.acceptor.context, kDelegatedOption, 2, TEST_USER, strlen(TEST_USER)));
  ck_assert(
      member_is(login.acceptor.context, kDelegatedOption, 3, TEST_PASSWORD, strlen(TEST_PASSWORD)));
  OM_uint32 minor;
  gss_buffer_set_t set;
  const OM_uint32 major = ask(login.initiator.context, kDelegatedOption, &minor, &set);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  login_close(&login);
}
END_TEST

// C66, C75: without GSS_C_DELEG_FLAG nothing is delegated, and the login is none the worse.
START_TEST(nothing_is_delegated_unasked) {
  struct credssp_login login;
  login_open(&login, NULL);
  login.request_flags = 0;
  login.wants_delegated = true;
  login_establish(&login);
  ck_assert_uint_eq(login.initiator.flags, kStreamFlags);
  ck_assert_uint_eq(login.acceptor.flags, kStreamFlags);
  ck_assert_ptr_null(login.delegated);
  ck_assert(member_is(login.acceptor.context, kDelegatedOption, 2, "", 0));
  ck_assert(member_is(login.acceptor.context, kDelegatedOption, 3, "", 0));
  login_close(&login);
}
END_TEST

// C66: a credential without a password cannot delegate, and can log on.
START_TEST(nothing_to_delegate) {
  struct credssp_login login;
  const struct credssp_key keys[] = {{GSS_NTLMSSP_CS_PASSWORD, TEST_PASSWORD, kInitiatorEnd},
                                     {NULL, NULL, kBothEnds}};
  login_open_as(&login, TEST_NAME, NULL, keys);
  EXPECT_LOGIN_FAILS(&login, initiator, GSS_S_NO_CRED, "nothing to delegate");
  login_reset(&login);
  login.request_flags = 0;
  login_establish(&login);
  login_close(&login);
}
END_TEST

// Logs on to an acceptor of NTLM's accounts with a credential of the host.
static void expect_second_hop(gss_cred_id_t credential, enum carrier carrier) {
  struct handshake hop;
  handshake_open(&hop, carrier);
  gss_cred_id_t own = hop.initiator_cred;
  hop.initiator_cred = credential;
  handshake_establish(&hop);
  expect_client(&hop, TEST_NAME);
  hop.initiator_cred = own;
  handshake_close(&hop);
}

// C70 to C72: the delegated credential is one of the host's own, and logs on elsewhere.
START_TEST(delegated_credential_logs_on) {
  struct credssp_login login;
  open_way(&login, _i);
  login.wants_delegated = true;
  login_establish(&login);
  ck_assert_ptr_nonnull(login.delegated);
  // C71.
  ck_assert(login.acceptor.mech->length == oid_ntlm.length &&
            memcmp(login.acceptor.mech->elements, oid_ntlm.elements, oid_ntlm.length) == 0);
  expect_second_hop(login.delegated, kRaw);
  expect_second_hop(login.delegated, kSpnegoDefault);
  OM_uint32 minor;
  gss_OID_set mechanisms;
  int held = 0;
  const OM_uint32 major = gss_inquire_cred(&minor, login.delegated, NULL, NULL, NULL, &mechanisms);
  EXPECT_COMPLETE(major, minor);
  OM_uint32 major_test = gss_test_oid_set_member(&minor, &oid_spnego, mechanisms, &held);
  EXPECT_COMPLETE(major_test, minor);
  ck_assert_int_eq(held, 1);
  gss_release_oid_set(&minor, &mechanisms);
  login_close(&login);
}
END_TEST

// ---- refusals ----------------------------------------------------------------------------------

// C16, C17, C18: the client learns why, also where the minor status has another number.
START_TEST(wrong_password) {
  struct credssp_login login;
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_INNER, kWays[_i].inner, kInitiatorEnd},
                                     {GSS_CREDSSP_CS_TLS_MAX, kWays[_i].tls, kBothEnds},
                                     {NULL, NULL, kBothEnds}};
  login_open_as(&login, TEST_NAME, "not the password", keys);
  login.wants_delegated = true;
  EXPECT_LOGIN_FAILS(&login, acceptor, GSS_S_FAILURE, "logon failure");
  ck_assert_ptr_null(login.client);
  ck_assert_ptr_null(login.delegated);
  EXPECT_STATUS(GSS_S_FAILURE, login.initiator.major, login.initiator.minor);
  EXPECT_TEXT(login.initiator.text, "STATUS_LOGON_FAILURE (0xC000006D)");
  const uint32_t code = 0xc000006d;
  ck_assert(member_is(login.initiator.context, kStatusOption, 0, &code, sizeof code));
  login_close(&login);
}
END_TEST

// C36: a program that tries every mechanism.
START_TEST(no_credential) {
  OM_uint32 minor;
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  gss_name_t target = import_service("host@server.example.com");
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major =
      gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &context, target, &oid_credssp, 0, 0, NULL,
                           NULL, NULL, &token, NULL, NULL);
  EXPECT_STATUS(GSS_S_NO_CRED, major, minor);
  ck_assert_ptr_null(context);
  ck_assert_uint_eq(token.length, 0);
  release_name(&target);
}
END_TEST

// C107.
START_TEST(proof_of_the_server_is_required) {
  struct credssp_login login;
  OM_uint32 minor;
  gss_OID_desc oid = option(kRequireProofOption);
  gss_buffer_desc none = GSS_C_EMPTY_BUFFER;
  login_open(&login, NULL);
  seed_context(&login.initiator.context);
  const OM_uint32 major = gss_set_sec_context_option(&minor, &login.initiator.context, &oid, &none);
  EXPECT_COMPLETE(major, minor);
  EXPECT_LOGIN_FAILS(&login, initiator, GSS_S_FAILURE, "nothing proves the server's name");
  login_close(&login);
}
END_TEST

// C61: what proves the server's name, and what does not.
START_TEST(certificate_is_verified) {
  struct credssp_login login;
  const struct credssp_key authority[] = {{GSS_CREDSSP_CS_VERIFY, "ca", kInitiatorEnd},
                                          {NULL, NULL, kBothEnds}};
  login_open(&login, authority);
  EXPECT_LOGIN_FAILS(&login, initiator, GSS_S_FAILURE, "certificate is refused");
  login_close(&login);
  const struct credssp_key pin[] = {
      {GSS_CREDSSP_CS_VERIFY, "pin", kInitiatorEnd},
      {GSS_CREDSSP_CS_PIN, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
       kInitiatorEnd},
      {NULL, NULL, kBothEnds}};
  login_open(&login, pin);
  EXPECT_LOGIN_FAILS(&login, initiator, GSS_S_FAILURE, "credssp:pin");
  login_close(&login);
  // Without either the verdict is there all the same.
  login_open(&login, NULL);
  login_establish(&login);
  const uint32_t good = 0;
  ck_assert(!member_is(login.initiator.context, kVerdictOption, 0, &good, sizeof good));
  ck_assert(member_is(login.initiator.context, kProofOption, 0, &good, sizeof good));
  login_close(&login);
}
END_TEST

// C60.
START_TEST(no_common_version_of_tls) {
  struct credssp_login login;
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_TLS_MIN, "1.3", kInitiatorEnd},
                                     {GSS_CREDSSP_CS_TLS_MAX, "1.2", kAcceptorEnd},
                                     {NULL, NULL, kBothEnds}};
  login_open(&login, keys);
  EXPECT_LOGIN_FAILS(&login, acceptor, GSS_S_FAILURE, "TLS alert 70");
  EXPECT_TEXT(login.initiator.text, "from the peer; offered 1.3 to 1.3");
  login_close(&login);
}
END_TEST

static const struct first_token {
  const char *octets, *text;
} kFirstTokens[] = {{"GET / HTTP/1.1\r\n", "no TLS"},
                    {"HTTP/1.1 200 OK\r\n", "HTTP"},
                    {"SSH-2.0-OpenSSH", "SSH"},
                    {"\x03\x20", "X.224"},
                    {"0\x05\xa0\x03\x02\x01\x06", "TSRequest"},
                    {"\x16\x04\x01\x02\x03", "version 4.1"}};

// C41, C155.
START_TEST(first_token_of_something_else) {
  struct credssp_login login;
  OM_uint32 minor;
  login_open(&login, NULL);
  seed_context(&login.acceptor.context);
  gss_buffer_desc token = buffer_of_text(kFirstTokens[_i].octets), answer = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major =
      gss_accept_sec_context(&minor, &login.acceptor.context, login.acceptor.credential, &token,
                             NULL, NULL, NULL, &answer, NULL, NULL, NULL);
  EXPECT_STATUS(GSS_S_DEFECTIVE_TOKEN, major, minor);
  EXPECT_TEXT(minor_text_of(minor), kFirstTokens[_i].text);
  login_close(&login);
}
END_TEST

// C53.
START_TEST(another_user_is_delegated) {
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_USER, "bob", kInitiatorEnd},
                                     {GSS_CREDSSP_CS_DOMAIN, TEST_DOMAIN, kInitiatorEnd},
                                     {GSS_NTLMSSP_CS_PASSWORD, TEST_PASSWORD, kInitiatorEnd},
                                     {GSS_NTLM_CS_USER, TEST_NAME, kInitiatorEnd},
                                     {GSS_CREDSSP_CS_REQUIRE_SAME_USER, "yes", kAcceptorEnd},
                                     {NULL, NULL, kBothEnds}};
  struct credssp_login login;
  login_open_as(&login, TEST_NAME, "Passw0rd:with:colons", keys);
  EXPECT_LOGIN_FAILS(&login, acceptor, GSS_S_FAILURE, "not the one that logged on");
  ck_assert_ptr_null(login.client);
  login_close(&login);
  // The same user passes.
  const struct credssp_key same[] = {{GSS_CREDSSP_CS_REQUIRE_SAME_USER, "yes", kAcceptorEnd},
                                     {NULL, NULL, kBothEnds}};
  login_open(&login, same);
  login_establish(&login);
  login_close(&login);
}
END_TEST

static void use_policy(const char *text) {
  setenv("GSS_SSPI_CONFIG", write_file("policy", text, 0644), 1);
}

// C67, C68: before any token where the target is in no list, before the credentials leave where it
// is in one for servers whose name is proven, which NTLM does not do.
START_TEST(policy_forbids_delegation) {
  static const struct {
    const char *policy, *text;
    int legs;  // at least
  } kPolicies[] = {
      {"[credssp]\ndeny = *.example.com\n", "no list allow_fresh", 1},
      {"[credssp]\nallow_fresh = TERMSRV/other\n", "no list allow_fresh", 1},
      {"[credssp]\nallow_fresh = TERMSRV/*.example.com\n", "only when its name is proven", 8},
  };
  struct credssp_login login;
  use_policy(kPolicies[_i].policy);
  login_open(&login, NULL);
  EXPECT_LOGIN_FAILS(&login, initiator, GSS_S_FAILURE, kPolicies[_i].text);
  ck_assert_int_ge(login.legs, kPolicies[_i].legs);
  ck_assert_uint_eq(login.acceptor.flags, 0);
  // Without delegation it does not matter (C68).
  login_reset(&login);
  login.request_flags = 0;
  login_establish(&login);
  login_close(&login);
  use_policy("[credssp]\nallow_fresh_ntlm_only = TERMSRV/*.example.com\n");
  login_open(&login, NULL);
  login_establish(&login);
  login_close(&login);
}
END_TEST

// One line for each login that fails, with the reason and without the password.
START_TEST(failures_are_logged) {
  char policy[400], text[2000] = "";
  const char *log = temp_path("log");
  snprintf(policy, sizeof policy, "[credssp]\nlog_file = %s\n", log);
  use_policy(policy);
  struct credssp_login login;
  login_open_as(&login, TEST_NAME, "not the password", NULL);
  EXPECT_LOGIN_FAILS(&login, acceptor, GSS_S_FAILURE, "logon failure");
  login_close(&login);
  FILE *file = fopen(log, "r");
  ck_assert_ptr_nonnull(file);
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  EXPECT_TEXT(text, "CredSSP: accept");
  EXPECT_TEXT(text, "CredSSP: initiate");
  EXPECT_TEXT(text, "STATUS_LOGON_FAILURE (0xC000006D)");
  ck_assert_ptr_null(strstr(text, "not the password"));
}
END_TEST

// C83.
START_TEST(policy_forbids_ntlm) {
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_INNER, "ntlm", kBothEnds},
                                     {GSS_CREDSSP_CS_PASSWORD, TEST_PASSWORD, kBothEnds},
                                     {NULL, NULL, kBothEnds}};
  use_policy("[credssp]\nallow_ntlm = no\n");
  const OM_uint32 major =
      try_acquire_credssp(&minor, TEST_NAME, GSS_C_INITIATE, keys, kInitiatorEnd, &cred);
  ck_assert(GSS_ERROR(major));
  ck_assert_ptr_null(cred);
  EXPECT_TEXT(minor_text_of(minor), "NTLM is not allowed");
}
END_TEST

// C83, C168: NTLM as such, as clients of RDP send it. It is let in without the key.
START_TEST(acceptor_forbids_ntlm) {
  struct credssp_login login;
  const struct credssp_key keys[] = {
      {GSS_CREDSSP_CS_INNER, "ntlm", kInitiatorEnd},
      {GSS_CREDSSP_CS_ALLOW_NTLM, _i == 0 ? "yes" : "no", kAcceptorEnd},
      {NULL, NULL, kBothEnds}};
  login_open(&login, keys);
  if (_i == 0) {
    login_establish(&login);
  } else {
    EXPECT_LOGIN_FAILS(&login, acceptor, GSS_S_FAILURE, "NTLM, which is not allowed");
  }
  login_close(&login);
}
END_TEST

// A file that cannot be understood gives no credential, and says where.
START_TEST(policy_that_is_wrong) {
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_PASSWORD, TEST_PASSWORD, kBothEnds},
                                     {NULL, NULL, kBothEnds}};
  use_policy("[credssp]\nmin_version = 1\n");
  const OM_uint32 major =
      try_acquire_credssp(&minor, TEST_NAME, GSS_C_INITIATE, keys, kInitiatorEnd, &cred);
  EXPECT_STATUS(GSS_S_FAILURE, major, minor);
  EXPECT_TEXT(minor_text_of(minor), "line 2");
}
END_TEST

// C130: a second login in the context; the stream goes on.
START_TEST(no_second_login) {
  struct credssp_login login;
  OM_uint32 minor;
  login_open(&login, NULL);
  login_establish(&login);
  gss_buffer_desc none = GSS_C_EMPTY_BUFFER, token = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major =
      gss_init_sec_context(&minor, login.initiator.credential, &login.initiator.context,
                           login.target, &oid_credssp, 0, 0, NULL, &none, NULL, &token, NULL, NULL);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  expect_messages_pass(login.initiator.context, login.acceptor.context);
  login_close(&login);
}
END_TEST

static Suite *make_suite(void) {
  Suite *suite = suite_create("credssp login");
  TCase *ways = tcase_create("ways");
  tcase_set_timeout(ways, 60);
  tcase_add_loop_test(ways, both_sides_agree, 0, kWayCount);
  tcase_add_loop_test(ways, legs_are_those_of_the_field, 0, kWayCount);
  tcase_add_loop_test(ways, tsrequest_mode, 0, 2);
  tcase_add_test(ways, tsrequest_mode_without_key);
  tcase_add_test(ways, framed_first_token);
  suite_add_tcase(suite, ways);
  TCase *delegation = tcase_create("delegation");
  tcase_add_test(delegation, delegated_account_is_readable);
  tcase_add_test(delegation, nothing_is_delegated_unasked);
  tcase_add_test(delegation, nothing_to_delegate);
  tcase_add_loop_test(delegation, delegated_credential_logs_on, 0, kWayCount);
  suite_add_tcase(suite, delegation);
  TCase *refusals = tcase_create("refusals");
  tcase_add_loop_test(refusals, wrong_password, 0, kWayCount);
  tcase_add_test(refusals, no_credential);
  tcase_add_test(refusals, proof_of_the_server_is_required);
  tcase_add_test(refusals, certificate_is_verified);
  tcase_add_test(refusals, no_common_version_of_tls);
  tcase_add_loop_test(refusals, first_token_of_something_else, 0,
                      sizeof kFirstTokens / sizeof kFirstTokens[0]);
  tcase_add_test(refusals, another_user_is_delegated);
  tcase_add_loop_test(refusals, policy_forbids_delegation, 0, 3);
  tcase_add_test(refusals, failures_are_logged);
  tcase_add_test(refusals, policy_forbids_ntlm);
  tcase_add_loop_test(refusals, acceptor_forbids_ntlm, 0, 2);
  tcase_add_test(refusals, policy_that_is_wrong);
  tcase_add_test(refusals, no_second_login);
  suite_add_tcase(suite, refusals);
  return suite;
}

int main(void) { return run_suite(make_suite); }
