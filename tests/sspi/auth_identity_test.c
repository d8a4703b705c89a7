// SPDX-License-Identifier: MIT
// Section 4.3: the Sspi* family through the library, as recorded on Windows where that is known.
#include <check.h>
#include <sspi.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/check_main.h"

enum { kMost = 64 };

// A text of ASCII as a program has it; several may be in use at a time.
static WCHAR *wide(const char *text) {
  static WCHAR room[16][kMost];
  static size_t next;
  WCHAR *to = room[next++ % 16];
  for (size_t i = 0; i == 0 || text[i - 1] != '\0'; ++i) to[i] = (WCHAR)(unsigned char)text[i];
  return to;
}

// Null for a null pointer.
static WCHAR *wide_or_null(const char *text) { return text != NULL ? wide(text) : NULL; }

static void expect_text(const WCHAR *got, const char *wanted, const char *what) {
  ck_assert_msg((got == NULL) == (wanted == NULL), "%s is %s", what,
                got == NULL ? "null" : "there");
  if (wanted == NULL) return;
  for (size_t i = 0; i <= strlen(wanted); ++i) {
    ck_assert_msg(got[i] == (unsigned char)wanted[i], "%s: character %zu is %04x", what, i, got[i]);
  }
}

static PSEC_WINNT_AUTH_IDENTITY_OPAQUE encoded(const char *user, const char *domain,
                                               const char *password) {
  PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity = NULL;
  ck_assert_int_eq(SspiEncodeStringsAsAuthIdentity(wide_or_null(user), wide_or_null(domain),
                                                   wide_or_null(password), &identity),
                   SEC_E_OK);
  ck_assert_ptr_nonnull(identity);
  return identity;
}

static void expect_strings(PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity, const char *user,
                           const char *domain, const char *password) {
  PCWSTR got[3];
  memset(got, 0xDB, sizeof got);
  ck_assert_int_eq(SspiEncodeAuthIdentityAsStrings(identity, &got[0], &got[1], &got[2]), SEC_E_OK);
  expect_text(got[0], user, "user");
  expect_text(got[1], domain, "domain");
  expect_text(got[2], password, "password");
  for (size_t i = 0; i < 3; ++i) SspiLocalFree((PVOID)got[i]);
}

// The same texts each time, which tests overwrite.
static SEC_WINNT_AUTH_IDENTITY_A ansi_identity(void) {
  static unsigned char user[5], domain[7], password[9];
  memcpy(user, "user", sizeof user);
  memcpy(domain, "domain", sizeof domain);
  memcpy(password, "password", sizeof password);
  const SEC_WINNT_AUTH_IDENTITY_A identity = {
      user, 4, domain, 6, password, 8, SEC_WINNT_AUTH_IDENTITY_ANSI};
  return identity;
}

// ---- strings -----------------------------------------------------------------------------------

START_TEST(AllNullIsNoIdentity) {
  const PSEC_WINNT_AUTH_IDENTITY_OPAQUE marker = (PSEC_WINNT_AUTH_IDENTITY_OPAQUE)0xdeadbeef;
  PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity = marker;
  ck_assert_int_eq(SspiEncodeStringsAsAuthIdentity(NULL, NULL, NULL, NULL), SEC_E_INVALID_TOKEN);
  ck_assert_int_eq(SspiEncodeStringsAsAuthIdentity(wide("u"), NULL, NULL, NULL),
                   SEC_E_INVALID_TOKEN);
  ck_assert_int_eq(SspiEncodeStringsAsAuthIdentity(NULL, NULL, NULL, &identity),
                   SEC_E_INVALID_TOKEN);
  ck_assert_ptr_eq(identity, marker);
}
END_TEST

// Absent is not empty, and stays what it is.
START_TEST(EachStringMayBeNull) {
  static const char *const kTexts[] = {NULL, "", "text"};
  for (size_t u = 0; u < 3; ++u) {
    for (size_t d = 0; d < 3; ++d) {
      for (size_t p = 0; p < 3; ++p) {
        if (u + d + p == 0) continue;
        PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity = encoded(kTexts[u], kTexts[d], kTexts[p]);
        expect_strings(identity, kTexts[u], kTexts[d], kTexts[p]);
        ck_assert_int_eq(SspiValidateAuthIdentity(identity), SEC_E_OK);
        SspiFreeAuthIdentity(identity);
      }
    }
  }
}
END_TEST

