// SPDX-License-Identifier: MIT
// What only a Kerberos realm shows: refusals of the KDC, tickets for somebody else, times,
// delegation, export.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../gss/sanitizer.h"
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void *text_of(const char *text) { return (void *)(uintptr_t)text; }

static bool is_kerberos(const struct lane *lane) { return strcmp(lane->chosen, "Kerberos") == 0; }
#define FOR_EACH_KERBEROS_LANE(one) \
  FOR_EACH_LANE(one)                \
  if (is_kerberos(one))

// Puts lines of [libdefaults] or other sections before the realm's configuration.
static void configure(const char *lines) {
  static char realm[512];
  if (realm[0] == '\0') snprintf(realm, sizeof realm, "%s", getenv("KRB5_CONFIG"));
  char path[600], both[1200];
  snprintf(path, sizeof path, "%s.more", realm);
  FILE *file = fopen(path, "w");
  ck_assert_ptr_nonnull(file);
  fputs(lines, file);
  fclose(file);
  snprintf(both, sizeof both, "%s:%s", path, realm);
  setenv("KRB5_CONFIG", both, 1);
}

// A ticket of alice in a cache of its own, which becomes the default one.
static void get_ticket(const char *options) {
  char command[1024], cache[512];
  snprintf(cache, sizeof cache, "%s.%d", getenv("SSPI_TEST_TICKET"), (int)getpid());
  snprintf(command, sizeof command, "echo '%s' | kinit -c %s %s %s >/dev/null", SSPI_PASSWORD,
           cache, options, SSPI_USER);
  ck_assert_int_eq(system(command), 0);
  setenv("KRB5CCNAME", cache, 1);
}

static CredHandle acquired(const char *package, ULONG use, const char *principal, void *identity) {
  CredHandle credential;
  EXPECT(SEC_E_OK, AcquireCredentialsHandleA(text_of(principal), text_of(package), use, NULL,
                                             identity, NULL, NULL, &credential, NULL));
  return credential;
}

static SECURITY_STATUS first_leg(CredHandle *credential, const char *target, CtxtHandle *context,
                                 struct leg *out) {
  SecBuffer token = {sizeof out->token, SECBUFFER_TOKEN, out->token};
  SecBufferDesc output = {SECBUFFER_VERSION, 1, &token};
  const SECURITY_STATUS status =
      InitializeSecurityContextA(credential, NULL, text_of(target), kProtect, 0, 0, NULL, 0,
                                 context, &output, &out->attributes, &out->expiry);
  out->size = FAILED(status) ? 0 : token.cbBuffer;
  return status;
}

static SECURITY_STATUS client_of_domain(const char *domain) {
  SEC_WINNT_AUTH_IDENTITY_A identity = {
      .User = text_of(SSPI_USER),
      .UserLength = sizeof SSPI_USER - 1,
      .Domain = text_of(domain),
      .DomainLength = (ULONG)strlen(domain),
      .Password = text_of(SSPI_PASSWORD),
      .PasswordLength = sizeof SSPI_PASSWORD - 1,
      .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
  };
  static struct leg out;
  CtxtHandle context;
  CredHandle credential = acquired("Kerberos", SECPKG_CRED_OUTBOUND, NULL, &identity);
  const SECURITY_STATUS status = first_leg(&credential, SSPI_TARGET, &context, &out);
  if (!FAILED(status)) EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&credential));
  return status;
}

// S96: a realm without a KDC, and one whose KDC does not answer.
START_TEST(no_kdc) {
  EXPECT(SEC_E_NO_AUTHENTICATING_AUTHORITY, client_of_domain("NOWHERE.TEST"));
  configure("[realms]\n  SILENT.TEST = {\n    kdc = 127.0.0.1:1\n  }\n");
  EXPECT(SEC_E_NO_AUTHENTICATING_AUTHORITY, client_of_domain("SILENT.TEST"));
  ck_assert_int_ge(client_of_domain(SSPI_DOMAIN), 0);
}
END_TEST

