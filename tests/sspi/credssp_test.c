// SPDX-License-Identifier: MIT
// The package CREDSSP as a ported program uses it: TLS records in TOKEN buffers, MISSING and EXTRA,
// messages in the layout of TLS, and what is told about a login.
#include <check.h>
#include <credssp.h>
#include <schannel.h>
#include <sspi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../credssp/certificates.h"
#include "support.h"

// ---- both ends ---------------------------------------------------------------------------------

enum { kMostToken = 0x90A8, kStreamRoom = 70000 };

// Octets on their way to one end, and what it sends.
struct wire {
  unsigned char octets[kStreamRoom];
  ULONG size;
};

struct end {
  CredHandle credential;
  CtxtHandle context;
  bool begun;
  ULONG flags;
  SECURITY_STATUS status;
  struct wire input;
};

struct login {
  struct end client, server;
  ULONG request;
  const char *target;
};

static SEC_WINNT_AUTH_IDENTITY_A identity_of(const char *domain, const char *user,
                                             const char *password) {
  SEC_WINNT_AUTH_IDENTITY_A identity;
  memset(&identity, 0, sizeof identity);
  identity.User = (unsigned char *)user;
  identity.UserLength = (ULONG)strlen(user);
  identity.Domain = (unsigned char *)domain;
  identity.DomainLength = (ULONG)strlen(domain);
  identity.Password = (unsigned char *)password;
  identity.PasswordLength = (ULONG)strlen(password);
  identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
  return identity;
}

static SECURITY_STATUS acquire(const char *package, ULONG use, void *auth_data, CredHandle *out) {
  TimeStamp expiry;
  return AcquireCredentialsHandleA(NULL, (char *)package, use, NULL, auth_data, NULL, NULL, out,
                                   &expiry);
}

static void open_login_with(struct login *login, const char *password, SCHANNEL_CRED *tls) {
  SEC_WINNT_AUTH_IDENTITY_A identity = identity_of(SSPI_DOMAIN, SSPI_USER, password);
  CREDSSP_CRED cred = {CredsspPasswordCreds, tls, &identity};
  memset(login, 0, sizeof *login);
  login->request = ISC_REQ_DELEGATE | ISC_REQ_EXTENDED_ERROR;
  login->target = "TERMSRV/www.demo.test";
  EXPECT(SEC_E_OK, acquire("CREDSSP", SECPKG_CRED_OUTBOUND, &cred, &login->client.credential));
  EXPECT(SEC_E_OK, acquire("TSSSP", SECPKG_CRED_INBOUND, NULL, &login->server.credential));
}
static void open_login(struct login *login) { open_login_with(login, SSPI_PASSWORD, NULL); }

static void close_login(struct login *login) {
  if (login->client.begun) DeleteSecurityContext(&login->client.context);
  if (login->server.begun) DeleteSecurityContext(&login->server.context);
  FreeCredentialsHandle(&login->client.credential);
  FreeCredentialsHandle(&login->server.credential);
}

static void drop_front(struct wire *wire, ULONG size) {
  memmove(wire->octets, wire->octets + size, wire->size - size);
  wire->size -= size;
}

// One call with what `end` has received, at most `most` octets of it. EXTRA and MISSING are served
// as programs do: what was not consumed comes again.
static void leg(struct login *login, bool is_client, ULONG most, struct wire *to) {
  struct end *end = is_client ? &login->client : &login->server;
  static unsigned char token[kMostToken];
  const ULONG given = end->input.size < most ? end->input.size : most;
  SecBuffer in[2] = {{given, SECBUFFER_TOKEN, end->input.octets}, {0, SECBUFFER_EMPTY, NULL}};
  const bool allocates = is_client && (login->request & ISC_REQ_ALLOCATE_MEMORY) != 0;
  SecBuffer out[1] = {{sizeof token, SECBUFFER_TOKEN, token}};
  if (allocates) out[0] = (SecBuffer){0, SECBUFFER_TOKEN, NULL};
  SecBufferDesc input = {SECBUFFER_VERSION, 2, in}, output = {SECBUFFER_VERSION, 1, out};
  CtxtHandle *context = end->begun ? &end->context : NULL;
  TimeStamp expiry;
  if (is_client) {
    end->status = InitializeSecurityContextA(
        &end->credential, context, (char *)login->target, login->request, 0, SECURITY_NATIVE_DREP,
        end->begun ? &input : NULL, 0, &end->context, &output, &end->flags, &expiry);
  } else {
    end->status =
        AcceptSecurityContext(&end->credential, context, &input, ASC_REQ_EXTENDED_ERROR,
                              SECURITY_NATIVE_DREP, &end->context, &output, &end->flags, &expiry);
  }
  if (end->status == SEC_E_INCOMPLETE_MESSAGE) {
    ck_assert_uint_eq(in[1].BufferType, SECBUFFER_MISSING);
    ck_assert_uint_gt(in[1].cbBuffer, 0);
    return;
  }
  if (end->status >= 0) end->begun = true;
  const ULONG extra = in[1].BufferType == SECBUFFER_EXTRA ? in[1].cbBuffer : 0;
  drop_front(&end->input, given - extra);
  const ULONG tells = is_client ? ISC_RET_EXTENDED_ERROR : ASC_RET_EXTENDED_ERROR;
  if (end->status < 0 && (end->flags & tells) == 0) return;
  if (out[0].cbBuffer != 0) memcpy(to->octets + to->size, out[0].pvBuffer, out[0].cbBuffer);
  to->size += out[0].cbBuffer;
  if (allocates && out[0].pvBuffer != NULL) FreeContextBuffer(out[0].pvBuffer);
}

