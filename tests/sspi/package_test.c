// SPDX-License-Identifier: MIT
// Packages, function tables, the memory of the library, and the shape of the interface
// (sections 1.4 and 3).
#include <dlfcn.h>
#include <pthread.h>
#include <security.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void *text_of(const char *text) { return (void *)(uintptr_t)text; }

// Section 1.4; NTLM is last, as programs take the first that they know.
static const struct {
  const char *name;
  ULONG capabilities;
  USHORT id;
  ULONG max_token;
} kPackages[] = {
    {"Negotiate", 0x00083bb3, 0x09, 48000},
    {"Kerberos", 0x000f3bbf, 0x10, 48000},
    {"NTLM", 0x00082b37, 0x0A, 2888},
};

static void expect_info(const SecPkgInfoA *info, size_t i) {
  ck_assert_str_eq(info->Name, kPackages[i].name);
  ck_assert_uint_eq(info->fCapabilities, kPackages[i].capabilities);
  ck_assert_uint_eq(info->wVersion, 1);
  ck_assert_uint_eq(info->wRPCID, kPackages[i].id);
  ck_assert_uint_eq(info->cbMaxToken, kPackages[i].max_token);
  ck_assert_uint_gt(strlen(info->Comment), 0);
}

// L16, R13: all packages, as one block that one call frees.
START_TEST(enumeration) {
  ULONG count = 77;
  SecPkgInfoA *list = NULL;
  EXPECT(SEC_E_OK, EnumerateSecurityPackagesA(&count, &list));
  ck_assert_uint_eq(count, COUNT(kPackages));
  for (size_t i = 0; i < COUNT(kPackages); ++i) expect_info(&list[i], i);
  // The texts lie in the block: they are no blocks of their own.
  EXPECT(SEC_E_OK, FreeContextBuffer(list[0].Name));
  ck_assert_str_eq(list[0].Name, "Negotiate");
  EXPECT(SEC_E_OK, FreeContextBuffer(list));
  SecPkgInfoW *wide_list = NULL;
  EXPECT(SEC_E_OK, EnumerateSecurityPackagesW(&count, &wide_list));
  for (size_t i = 0; i < COUNT(kPackages); ++i) {
    ck_assert(wide_equals(wide_list[i].Name, kPackages[i].name));
  }
  EXPECT(SEC_E_OK, FreeContextBuffer(wide_list));
  EXPECT(SEC_E_INVALID_PARAMETER, EnumerateSecurityPackagesA(NULL, &list));
  ck_assert_ptr_null(list);
  EXPECT(SEC_E_INVALID_PARAMETER, EnumerateSecurityPackagesA(&count, NULL));
  ck_assert_uint_eq(count, 0);
}
END_TEST

// S136, R2: names without case. S137: of an unknown one nothing is written.
START_TEST(names_of_packages) {
  static const struct {
    const char *name;
    size_t package;
  } kNames[] = {{"Negotiate", 0}, {"negotiate", 0}, {"NEGOTIATE", 0}, {"Kerberos", 1},
                {"kerberos", 1},  {"NTLM", 2},      {"ntlm", 2},      {"NtLm", 2}};
  for (size_t i = 0; i < COUNT(kNames); ++i) {
    SecPkgInfoA *info = NULL;
    SecPkgInfoW *wide_info = NULL;
    EXPECT(SEC_E_OK, QuerySecurityPackageInfoA(text_of(kNames[i].name), &info));
    expect_info(info, kNames[i].package);
    EXPECT(SEC_E_OK, FreeContextBuffer(info));
    EXPECT(SEC_E_OK, QuerySecurityPackageInfoW(wide(kNames[i].name), &wide_info));
    ck_assert(wide_equals(wide_info->Name, kPackages[kNames[i].package].name));
    EXPECT(SEC_E_OK, FreeContextBuffer(wide_info));
  }
  static const char *const kUnknown[] = {"",       "NTLM ", " NTLM",    "NTL", "NTLMv2",
                                         "Digest", "\xFF",  "Schannel", NULL};
  for (size_t i = 0; i < COUNT(kUnknown); ++i) {
    SecPkgInfoA *info = (SecPkgInfoA *)&i;
    CredHandle credential = {7, 9};
    EXPECT(SEC_E_SECPKG_NOT_FOUND, QuerySecurityPackageInfoA(text_of(kUnknown[i]), &info));
    ck_assert_ptr_eq(info, &i);
    EXPECT(SEC_E_SECPKG_NOT_FOUND,
           AcquireCredentialsHandleA(NULL, text_of(kUnknown[i]), SECPKG_CRED_OUTBOUND, NULL, NULL,
                                     NULL, NULL, &credential, NULL));
    ck_assert_uint_eq(credential.dwLower, 7);
    SecBuffer packed = {0, SECBUFFER_TOKEN, NULL};
    EXPECT(SEC_E_SECPKG_NOT_FOUND,
           ImportSecurityContextA(text_of(kUnknown[i]), &packed, NULL, &credential));
  }
  const WCHAR half_pair[] = {0xD83D, 0};
  SecPkgInfoW *wide_info = NULL;
  EXPECT(SEC_E_SECPKG_NOT_FOUND,
         QuerySecurityPackageInfoW((WCHAR *)(uintptr_t)half_pair, &wide_info));
  EXPECT(SEC_E_SECPKG_NOT_FOUND, QuerySecurityPackageInfoW(NULL, &wide_info));
  EXPECT(SEC_E_INVALID_PARAMETER, QuerySecurityPackageInfoA(text_of("NTLM"), NULL));
}
END_TEST

