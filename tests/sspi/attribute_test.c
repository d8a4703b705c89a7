// SPDX-License-Identifier: MIT
// QueryContextAttributes and QueryCredentialsAttributes of every package (section 6.5).
#include <stdlib.h>
#include <string.h>

#include "support.h"

static void expect_names(CtxtHandle *context, const struct lane *lane) {
  SecPkgContext_NamesA names;
  SecPkgContext_NamesW wide_names;
  EXPECT(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_NAMES, &names));
  EXPECT(SEC_E_OK, QueryContextAttributesW(context, SECPKG_ATTR_NAMES, &wide_names));
  ck_assert_str_eq(names.sUserName, lane->client);
  ck_assert(wide_equals(wide_names.sUserName, lane->client));
  EXPECT(SEC_E_OK, FreeContextBuffer(names.sUserName));
  EXPECT(SEC_E_OK, FreeContextBuffer(wide_names.sUserName));
}

START_TEST(context_names) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    expect_names(&pair->client, lane);
    expect_names(&pair->server, lane);
    SecPkgContext_NativeNamesA native;
    EXPECT(SEC_E_OK, QueryContextAttributesA(&pair->client, SECPKG_ATTR_NATIVE_NAMES, &native));
    ck_assert_str_eq(native.sClientName, lane->client);
    ck_assert_msg(strstr(native.sServerName, "www.demo.test") != NULL, "%s: server %s", lane->name,
                  native.sServerName);
    FreeContextBuffer(native.sClientName);
    FreeContextBuffer(native.sServerName);
    SecPkgContext_NativeNamesW wide_native;
    EXPECT(SEC_E_OK,
           QueryContextAttributesW(&pair->server, SECPKG_ATTR_NATIVE_NAMES, &wide_native));
    ck_assert(wide_equals(wide_native.sClientName, lane->client));
    FreeContextBuffer(wide_native.sClientName);
    FreeContextBuffer(wide_native.sServerName);
    log_out(pair);
  }
}
END_TEST

// S117: flags as those of the last leg, life span, sizes.
START_TEST(flags_and_times) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect | ISC_REQ_CONNECTION | ISC_REQ_STREAM, 0);
    SecPkgContext_Flags flags;
    EXPECT(SEC_E_OK, QueryContextAttributesA(&pair->client, SECPKG_ATTR_FLAGS, &flags));
    ck_assert_uint_eq(flags.Flags, pair->client_flags);
    ck_assert_uint_ne(flags.Flags & ISC_RET_CONNECTION, 0);
    ck_assert_uint_ne(flags.Flags & ISC_RET_STREAM, 0);
    EXPECT(SEC_E_OK, QueryContextAttributesW(&pair->server, SECPKG_ATTR_FLAGS, &flags));
    ck_assert_uint_eq(flags.Flags, pair->server_flags);
    SecPkgContext_Lifespan span;
    EXPECT(SEC_E_OK, QueryContextAttributesA(&pair->server, SECPKG_ATTR_LIFESPAN, &span));
    // S130: NTLM never ends; a ticket does.
    const bool never = span.tsExpiry.HighPart == 0x7FFFFFFF && span.tsExpiry.LowPart == 0xFFFFFFFF;
    ck_assert_int_eq(never, is_ntlm(lane));
    SecPkgContext_Sizes sizes;
    EXPECT(SEC_E_OK, QueryContextAttributesA(&pair->client, SECPKG_ATTR_SIZES, &sizes));
    ck_assert_uint_eq(sizes.cbMaxToken, is_ntlm(lane) ? 2888 : 48000);
    if (is_ntlm(lane)) {
      ck_assert_uint_eq(sizes.cbMaxSignature, 16);
      ck_assert_uint_eq(sizes.cbBlockSize, 0);
      ck_assert_uint_eq(sizes.cbSecurityTrailer, 16);
    } else {
      ck_assert_uint_eq(sizes.cbBlockSize, 1);
    }
    log_out(pair);
  }
}
END_TEST

