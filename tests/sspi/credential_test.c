// SPDX-License-Identifier: MIT
// AcquireCredentialsHandle: every form of an identity, and none, against real logins (section 4).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void *text_of(const void *text) { return (void *)(uintptr_t)text; }

static SECURITY_STATUS acquire(const char *package, ULONG use, void *identity, CredHandle *out) {
  out->dwLower = 7;
  out->dwUpper = 9;
  const SECURITY_STATUS status =
      AcquireCredentialsHandleA(NULL, text_of(package), use, NULL, identity, NULL, NULL, out, NULL);
  if (FAILED(status)) ck_assert(out->dwLower == 7 && out->dwUpper == 9);
  return status;
}

// Logs in with the credential, which is freed.
static SECURITY_STATUS log_in_with(CredHandle client, const struct lane *lane) {
  struct pair pair = {.client_credential = client, .server_credential = server_of(lane)};
  const SECURITY_STATUS status = try_log_in(&pair, kProtect, 0);
  if (!FAILED(status)) {
    SecPkgContext_NamesA names;
    EXPECT(SEC_E_OK, QueryContextAttributesA(&pair.server, SECPKG_ATTR_NAMES, &names));
    ck_assert_ptr_nonnull(strstr(names.sUserName, SSPI_DOMAIN));
    EXPECT(SEC_E_OK, FreeContextBuffer(names.sUserName));
  }
  DeleteSecurityContext(&pair.client);
  DeleteSecurityContext(&pair.server);
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.server_credential));
  return status;
}

struct text {
  const char *text;  // NULL for a NULL pointer
  size_t size;
};
static struct text of(const char *text) {
  return (struct text){text, text != NULL ? strlen(text) : 0};
}

// An identity of the first form; wide or not.
static SEC_WINNT_AUTH_IDENTITY_A plain(struct text user, struct text domain, struct text password) {
  return (SEC_WINNT_AUTH_IDENTITY_A){
      .User = text_of(user.text),
      .UserLength = (ULONG)user.size,
      .Domain = text_of(domain.text),
      .DomainLength = (ULONG)domain.size,
      .Password = text_of(password.text),
      .PasswordLength = (ULONG)password.size,
      .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
  };
}
static CredHandle acquired(const struct lane *lane, void *identity) {
  CredHandle credential;
  EXPECT(SEC_E_OK, acquire(lane->package, SECPKG_CRED_OUTBOUND, identity, &credential));
  return credential;
}

// Lanes whose client needs no PackageList to come to its package.
static bool needs_list(const struct lane *lane) { return lane->list != NULL && has_realm(); }

// 4.1: plain, ANSI and UNICODE, through both functions; texts without a NUL, wiped after the call.
START_TEST(plain_identities) {
  FOR_EACH_LANE(lane) {
    if (needs_list(lane)) continue;
    for (int form = 0; form < 4; ++form) {
      char user[] = SSPI_USER "!!!", domain[] = SSPI_DOMAIN "!!!", password[] = SSPI_PASSWORD "!!!";
      SEC_WINNT_AUTH_IDENTITY_A identity =
          plain((struct text){user, sizeof user - 4}, (struct text){domain, sizeof domain - 4},
                (struct text){password, sizeof password - 4});
      WCHAR wide_texts[3][64];
      if (form % 2 != 0) {
        const char *const texts[] = {user, domain, password};
        for (int i = 0; i < 3; ++i) memcpy(wide_texts[i], wide(texts[i]), sizeof wide_texts[i]);
        identity.User = (void *)wide_texts[0];
        identity.Domain = (void *)wide_texts[1];
        identity.Password = (void *)wide_texts[2];
        identity.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
      }
      CredHandle credential;
      const SECURITY_STATUS status =
          form / 2 == 0
              ? AcquireCredentialsHandleA(NULL, text_of(lane->package), SECPKG_CRED_OUTBOUND, NULL,
                                          &identity, NULL, NULL, &credential, NULL)
              : AcquireCredentialsHandleW(NULL, wide(lane->package), SECPKG_CRED_OUTBOUND, NULL,
                                          &identity, NULL, NULL, &credential, NULL);
      EXPECT(SEC_E_OK, status);
      memset(user, 'x', sizeof user);
      memset(password, 'x', sizeof password);
      memset(wide_texts, 'x', sizeof wide_texts);
      memset(&identity, 'x', sizeof identity);
      EXPECT(SEC_E_OK, log_in_with(credential, lane));
    }
  }
}
END_TEST

