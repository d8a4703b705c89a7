// SPDX-License-Identifier: MIT
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/check_main.h"

#define NTLM_NAME SSPI_DOMAIN "\\" SSPI_USER
#define PRINCIPAL SSPI_USER "@" SSPI_DOMAIN

static const struct lane kNtlm = {"NTLM", "NTLM", NULL, "NTLM", NTLM_NAME};
static const struct lane kNegotiateNtlm = {"Negotiate with NTLM", "Negotiate", "NTLM", "NTLM",
                                           NTLM_NAME};
static const struct lane kKerberos = {"Kerberos", "Kerberos", NULL, "Kerberos", PRINCIPAL};
static const struct lane kNegotiateKerberos = {"Negotiate with Kerberos", "Negotiate", NULL,
                                               "Kerberos", PRINCIPAL};

bool has_realm(void) { return getenv("SSPI_TEST_REALM") != NULL; }

const struct lane *const *lanes(void) {
  static const struct lane *const kPlain[] = {&kNtlm, &kNegotiateNtlm, NULL};
  static const struct lane *const kAll[] = {&kNtlm, &kNegotiateNtlm, &kKerberos,
                                            &kNegotiateKerberos, NULL};
  return has_realm() ? kAll : kPlain;
}

bool is_ntlm(const struct lane *lane) { return strcmp(lane->chosen, "NTLM") == 0; }
bool is_negotiate(const struct lane *lane) { return strcmp(lane->package, "Negotiate") == 0; }

void expect_status(const char *file, int line, const char *what, SECURITY_STATUS expected,
                   SECURITY_STATUS status) {
  if (status == expected) return;
  ck_abort_msg("%s:%d: %s is %08x (%s), not %08x", file, line, what, (unsigned)status,
               SspiLastErrorText(), (unsigned)expected);
}

static void *text_of(const char *text) { return (void *)(uintptr_t)text; }

CredHandle client_with(const struct lane *lane, const char *user, const char *password) {
  SEC_WINNT_AUTH_IDENTITY_EXA identity = {
      .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
      .Length = sizeof identity,
      .User = text_of(user),
      .UserLength = (ULONG)strlen(user),
      .Domain = text_of(SSPI_DOMAIN),
      .DomainLength = sizeof SSPI_DOMAIN - 1,
      .Password = text_of(password),
      .PasswordLength = (ULONG)strlen(password),
      .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
      .PackageList = text_of(lane->list),
      .PackageListLength = lane->list != NULL ? (ULONG)strlen(lane->list) : 0,
  };
  CredHandle credential;
  EXPECT(SEC_E_OK, AcquireCredentialsHandleA(NULL, text_of(lane->package), SECPKG_CRED_OUTBOUND,
                                             NULL, &identity, NULL, NULL, &credential, NULL));
  return credential;
}

CredHandle client_of(const struct lane *lane) {
  return client_with(lane, SSPI_USER, SSPI_PASSWORD);
}

CredHandle server_of(const struct lane *lane) {
  CredHandle credential;
  EXPECT(SEC_E_OK, AcquireCredentialsHandleA(NULL, text_of(lane->package), SECPKG_CRED_INBOUND,
                                             NULL, NULL, NULL, NULL, &credential, NULL));
  return credential;
}

struct buffers {
  SecBuffer in, out;
  SecBufferDesc input, output;
};

static struct buffers *prepare(struct buffers *buffers, const struct leg *input,
                               struct leg *output) {
  *buffers = (struct buffers){
      .in = {input != NULL ? input->size : 0, SECBUFFER_TOKEN,
             input != NULL ? (void *)(uintptr_t)input->token : NULL},
      .out = {sizeof output->token, SECBUFFER_TOKEN, output->token},
  };
  buffers->input = (SecBufferDesc){SECBUFFER_VERSION, 1, &buffers->in};
  buffers->output = (SecBufferDesc){SECBUFFER_VERSION, 1, &buffers->out};
  output->attributes = 0xDEADBEEF;
  output->expiry.LowPart = 0xDEADBEEF;
  output->expiry.HighPart = 0xDEAD;
  return buffers;
}

SECURITY_STATUS client_leg(CredHandle *credential, CtxtHandle *context, CtxtHandle *new_context,
                           ULONG flags, const struct leg *input, struct leg *output) {
  struct buffers buffers;
  prepare(&buffers, input, output);
  const SECURITY_STATUS status = InitializeSecurityContextA(
      credential, context, text_of(SSPI_TARGET), flags, 0, SECURITY_NATIVE_DREP,
      input != NULL ? &buffers.input : NULL, 0, new_context, &buffers.output, &output->attributes,
      &output->expiry);
  output->size = FAILED(status) ? 0 : buffers.out.cbBuffer;
  return status;
}

