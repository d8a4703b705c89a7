// SPDX-License-Identifier: MIT
// The package CREDSSP with Kerberos inside: what proves the server, and what the KDC refuses.
#include <credssp.h>
#include <sspi.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static void *text_of(const char *text) { return (void *)(uintptr_t)text; }

// Kerberos alone, so that nothing falls back to NTLM.
static CredHandle client_of_kerberos(const char *domain, const char *user, const char *password) {
  SEC_WINNT_AUTH_IDENTITY_EXA identity = {
      .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
      .Length = sizeof identity,
      .User = text_of(user),
      .UserLength = (ULONG)strlen(user),
      .Domain = text_of(domain),
      .DomainLength = (ULONG)strlen(domain),
      .Password = text_of(password),
      .PasswordLength = (ULONG)strlen(password),
      .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
      .PackageList = text_of("!NTLM"),
      .PackageListLength = 5,
  };
  CREDSSP_CRED cred = {CredsspPasswordCreds, NULL, &identity};
  CredHandle credential;
  EXPECT(SEC_E_OK, AcquireCredentialsHandleA(NULL, text_of("CREDSSP"), SECPKG_CRED_OUTBOUND, NULL,
                                             &cred, NULL, NULL, &credential, NULL));
  return credential;
}

static CredHandle server_of_kerberos(void) {
  CredHandle credential;
  EXPECT(SEC_E_OK, AcquireCredentialsHandleA(NULL, text_of("CREDSSP"), SECPKG_CRED_INBOUND, NULL,
                                             NULL, NULL, NULL, &credential, NULL));
  return credential;
}

struct ends {
  CredHandle client_credential, server_credential;
  CtxtHandle client, server;
  ULONG client_flags, server_flags;
  SECURITY_STATUS client_status, server_status;
};

enum { kRoom = 70000 };
static unsigned char to_server[kRoom], to_client[kRoom];

static const ULONG kAsked = ISC_REQ_DELEGATE | ISC_REQ_MUTUAL_AUTH;

// Each end's whole output is the other's input; both are whole records.
static void run(struct ends *ends, const char *target) {
  ULONG size = 0;
  ends->client_status = ends->server_status = SEC_I_CONTINUE_NEEDED;
  for (int turn = 0; turn < 10; ++turn) {
    SecBuffer in[] = {{size, SECBUFFER_TOKEN, to_client}, {0, SECBUFFER_EMPTY, NULL}};
    SecBuffer out = {sizeof to_server, SECBUFFER_TOKEN, to_server};
    SecBufferDesc input = {SECBUFFER_VERSION, 2, in}, output = {SECBUFFER_VERSION, 1, &out};
    ends->client_status = InitializeSecurityContextA(
        &ends->client_credential, turn != 0 ? &ends->client : NULL, text_of(target), kAsked, 0, 0,
        turn != 0 ? &input : NULL, 0, &ends->client, &output, &ends->client_flags, NULL);
    if (FAILED(ends->client_status)) return;
    if (ends->client_status == SEC_E_OK && ends->server_status == SEC_E_OK) return;
    SecBuffer take[] = {{out.cbBuffer, SECBUFFER_TOKEN, to_server}, {0, SECBUFFER_EMPTY, NULL}};
    SecBuffer give = {sizeof to_client, SECBUFFER_TOKEN, to_client};
    SecBufferDesc taken = {SECBUFFER_VERSION, 2, take}, given = {SECBUFFER_VERSION, 1, &give};
    ends->server_status =
        AcceptSecurityContext(&ends->server_credential, turn != 0 ? &ends->server : NULL, &taken, 0,
                              0, &ends->server, &given, &ends->server_flags, NULL);
    if (FAILED(ends->server_status)) return;
    size = give.cbBuffer;
    if (ends->client_status == SEC_E_OK) return;
  }
}