// 4.1: what SspiEncodeStringsAsAuthIdentity gives.
START_TEST(encoded_identities) {
  FOR_EACH_LANE(lane) {
    if (needs_list(lane)) continue;
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity = NULL;
    EXPECT(SEC_E_OK, SspiEncodeStringsAsAuthIdentity(wide(SSPI_USER), wide(SSPI_DOMAIN),
                                                     wide(SSPI_PASSWORD), &identity));
    CredHandle credential = acquired(lane, identity);
    SspiFreeAuthIdentity(identity);
    EXPECT(SEC_E_OK, log_in_with(credential, lane));
  }
}
END_TEST

// 4.1: EX2, offsets into one block.
START_TEST(ex2_identities) {
  FOR_EACH_LANE(lane) {
    if (needs_list(lane)) continue;
    struct {
      SEC_WINNT_AUTH_IDENTITY_EX2 header;
      WCHAR user[16], domain[16];
      struct {
        SEC_WINNT_AUTH_PACKED_CREDENTIALS header;
        WCHAR text[sizeof SSPI_PASSWORD - 1];
      } password;
    } block = {0};
    memcpy(block.user, wide(SSPI_USER), sizeof block.user);
    memcpy(block.domain, wide(SSPI_DOMAIN), sizeof block.domain);
    memcpy(block.password.text, wide(SSPI_PASSWORD), sizeof block.password.text);
    block.header = (SEC_WINNT_AUTH_IDENTITY_EX2){
        .Version = SEC_WINNT_AUTH_IDENTITY_VERSION_2,
        .cbHeaderLength = sizeof block.header,
        .cbStructureLength = sizeof block,
        .UserOffset = (ULONG)((char *)block.user - (char *)&block),
        .UserLength = 2 * (sizeof SSPI_USER - 1),
        .DomainOffset = (ULONG)((char *)block.domain - (char *)&block),
        .DomainLength = 2 * (sizeof SSPI_DOMAIN - 1),
        .PackedCredentialsOffset = (ULONG)((char *)&block.password - (char *)&block),
        .PackedCredentialsLength = sizeof block.password,
        .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
    };
    block.password.header = (SEC_WINNT_AUTH_PACKED_CREDENTIALS){
        .cbHeaderLength = sizeof block.password.header,
        .cbStructureLength = sizeof block.password,
        .AuthData = {.CredType = SEC_WINNT_AUTH_DATA_TYPE_PASSWORD,
                     .CredData = {sizeof block.password.header, sizeof block.password.text}},
    };
    EXPECT(SEC_E_OK, log_in_with(acquired(lane, &block), lane));
    CredHandle credential;
    block.header.UserOffset = sizeof block;
    EXPECT(SEC_E_UNKNOWN_CREDENTIALS,
           acquire(lane->package, SECPKG_CRED_OUTBOUND, &block, &credential));
  }
}
END_TEST

// 4.2: a domain within User, and a UPN, which stays as it is: the file of NTLM accounts knows none.
START_TEST(names_in_one_text) {
  FOR_EACH_LANE(lane) {
    if (needs_list(lane)) continue;
    static const char *const kUsers[] = {SSPI_DOMAIN "\\" SSPI_USER, SSPI_USER "@" SSPI_DOMAIN};
    for (size_t i = 0; i < COUNT(kUsers); ++i) {
      SEC_WINNT_AUTH_IDENTITY_A identity = plain(of(kUsers[i]), of(NULL), of(SSPI_PASSWORD));
      EXPECT(i == 1 && is_ntlm(lane) ? SEC_E_LOGON_DENIED : SEC_E_OK,
             log_in_with(acquired(lane, &identity), lane));
    }
    // The realm is in upper case.
    if (is_ntlm(lane)) continue;
    SEC_WINNT_AUTH_IDENTITY_A identity = plain(of(SSPI_USER), of("demo.test"), of(SSPI_PASSWORD));
    EXPECT(SEC_E_OK, log_in_with(acquired(lane, &identity), lane));
  }
}
END_TEST