// The block that Windows makes.
START_TEST(LayoutOfTheBlock) {
  SEC_WINNT_AUTH_IDENTITY_EXW *block = encoded(NULL, NULL, "password");
  ck_assert_uint_eq(block->Version, SEC_WINNT_AUTH_IDENTITY_VERSION);
  ck_assert_uint_eq(block->Length, sizeof *block);
  ck_assert(block->User == NULL && block->UserLength == 0);
  ck_assert(block->Domain == NULL && block->DomainLength == 0);
  ck_assert_ptr_eq(block->Password, block + 1);
  ck_assert_uint_eq(block->PasswordLength, 8);
  ck_assert_uint_eq(block->Flags,
                    SEC_WINNT_AUTH_IDENTITY_UNICODE | SEC_WINNT_AUTH_IDENTITY_MARSHALLED);
  ck_assert(block->PackageList == NULL && block->PackageListLength == 0);
  SspiFreeAuthIdentity(block);
}
END_TEST

START_TEST(StringsOfOtherForms) {
  SEC_WINNT_AUTH_IDENTITY_A ansi = ansi_identity();
  expect_strings(&ansi, "user", "domain", "password");
  ansi.Domain = NULL;
  ansi.DomainLength = 0;
  ansi.PasswordLength = 4;
  expect_strings(&ansi, "user", NULL, "pass");
  ansi.User[0] = 0xff;
  PCWSTR user = (PCWSTR)&ansi;
  ck_assert_int_eq(SspiEncodeAuthIdentityAsStrings(&ansi, &user, NULL, NULL),
                   SEC_E_UNKNOWN_CREDENTIALS);
  ck_assert_ptr_null(user);
}
END_TEST

START_TEST(OnlyTheStringsThatAreAskedFor) {
  PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity = encoded("user", "domain", "password");
  PCWSTR domain = NULL;
  ck_assert_int_eq(SspiEncodeAuthIdentityAsStrings(identity, NULL, &domain, NULL), SEC_E_OK);
  expect_text(domain, "domain", "domain");
  SspiLocalFree((PVOID)domain);
  ck_assert_int_eq(SspiEncodeAuthIdentityAsStrings(identity, NULL, NULL, NULL), SEC_E_OK);
  SspiFreeAuthIdentity(identity);
}
END_TEST

// The one code that Microsoft's page names.
START_TEST(EncryptedIdentities) {
  SEC_WINNT_AUTH_IDENTITY_A ansi = ansi_identity();
  ansi.Flags |= SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED;
  PCWSTR got[3];
  memset(got, 0xDB, sizeof got);
  ck_assert_uint_eq((ULONG)SspiEncodeAuthIdentityAsStrings(&ansi, &got[0], &got[1], &got[2]),
                    0xC000000D);
  for (size_t i = 0; i < 3; ++i) ck_assert_ptr_null(got[i]);
  ck_assert_int_eq(SspiValidateAuthIdentity(&ansi), SEC_E_UNKNOWN_CREDENTIALS);
  PSEC_WINNT_AUTH_IDENTITY_OPAQUE copy = &ansi;
  ck_assert_int_eq(SspiCopyAuthIdentity(&ansi, &copy), SEC_E_UNKNOWN_CREDENTIALS);
  ck_assert_ptr_null(copy);
}
END_TEST

// ---- wiping and freeing ------------------------------------------------------------------------

START_TEST(ZeroWipesThePasswordInPlace) {
  SEC_WINNT_AUTH_IDENTITY_EXW *identity = encoded("user", "domain", "password");
  const WCHAR *password = (const WCHAR *)identity->Password;
  SspiZeroAuthIdentity(identity);
  for (size_t i = 0; i < 8; ++i) ck_assert_uint_eq(password[i], 0);
  expect_strings(identity, "user", "domain", "");
  SspiFreeAuthIdentity(identity);

  SEC_WINNT_AUTH_IDENTITY_A ansi = ansi_identity();
  SspiZeroAuthIdentity(&ansi);
  for (size_t i = 0; i < 8; ++i) ck_assert_uint_eq(ansi.Password[i], 0);
  ck_assert_str_eq((const char *)ansi.User, "user");
  SspiZeroAuthIdentity(NULL);
}
END_TEST