START_TEST(keys) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    SecPkgContext_SessionKey key[2];
    EXPECT(SEC_E_OK, QueryContextAttributesA(&pair->client, SECPKG_ATTR_SESSION_KEY, &key[0]));
    EXPECT(SEC_E_OK, QueryContextAttributesW(&pair->server, SECPKG_ATTR_SESSION_KEY, &key[1]));
    ck_assert_uint_eq(key[0].SessionKeyLength, key[1].SessionKeyLength);
    ck_assert_uint_ge(key[0].SessionKeyLength, 16);
    ck_assert_int_eq(memcmp(key[0].SessionKey, key[1].SessionKey, key[0].SessionKeyLength), 0);
    SecPkgContext_KeyInfoA info;
    EXPECT(SEC_E_OK, QueryContextAttributesA(&pair->client, SECPKG_ATTR_KEY_INFO, &info));
    if (is_ntlm(lane)) {
      ck_assert_str_eq(info.sSignatureAlgorithmName, "HMAC-MD5");
      ck_assert_str_eq(info.sEncryptAlgorithmName, "RSADSI RC4");
      ck_assert_uint_eq(info.SignatureAlgorithm, 0xFFFFFF76);
      ck_assert_uint_eq(info.EncryptAlgorithm, 0x6801);
      ck_assert_uint_eq(info.KeySize, 128);
    } else {
      ck_assert_uint_eq(info.KeySize, key[0].SessionKeyLength * 8);
      ck_assert_ptr_nonnull(strstr(info.sEncryptAlgorithmName, "AES-256-CTS"));
    }
    FreeContextBuffer(info.sSignatureAlgorithmName);
    FreeContextBuffer(info.sEncryptAlgorithmName);
    SecPkgContext_KeyInfoW wide_info;
    EXPECT(SEC_E_OK, QueryContextAttributesW(&pair->client, SECPKG_ATTR_KEY_INFO, &wide_info));
    FreeContextBuffer(wide_info.sSignatureAlgorithmName);
    FreeContextBuffer(wide_info.sEncryptAlgorithmName);
    FreeContextBuffer(key[0].SessionKey);
    FreeContextBuffer(key[1].SessionKey);
    log_out(pair);
  }
}
END_TEST

START_TEST(packages) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    SecPkgContext_PackageInfoA info;
    SecPkgContext_NegotiationInfoA negotiation;
    EXPECT(SEC_E_OK, QueryContextAttributesA(&pair->client, SECPKG_ATTR_PACKAGE_INFO, &info));
    EXPECT(SEC_E_OK,
           QueryContextAttributesA(&pair->server, SECPKG_ATTR_NEGOTIATION_INFO, &negotiation));
    ck_assert_str_eq(info.PackageInfo->Name, lane->chosen);
    ck_assert_str_eq(negotiation.PackageInfo->Name, lane->chosen);
    ck_assert_uint_eq(negotiation.NegotiationState, SECPKG_NEGOTIATION_COMPLETE);
    FreeContextBuffer(info.PackageInfo);
    FreeContextBuffer(negotiation.PackageInfo);
    SecPkgContext_NegotiationInfoW wide_negotiation;
    EXPECT(SEC_E_OK,
           QueryContextAttributesW(&pair->client, SECPKG_ATTR_NEGOTIATION_INFO, &wide_negotiation));
    ck_assert(wide_equals(wide_negotiation.PackageInfo->Name, lane->chosen));
    FreeContextBuffer(wide_negotiation.PackageInfo);
    log_out(pair);
  }
}
END_TEST

// S20 to S22: MsvAvTargetName, or the principal of the ticket.
START_TEST(target_names) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    SecPkgContext_Target target;
    SecPkgContext_ClientSpecifiedTarget specified;
    EXPECT(SEC_E_OK, QueryContextAttributesA(&pair->client, SECPKG_ATTR_TARGET, &target));
    ck_assert_str_eq(target.Target, SSPI_TARGET);
    ck_assert_uint_eq(target.TargetLength, strlen(SSPI_TARGET));
    FreeContextBuffer(target.Target);
    EXPECT(SEC_E_OK, QueryContextAttributesA(&pair->server, SECPKG_ATTR_TARGET, &target));
    const char *const expected = is_ntlm(lane) ? SSPI_TARGET : SSPI_TARGET "@DEMO.TEST";
    ck_assert_str_eq(target.Target, expected);
    FreeContextBuffer(target.Target);
    EXPECT(SEC_E_OK,
           QueryContextAttributesW(&pair->server, SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &specified));
    ck_assert(wide_equals(specified.sTargetName, expected));
    FreeContextBuffer(specified.sTargetName);
    log_out(pair);
  }
}
END_TEST