// Until both are done or one has failed. `most`: octets that a call gets at a time.
static bool run_login(struct login *login, ULONG most) {
  leg(login, true, most, &login->server.input);
  for (int turn = 0; turn < 20; ++turn) {
    struct end *const ends[] = {&login->server, &login->client};
    for (int i = 0; i < 2; ++i) {
      struct end *end = ends[i];
      const bool is_client = i == 1;
      ULONG size = most;
      while (end->input.size != 0 && (!end->begun || end->status == SEC_I_CONTINUE_NEEDED)) {
        leg(login, is_client, size, &ends[1 - i]->input);
        if (end->status == SEC_E_INCOMPLETE_MESSAGE) {
          ck_assert_uint_lt(size, end->input.size);
          end->status = SEC_I_CONTINUE_NEEDED;
          size += most;
          continue;
        }
        size = most;
        if (end->status < 0) {
          if (ends[1 - i]->input.size != 0 && ends[1 - i]->begun) {
            leg(login, !is_client, kStreamRoom, &end->input);
          }
          return false;
        }
      }
    }
    if (login->client.status == SEC_E_OK && login->server.status == SEC_E_OK) return true;
  }
  return false;
}

// ---- tests -------------------------------------------------------------------------------------

// C84.
START_TEST(package_is_described) {
  PSecPkgInfoA info = NULL;
  static const char *const kNames[] = {"CREDSSP", "credssp", "TSSSP", "TsSsp"};
  for (size_t i = 0; i < sizeof kNames / sizeof kNames[0]; ++i) {
    EXPECT(SEC_E_OK, QuerySecurityPackageInfoA((char *)kNames[i], &info));
    ck_assert_str_eq(info->Name, "CREDSSP");
    ck_assert_uint_eq(info->fCapabilities, 0x00110733);
    ck_assert_uint_eq(info->cbMaxToken, 0x90A8);
    ck_assert_uint_eq(info->wRPCID, 0xFFFF);
    FreeContextBuffer(info);
  }
}
END_TEST