// L12: what is not ours is left alone, and nothing is freed twice.
START_TEST(FreeTakesAnything) {
  int local = 0;
  char *foreign = malloc(16);
  ck_assert_ptr_nonnull(foreign);
  strcpy(foreign, "foreign");
  PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity = encoded("user", NULL, NULL);
  void (*const functions[])(PVOID) = {SspiLocalFree, SspiFreeAuthIdentity};
  for (size_t i = 0; i < 2; ++i) {
    functions[i](NULL);
    functions[i](&local);
    functions[i](foreign);
    functions[i]((char *)identity + 4);
  }
  expect_strings(identity, "user", NULL, NULL);
  ck_assert_str_eq(foreign, "foreign");
  SspiFreeAuthIdentity(identity);
  SspiFreeAuthIdentity(identity);
  free(foreign);
}
END_TEST

// ---- copies ------------------------------------------------------------------------------------

START_TEST(CopiesStandAlone) {
  PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity = encoded("user", NULL, "password");
  PSEC_WINNT_AUTH_IDENTITY_OPAQUE copy = NULL, of_ansi = NULL;
  ck_assert_int_eq(SspiCopyAuthIdentity(identity, &copy), SEC_E_OK);
  SspiFreeAuthIdentity(identity);
  expect_strings(copy, "user", NULL, "password");
  SspiFreeAuthIdentity(copy);

  SEC_WINNT_AUTH_IDENTITY_A ansi = ansi_identity();
  ck_assert_int_eq(SspiCopyAuthIdentity(&ansi, &of_ansi), SEC_E_OK);
  memset(&ansi, 0xAA, sizeof ansi);
  expect_strings(of_ansi, "user", "domain", "password");
  SspiFreeAuthIdentity(of_ansi);

  ck_assert_int_eq(SspiCopyAuthIdentity(NULL, &copy), SEC_E_INVALID_PARAMETER);
  ck_assert_ptr_null(copy);
  ansi = ansi_identity();
  ck_assert_int_eq(SspiCopyAuthIdentity(&ansi, NULL), SEC_E_INVALID_PARAMETER);
}
END_TEST

static void expect_list(PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity, const char *list) {
  const SEC_WINNT_AUTH_IDENTITY_EXW *block = identity;
  ck_assert_uint_eq(block->PackageListLength, strlen(list));
  if ((block->Flags & SEC_WINNT_AUTH_IDENTITY_ANSI) != 0) {
    ck_assert_mem_eq(block->PackageList, list, strlen(list) + 1);
  } else {
    expect_text((const WCHAR *)block->PackageList, list, "list");
  }
}

START_TEST(ExcludedPackages) {
  PSEC_WINNT_AUTH_IDENTITY_OPAQUE first = NULL, second = NULL, third = NULL;
  PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity = encoded("user", "domain", "password");
  ck_assert_int_eq(SspiExcludePackage(identity, wide("NTLM"), &first), SEC_E_OK);
  SspiFreeAuthIdentity(identity);
  expect_list(first, "!NTLM");
  expect_strings(first, "user", "domain", "password");
  ck_assert_int_eq(SspiExcludePackage(first, wide("Kerberos"), &second), SEC_E_OK);
  expect_list(second, "!NTLM,!Kerberos");
  ck_assert_int_eq(SspiExcludePackage(second, wide("ntlm"), &third), SEC_E_OK);
  expect_list(third, "!NTLM,!Kerberos");
  SspiFreeAuthIdentity(first);
  SspiFreeAuthIdentity(second);
  SspiFreeAuthIdentity(third);

  SEC_WINNT_AUTH_IDENTITY_A ansi = ansi_identity();
  ck_assert_int_eq(SspiExcludePackage(&ansi, wide("NTLM"), &first), SEC_E_OK);
  expect_list(first, "!NTLM");
  expect_strings(first, "user", "domain", "password");
  SspiFreeAuthIdentity(first);
}
END_TEST

