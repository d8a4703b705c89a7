// SPDX-License-Identifier: MIT
// What only a Kerberos realm shows: mutual authentication inside, delegation to proven servers, the
// second hop with a ticket, and a KDC that does not answer.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "credssp_support.h"

#define REALM "DEMO.TEST"
#define USER "alice@" REALM
#define USER_PASSWORD "Ticket-please3"
#define NTLM_NAME REALM "\\alice"
#define OTHER_USER "host/www.demo.test@" REALM
#define SERVICE "HTTP@www.demo.test"

static const struct credssp_key kEnd = {NULL, NULL, kBothEnds};

// The realm's environment, which support.c takes away.
static char krb5_config[600], keytab[600], cache[600];

// Kerberos and NTLM know the same user by the same password.
static const char *accounts(void) {
  return write_file("realm-accounts", REALM ":alice:" USER_PASSWORD "\n", 0600);
}

// The tickets of `which` are those of the process: "ticket" has alice's.
static void enter_realm(const char *which) {
  setenv("KRB5_CONFIG", krb5_config, 1);
  setenv("KRB5_KTNAME", keytab, 1);
  setenv("KRB5CCNAME", which, 1);
}

static void use_policy(const char *text) {
  setenv("GSS_SSPI_CONFIG", write_file("policy", text, 0644), 1);
}

static void open_in_realm(struct credssp_login *login, const char *inner) {
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_INNER, inner, kInitiatorEnd},
                                     {GSS_NTLMSSP_CS_KEYFILE, accounts(), kAcceptorEnd},
                                     kEnd};
  OM_uint32 minor, major;
  memset(login, 0, sizeof *login);
  const struct credssp_key password[] = {{GSS_CREDSSP_CS_INNER, inner, kInitiatorEnd},
                                         {GSS_CREDSSP_CS_PASSWORD, USER_PASSWORD, kInitiatorEnd},
                                         kEnd};
  major = try_acquire_credssp(&minor, NTLM_NAME, GSS_C_INITIATE, password, kInitiatorEnd,
                              &login->initiator.credential);
  EXPECT_COMPLETE(major, minor);
  major = try_acquire_credssp(&minor, NULL, GSS_C_ACCEPT, keys, kAcceptorEnd,
                              &login->acceptor.credential);
  EXPECT_COMPLETE(major, minor);
  login->target = import_service(SERVICE);
  login->request_flags = GSS_C_DELEG_FLAG;
}

static const char *const kInners[] = {"spnego", "krb5", "auto"};

// C28, C50: Kerberos inside proves the server. C67, C68: so a list for proven servers is enough.
START_TEST(kerberos_inside) {
  struct credssp_login login;
  enter_realm("FILE:/nonexistent");
  use_policy("[credssp]\nallow_fresh = HTTP/*.demo.test\n");
  open_in_realm(&login, kInners[_i]);
  login_establish(&login);
  ck_assert_uint_eq(login.initiator.flags, kStreamFlags | GSS_C_DELEG_FLAG | GSS_C_MUTUAL_FLAG);
  ck_assert_uint_eq(login.acceptor.flags, login.initiator.flags);
  const uint32_t proof = GSS_CREDSSP_PROOF_INNER;
  ck_assert(member_is(login.initiator.context, kProofOption, 0, &proof, sizeof proof));
  ck_assert(member_is(login.acceptor.context, kInnerOption, 0, oid_krb5.elements, oid_krb5.length));
  char *client = display_name(login.client);
  ck_assert_str_eq(client, USER);
  free(client);
  // C52: that of the ticket.
  ck_assert_uint_gt(login.initiator.lifetime, 60);
  ck_assert_uint_ne(login.initiator.lifetime, GSS_C_INDEFINITE);
  expect_messages_pass(login.initiator.context, login.acceptor.context);
  login_close(&login);
}
END_TEST