SECURITY_STATUS server_leg(CredHandle *credential, CtxtHandle *context, CtxtHandle *new_context,
                           ULONG flags, const struct leg *input, struct leg *output) {
  struct buffers buffers;
  prepare(&buffers, input, output);
  const SECURITY_STATUS status = AcceptSecurityContext(
      credential, context, input != NULL ? &buffers.input : NULL, flags, SECURITY_NATIVE_DREP,
      new_context, &buffers.output, &output->attributes, &output->expiry);
  output->size = FAILED(status) ? 0 : buffers.out.cbBuffer;
  return status;
}

SECURITY_STATUS try_log_in(struct pair *pair, ULONG client_flags, ULONG server_flags) {
  static _Thread_local struct leg to_server, to_client;
  SECURITY_STATUS client = SEC_I_CONTINUE_NEEDED;
  SECURITY_STATUS server = SEC_I_CONTINUE_NEEDED;
  while (client == SEC_I_CONTINUE_NEEDED || server == SEC_I_CONTINUE_NEEDED) {
    if (client == SEC_I_CONTINUE_NEEDED) {
      const bool first = pair->client_legs++ == 0;
      client = client_leg(&pair->client_credential, first ? NULL : &pair->client, &pair->client,
                          client_flags, first ? NULL : &to_client, &to_server);
      if (FAILED(client)) return client;
      pair->client_flags = to_server.attributes;
    }
    if (to_server.size == 0) break;
    ck_assert_int_eq(server, SEC_I_CONTINUE_NEEDED);
    const bool first = pair->server_legs++ == 0;
    server = server_leg(&pair->server_credential, first ? NULL : &pair->server, &pair->server,
                        server_flags, &to_server, &to_client);
    if (FAILED(server)) return server;
    pair->server_flags = to_client.attributes;
    if (client == SEC_E_OK) ck_assert_uint_eq(to_client.size, 0);
  }
  ck_assert_int_eq(client, SEC_E_OK);
  ck_assert_int_eq(server, SEC_E_OK);
  return SEC_E_OK;
}

struct pair *log_in(const struct lane *lane, ULONG client_flags, ULONG server_flags) {
  struct pair *pair = calloc(1, sizeof *pair);
  ck_assert_ptr_nonnull(pair);
  pair->client_credential = client_of(lane);
  pair->server_credential = server_of(lane);
  SecInvalidateHandle(&pair->client);
  SecInvalidateHandle(&pair->server);
  EXPECT(SEC_E_OK, try_log_in(pair, client_flags, server_flags));
  return pair;
}

void log_out(struct pair *pair) {
  DeleteSecurityContext(&pair->client);
  DeleteSecurityContext(&pair->server);
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair->client_credential));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair->server_credential));
  free(pair);
}

WCHAR *wide(const char *ascii) {
  static WCHAR texts[8][512];
  static unsigned next;
  WCHAR *text = texts[next++ % 8];
  size_t i = 0;
  for (; ascii[i] != '\0'; ++i) text[i] = (unsigned char)ascii[i];
  text[i] = 0;
  return text;
}

bool wide_equals(const WCHAR *text, const char *ascii) {
  size_t i = 0;
  for (; ascii[i] != '\0'; ++i) {
    if (text[i] != (unsigned char)ascii[i]) return false;
  }
  return text[i] == 0;
}

static void write_accounts(FILE *file) {
  fputs(SSPI_DOMAIN ":" SSPI_USER ":" SSPI_PASSWORD "\n", file);  // the first is the default
  fputs(SSPI_DOMAIN ":empty:\n", file);
  fputs(SSPI_DOMAIN ":zoe:" SSPI_ODD_PASSWORD "\n", file);
  fprintf(file, SSPI_DOMAIN ":long:%s\n", long_password());
}

const char *long_password(void) {
  static char password[1025];
  for (size_t i = 0; i < 1024; ++i) password[i] = (char)('a' + i % 26);
  return password;
}

int run_sspi_suite(Suite *suite) {
  char path[] = "/tmp/gss-sspi-accounts.XXXXXX";
  const int descriptor = mkstemp(path);  // mode 0600
  FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
  if (file == NULL) return 99;
  write_accounts(file);
  if (fclose(file) != 0) return 99;
  setenv("NTLM_USER_FILE", path, 1);
  const int status = RunSuite(suite);
  unlink(path);
  return status;
}