// S98: the KDC does not know the service. S95: nor the user.
START_TEST(unknown_principals) {
  FOR_EACH_KERBEROS_LANE(lane) {
    static struct leg out;
    CtxtHandle context = {7, 9};
    CredHandle client = client_of(lane);
    const SECURITY_STATUS status = first_leg(&client, "HTTP/unknown.demo.test", &context, &out);
    if (!is_negotiate(lane)) {
      EXPECT(SEC_E_TARGET_UNKNOWN, status);
      ck_assert_uint_eq(context.dwLower, 7);
    } else {
      // It falls to NTLM, which has the same password.
      ck_assert_int_ge(status, 0);
      EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
    }
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
  }
  const struct lane kerberos = {"", "Kerberos", NULL, NULL, NULL};
  static struct leg out;
  CtxtHandle context = {7, 9};
  CredHandle stranger = client_with(&kerberos, "stranger", SSPI_PASSWORD);
  EXPECT(SEC_E_LOGON_DENIED, first_leg(&stranger, SSPI_TARGET, &context, &out));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&stranger));
}
END_TEST

// S100: a ticket for another service than the one that the acceptor is; pszPrincipal names it
// (4.2).
START_TEST(wrong_principal) {
  static struct leg first, out;
  const struct lane kerberos = {"", "Kerberos", NULL, NULL, NULL};
  static const char *const kServers[] = {"HTTP/www.demo.test", "host/www.demo.test"};
  for (int i = 0; i < 2; ++i) {
    CtxtHandle context, accepted;
    CredHandle client = client_of(&kerberos);
    CredHandle server = acquired("Kerberos", SECPKG_CRED_INBOUND, kServers[i], NULL);
    EXPECT(SEC_E_OK, first_leg(&client, "host/www.demo.test", &context, &first));
    const SECURITY_STATUS status = server_leg(&server, NULL, &accepted, 0, &first, &out);
    EXPECT(i == 0 ? SEC_E_WRONG_PRINCIPAL : SEC_E_OK, status);
    if (i == 1) EXPECT(SEC_E_OK, DeleteSecurityContext(&accepted));
    EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&server));
  }
}
END_TEST

// S143: a token that comes too late for the acceptor's clock.
START_TEST(time_skew) {
  static struct leg first, out;
  const struct lane kerberos = {"", "Kerberos", NULL, NULL, NULL};
  CtxtHandle context, accepted = {7, 9};
  CredHandle client = client_of(&kerberos);
  EXPECT(SEC_E_OK, first_leg(&client, SSPI_TARGET, &context, &first));
  configure("[libdefaults]\n  clockskew = 1\n");
  CredHandle server = server_of(&kerberos);
  sleep(3);
  EXPECT(SEC_E_TIME_SKEW, server_leg(&server, NULL, &accepted, 0, &first, &out));
  ck_assert_uint_eq(accepted.dwLower, 7);
  ck_assert_ptr_nonnull(strstr(SspiLastErrorText(), "skew"));
  EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&server));
}
END_TEST

static int64_t ticks(const TimeStamp *stamp) {
  return (int64_t)stamp->HighPart << 32 | stamp->LowPart;
}