// 4.1, 8.3: an empty password is one; NULL is none; long ones, and characters beyond the BMP.
START_TEST(passwords) {
  FOR_EACH_LANE(lane) {
    if (needs_list(lane)) continue;
    SEC_WINNT_AUTH_IDENTITY_A identity = plain(of("long"), of(SSPI_DOMAIN), of(long_password()));
    EXPECT(SEC_E_OK, log_in_with(acquired(lane, &identity), lane));
    identity = plain(of("long"), of(SSPI_DOMAIN), (struct text){long_password(), 1023});
    EXPECT(SEC_E_LOGON_DENIED, log_in_with(acquired(lane, &identity), lane));
    if (!is_ntlm(lane)) continue;
    identity = plain(of("empty"), of(SSPI_DOMAIN), of(""));
    EXPECT(SEC_E_OK, log_in_with(acquired(lane, &identity), lane));
    identity = plain(of(SSPI_USER), of(SSPI_DOMAIN), of(""));
    EXPECT(SEC_E_LOGON_DENIED, log_in_with(acquired(lane, &identity), lane));
    identity = plain(of("zoe"), of(SSPI_DOMAIN), of(SSPI_ODD_PASSWORD));
    EXPECT(SEC_E_OK, log_in_with(acquired(lane, &identity), lane));
    // A default source that holds one for that user, and one that does not.
    identity = plain(of(SSPI_USER), of(SSPI_DOMAIN), of(NULL));
    EXPECT(SEC_E_OK, log_in_with(acquired(lane, &identity), lane));
    identity = plain(of("stranger"), of(SSPI_DOMAIN), of(NULL));
    EXPECT(SEC_E_NO_CREDENTIALS, log_in_with(acquired(lane, &identity), lane));
  }
}
END_TEST

// S97, O1: nobody has a ticket, and the user of the identity has none either.
START_TEST(without_a_ticket) {
  FOR_EACH_LANE(lane) {
    if (is_ntlm(lane)) continue;
    SEC_WINNT_AUTH_IDENTITY_A identity = plain(of(SSPI_USER), of(SSPI_DOMAIN), of(NULL));
    if (!is_negotiate(lane)) {
      CredHandle credential;
      EXPECT(SEC_E_NO_CREDENTIALS, acquire(lane->package, SECPKG_CRED_OUTBOUND, NULL, &credential));
      EXPECT(SEC_E_NO_CREDENTIALS, log_in_with(acquired(lane, &identity), lane));
    }
  }
}
END_TEST

// S139, 4.1: lists of packages for Negotiate.
START_TEST(package_lists) {
  static const struct {
    const char *list;
    const char *package;  // NULL: it leaves nothing
  } kRows[] = {
      {"NTLM", "NTLM"},          {"!Kerberos", "NTLM"},
      {"ntlm", "NTLM"},          {"NTLM,!Kerberos", "NTLM"},
      {" NTLM , ", "NTLM"},      {"Kerberos", "Kerberos"},
      {"!NTLM", "Kerberos"},     {"Kerberos,!NTLM", "Kerberos"},
      {"!NTLM,!Kerberos", NULL}, {"NTLM,!NTLM", NULL},
      {"Digest", NULL},
  };
  for (size_t i = 0; i < COUNT(kRows); ++i) {
    const bool kerberos = kRows[i].package != NULL && strcmp(kRows[i].package, "Kerberos") == 0;
    if (kerberos && !has_realm()) continue;
    const struct lane lane = {"Negotiate", "Negotiate", kRows[i].list, kRows[i].package, NULL};
    struct pair pair = {.client_credential = client_of(&lane),
                        .server_credential = server_of(&lane)};
    const SECURITY_STATUS status = try_log_in(&pair, kProtect, 0);
    if (kRows[i].package == NULL) {
      EXPECT(SEC_E_NO_CREDENTIALS, status);
    } else {
      ck_assert_msg(status == SEC_E_OK, "%s: %s", kRows[i].list, SspiLastErrorText());
      SecPkgContext_NegotiationInfoA info;
      EXPECT(SEC_E_OK, QueryContextAttributesA(&pair.server, SECPKG_ATTR_NEGOTIATION_INFO, &info));
      ck_assert_str_eq(info.PackageInfo->Name, kRows[i].package);
      EXPECT(SEC_E_OK, FreeContextBuffer(info.PackageInfo));
    }
    DeleteSecurityContext(&pair.client);
    DeleteSecurityContext(&pair.server);
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.client_credential));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.server_credential));
  }
}
END_TEST