// S120, L12, R6, 8.3: what is no block of the library is left alone, and a block is freed once.
START_TEST(memory_of_the_library) {
  int local = 5;
  unsigned char *own = malloc(100);
  ck_assert_ptr_nonnull(own);
  SecPkgInfoA *info = NULL;
  EXPECT(SEC_E_OK, QuerySecurityPackageInfoA(text_of("NTLM"), &info));
  EXPECT(SEC_E_OK, FreeContextBuffer(NULL));
  EXPECT(SEC_E_OK, FreeContextBuffer(&local));
  EXPECT(SEC_E_OK, FreeContextBuffer(own));
  EXPECT(SEC_E_OK, FreeContextBuffer(own + 50));
  EXPECT(SEC_E_OK, FreeContextBuffer((unsigned char *)info + 1));
  EXPECT(SEC_E_OK, FreeContextBuffer((void *)(uintptr_t)-1));
  ck_assert_str_eq(info->Name, "NTLM");
  EXPECT(SEC_E_OK, FreeContextBuffer(info));
  EXPECT(SEC_E_OK, FreeContextBuffer(info));
  EXPECT(SEC_E_OK, FreeContextBuffer(info));
  memset(own, 1, 100);
  free(own);
}
END_TEST

static void *use_memory(void *failed) {
  for (int i = 0; i < 500; ++i) {
    CredHandle credential;
    SecPkgInfoA *list = NULL;
    ULONG count = 0;
    if (EnumerateSecurityPackagesA(&count, &list) != SEC_E_OK) return failed;
    if (InitSecurityInterfaceA() == NULL || InitSecurityInterfaceW() == NULL) return failed;
    if (i % 50 == 0) {
      if (AcquireCredentialsHandleA(NULL, text_of("NTLM"), SECPKG_CRED_OUTBOUND, NULL, NULL, NULL,
                                    NULL, &credential, NULL) != SEC_E_OK ||
          FreeCredentialsHandle(&credential) != SEC_E_OK) {
        return failed;
      }
    }
    if (FreeContextBuffer(list) != SEC_E_OK) return failed;
  }
  return NULL;
}

// R11, 8.3: from many threads at once.
START_TEST(threads) {
  pthread_t all[16];
  for (size_t i = 0; i < COUNT(all); ++i) pthread_create(&all[i], NULL, use_memory, all);
  for (size_t i = 0; i < COUNT(all); ++i) {
    void *failed = all;
    pthread_join(all[i], &failed);
    ck_assert_ptr_null(failed);
  }
}
END_TEST