// The same with the user's ticket: no password, so nothing to delegate (C66).
START_TEST(ticket_inside) {
  struct credssp_login login;
  OM_uint32 minor;
  enter_realm(cache);
  open_in_realm(&login, "spnego");
  release_cred(&login.initiator.credential);
  const OM_uint32 major = try_acquire_credssp(&minor, NULL, GSS_C_INITIATE, NULL, kInitiatorEnd,
                                              &login.initiator.credential);
  EXPECT_COMPLETE(major, minor);
  EXPECT_LOGIN_FAILS(&login, initiator, GSS_S_NO_CRED, "nothing to delegate");
  login_reset(&login);
  login.request_flags = 0;
  login_establish(&login);
  ck_assert_uint_ne(login.initiator.flags & GSS_C_MUTUAL_FLAG, 0);
  login_close(&login);
}
END_TEST

// ---- the second hop ----------------------------------------------------------------------------

// Who an acceptor sees, and by which mechanism, when `credential` logs on.
struct hop {
  char client[200];
  gss_OID mech;
};

static OM_uint32 make_hop(struct hop *hop, gss_cred_id_t credential, gss_OID mech) {
  const struct store_entry store[] = {{GSS_NTLMSSP_CS_KEYFILE, accounts()}, {NULL, NULL}};
  struct handshake handshake;
  handshake_open(&handshake, kRaw);
  const gss_cred_id_t own = handshake.initiator_cred;
  release_cred(&handshake.acceptor_cred);
  release_name(&handshake.target);
  handshake.mech = mech;
  handshake.initiator_cred = credential;
  handshake.acceptor_cred = acquire(NULL, GSS_C_ACCEPT, mech, store);
  handshake.target = import_service(SERVICE);
  handshake_run(&handshake);
  const OM_uint32 major = handshake.initiator.major;
  if (is_complete(&handshake.acceptor)) {
    char *client = display_name(handshake.client_name);
    snprintf(hop->client, sizeof hop->client, "%s", client);
    free(client);
    hop->mech = handshake.acceptor.mech;
  }
  handshake.initiator_cred = own;
  handshake_close(&handshake);
  return major;
}

static void expect_hop(gss_cred_id_t credential, gss_OID mech, gss_OID chosen, const char *client) {
  struct hop hop = {"nobody", NULL};
  ck_assert(!GSS_ERROR(make_hop(&hop, credential, mech)));
  ck_assert_str_eq(hop.client, client);
  ck_assert(hop.mech->length == chosen->length &&
            memcmp(hop.mech->elements, chosen->elements, chosen->length) == 0);
}

static void become_another_user(void) {
  char command[2000], other[600];
  snprintf(other, sizeof other, "FILE:%s", temp_path("other"));
  snprintf(command, sizeof command, "KRB5_CONFIG=%s kinit -k -t %s -c %s host/www.demo.test",
           krb5_config, keytab, other);
  ck_assert_int_eq(system(command), 0);
  enter_realm(other);
  expect_hop(GSS_C_NO_CREDENTIAL, &oid_krb5, &oid_krb5, OTHER_USER);
}

// C70 to C73: the process has another user's ticket, which the delegated credential never takes.
static const struct delegation_case {
  const char *inner, *deleg_krb5;
  gss_OID negotiated;
} kDelegations[] = {
    {"spnego", "auto", &oid_krb5}, {"krb5", "always", &oid_krb5},  {"ntlm", "auto", &oid_krb5},
    {"ntlm", "never", &oid_ntlm},  {"spnego", "never", &oid_ntlm},
};
enum { kDelegationCount = sizeof kDelegations / sizeof kDelegations[0] };