static void expect_echo(CtxtHandle *from, CtxtHandle *to, const char *text) {
  SecPkgContext_StreamSizes sizes;
  EXPECT(SEC_E_OK, QueryContextAttributesA(from, SECPKG_ATTR_STREAM_SIZES, &sizes));
  ck_assert_uint_eq(sizes.cBuffers, 4);
  ck_assert_uint_eq(sizes.cbMaximumMessage, 16384);
  const ULONG length = (ULONG)strlen(text);
  unsigned char record[300];
  memcpy(record + sizes.cbHeader, text, length);
  SecBuffer out[4] = {{sizes.cbHeader, SECBUFFER_STREAM_HEADER, record},
                      {length, SECBUFFER_DATA, record + sizes.cbHeader},
                      {sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, record + sizes.cbHeader + length},
                      {0, SECBUFFER_EMPTY, NULL}};
  SecBufferDesc message = {SECBUFFER_VERSION, 4, out};
  EXPECT(SEC_E_OK, EncryptMessage(from, 0, &message, 0));
  const ULONG size = out[0].cbBuffer + out[1].cbBuffer + out[2].cbBuffer;
  ck_assert_uint_eq(size, sizes.cbHeader + length + sizes.cbTrailer);
  // C93: what is short, what is more.
  SecBuffer in[4] = {{size - 1, SECBUFFER_DATA, record},
                     {0, SECBUFFER_EMPTY, NULL},
                     {0, SECBUFFER_EMPTY, NULL},
                     {0, SECBUFFER_EMPTY, NULL}};
  SecBufferDesc received = {SECBUFFER_VERSION, 4, in};
  EXPECT(SEC_E_INCOMPLETE_MESSAGE, DecryptMessage(to, &received, 0, NULL));
  ck_assert_uint_eq(in[1].BufferType, SECBUFFER_MISSING);
  ck_assert_uint_eq(in[1].cbBuffer, 1);
  in[0].cbBuffer = size + 3;
  in[1] = (SecBuffer){0, SECBUFFER_EMPTY, NULL};
  EXPECT(SEC_E_OK, DecryptMessage(to, &received, 0, NULL));
  static const ULONG kOrder[] = {SECBUFFER_STREAM_HEADER, SECBUFFER_DATA, SECBUFFER_STREAM_TRAILER,
                                 SECBUFFER_EXTRA};
  for (int i = 0; i < 4; ++i) ck_assert_uint_eq(in[i].BufferType, kOrder[i]);
  ck_assert_uint_eq(in[1].cbBuffer, length);
  ck_assert_int_eq(memcmp(in[1].pvBuffer, text, length), 0);
  ck_assert_uint_eq(in[3].cbBuffer, 3);
  ck_assert_ptr_eq(in[3].pvBuffer, record + size);
}

// C87 to C94, C115 to C117, S62, S90; whole records, and octets as they trickle in.
static const ULONG kPieces[] = {kStreamRoom, 100, 1};
START_TEST(login_and_messages) {
  struct login *login = malloc(sizeof *login);
  open_login(login);
  ck_assert(run_login(login, kPieces[_i]));
  ck_assert_uint_ne(login->client.flags & ISC_RET_DELEGATE, 0);
  ck_assert_uint_ne(login->client.flags & ISC_RET_STREAM, 0);
  ck_assert_uint_ne(login->client.flags & ISC_RET_MANUAL_CRED_VALIDATION, 0);
  // C108, C111: what a stream has in any case.
  static const ULONG kAlways = ISC_RET_STREAM | ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT |
                               ISC_RET_CONFIDENTIALITY | ISC_RET_INTEGRITY;
  ck_assert_uint_eq(login->client.flags & kAlways, kAlways);
  ck_assert_uint_eq(login->client.flags & (ISC_RET_CONNECTION | ISC_RET_ALLOCATED_MEMORY), 0);
  ck_assert_uint_eq(login->client.flags & ISC_RET_MUTUAL_AUTH, 0);
  ck_assert_uint_ne(login->server.flags & ASC_RET_DELEGATE, 0);
  expect_echo(&login->client.context, &login->server.context, "from the client");
  expect_echo(&login->server.context, &login->client.context, "from the server");
  close_login(login);
  free(login);
}
END_TEST