// S80, S81, S129, S143: a ticket ends, in local time; then there is nothing to log in with.
START_TEST(expired_tickets) {
  setenv("TZ", "XXX-3", 1);  // three hours ahead
  tzset();
  get_ticket("-l 4s");
  TimeStamp expiry;
  CredHandle client;
  EXPECT(SEC_E_OK, AcquireCredentialsHandleA(NULL, text_of("Kerberos"), SECPKG_CRED_OUTBOUND, NULL,
                                             NULL, NULL, NULL, &client, &expiry));
  const int64_t local_now = ((int64_t)time(NULL) + 3 * 3600 + 11644473600) * 10000000;
  ck_assert_int_le(ticks(&expiry), local_now + 5 * 10000000);
  ck_assert_int_ge(ticks(&expiry), local_now - 10000000);
  static struct leg out;
  CtxtHandle context, late = {7, 9};
  EXPECT(SEC_E_OK, first_leg(&client, SSPI_TARGET, &context, &out));
  ck_assert_int_le(ticks(&out.expiry), local_now + 5 * 10000000);
  sleep(5);
  SecPkgContext_Lifespan span;
  EXPECT(SEC_E_OK, QueryContextAttributesA(&context, SECPKG_ATTR_LIFESPAN, &span));
  ck_assert_int_le(ticks(&span.tsExpiry),
                   ((int64_t)time(NULL) + 3 * 3600 + 11644473600) * 10000000);
  EXPECT(SEC_E_CONTEXT_EXPIRED, first_leg(&client, SSPI_TARGET, &late, &out));
  ck_assert_uint_eq(late.dwLower, 7);
  EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
}
END_TEST

// S34, S35, S127, L6, O2: delegated with a forwardable ticket and MUTUAL_AUTH, and only then.
START_TEST(delegation) {
  get_ticket("-f");
  FOR_EACH_KERBEROS_LANE(lane) {
    static const ULONG kFlags[] = {ISC_REQ_DELEGATE | ISC_REQ_MUTUAL_AUTH, ISC_REQ_DELEGATE,
                                   ISC_REQ_MUTUAL_AUTH};
    for (size_t i = 0; i < COUNT(kFlags); ++i) {
      struct pair pair = {
          .client_credential = acquired(lane->package, SECPKG_CRED_OUTBOUND, NULL, NULL),
          .server_credential = server_of(lane)};
      EXPECT(SEC_E_OK, try_log_in(&pair, kFlags[i], 0));
      ck_assert_msg(((pair.client_flags & ISC_RET_DELEGATE) != 0) == (i == 0), "%s %08x: %08x",
                    lane->name, kFlags[i], pair.client_flags);
      ck_assert_msg(((pair.server_flags & ASC_RET_DELEGATE) != 0) == (i == 0), "%s %08x: %08x",
                    lane->name, kFlags[i], pair.server_flags);
      EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.client));
      EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.server));
      EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.client_credential));
      EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.server_credential));
    }
  }
  // A ticket that cannot be forwarded is none to delegate.
  get_ticket("-F");
  const struct lane kerberos = {"", "Kerberos", NULL, NULL, NULL};
  struct pair pair = {.client_credential = acquired("Kerberos", SECPKG_CRED_OUTBOUND, NULL, NULL),
                      .server_credential = server_of(&kerberos)};
  EXPECT(SEC_E_OK, try_log_in(&pair, ISC_REQ_DELEGATE | ISC_REQ_MUTUAL_AUTH, 0));
  ck_assert_uint_eq(pair.client_flags & ISC_RET_DELEGATE, 0);
  ck_assert_uint_eq(pair.server_flags & ASC_RET_DELEGATE, 0);
  EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.client));
  EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.server));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.client_credential));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.server_credential));
}
END_TEST

static void expect_message(CtxtHandle *from, CtxtHandle *to) {
  unsigned char token[512], text[32] = "over the border";
  SecBuffer buffers[] = {{sizeof token, SECBUFFER_TOKEN, token},
                         {sizeof text, SECBUFFER_DATA, text}};
  SecBufferDesc message = {SECBUFFER_VERSION, 2, buffers};
  EXPECT(SEC_E_OK, EncryptMessage(from, 0, &message, 0));
  EXPECT(SEC_E_OK, DecryptMessage(to, &message, 0, NULL));
  ck_assert_str_eq((char *)text, "over the border");
}