// L21, 3.2: every slot in its place.
START_TEST(function_tables) {
  SecurityFunctionTableA *table = InitSecurityInterfaceA();
  SecurityFunctionTableW *wide_table = InitSecurityInterfaceW();
  ck_assert_uint_eq(table->dwVersion, 1);
  ck_assert_uint_eq(wide_table->dwVersion, 1);
  ck_assert_ptr_eq(table, InitSecurityInterfaceA());
  // dwVersion and 31 slots, of which only Reserved2 (5) and Reserved8 (23) are empty.
  ck_assert_uint_eq(sizeof *table, 32 * sizeof(void *));
  ck_assert_uint_eq(sizeof *wide_table, sizeof *table);
  void *slots[32], *wide_slots[32];
  memcpy(slots, table, sizeof slots);
  memcpy(wide_slots, wide_table, sizeof wide_slots);
  for (int i = 1; i < 32; ++i) {
    const bool empty = i == 5 || i == 23;
    ck_assert_msg((slots[i] == NULL) == empty, "slot %d", i);
    ck_assert_msg((wide_slots[i] == NULL) == empty, "slot %d", i);
  }
  ck_assert_ptr_eq(slots[18], slots[25]);  // Reserved3 is EncryptMessage
  ck_assert_ptr_eq(slots[19], slots[26]);
  static const struct {
    int slot;
    const char *name, *wide_name;
  } kSlots[] = {
      {1, "EnumerateSecurityPackagesA", "EnumerateSecurityPackagesW"},
      {2, "QueryCredentialsAttributesA", "QueryCredentialsAttributesW"},
      {3, "AcquireCredentialsHandleA", "AcquireCredentialsHandleW"},
      {4, "FreeCredentialsHandle", "FreeCredentialsHandle"},
      {6, "InitializeSecurityContextA", "InitializeSecurityContextW"},
      {7, "AcceptSecurityContext", "AcceptSecurityContext"},
      {8, "CompleteAuthToken", "CompleteAuthToken"},
      {9, "DeleteSecurityContext", "DeleteSecurityContext"},
      {10, "ApplyControlToken", "ApplyControlToken"},
      {11, "QueryContextAttributesA", "QueryContextAttributesW"},
      {12, "ImpersonateSecurityContext", "ImpersonateSecurityContext"},
      {13, "RevertSecurityContext", "RevertSecurityContext"},
      {14, "MakeSignature", "MakeSignature"},
      {15, "VerifySignature", "VerifySignature"},
      {16, "FreeContextBuffer", "FreeContextBuffer"},
      {17, "QuerySecurityPackageInfoA", "QuerySecurityPackageInfoW"},
      {20, "ExportSecurityContext", "ExportSecurityContext"},
      {21, "ImportSecurityContextA", "ImportSecurityContextW"},
      {22, "AddCredentialsA", "AddCredentialsW"},
      {24, "QuerySecurityContextToken", "QuerySecurityContextToken"},
      {25, "EncryptMessage", "EncryptMessage"},
      {26, "DecryptMessage", "DecryptMessage"},
      {27, "SetContextAttributesA", "SetContextAttributesW"},
      {28, "SetCredentialsAttributesA", "SetCredentialsAttributesW"},
      {29, "ChangeAccountPasswordA", "ChangeAccountPasswordW"},
      {30, "QueryContextAttributesExA", "QueryContextAttributesExW"},
      {31, "QueryCredentialsAttributesExA", "QueryCredentialsAttributesExW"},
  };
  for (size_t i = 0; i < COUNT(kSlots); ++i) {
    // As programs that load the library find them (S4, S5).
    ck_assert_ptr_eq(slots[kSlots[i].slot], dlsym(RTLD_DEFAULT, kSlots[i].name));
    ck_assert_ptr_eq(wide_slots[kSlots[i].slot], dlsym(RTLD_DEFAULT, kSlots[i].wide_name));
  }
}
END_TEST

// S1, S2, S3, S129, S132, L1, R9, R10: widths and layouts; the prototypes, by assignment.
_Static_assert(sizeof(ULONG) == 4 && sizeof(LONG) == 4 && sizeof(SECURITY_STATUS) == 4, "32 bit");
_Static_assert(sizeof(ULONG_PTR) == sizeof(void *) && sizeof(SecHandle) == 2 * sizeof(void *), "");
_Static_assert(sizeof(SEC_WCHAR) == 2 && sizeof(SEC_CHAR) == 1, "UTF-16 and UTF-8");
_Static_assert(sizeof(TimeStamp) == 8 && offsetof(TimeStamp, HighPart) == 4, "two halves");
_Static_assert(offsetof(SecBuffer, BufferType) == 4 && offsetof(SecBuffer, pvBuffer) == 8, "");
_Static_assert(offsetof(SecBufferDesc, cBuffers) == 4 && offsetof(SecBufferDesc, pBuffers) == 8,
               "");
_Static_assert(sizeof(SEC_CHANNEL_BINDINGS) == 8 * sizeof(ULONG), "eight ULONGs");

START_TEST(prototypes) {
  SECURITY_STATUS(*initialize)
  (PCredHandle, PCtxtHandle, SEC_CHAR *, ULONG, ULONG, ULONG, PSecBufferDesc, ULONG, PCtxtHandle,
   PSecBufferDesc, ULONG *, PTimeStamp) = &InitializeSecurityContextA;
  SECURITY_STATUS(*initialize_wide)
  (PCredHandle, PCtxtHandle, SEC_WCHAR *, ULONG, ULONG, ULONG, PSecBufferDesc, ULONG, PCtxtHandle,
   PSecBufferDesc, ULONG *, PTimeStamp) = &InitializeSecurityContextW;
  SECURITY_STATUS(*accept)
  (PCredHandle, PCtxtHandle, PSecBufferDesc, ULONG, ULONG, PCtxtHandle, PSecBufferDesc, ULONG *,
   PTimeStamp) = &AcceptSecurityContext;
  ck_assert(initialize != NULL && initialize_wide != NULL && accept != NULL);
  const TimeStamp stamp = {.LowPart = 0xFFFFFFFF, .HighPart = -1};
  ck_assert(stamp.LowPart > 0 && stamp.HighPart < 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sspi package");
  TCase *tests = tcase_create("package");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, enumeration);
  tcase_add_test(tests, names_of_packages);
  tcase_add_test(tests, memory_of_the_library);
  tcase_add_test(tests, threads);
  tcase_add_test(tests, function_tables);
  tcase_add_test(tests, prototypes);
  suite_add_tcase(suite, tests);
  return run_sspi_suite(suite);
}
