// SPDX-License-Identifier: MIT
// Section 3.1, L20: what is not supported says so and leaves its outputs zero.
#include <check.h>
#include <sspi.h>
#include <string.h>

#include "../unit/check_main.h"

// Outputs, full of something before each call.
static struct {
  TimeStamp time;
  ULONG number, other_number;
  void *pointers[3];
  BOOL flag;
  SecHandle handle;
} out;

static void fill(void) { memset(&out, 0xDB, sizeof out); }

static void expect_zero(const void *output, size_t size) {
  static const char zeroes[64];
  ck_assert_uint_le(size, sizeof zeroes);
  ck_assert_mem_eq(output, zeroes, size);
}
#define EXPECT_ZERO(output) expect_zero(&(output), sizeof(output))

#define EXPECT_UNSUPPORTED(call)                                           \
  do {                                                                     \
    fill();                                                                \
    ck_assert_int_eq((SECURITY_STATUS)(call), SEC_E_UNSUPPORTED_FUNCTION); \
    ck_assert_int_eq(SspiLastErrorStatus(), SEC_E_UNSUPPORTED_FUNCTION);   \
    ck_assert_str_ne(SspiLastErrorText(), "");                             \
  } while (0)

// For an output that is a pointer to something.
#define POINTER(type, i) ((type *)(void *)&out.pointers[i])

START_TEST(Credentials) {
  EXPECT_UNSUPPORTED(AddCredentialsA(NULL, NULL, NULL, 2, NULL, NULL, NULL, &out.time));
  EXPECT_ZERO(out.time);
  EXPECT_UNSUPPORTED(AddCredentialsW(NULL, NULL, NULL, 2, NULL, NULL, NULL, &out.time));
  EXPECT_ZERO(out.time);
  EXPECT_UNSUPPORTED(AddCredentialsW(NULL, NULL, NULL, 2, NULL, NULL, NULL, NULL));
  EXPECT_UNSUPPORTED(SetCredentialsAttributesA(NULL, 3, NULL, 0));
  EXPECT_UNSUPPORTED(SetCredentialsAttributesW(NULL, 3, NULL, 0));
  EXPECT_UNSUPPORTED(ChangeAccountPasswordA(NULL, NULL, NULL, NULL, NULL, FALSE, 0, NULL));
  EXPECT_UNSUPPORTED(ChangeAccountPasswordW(NULL, NULL, NULL, NULL, NULL, FALSE, 0, NULL));
}
END_TEST

START_TEST(Contexts) {
  EXPECT_UNSUPPORTED(SetContextAttributesA(NULL, 0, NULL, 0));
  EXPECT_UNSUPPORTED(SetContextAttributesW(NULL, 0, NULL, 0));
  EXPECT_UNSUPPORTED(DelegateSecurityContext(NULL, NULL, 0, &out.time, NULL, NULL));
  EXPECT_ZERO(out.time);
}
END_TEST

START_TEST(Identities) {
  EXPECT_UNSUPPORTED(SspiMarshalAuthIdentity(NULL, &out.number, POINTER(char *, 0)));
  EXPECT_ZERO(out.number);
  EXPECT_ZERO(out.pointers[0]);
  EXPECT_UNSUPPORTED(SspiUnmarshalAuthIdentity(0, NULL, &out.pointers[0]));
  EXPECT_ZERO(out.pointers[0]);
  EXPECT_UNSUPPORTED(SspiEncryptAuthIdentity(NULL));
  EXPECT_UNSUPPORTED(SspiDecryptAuthIdentity(NULL));
  EXPECT_UNSUPPORTED(SspiEncryptAuthIdentityEx(0, NULL));
  EXPECT_UNSUPPORTED(SspiDecryptAuthIdentityEx(0, NULL));
  EXPECT_UNSUPPORTED(SspiPrepareForCredRead(NULL, NULL, &out.number, POINTER(PCWSTR, 0)));
  EXPECT_ZERO(out.number);
  EXPECT_ZERO(out.pointers[0]);
  EXPECT_UNSUPPORTED(SspiPrepareForCredWrite(NULL, NULL, &out.number, POINTER(PCWSTR, 0),
                                             POINTER(PCWSTR, 1), POINTER(PUCHAR, 2),
                                             &out.other_number));
  EXPECT_ZERO(out.number);
  EXPECT_ZERO(out.other_number);
  EXPECT_ZERO(out.pointers);
  EXPECT_UNSUPPORTED(
      SspiPromptForCredentialsA(NULL, NULL, 0, NULL, NULL, &out.pointers[0], &out.flag, 0));
  EXPECT_ZERO(out.pointers[0]);
  EXPECT_ZERO(out.flag);
  EXPECT_UNSUPPORTED(
      SspiPromptForCredentialsW(NULL, NULL, 0, NULL, NULL, &out.pointers[0], &out.flag, 0));
  EXPECT_ZERO(out.pointers[0]);
  EXPECT_ZERO(out.flag);
  ck_assert_int_eq(SspiIsAuthIdentityEncrypted(NULL), FALSE);
  ck_assert_int_eq(SspiIsPromptingNeeded((ULONG)SEC_E_NO_CREDENTIALS), FALSE);
}
END_TEST