// Default credentials, but not of that package.
START_TEST(ExcludedFromNothing) {
  PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity = NULL;
  ck_assert_int_eq(SspiExcludePackage(NULL, wide("NTLM"), &identity), SEC_E_OK);
  expect_list(identity, "!NTLM");
  expect_strings(identity, NULL, NULL, NULL);
  ck_assert_int_eq(SspiValidateAuthIdentity(identity), SEC_E_OK);
  SspiFreeAuthIdentity(identity);
}
END_TEST

START_TEST(ExcludedNames) {
  static const char *const kNames[] = {"", ",", "NTLM,Kerberos", "!NTLM", "NT LM", NULL};
  PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity = encoded("user", NULL, NULL), got = identity;
  for (size_t i = 0; i < sizeof kNames / sizeof *kNames; ++i) {
    got = identity;
    ck_assert_int_eq(SspiExcludePackage(identity, wide_or_null(kNames[i]), &got),
                     SEC_E_INVALID_PARAMETER);
    ck_assert_ptr_null(got);
  }
  ck_assert_int_eq(SspiExcludePackage(identity, wide("NTLM"), NULL), SEC_E_INVALID_PARAMETER);
  SspiFreeAuthIdentity(identity);
}
END_TEST

// ---- judging -----------------------------------------------------------------------------------

START_TEST(Validity) {
  SEC_WINNT_AUTH_IDENTITY_A ansi = ansi_identity();
  ck_assert_int_eq(SspiValidateAuthIdentity(&ansi), SEC_E_OK);
  ck_assert_int_eq(SspiValidateAuthIdentity(NULL), SEC_E_INVALID_PARAMETER);
  ansi.Flags = 0;
  ck_assert_int_eq(SspiValidateAuthIdentity(&ansi), SEC_E_UNKNOWN_CREDENTIALS);
  ansi = ansi_identity();
  ansi.PasswordLength = 0xFFFFFFFF;
  ck_assert_int_eq(SspiValidateAuthIdentity(&ansi), SEC_E_UNKNOWN_CREDENTIALS);
}
END_TEST

struct pair {
  const char *one[3], *other[3];
  int same_user, same_identity;
};

START_TEST(Comparisons) {
  static const struct pair kPairs[] = {
      {{"user", "dom", "pw"}, {"user", "dom", "pw"}, 1, 1},
      {{"User", "DOM", "pw"}, {"uSER", "dom", "pw"}, 1, 1},
      {{"user", "dom", "pw"}, {"user", "dom", "PW"}, 1, 0},
      {{"user", "dom", "pw"}, {"user", "dom", "pwx"}, 1, 0},
      {{"user", "dom", "pw"}, {"user", "dom", NULL}, 1, 0},
      {{"user", "dom", ""}, {"user", "dom", NULL}, 1, 0},
      {{"user", "dom", NULL}, {"user", "dom", NULL}, 1, 1},
      {{"user", "dom", "pw"}, {"user", NULL, "pw"}, 0, 0},
      {{"user", "dom", "pw"}, {"other", "dom", "pw"}, 0, 0},
      {{"user", "dom", "pw"}, {"user", "other", "pw"}, 0, 0},
      {{NULL, NULL, NULL}, {NULL, NULL, NULL}, 1, 1},
      {{NULL, NULL, NULL}, {"", NULL, NULL}, 0, 0},
      {{NULL, NULL, NULL}, {"user", NULL, NULL}, 0, 0},
  };
  for (size_t i = 0; i < sizeof kPairs / sizeof *kPairs; ++i) {
    const struct pair *pair = &kPairs[i];
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE sides[2] = {NULL, NULL};
    const char *const *texts[2] = {pair->one, pair->other};
    for (size_t k = 0; k < 2; ++k) {
      if (texts[k][0] != NULL) sides[k] = encoded(texts[k][0], texts[k][1], texts[k][2]);
    }
    for (size_t k = 0; k < 2; ++k) {
      BOOLEAN same_user = 0xDB, same_identity = 0xDB;
      ck_assert_int_eq(
          SspiCompareAuthIdentities(sides[k], sides[1 - k], &same_user, &same_identity), SEC_E_OK);
      ck_assert_msg(same_user == pair->same_user, "pair %zu: user", i);
      ck_assert_msg(same_identity == pair->same_identity, "pair %zu: identity", i);
      ck_assert_int_eq(SspiCompareAuthIdentities(sides[k], sides[1 - k], NULL, NULL), SEC_E_OK);
    }
    SspiFreeAuthIdentity(sides[0]);
    SspiFreeAuthIdentity(sides[1]);
  }
  SEC_WINNT_AUTH_IDENTITY_A wrong = ansi_identity(), right = ansi_identity();
  wrong.Flags = 0;
  BOOLEAN same_user = 0xDB, same_identity = 0xDB;
  ck_assert_int_eq(SspiCompareAuthIdentities(&right, &wrong, &same_user, &same_identity),
                   SEC_E_UNKNOWN_CREDENTIALS);
  ck_assert(same_user == FALSE && same_identity == FALSE);
}
END_TEST