// C96 to C105.
START_TEST(attributes) {
  struct login *login = malloc(sizeof *login);
  open_login(login);
  ck_assert(run_login(login, kStreamRoom));
  CtxtHandle *client = &login->client.context, *server = &login->server.context;
  SecPkgContext_NamesA names;
  EXPECT(SEC_E_OK, QueryContextAttributesA(server, SECPKG_ATTR_NAMES, &names));
  ck_assert_str_eq(names.sUserName, SSPI_DOMAIN "\\" SSPI_USER);
  FreeContextBuffer(names.sUserName);
  SecPkgContext_PackageInfoA info;
  EXPECT(SEC_E_OK, QueryContextAttributesA(client, SECPKG_ATTR_PACKAGE_INFO, &info));
  ck_assert_str_eq(info.PackageInfo->Name, "CREDSSP");
  FreeContextBuffer(info.PackageInfo);
  SecPkgContext_NegotiationPackage inner;
  static const WCHAR kNtlmName[] = {'N', 'T', 'L', 'M', 0};
  EXPECT(SEC_E_OK, QueryContextAttributesW(client, SECPKG_ATTR_NEGOTIATION_PACKAGE, &inner));
  ck_assert_int_eq(memcmp(inner.PackageName, kNtlmName, sizeof kNtlmName), 0);
  FreeContextBuffer(inner.PackageName);
  SecPkgContext_ClientCreds creds;
  EXPECT(SEC_E_OK, QueryContextAttributesA(server, SECPKG_ATTR_CREDS, &creds));
  WCHAR *user = NULL, *domain = NULL, *packed = NULL;
  EXPECT(SEC_E_OK,
         SspiEncodeAuthIdentityAsStrings((PSEC_WINNT_AUTH_IDENTITY_OPAQUE)creds.AuthBuffer,
                                         (PCWSTR *)&user, (PCWSTR *)&domain, (PCWSTR *)&packed));
  static const WCHAR kUser[] = {'a', 'l', 'i', 'c', 'e', 0};
  ck_assert_int_eq(memcmp(user, kUser, sizeof kUser), 0);
  SspiFreeAuthIdentity((PSEC_WINNT_AUTH_IDENTITY_OPAQUE)creds.AuthBuffer);
  EXPECT(SEC_E_UNSUPPORTED_FUNCTION, QueryContextAttributesA(client, SECPKG_ATTR_CREDS, &creds));
  PCCERT_CONTEXT certificate = NULL;
  EXPECT(SEC_E_OK, QueryContextAttributesA(client, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &certificate));
  ck_assert_uint_eq(certificate->pbCertEncoded[0], 0x30);
  ck_assert_uint_gt(certificate->cbCertEncoded, 500);
  FreeContextBuffer((void *)certificate);
  SecPkgContext_ConnectionInfo connection;
  EXPECT(SEC_E_OK, QueryContextAttributesA(client, SECPKG_ATTR_CONNECTION_INFO, &connection));
  ck_assert_uint_eq(connection.dwProtocol, SP_PROT_TLS1_3_CLIENT);
  ck_assert_uint_ge(connection.dwCipherStrength, 128);
  SecPkgContext_ServerAuthFlags proof;
  EXPECT(SEC_E_OK, QueryContextAttributesA(client, SECPKG_ATTR_SERVER_AUTH_FLAGS, &proof));
  ck_assert_uint_eq(proof.Flags, 0);
  CERT_TRUST_STATUS trust;
  EXPECT(SEC_E_OK, QueryContextAttributesA(client, SECPKG_ATTR_CERT_TRUST_STATUS, &trust));
  ck_assert_uint_eq(trust.dwErrorStatus, CERT_TRUST_IS_UNTRUSTED_ROOT);
  SecPkgContext_Sizes sizes;
  EXPECT(SEC_E_OK, QueryContextAttributesA(client, SECPKG_ATTR_SIZES, &sizes));
  ck_assert_uint_eq(sizes.cbMaxToken, 0x90A8);
  ck_assert_uint_eq(sizes.cbSecurityTrailer, 5 + 17);
  SecPkgContext_SessionKey keys[2];
  EXPECT(SEC_E_OK, QueryContextAttributesA(client, SECPKG_ATTR_SESSION_KEY, &keys[0]));
  EXPECT(SEC_E_OK, QueryContextAttributesA(server, SECPKG_ATTR_SESSION_KEY, &keys[1]));
  ck_assert_uint_eq(keys[0].SessionKeyLength, keys[1].SessionKeyLength);
  ck_assert_int_eq(memcmp(keys[0].SessionKey, keys[1].SessionKey, keys[0].SessionKeyLength), 0);
  SecPkgContext_Bindings bindings;
  for (ULONG id = SECPKG_ATTR_UNIQUE_BINDINGS; id <= SECPKG_ATTR_ENDPOINT_BINDINGS; ++id) {
    EXPECT(SEC_E_OK, QueryContextAttributesA(client, id, &bindings));
    ck_assert_uint_eq(bindings.BindingsLength,
                      sizeof *bindings.Bindings + bindings.Bindings->cbApplicationDataLength);
    FreeContextBuffer(bindings.Bindings);
  }
  FreeContextBuffer(keys[0].SessionKey);
  FreeContextBuffer(keys[1].SessionKey);
  // C104.
  HANDLE token = NULL;
  EXPECT(SEC_E_UNSUPPORTED_FUNCTION,
         QueryContextAttributesA(server, SECPKG_ATTR_ACCESS_TOKEN, &token));
  close_login(login);
  free(login);
}
END_TEST