START_TEST(second_hop) {
  const struct delegation_case *row = &kDelegations[_i];
  const bool has_ticket = strcmp(row->deleg_krb5, "never") != 0;
  struct credssp_login login;
  OM_uint32 minor;
  become_another_user();
  open_in_realm(&login, row->inner);
  release_cred(&login.acceptor.credential);
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_DELEG_KRB5, row->deleg_krb5, kAcceptorEnd},
                                     {GSS_NTLMSSP_CS_KEYFILE, accounts(), kAcceptorEnd},
                                     kEnd};
  const OM_uint32 major = try_acquire_credssp(&minor, NULL, GSS_C_ACCEPT, keys, kAcceptorEnd,
                                              &login.acceptor.credential);
  EXPECT_COMPLETE(major, minor);
  login.wants_delegated = true;
  login_establish(&login);
  ck_assert_ptr_nonnull(login.delegated);
  const char *by_negotiation = row->negotiated == &oid_krb5 ? USER : NTLM_NAME;
  expect_hop(login.delegated, &oid_spnego, row->negotiated, by_negotiation);
  expect_hop(login.delegated, &oid_ntlm, &oid_ntlm, NTLM_NAME);
  if (has_ticket) {
    expect_hop(login.delegated, &oid_krb5, &oid_krb5, USER);
  } else {
    // To libgssapi a missing part would be the process's own user.
    struct hop hop = {"nobody", NULL};
    EXPECT_STATUS(GSS_S_NO_CRED, make_hop(&hop, login.delegated, &oid_krb5), 0);
    EXPECT_STATUS(GSS_S_NO_CRED, make_hop(&hop, login.delegated, GSS_C_NO_OID), 0);
    ck_assert_str_eq(hop.client, "nobody");
  }
  login_close(&login);
}
END_TEST

// ---- a KDC that does not answer ----------------------------------------------------------------

// Takes connections and datagrams, and says nothing.
static int silent_port(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  const int stream = socket(AF_INET, SOCK_STREAM, 0), datagram = socket(AF_INET, SOCK_DGRAM, 0);
  ck_assert_int_eq(bind(stream, (struct sockaddr *)&address, size), 0);
  ck_assert_int_eq(listen(stream, 64), 0);
  ck_assert_int_eq(getsockname(stream, (struct sockaddr *)&address, &size), 0);
  ck_assert_int_eq(bind(datagram, (struct sockaddr *)&address, size), 0);
  return ntohs(address.sin_port);
}

// C73: the login is as good as without delegation of tickets, after the time that Kerberos waits.
START_TEST(silent_kdc) {
  char text[800];
  snprintf(text, sizeof text,
           "[libdefaults]\n  default_realm = " REALM
           "\n"
           "[realms]\n  " REALM " = {\n    kdc = 127.0.0.1:%d\n  }\n",
           silent_port());
  struct credssp_login login;
  OM_uint32 minor;
  enter_realm("FILE:/nonexistent");
  setenv("KRB5_CONFIG", write_file("silent.conf", text, 0644), 1);
  open_in_realm(&login, "ntlm");
  release_cred(&login.acceptor.credential);
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_DELEG_KRB5, "always", kAcceptorEnd},
                                     {GSS_NTLMSSP_CS_KEYFILE, accounts(), kAcceptorEnd},
                                     kEnd};
  const OM_uint32 major = try_acquire_credssp(&minor, NULL, GSS_C_ACCEPT, keys, kAcceptorEnd,
                                              &login.acceptor.credential);
  EXPECT_COMPLETE(major, minor);
  login.wants_delegated = true;
  const time_t begun = time(NULL);
  login_establish(&login);
  const time_t waited = time(NULL) - begun;
  ck_assert_int_ge((int)waited, 1);
  ck_assert_int_le((int)waited, 90);
  if (login.delegated != GSS_C_NO_CREDENTIAL) {
    expect_hop(login.delegated, &oid_ntlm, &oid_ntlm, NTLM_NAME);
  }
  printf("# the KDC's silence cost %d s\n", (int)waited);
  login_close(&login);
}
END_TEST

static Suite *make_suite(void) {
  Suite *suite = suite_create("credssp realm");
  TCase *all = tcase_create("all");
  tcase_set_timeout(all, 120);
  tcase_add_loop_test(all, kerberos_inside, 0, 3);
  tcase_add_test(all, ticket_inside);
  tcase_add_loop_test(all, second_hop, 0, kDelegationCount);
  tcase_add_test(all, silent_kdc);
  suite_add_tcase(suite, all);
  return suite;
}

int main(void) {
  snprintf(krb5_config, sizeof krb5_config, "%s", getenv("KRB5_CONFIG"));
  snprintf(keytab, sizeof keytab, "%s", getenv("KRB5_KTNAME"));
  snprintf(cache, sizeof cache, "%s", getenv("SSPI_TEST_TICKET"));
  return run_suite(make_suite);
}