// 4.2: NULL stands for the account of the file, or for the ticket.
START_TEST(default_credentials) {
  FOR_EACH_LANE(lane) {
    if (lane->list != NULL && has_realm()) continue;
    if (!is_ntlm(lane)) setenv("KRB5CCNAME", getenv("SSPI_TEST_TICKET"), 1);
    CredHandle credential;
    EXPECT(SEC_E_OK, acquire(lane->package, SECPKG_CRED_OUTBOUND, NULL, &credential));
    SecPkgCredentials_NamesA names;
    EXPECT(SEC_E_OK, QueryCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, &names));
    ck_assert_msg(strcmp(names.sUserName, lane->client) == 0, "%s: %s", lane->name,
                  names.sUserName);
    EXPECT(SEC_E_OK, FreeContextBuffer(names.sUserName));
    EXPECT(SEC_E_OK, log_in_with(credential, lane));
  }
}
END_TEST

static size_t contents(const char *path, char *out, size_t room) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return 0;
  const size_t size = fread(out, 1, room, file);
  fclose(file);
  return size;
}

// Section 4.2: a password of an identity never reaches the user's cache, whether it is there or
// not.
START_TEST(the_cache_is_not_touched) {
  if (!has_realm()) return;
  static char before[65536], after[65536];
  const char *ticket = getenv("SSPI_TEST_TICKET") + strlen("FILE:");
  const char *absent = getenv("KRB5CCNAME") + strlen("FILE:");
  FOR_EACH_LANE(lane) {
    EXPECT(SEC_E_OK, log_in_with(client_of(lane), lane));
    ck_assert_int_ne(access(absent, F_OK), 0);
  }
  setenv("KRB5CCNAME", getenv("SSPI_TEST_TICKET"), 1);
  const size_t size = contents(ticket, before, sizeof before);
  ck_assert_uint_gt(size, 100);
  FOR_EACH_LANE(lane) {
    EXPECT(SEC_E_OK, log_in_with(client_of(lane), lane));
    ck_assert_uint_eq(contents(ticket, after, sizeof after), size);
    ck_assert_int_eq(memcmp(before, after, size), 0);
  }
}
END_TEST

// S138: uses and flags that mean nothing.
START_TEST(what_is_refused) {
  FOR_EACH_LANE(lane) {
    CredHandle credential;
    SEC_WINNT_AUTH_IDENTITY_A identity = plain(of(SSPI_USER), of(SSPI_DOMAIN), of(SSPI_PASSWORD));
    static const ULONG kUses[] = {0, 4, 0x10, 0x80000000};
    for (size_t i = 0; i < COUNT(kUses); ++i) {
      EXPECT(SEC_E_UNKNOWN_CREDENTIALS, acquire(lane->package, kUses[i], &identity, &credential));
    }
    static const ULONG kFlags[] = {0, 3, SEC_WINNT_AUTH_IDENTITY_MARSHALLED};
    for (size_t i = 0; i < COUNT(kFlags); ++i) {
      identity.Flags = kFlags[i];
      EXPECT(SEC_E_UNKNOWN_CREDENTIALS,
             acquire(lane->package, SECPKG_CRED_OUTBOUND, &identity, &credential));
    }
    identity = plain(of("\xFF\xFE"), of(SSPI_DOMAIN), of(SSPI_PASSWORD));
    EXPECT(SEC_E_UNKNOWN_CREDENTIALS,
           acquire(lane->package, SECPKG_CRED_OUTBOUND, &identity, &credential));
    EXPECT(SEC_E_INVALID_PARAMETER,
           AcquireCredentialsHandleA(NULL, text_of(lane->package), SECPKG_CRED_OUTBOUND, NULL, NULL,
                                     NULL, NULL, NULL, NULL));
  }
}
END_TEST