// C17, C121: both ends know why.
START_TEST(wrong_password) {
  struct login *login = malloc(sizeof *login);
  open_login_with(login, "not the password", NULL);
  ck_assert(!run_login(login, kStreamRoom));
  ck_assert_int_eq(login->server.status, SEC_E_LOGON_DENIED);
  ck_assert_int_eq(login->client.status, SEC_E_LOGON_DENIED);
  close_login(login);
  free(login);
}
END_TEST

// C106, S40: nothing is delegated unasked. C107, C128, S41, S103: who asks for mutual
// authentication insists on it. C113, S38: the package leaves the certificate to the program.
START_TEST(request_flags) {
  struct login *login = malloc(sizeof *login);
  open_login(login);
  login->request = 0;
  ck_assert(run_login(login, kStreamRoom));
  ck_assert_uint_eq(login->client.flags & ISC_RET_DELEGATE, 0);
  ck_assert_uint_ne(login->client.flags & ISC_RET_MANUAL_CRED_VALIDATION, 0);
  close_login(login);
  open_login(login);
  login->request = ISC_REQ_DELEGATE | ISC_REQ_MUTUAL_AUTH;
  ck_assert(!run_login(login, kStreamRoom));
  ck_assert_int_eq(login->client.status, SEC_E_MUTUAL_AUTH_FAILED);
  close_login(login);
  // C99, C114, C125.
  static const ULONG kRefused[] = {ISC_REQ_DATAGRAM, ISC_REQ_USE_DCE_STYLE, ISC_REQ_NULL_SESSION};
  for (size_t i = 0; i < sizeof kRefused / sizeof kRefused[0]; ++i) {
    open_login(login);
    login->request = kRefused[i];
    leg(login, true, kStreamRoom, &login->server.input);
    ck_assert_int_eq(login->client.status, SEC_E_UNSUPPORTED_FUNCTION);
    ck_assert(!login->client.begun);
    close_login(login);
  }
  free(login);
}
END_TEST

// C68, C127, S101, S102: before any token leaves, and where NTLM inside has not proven the server.
START_TEST(policy_decides_on_delegation) {
  static const struct {
    const char *policy;
    SECURITY_STATUS status;
  } kPolicies[] = {{"deny = TERMSRV/*", SEC_E_DELEGATION_POLICY},
                   {"allow_fresh = TERMSRV/other", SEC_E_DELEGATION_POLICY},
                   {"allow_fresh = TERMSRV/*", SEC_E_POLICY_NLTM_ONLY},
                   {"allow_fresh_ntlm_only = TERMSRV/*", SEC_E_OK}};
  char path[] = "/tmp/sspi-policy-XXXXXX";
  FILE *file = fdopen(mkstemp(path), "w");
  fprintf(file, "[credssp]\n%s\n", kPolicies[_i].policy);
  fclose(file);
  setenv("GSS_SSPI_CONFIG", path, 1);
  struct login *login = malloc(sizeof *login);
  open_login(login);
  run_login(login, kStreamRoom);
  ck_assert_int_eq(login->client.status, kPolicies[_i].status);
  if (kPolicies[_i].status == SEC_E_DELEGATION_POLICY) ck_assert(!login->server.begun);
  close_login(login);
  // Without DELEGATE it does not matter.
  open_login(login);
  login->request = 0;
  ck_assert(run_login(login, kStreamRoom));
  close_login(login);
  free(login);
  unlink(path);
}
END_TEST

// C110: memory of the library, on every leg. C91, C112: without EXTENDED_ERROR a failure has no
// token.
START_TEST(memory_of_the_library) {
  struct login *login = malloc(sizeof *login);
  open_login_with(login, _i == 0 ? SSPI_PASSWORD : "not the password", NULL);
  login->request = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONNECTION;
  const bool good = run_login(login, kStreamRoom);
  ck_assert_int_eq(good, _i == 0);
  if (good) {
    ck_assert_uint_ne(login->client.flags & ISC_RET_ALLOCATED_MEMORY, 0);
    ck_assert_uint_ne(login->client.flags & ISC_RET_CONNECTION, 0);
  } else {
    // The server, which has EXTENDED_ERROR, has told; the client has nothing for anybody.
    ck_assert_int_eq(login->client.status, SEC_E_LOGON_DENIED);
    ck_assert_uint_eq(login->server.input.size, 0);
  }
  close_login(login);
  free(login);
}
END_TEST

