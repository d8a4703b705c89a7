// SPDX-License-Identifier: MIT
// Contexts of every package: legs, handles, flags, tokens, refusals.
#include <string.h>

#include "support.h"

// S12 to S18, S75, S80, S83, S84, S104 to S109: whole logins, with each output looked at on each
// leg.
START_TEST(logins_work) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect | ISC_REQ_MUTUAL_AUTH, 0);
    const ULONG protection = kProtect;
    ck_assert_msg((pair->client_flags & protection) == protection, "%s: client flags %08x",
                  lane->name, pair->client_flags);
    ck_assert_msg((pair->server_flags & ASC_RET_INTEGRITY) != 0, "%s: server flags %08x",
                  lane->name, pair->server_flags);
    ck_assert_int_eq((pair->client_flags & ISC_RET_MUTUAL_AUTH) != 0, !is_ntlm(lane));
    log_out(pair);
  }
}
END_TEST

// S95, S97: who may not.
START_TEST(wrong_passwords_are_refused) {
  FOR_EACH_LANE(lane) {
    struct pair pair = {.client_credential = client_with(lane, SSPI_USER, "wrong"),
                        .server_credential = server_of(lane)};
    EXPECT(SEC_E_LOGON_DENIED, try_log_in(&pair, kProtect, 0));
    DeleteSecurityContext(&pair.client);
    DeleteSecurityContext(&pair.server);
    FreeCredentialsHandle(&pair.client_credential);
    FreeCredentialsHandle(&pair.server_credential);
  }
}
END_TEST

// S94: a token for another package.
START_TEST(tokens_of_other_packages_are_refused) {
  const struct lane *const *all = lanes();
  for (size_t i = 0; all[i] != NULL; ++i) {
    CredHandle client = client_of(all[i]);
    static struct leg first, answer;
    CtxtHandle context;
    ck_assert_int_ge(client_leg(&client, NULL, &context, 0, NULL, &first), 0);
    for (size_t j = 0; all[j] != NULL; ++j) {
      if (strcmp(all[i]->package, all[j]->package) == 0 || is_negotiate(all[j])) continue;
      CredHandle server = server_of(all[j]);
      CtxtHandle none = {7, 7};
      EXPECT(SEC_E_INVALID_TOKEN, server_leg(&server, NULL, &none, 0, &first, &answer));
      ck_assert_uint_eq(none.dwLower, 7);
      ck_assert_uint_eq(none.dwUpper, 7);
      EXPECT(SEC_E_OK, FreeCredentialsHandle(&server));
    }
    EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
  }
}
END_TEST

// S113, S128: the old session serves until the new one is there.
START_TEST(reauthentication) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    static struct leg to_server, to_client;
    CtxtHandle server = {0, 0};
    SECURITY_STATUS status =
        client_leg(&pair->client_credential, &pair->client, NULL, kProtect, NULL, &to_server);
    ck_assert_int_ge(status, 0);
    int legs = 0;
    while (to_server.size != 0) {
      EXPECT(SEC_E_OK,
             QueryContextAttributesA(&pair->client, SECPKG_ATTR_FLAGS, &(SecPkgContext_Flags){0}));
      const SECURITY_STATUS served =
          server_leg(&pair->server_credential, legs++ == 0 ? NULL : &server, &server, 0, &to_server,
                     &to_client);
      ck_assert_int_ge(served, 0);
      if (status == SEC_E_OK) break;
      status = client_leg(NULL, &pair->client, NULL, kProtect, &to_client, &to_server);
      ck_assert_int_ge(status, 0);
    }
    EXPECT(SEC_E_OK, status);
    ck_assert_uint_ne(to_server.attributes & ISC_RET_REAUTHENTICATION, 0);
    EXPECT(SEC_E_OK, DeleteSecurityContext(&server));
    log_out(pair);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sspi context");
  TCase *tests = tcase_create("context");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, logins_work);
  tcase_add_test(tests, wrong_passwords_are_refused);
  tcase_add_test(tests, tokens_of_other_packages_are_refused);
  tcase_add_test(tests, reauthentication);
  suite_add_tcase(suite, tests);
  return run_sspi_suite(suite);
}