// S115, S116, 1.3: no local account has the client's name here, so the token has that only, and
// nobody can become the client.
START_TEST(tokens) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    void *from_function = NULL;
    SecPkgContext_AccessToken from_attribute;
    EXPECT(SEC_E_OK, QuerySecurityContextToken(&pair->server, &from_function));
    EXPECT(SEC_E_OK,
           QueryContextAttributesA(&pair->server, SECPKG_ATTR_ACCESS_TOKEN, &from_attribute));
    const char *client = NULL;
    const char *account = "untouched";
    EXPECT(SEC_E_OK, SspiGetTokenUser(from_function, &client, &account));
    ck_assert_str_eq(client, lane->client);
    EXPECT(SEC_E_OK, SspiCloseToken(from_function));
    EXPECT(SEC_E_INVALID_HANDLE, SspiCloseToken(from_function));
    EXPECT(SEC_E_OK, SspiCloseToken(from_attribute.AccessToken));
    EXPECT(SEC_E_INVALID_HANDLE, QuerySecurityContextToken(&pair->client, &from_function));
    // L13: this client has no account, and the other end is none to impersonate.
    EXPECT(SEC_E_NO_IMPERSONATION, ImpersonateSecurityContext(&pair->server));
    EXPECT(SEC_E_NO_IMPERSONATION, ImpersonateSecurityContext(&pair->client));
    EXPECT(SEC_E_OK, RevertSecurityContext(&pair->server));
    ck_assert_ptr_null(from_function);
    EXPECT(SEC_E_UNSUPPORTED_FUNCTION,
           QueryContextAttributesA(&pair->client, SECPKG_ATTR_ACCESS_TOKEN, &from_attribute));
    log_out(pair);
  }
}
END_TEST

START_TEST(before_completion) {
  FOR_EACH_LANE(lane) {
    CredHandle credential = client_of(lane);
    CtxtHandle context;
    static struct leg first;
    EXPECT(SEC_I_CONTINUE_NEEDED,
           client_leg(&credential, NULL, &context, ISC_REQ_MUTUAL_AUTH, NULL, &first));
    SecPkgContext_Sizes sizes;
    SecPkgContext_NegotiationInfoA negotiation;
    SecPkgContext_LastClientTokenStatus last;
    EXPECT(SEC_E_OK, QueryContextAttributesA(&context, SECPKG_ATTR_SIZES, &sizes));
    EXPECT(SEC_E_OK, QueryContextAttributesA(&context, SECPKG_ATTR_NEGOTIATION_INFO, &negotiation));
    ck_assert_str_eq(negotiation.PackageInfo->Name, lane->package);
    ck_assert_uint_eq(negotiation.NegotiationState, SECPKG_NEGOTIATION_IN_PROGRESS);
    FreeContextBuffer(negotiation.PackageInfo);
    EXPECT(SEC_E_OK,
           QueryContextAttributesA(&context, SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, &last));
    ck_assert_int_eq(last.LastClientTokenStatus, SecPkgAttrLastClientTokenMaybe);
    unsigned char untouched[64];
    memset(untouched, 0x5A, sizeof untouched);
    static const ULONG kLater[] = {SECPKG_ATTR_NAMES,        SECPKG_ATTR_LIFESPAN,
                                   SECPKG_ATTR_KEY_INFO,     SECPKG_ATTR_SESSION_KEY,
                                   SECPKG_ATTR_NATIVE_NAMES, SECPKG_ATTR_FLAGS,
                                   SECPKG_ATTR_TARGET,       SECPKG_ATTR_ACCESS_TOKEN};
    for (size_t i = 0; i < sizeof kLater / sizeof *kLater; ++i) {
      EXPECT(SEC_E_INVALID_HANDLE, QueryContextAttributesA(&context, kLater[i], untouched));
      EXPECT(SEC_E_INVALID_HANDLE, QueryContextAttributesW(&context, kLater[i], untouched));
    }
    for (size_t i = 0; i < sizeof untouched; ++i) ck_assert_uint_eq(untouched[i], 0x5A);
    EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&credential));
  }
}
END_TEST