// C119, C123: handles that are none, of the other direction, or stale.
START_TEST(handles_that_are_wrong) {
  struct login *login = malloc(sizeof *login);
  open_login(login);
  CredHandle client = login->client.credential;
  login->client.credential = login->server.credential;
  leg(login, true, kStreamRoom, &login->server.input);
  ck_assert_int_eq(login->client.status, SEC_E_NO_CREDENTIALS);
  ck_assert(!login->client.begun);
  login->client.credential = client;
  ck_assert(run_login(login, kStreamRoom));
  CtxtHandle stale = login->client.context;
  EXPECT(SEC_E_OK, DeleteSecurityContext(&stale));
  login->client.begun = false;
  SecPkgContext_StreamSizes sizes;
  EXPECT(SEC_E_INVALID_HANDLE, QueryContextAttributesA(&stale, SECPKG_ATTR_STREAM_SIZES, &sizes));
  EXPECT(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&stale));
  close_login(login);
  free(login);
}
END_TEST

// C41, C120: what is no TLS, to either role.
START_TEST(tokens_that_are_wrong) {
  struct login *login = malloc(sizeof *login);
  open_login(login);
  static const char http[] = "HTTP/1.1 401 Unauthorized\r\n\r\n";
  memcpy(login->server.input.octets, http, sizeof http);
  login->server.input.size = sizeof http;
  leg(login, false, kStreamRoom, &login->client.input);
  ck_assert_int_eq(login->server.status, SEC_E_INVALID_TOKEN);
  ck_assert(!login->server.begun);
  leg(login, true, kStreamRoom, &login->server.input);
  ck_assert_int_eq(login->client.status, SEC_I_CONTINUE_NEEDED);
  memcpy(login->client.input.octets, http, sizeof http);
  login->client.input.size = sizeof http;
  leg(login, true, kStreamRoom, &login->server.input);
  ck_assert_int_eq(login->client.status, SEC_E_INVALID_TOKEN);
  // C95: the handle stays, and can be deleted.
  EXPECT(SEC_E_OK, DeleteSecurityContext(&login->client.context));
  login->client.begun = false;
  close_login(login);
  free(login);
}
END_TEST

// C87: no target is a target without a name.
START_TEST(no_target) {
  struct login *login = malloc(sizeof *login);
  open_login(login);
  login->target = NULL;
  ck_assert(run_login(login, kStreamRoom));
  close_login(login);
  free(login);
}
END_TEST

// C85, C86.
START_TEST(forms_of_credentials) {
  SEC_WINNT_AUTH_IDENTITY_A identity = identity_of(SSPI_DOMAIN, SSPI_USER, SSPI_PASSWORD);
  CredHandle handle;
  CREDSSP_CRED cred = {CredsspSubmitBufferBothOld, NULL, &identity};
  CREDSSP_CRED_EX extended = {CredsspCredEx, CREDSSP_CRED_EX_VERSION, 0, 0, cred};
  EXPECT(SEC_E_OK, acquire("CREDSSP", SECPKG_CRED_OUTBOUND, &extended, &handle));
  FreeCredentialsHandle(&handle);
  extended.Flags = CREDSSP_FLAG_REDIRECT;
  EXPECT(SEC_E_UNSUPPORTED_FUNCTION, acquire("CREDSSP", SECPKG_CRED_OUTBOUND, &extended, &handle));
  cred.Type = CredsspCertificateCreds;
  EXPECT(SEC_E_UNSUPPORTED_FUNCTION, acquire("CREDSSP", SECPKG_CRED_OUTBOUND, &cred, &handle));
  cred.Type = (CREDSPP_SUBMIT_TYPE)77;
  EXPECT(SEC_E_UNKNOWN_CREDENTIALS, acquire("CREDSSP", SECPKG_CRED_OUTBOUND, &cred, &handle));
  SCHANNEL_CRED tls;
  memset(&tls, 0, sizeof tls);
  tls.dwVersion = 1;
  cred.Type = CredsspSchannelCreds;
  cred.pSchannelCred = &tls;
  EXPECT(SEC_E_UNSUPPORTED_FUNCTION, acquire("CREDSSP", SECPKG_CRED_OUTBOUND, &cred, &handle));
  tls.dwVersion = SCHANNEL_CRED_VERSION;
  BYTE path[] = "/nonexistent/certificate.pem";
  CERT_CONTEXT certificate = {X509_PEM_FILE_ENCODING, path, sizeof path - 1, NULL, NULL};
  PCCERT_CONTEXT certificates[] = {&certificate};
  tls.cCreds = 1;
  tls.paCred = certificates;
  EXPECT(SEC_E_UNKNOWN_CREDENTIALS, acquire("CREDSSP", SECPKG_CRED_INBOUND, &cred, &handle));
}
END_TEST