static void close_ends(struct ends *ends) {
  if (ends->server_status != SEC_I_CONTINUE_NEEDED) DeleteSecurityContext(&ends->server);
  DeleteSecurityContext(&ends->client);
  FreeCredentialsHandle(&ends->client_credential);
  FreeCredentialsHandle(&ends->server_credential);
}

// C100, C101, C107: Kerberos proves the server, so the flag is no hindrance.
START_TEST(kerberos_inside) {
  struct ends ends = {
      .client_credential = client_of_kerberos(SSPI_DOMAIN, SSPI_USER, SSPI_PASSWORD),
      .server_credential = server_of_kerberos()};
  run(&ends, SSPI_TARGET);
  EXPECT(SEC_E_OK, ends.client_status);
  EXPECT(SEC_E_OK, ends.server_status);
  ck_assert_uint_ne(ends.client_flags & ISC_RET_MUTUAL_AUTH, 0);
  ck_assert_uint_ne(ends.client_flags & ISC_RET_DELEGATE, 0);
  SecPkgContext_NegotiationPackage package;
  EXPECT(SEC_E_OK,
         QueryContextAttributesA(&ends.server, SECPKG_ATTR_NEGOTIATION_PACKAGE, &package));
  ck_assert_uint_eq(package.PackageName[0], 'K');
  EXPECT(SEC_E_OK, FreeContextBuffer(package.PackageName));
  SecPkgContext_ServerAuthFlags proof;
  EXPECT(SEC_E_OK, QueryContextAttributesA(&ends.client, SECPKG_ATTR_SERVER_AUTH_FLAGS, &proof));
  ck_assert_uint_eq(proof.Flags, CREDSSP_SERVER_AUTH_NEGOTIATE);
  SecPkgContext_NamesA names;
  EXPECT(SEC_E_OK, QueryContextAttributesA(&ends.server, SECPKG_ATTR_NAMES, &names));
  ck_assert_str_eq(names.sUserName, SSPI_USER "@" SSPI_DOMAIN);
  EXPECT(SEC_E_OK, FreeContextBuffer(names.sUserName));
  close_ends(&ends);
}
END_TEST

// C121, C122, C124, C126: what went wrong inside.
static const struct refusal {
  const char *domain, *user, *password, *target;
  SECURITY_STATUS status;
} kRefusals[] = {
    {SSPI_DOMAIN, SSPI_USER, "not the password", SSPI_TARGET, SEC_E_LOGON_DENIED},
    {SSPI_DOMAIN, "stranger", SSPI_PASSWORD, SSPI_TARGET, SEC_E_LOGON_DENIED},
    {"NOWHERE.TEST", SSPI_USER, SSPI_PASSWORD, SSPI_TARGET, SEC_E_NO_AUTHENTICATING_AUTHORITY},
    {SSPI_DOMAIN, SSPI_USER, SSPI_PASSWORD, "HTTP/unknown.demo.test", SEC_E_TARGET_UNKNOWN},
};

START_TEST(refusals_inside) {
  const struct refusal *row = &kRefusals[_i];
  struct ends ends = {
      .client_credential = client_of_kerberos(row->domain, row->user, row->password),
      .server_credential = server_of_kerberos()};
  run(&ends, row->target);
  ck_assert_msg(ends.client_status == row->status, "%08x: %s", (unsigned)ends.client_status,
                SspiLastErrorText());
  FreeCredentialsHandle(&ends.client_credential);
  FreeCredentialsHandle(&ends.server_credential);
}
END_TEST

static Suite *make_suite(void) {
  Suite *suite = suite_create("sspi credssp realm");
  TCase *all = tcase_create("all");
  tcase_set_timeout(all, 60);
  tcase_add_test(all, kerberos_inside);
  tcase_add_loop_test(all, refusals_inside, 0, sizeof kRefusals / sizeof kRefusals[0]);
  suite_add_tcase(suite, all);
  return suite;
}

int main(void) { return run_sspi_suite(make_suite()); }