// Section 3.1: with and without DELETE_OLD; what is packed is of its package, and nothing else is
// taken.
START_TEST(export_and_import) {
  FOR_EACH_KERBEROS_LANE(lane) {
    for (int kept = 0; kept < 2; ++kept) {
      struct pair *pair = log_in(lane, kProtect | ISC_REQ_MUTUAL_AUTH, 0);
      SecBuffer packed = {0, 0, NULL};
      void *token = pair;
      EXPECT(
          SEC_E_UNSUPPORTED_FUNCTION,
          ExportSecurityContext(&pair->server, SECPKG_CONTEXT_EXPORT_RESET_NEW, &packed, &token));
      ck_assert_ptr_null(packed.pvBuffer);
      const ULONG flags = kept ? 0 : SECPKG_CONTEXT_EXPORT_DELETE_OLD;
      EXPECT(SEC_E_OK, ExportSecurityContext(&pair->server, flags, &packed, &token));
      ck_assert_ptr_null(token);
      CtxtHandle imported = {7, 9};
      EXPECT(SEC_E_INVALID_TOKEN,
             ImportSecurityContextA(text_of("NTLM"), &packed, NULL, &imported));
      // libkrb5 loses what it has read of a token that is cut off.
      SecBuffer cut = {packed.cbBuffer / 2, SECBUFFER_TOKEN, packed.pvBuffer};
      if (!UNDER_SANITIZER) {
        ck_assert(FAILED(ImportSecurityContextA(text_of(lane->package), &cut, NULL, &imported)));
      }
      ck_assert_uint_eq(imported.dwLower, 7);
      EXPECT(SEC_E_OK, ImportSecurityContextW(wide(lane->package), &packed, NULL, &imported));
      EXPECT(SEC_E_OK, FreeContextBuffer(packed.pvBuffer));
      expect_message(&pair->client, &imported);
      expect_message(&imported, &pair->client);
      SecPkgContext_NamesA names;
      EXPECT(SEC_E_OK, QueryContextAttributesA(&imported, SECPKG_ATTR_NAMES, &names));
      ck_assert_str_eq(names.sUserName, lane->client);
      EXPECT(SEC_E_OK, FreeContextBuffer(names.sUserName));
      SecPkgContext_Flags told;
      EXPECT(SEC_E_OK, QueryContextAttributesA(&imported, SECPKG_ATTR_FLAGS, &told));
      ck_assert_uint_ne(told.Flags & ASC_RET_CONFIDENTIALITY, 0);
      SecPkgContext_Sizes sizes;
      EXPECT(kept ? SEC_E_OK : SEC_E_INVALID_HANDLE,
             QueryContextAttributesA(&pair->server, SECPKG_ATTR_SIZES, &sizes));
      EXPECT(SEC_E_OK, DeleteSecurityContext(&imported));
      if (!kept) EXPECT(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&pair->server));
      log_out(pair);
    }
  }
}
END_TEST

// S14, S12: one leg each, and the handle is written although it is done.
START_TEST(one_leg) {
  static struct leg first, out;
  const struct lane kerberos = {"", "Kerberos", NULL, NULL, NULL};
  CtxtHandle context = {7, 9}, accepted = {7, 9};
  CredHandle client = client_of(&kerberos), server = server_of(&kerberos);
  EXPECT(SEC_E_OK, first_leg(&client, SSPI_TARGET, &context, &first));
  ck_assert_uint_ne(context.dwLower, 7);
  EXPECT(SEC_E_OK, server_leg(&server, NULL, &accepted, 0, &first, &out));
  ck_assert_uint_ne(accepted.dwLower, 7);
  ck_assert_uint_eq(out.size, 0);
  expect_message(&context, &accepted);
  EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
  EXPECT(SEC_E_OK, DeleteSecurityContext(&accepted));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&server));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sspi realm");
  TCase *tests = tcase_create("realm");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, no_kdc);
  tcase_add_test(tests, unknown_principals);
  tcase_add_test(tests, wrong_principal);
  tcase_add_test(tests, time_skew);
  tcase_add_test(tests, expired_tickets);
  tcase_add_test(tests, delegation);
  tcase_add_test(tests, export_and_import);
  tcase_add_test(tests, one_leg);
  suite_add_tcase(suite, tests);
  return run_sspi_suite(suite);
}