// C126, C129, S23: where the certificate decides, the status says what is wrong with it.
static const struct certificate_case {
  const char *name;  // of the certificate, which is trusted unless this is null
  int days;
  SECURITY_STATUS status;
} kCertificates[] = {{"www.demo.test", 1, SEC_E_OK},
                     {NULL, 1, SEC_E_UNTRUSTED_ROOT},
                     {"www.demo.test", -1, SEC_E_CERT_EXPIRED},
                     {"other.demo.test", 1, SEC_E_WRONG_PRINCIPAL}};

START_TEST(certificate_decides) {
  const struct certificate_case *row = &kCertificates[_i];
  struct login *login = malloc(sizeof *login);
  struct certificate made;
  char path[] = "/tmp/sspi-credssp-XXXXXX";
  FILE *file = fdopen(mkstemp(path), "w");
  make_certificate(&made, "EC", row->name != NULL ? row->name : "www.demo.test", row->days);
  fprintf(file, "%s%s", made.certificate, made.key);
  fclose(file);
  SCHANNEL_CRED checks = {.dwVersion = SCHANNEL_CRED_VERSION,
                          .dwFlags = SCH_CRED_AUTO_CRED_VALIDATION};
  SCHANNEL_CRED shows = {.dwVersion = SCHANNEL_CRED_VERSION};
  CERT_CONTEXT certificate = {X509_PEM_FILE_ENCODING, (BYTE *)path, (DWORD)strlen(path), NULL,
                              NULL};
  PCCERT_CONTEXT certificates[] = {&certificate};
  shows.cCreds = 1;
  shows.paCred = certificates;
  CREDSSP_CRED server = {CredsspSchannelCreds, &shows, NULL};
  if (row->name != NULL) setenv("SSL_CERT_FILE", path, 1);
  open_login_with(login, SSPI_PASSWORD, &checks);
  FreeCredentialsHandle(&login->server.credential);
  EXPECT(SEC_E_OK, acquire("CREDSSP", SECPKG_CRED_INBOUND, &server, &login->server.credential));
  ck_assert_int_eq(run_login(login, kStreamRoom), row->status == SEC_E_OK);
  ck_assert_int_eq(login->client.status, row->status);
  if (row->status == SEC_E_OK) {
    SecPkgContext_ServerAuthFlags proof;
    EXPECT(SEC_E_OK,
           QueryContextAttributesA(&login->client.context, SECPKG_ATTR_SERVER_AUTH_FLAGS, &proof));
    ck_assert_uint_eq(proof.Flags, CREDSSP_SERVER_AUTH_CERTIFICATE);
  }
  close_login(login);
  unlink(path);
  free(login);
}
END_TEST

START_TEST(version_of_tls_is_chosen) {
  struct login *login = malloc(sizeof *login);
  SCHANNEL_CRED tls;
  memset(&tls, 0, sizeof tls);
  tls.dwVersion = SCHANNEL_CRED_VERSION;
  tls.grbitEnabledProtocols = SP_PROT_TLS1_2_CLIENT;
  open_login_with(login, SSPI_PASSWORD, &tls);
  ck_assert(run_login(login, kStreamRoom));
  SecPkgContext_ConnectionInfo connection;
  EXPECT(SEC_E_OK,
         QueryContextAttributesA(&login->server.context, SECPKG_ATTR_CONNECTION_INFO, &connection));
  ck_assert_uint_eq(connection.dwProtocol, SP_PROT_TLS1_2_SERVER);
  expect_echo(&login->client.context, &login->server.context, "over TLS 1.2");
  close_login(login);
  free(login);
}
END_TEST