// ---- hosts -------------------------------------------------------------------------------------

START_TEST(HostsOfTargets) {
  static const char *const kTargets[][2] = {
      {"HTTP/www.example.com", "www.example.com"},
      {"HTTP/www.example.com:8080", "www.example.com"},
      {"MSSQLSvc/db.example.com:1433/EXAMPLE.COM", "db.example.com"},
      {"ldap/dc.example.com/example.com", "dc.example.com"},
      {"TERMSRV/host@EXAMPLE.COM", "host"},
      {"host", "host"},
      {"host:443", "host"},
      {"\\\\server", "server"},
      {"::1", "::1"},
      {"HTTP/[fe80::1]:8080", "fe80::1"},
      {"HTTP/fe80::1", "fe80::1"},
      {"127.0.0.1", "127.0.0.1"},
  };
  for (size_t i = 0; i < sizeof kTargets / sizeof *kTargets; ++i) {
    PWSTR host = NULL;
    ck_assert_int_eq(SspiGetTargetHostName(wide(kTargets[i][0]), &host), SEC_E_OK);
    expect_text(host, kTargets[i][1], kTargets[i][0]);
    SspiLocalFree(host);
  }
}
END_TEST

START_TEST(TargetsWithoutHost) {
  static const char *const kTargets[] = {"", "HTTP/", "HTTP//x", "/", ":80", "HTTP/[::1", "\\\\"};
  for (size_t i = 0; i < sizeof kTargets / sizeof *kTargets; ++i) {
    PWSTR host = wide("marker");
    ck_assert_msg(SspiGetTargetHostName(wide(kTargets[i]), &host) == SEC_E_TARGET_UNKNOWN, "%s",
                  kTargets[i]);
    ck_assert_ptr_null(host);
  }
  PWSTR host = wide("marker");
  ck_assert_int_eq(SspiGetTargetHostName(NULL, &host), SEC_E_INVALID_PARAMETER);
  ck_assert_ptr_null(host);
  ck_assert_int_eq(SspiGetTargetHostName(wide("host"), NULL), SEC_E_INVALID_PARAMETER);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("auth_identity");
  TCase *tests = tcase_create("auth_identity");
  tcase_add_test(tests, AllNullIsNoIdentity);
  tcase_add_test(tests, EachStringMayBeNull);
  tcase_add_test(tests, LayoutOfTheBlock);
  tcase_add_test(tests, StringsOfOtherForms);
  tcase_add_test(tests, OnlyTheStringsThatAreAskedFor);
  tcase_add_test(tests, EncryptedIdentities);
  tcase_add_test(tests, ZeroWipesThePasswordInPlace);
  tcase_add_test(tests, FreeTakesAnything);
  tcase_add_test(tests, CopiesStandAlone);
  tcase_add_test(tests, ExcludedPackages);
  tcase_add_test(tests, ExcludedFromNothing);
  tcase_add_test(tests, ExcludedNames);
  tcase_add_test(tests, Validity);
  tcase_add_test(tests, Comparisons);
  tcase_add_test(tests, HostsOfTargets);
  tcase_add_test(tests, TargetsWithoutHost);
  suite_add_tcase(suite, tests);
  return RunSuite(suite);
}