// L15: an acceptor's identity is the one account that it verifies against; no file is needed.
START_TEST(acceptors_with_an_identity) {
  FOR_EACH_LANE(lane) {
    if (!is_ntlm(lane)) continue;
    static const struct {
      const char *user, *password;
      SECURITY_STATUS status;
    } kClients[] = {{"solo", "one account", SEC_E_OK},
                    {"solo", "another", SEC_E_LOGON_DENIED},
                    {SSPI_USER, SSPI_PASSWORD, SEC_E_LOGON_DENIED}};
    const char *file = getenv("NTLM_USER_FILE");
    for (size_t i = 0; i < COUNT(kClients) * 2; ++i) {
      if (i == COUNT(kClients)) unsetenv("NTLM_USER_FILE");
      SEC_WINNT_AUTH_IDENTITY_A identity = plain(of("solo"), of(SSPI_DOMAIN), of("one account"));
      struct pair pair = {.client_credential = client_with(lane, kClients[i % COUNT(kClients)].user,
                                                           kClients[i % COUNT(kClients)].password)};
      EXPECT(SEC_E_OK,
             acquire(lane->package, SECPKG_CRED_INBOUND, &identity, &pair.server_credential));
      EXPECT(kClients[i % COUNT(kClients)].status, try_log_in(&pair, kProtect, 0));
      DeleteSecurityContext(&pair.client);
      DeleteSecurityContext(&pair.server);
      EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.client_credential));
      EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.server_credential));
    }
    setenv("NTLM_USER_FILE", file, 1);
  }
}
END_TEST

// S10, S119, 4.2: one credential for both roles.
START_TEST(both_roles) {
  FOR_EACH_LANE(lane) {
    if (needs_list(lane)) continue;
    if (!is_ntlm(lane)) setenv("KRB5CCNAME", getenv("SSPI_TEST_TICKET"), 1);
    CredHandle both;
    EXPECT(SEC_E_OK, acquire(lane->package, SECPKG_CRED_BOTH, NULL, &both));
    struct pair pair = {.client_credential = both, .server_credential = both};
    EXPECT(SEC_E_OK, try_log_in(&pair, kProtect, 0));
    EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.client));
    EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.server));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&both));
  }
}
END_TEST

// S80, S81, S130: the end of a credential; without one it is never.
START_TEST(ends_of_credentials) {
  FOR_EACH_LANE(lane) {
    TimeStamp expiry = {.LowPart = 1, .HighPart = 1};
    CredHandle credential;
    EXPECT(SEC_E_OK, AcquireCredentialsHandleA(NULL, text_of(lane->package), SECPKG_CRED_INBOUND,
                                               NULL, NULL, NULL, NULL, &credential, &expiry));
    ck_assert_int_eq(expiry.HighPart, 0x7FFFFFFF);
    ck_assert_uint_eq(expiry.LowPart, 0xFFFFFFFF);
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&credential));
    EXPECT(SEC_E_SECPKG_NOT_FOUND,
           AcquireCredentialsHandleA(NULL, text_of("?"), SECPKG_CRED_INBOUND, NULL, NULL, NULL,
                                     NULL, &credential, &expiry));
    ck_assert_int_eq(expiry.HighPart, 0);
    ck_assert_uint_eq(expiry.LowPart, 0);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sspi credential");
  TCase *tests = tcase_create("credential");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, plain_identities);
  tcase_add_test(tests, encoded_identities);
  tcase_add_test(tests, ex2_identities);
  tcase_add_test(tests, names_in_one_text);
  tcase_add_test(tests, passwords);
  tcase_add_test(tests, without_a_ticket);
  tcase_add_test(tests, package_lists);
  tcase_add_test(tests, default_credentials);
  tcase_add_test(tests, the_cache_is_not_touched);
  tcase_add_test(tests, what_is_refused);
  tcase_add_test(tests, acceptors_with_an_identity);
  tcase_add_test(tests, both_roles);
  tcase_add_test(tests, ends_of_credentials);
  suite_add_tcase(suite, tests);
  return run_sspi_suite(suite);
}