START_TEST(Sasl) {
  EXPECT_UNSUPPORTED(SaslEnumerateProfilesA(POINTER(SEC_CHAR *, 0), &out.number));
  EXPECT_ZERO(out.pointers[0]);
  EXPECT_ZERO(out.number);
  EXPECT_UNSUPPORTED(SaslEnumerateProfilesW(POINTER(SEC_WCHAR *, 0), &out.number));
  EXPECT_ZERO(out.pointers[0]);
  EXPECT_ZERO(out.number);
  EXPECT_UNSUPPORTED(SaslGetProfilePackageA(NULL, POINTER(PSecPkgInfoA, 0)));
  EXPECT_ZERO(out.pointers[0]);
  EXPECT_UNSUPPORTED(SaslGetProfilePackageW(NULL, POINTER(PSecPkgInfoW, 0)));
  EXPECT_ZERO(out.pointers[0]);
  EXPECT_UNSUPPORTED(SaslIdentifyPackageA(NULL, POINTER(PSecPkgInfoA, 0)));
  EXPECT_ZERO(out.pointers[0]);
  EXPECT_UNSUPPORTED(SaslIdentifyPackageW(NULL, POINTER(PSecPkgInfoW, 0)));
  EXPECT_ZERO(out.pointers[0]);
  EXPECT_UNSUPPORTED(SaslInitializeSecurityContextA(NULL, NULL, NULL, 0, 0, 0, NULL, 0, &out.handle,
                                                    NULL, &out.number, &out.time));
  EXPECT_ZERO(out.number);
  EXPECT_ZERO(out.time);
  EXPECT_UNSUPPORTED(SaslInitializeSecurityContextW(NULL, NULL, NULL, 0, 0, 0, NULL, 0, &out.handle,
                                                    NULL, &out.number, &out.time));
  EXPECT_ZERO(out.number);
  EXPECT_ZERO(out.time);
  EXPECT_UNSUPPORTED(
      SaslAcceptSecurityContext(NULL, NULL, NULL, 0, 0, &out.handle, NULL, &out.number, &out.time));
  EXPECT_ZERO(out.number);
  EXPECT_ZERO(out.time);
  EXPECT_UNSUPPORTED(SaslSetContextOption(NULL, 0, NULL, 0));
  EXPECT_UNSUPPORTED(SaslGetContextOption(NULL, 0, NULL, 0, &out.number));
  EXPECT_ZERO(out.number);
}
END_TEST

START_TEST(Asynchronous) {
  ck_assert_ptr_null(SspiCreateAsyncContext());
  SspiFreeAsyncContext(NULL);
  ck_assert_int_lt(SspiReinitAsyncContext(NULL), 0);
  ck_assert_int_eq(SspiAsyncContextRequiresNotify(NULL), FALSE);
  EXPECT_UNSUPPORTED(SspiSetAsyncNotifyCallback(NULL, NULL, NULL));
  EXPECT_UNSUPPORTED(SspiGetAsyncCallStatus(NULL));
  EXPECT_UNSUPPORTED(SspiAcquireCredentialsHandleAsyncA(NULL, NULL, NULL, 2, NULL, NULL, NULL, NULL,
                                                        &out.handle, &out.time));
  EXPECT_ZERO(out.time);
  EXPECT_UNSUPPORTED(SspiAcquireCredentialsHandleAsyncW(NULL, NULL, NULL, 2, NULL, NULL, NULL, NULL,
                                                        &out.handle, &out.time));
  EXPECT_ZERO(out.time);
  EXPECT_UNSUPPORTED(SspiInitializeSecurityContextAsyncA(
      NULL, NULL, NULL, NULL, 0, 0, 0, NULL, 0, &out.handle, NULL, &out.number, &out.time));
  EXPECT_ZERO(out.number);
  EXPECT_ZERO(out.time);
  EXPECT_UNSUPPORTED(SspiInitializeSecurityContextAsyncW(
      NULL, NULL, NULL, NULL, 0, 0, 0, NULL, 0, &out.handle, NULL, &out.number, &out.time));
  EXPECT_ZERO(out.number);
  EXPECT_ZERO(out.time);
  EXPECT_UNSUPPORTED(SspiAcceptSecurityContextAsync(NULL, NULL, NULL, NULL, 0, 0, &out.handle, NULL,
                                                    &out.number, &out.time));
  EXPECT_ZERO(out.number);
  EXPECT_ZERO(out.time);
  EXPECT_UNSUPPORTED(SspiFreeCredentialsHandleAsync(NULL, NULL));
  EXPECT_UNSUPPORTED(SspiDeleteSecurityContextAsync(NULL, NULL));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("stubs");
  TCase *tests = tcase_create("stubs");
  tcase_add_test(tests, Credentials);
  tcase_add_test(tests, Contexts);
  tcase_add_test(tests, Identities);
  tcase_add_test(tests, Sasl);
  tcase_add_test(tests, Asynchronous);
  suite_add_tcase(suite, tests);
  return RunSuite(suite);
}