START_TEST(others) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    unsigned char untouched[64];
    memset(untouched, 0x5A, sizeof untouched);
    for (ULONG attribute = 0; attribute < 0x100; ++attribute) {
      static const ULONG kServed[] = {0, 1, 2, 5, 9, 10, 12, 13, 14, 18, 19, 27, 30};
      bool served = false;
      for (size_t i = 0; i < sizeof kServed / sizeof *kServed; ++i) {
        served = served || kServed[i] == attribute;
      }
      if (served) {
        EXPECT(SEC_E_INVALID_PARAMETER, QueryContextAttributesA(&pair->server, attribute, NULL));
        EXPECT(SEC_E_BUFFER_TOO_SMALL,
               QueryContextAttributesExA(&pair->server, attribute, untouched, 3));
        EXPECT(SEC_E_BUFFER_TOO_SMALL,
               QueryContextAttributesExW(&pair->server, attribute, untouched, 3));
      } else {
        EXPECT(SEC_E_UNSUPPORTED_FUNCTION,
               QueryContextAttributesA(&pair->client, attribute, untouched));
        EXPECT(SEC_E_UNSUPPORTED_FUNCTION,
               QueryContextAttributesExW(&pair->client, attribute, untouched, 64));
      }
    }
    for (size_t i = 0; i < sizeof untouched; ++i) ck_assert_uint_eq(untouched[i], 0x5A);
    SecPkgContext_Flags flags;
    EXPECT(SEC_E_OK,
           QueryContextAttributesExA(&pair->client, SECPKG_ATTR_FLAGS, &flags, sizeof flags));
    log_out(pair);
  }
}
END_TEST

START_TEST(credential_names) {
  FOR_EACH_LANE(lane) {
    CredHandle credential = client_of(lane);
    SecPkgCredentials_NamesA names;
    SecPkgCredentials_NamesW wide_names;
    // Negotiate tells the name that Windows has.
    const char *const expected = is_negotiate(lane) ? SSPI_DOMAIN "\\" SSPI_USER : lane->client;
    EXPECT(SEC_E_OK, QueryCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, &names));
    ck_assert_str_eq(names.sUserName, expected);
    EXPECT(SEC_E_OK, QueryCredentialsAttributesW(&credential, SECPKG_CRED_ATTR_NAMES, &wide_names));
    ck_assert(wide_equals(wide_names.sUserName, expected));
    FreeContextBuffer(names.sUserName);
    FreeContextBuffer(wide_names.sUserName);
    EXPECT(SEC_E_BUFFER_TOO_SMALL,
           QueryCredentialsAttributesExA(&credential, SECPKG_CRED_ATTR_NAMES, &names, 1));
    EXPECT(SEC_E_OK, QueryCredentialsAttributesExW(&credential, SECPKG_CRED_ATTR_NAMES, &wide_names,
                                                   sizeof wide_names));
    FreeContextBuffer(wide_names.sUserName);
    EXPECT(SEC_E_UNSUPPORTED_FUNCTION,
           QueryCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, &names));
    EXPECT(SEC_E_INVALID_PARAMETER,
           QueryCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, NULL));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&credential));
    EXPECT(SEC_E_INVALID_HANDLE,
           QueryCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, &names));
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sspi attribute");
  TCase *tests = tcase_create("attribute");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, context_names);
  tcase_add_test(tests, flags_and_times);
  tcase_add_test(tests, keys);
  tcase_add_test(tests, packages);
  tcase_add_test(tests, target_names);
  tcase_add_test(tests, tokens);
  tcase_add_test(tests, before_completion);
  tcase_add_test(tests, others);
  tcase_add_test(tests, credential_names);
  suite_add_tcase(suite, tests);
  return run_sspi_suite(suite);
}