// C93, C95: close_notify by ApplyControlToken.
START_TEST(end_of_the_stream) {
  struct login *login = malloc(sizeof *login);
  open_login(login);
  ck_assert(run_login(login, kStreamRoom));
  DWORD shutdown = SCHANNEL_SHUTDOWN;
  SecBuffer control = {sizeof shutdown, SECBUFFER_TOKEN, &shutdown};
  SecBufferDesc list = {SECBUFFER_VERSION, 1, &control};
  EXPECT(SEC_E_OK, ApplyControlToken(&login->client.context, &list));
  leg(login, true, 0, &login->server.input);
  ck_assert_int_eq(login->client.status, SEC_E_OK);
  ck_assert_uint_gt(login->server.input.size, 0);
  SecBuffer in[4] = {{login->server.input.size, SECBUFFER_DATA, login->server.input.octets},
                     {0, SECBUFFER_EMPTY, NULL},
                     {0, SECBUFFER_EMPTY, NULL},
                     {0, SECBUFFER_EMPTY, NULL}};
  SecBufferDesc received = {SECBUFFER_VERSION, 4, in};
  EXPECT(SEC_I_CONTEXT_EXPIRED, DecryptMessage(&login->server.context, &received, 0, NULL));
  // C130: and no second login.
  leg(login, true, 0, &login->server.input);
  ck_assert_int_eq(login->client.status, SEC_E_UNSUPPORTED_FUNCTION);
  close_login(login);
  free(login);
}
END_TEST

// C92, C93: what a stream does not have, and buffers that cannot be worked on.
START_TEST(bad_messages) {
  struct login *login = malloc(sizeof *login);
  open_login(login);
  ck_assert(run_login(login, kStreamRoom));
  CtxtHandle *client = &login->client.context;
  static unsigned char room[17000];
  SecBuffer buffers[4] = {{4, SECBUFFER_STREAM_HEADER, room},
                          {10, SECBUFFER_DATA, room + 20},
                          {17, SECBUFFER_STREAM_TRAILER, room + 40},
                          {0, SECBUFFER_EMPTY, NULL}};
  SecBufferDesc message = {SECBUFFER_VERSION, 4, buffers};
  EXPECT(SEC_E_BUFFER_TOO_SMALL, EncryptMessage(client, 0, &message, 0));
  buffers[0].cbBuffer = 5;
  buffers[1].cbBuffer = 16385;
  EXPECT(SEC_E_INVALID_PARAMETER, EncryptMessage(client, 0, &message, 0));
  EXPECT(SEC_E_QOP_NOT_SUPPORTED, EncryptMessage(client, SECQOP_WRAP_NO_ENCRYPT, &message, 0));
  buffers[2].BufferType = SECBUFFER_EMPTY;
  EXPECT(SEC_E_INVALID_TOKEN, EncryptMessage(client, 0, &message, 0));
  EXPECT(SEC_E_UNSUPPORTED_FUNCTION, MakeSignature(client, 0, &message, 0));
  EXPECT(SEC_E_UNSUPPORTED_FUNCTION, VerifySignature(client, &message, 0, NULL));
  expect_echo(client, &login->server.context, "still there");
  // A damaged record ends the stream.
  memset(room, 0x17, 100);
  room[1] = room[2] = 3;
  room[3] = 0;
  room[4] = 50;
  SecBuffer in[4] = {{55, SECBUFFER_DATA, room},
                     {0, SECBUFFER_EMPTY, NULL},
                     {0, SECBUFFER_EMPTY, NULL},
                     {0, SECBUFFER_EMPTY, NULL}};
  SecBufferDesc received = {SECBUFFER_VERSION, 4, in};
  EXPECT(SEC_E_MESSAGE_ALTERED, DecryptMessage(client, &received, 0, NULL));
  close_login(login);
  free(login);
}
END_TEST

static Suite *make_suite(void) {
  Suite *suite = suite_create("sspi credssp");
  TCase *all = tcase_create("all");
  tcase_set_timeout(all, 60);
  tcase_add_test(all, package_is_described);
  tcase_add_loop_test(all, login_and_messages, 0, sizeof kPieces / sizeof kPieces[0]);
  tcase_add_test(all, attributes);
  tcase_add_test(all, wrong_password);
  tcase_add_test(all, request_flags);
  tcase_add_loop_test(all, memory_of_the_library, 0, 2);
  tcase_add_test(all, handles_that_are_wrong);
  tcase_add_test(all, tokens_that_are_wrong);
  tcase_add_loop_test(all, policy_decides_on_delegation, 0, 4);
  tcase_add_test(all, no_target);
  tcase_add_test(all, forms_of_credentials);
  tcase_add_loop_test(all, certificate_decides, 0, sizeof kCertificates / sizeof kCertificates[0]);
  tcase_add_test(all, version_of_tls_is_chosen);
  tcase_add_test(all, end_of_the_stream);
  tcase_add_test(all, bad_messages);
  suite_add_tcase(suite, all);
  return suite;
}

int main(void) { return run_sspi_suite(make_suite()); }
