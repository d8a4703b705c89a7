/* SPDX-License-Identifier: MIT */
/* L3, 1.2: unsigned long has 32 bits on Windows and 64 here. Calls as ported programs make them,
 * with the address of an unsigned long where the function writes a ULONG; whatever was in it, what
 * it holds afterwards is the value and nothing else. C and C++; headers_test.py compiles and runs
 * it with every compiler. Needs the package NTLM. */
#include <security.h>
#include <stdio.h>
#include <string.h>

#define GARBAGE (~0ul)
#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      return 1;                                                                 \
    }                                                                           \
  } while (0)

static char user[] = "alice", password[] = "Ticket-please3", ntlm[] = "NTLM";
static WCHAR ntlm_w[] = {'N', 'T', 'L', 'M', 0};

static CredHandle client, server;

static int acquire(void) {
  SEC_WINNT_AUTH_IDENTITY_A identity;
  memset(&identity, 0, sizeof identity);
  identity.User = (unsigned char *)user;
  identity.UserLength = sizeof user - 1;
  identity.Password = (unsigned char *)password;
  identity.PasswordLength = sizeof password - 1;
  identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
  CHECK(AcquireCredentialsHandleA(NULL, ntlm, SECPKG_CRED_OUTBOUND, NULL, &identity, NULL, NULL,
                                  &client, NULL) == SEC_E_OK);
  CHECK(AcquireCredentialsHandleW(NULL, ntlm_w, SECPKG_CRED_INBOUND, NULL, &identity, NULL, NULL,
                                  &server, NULL) == SEC_E_OK);
  return 0;
}

/* 1st parameter of EnumerateSecurityPackages: through functions, generic names and tables. */
static int packages(void) {
  unsigned long count;
  ULONG narrow = 0;
  PSecPkgInfoA info_a;
  PSecPkgInfoW info_w;
  PSecPkgInfo info;
  PSecurityFunctionTableA table_a = InitSecurityInterfaceA();
  PSecurityFunctionTableW table_w = InitSecurityInterfaceW();
  PSecurityFunctionTable table = InitSecurityInterface();
  CHECK(EnumerateSecurityPackagesA(&narrow, &info_a) == SEC_E_OK && narrow != 0);
  FreeContextBuffer(info_a);
#define COUNTS(call, info)   \
  count = GARBAGE;           \
  CHECK((call) == SEC_E_OK); \
  CHECK(count == narrow);    \
  FreeContextBuffer(info);
  COUNTS(EnumerateSecurityPackagesA(&count, &info_a), info_a)
  COUNTS(EnumerateSecurityPackagesW(&count, &info_w), info_w)
  COUNTS(EnumerateSecurityPackages(&count, &info), info)
  COUNTS(table_a->EnumerateSecurityPackagesA(&count, &info_a), info_a)
  COUNTS(table_w->EnumerateSecurityPackagesW(&count, &info_w), info_w)
  COUNTS(table->EnumerateSecurityPackages(&count, &info), info)
  return 0;
}

static SecBuffer to_server, to_client;
static SecBufferDesc first_token, answer_token;
static char first_octets[4096], answer_octets[4096];

static void give_room(void) {
  to_server.cbBuffer = sizeof first_octets;
  to_client.cbBuffer = sizeof answer_octets;
  to_server.BufferType = to_client.BufferType = SECBUFFER_TOKEN;
  to_server.pvBuffer = first_octets;
  to_client.pvBuffer = answer_octets;
  first_token.ulVersion = answer_token.ulVersion = SECBUFFER_VERSION;
  first_token.cBuffers = answer_token.cBuffers = 1;
  first_token.pBuffers = &to_server;
  answer_token.pBuffers = &to_client;
}

#define PROTECTION (ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY)
#define FLAGS (PROTECTION | ISC_REQ_CONNECTION)
/* One first leg; `attributes` is the argument that is tried. */
#define FIRST(function, attributes)                                                              \
  (give_room(), function(&client, NULL, NULL, FLAGS, 0, SECURITY_NATIVE_DREP, NULL, 0, &context, \
                         &first_token, attributes, NULL))
#define FIRST_LEG(function, attributes)                        \
  CHECK(FIRST(function, attributes) == SEC_I_CONTINUE_NEEDED); \
  DeleteSecurityContext(&context);

/* 11th parameter of InitializeSecurityContext. */
static int initialize(void) {
  CtxtHandle context;
  ULONG narrow = 0;
  unsigned long attributes, row[3];
  int index = 0;
  PSecurityFunctionTableA table_a = InitSecurityInterfaceA();
  PSecurityFunctionTableW table_w = InitSecurityInterfaceW();
  PSecurityFunctionTable table = InitSecurityInterface();
  FIRST_LEG(InitializeSecurityContextA, &narrow)
  CHECK(narrow != 0);
#define INITIALIZES(function)      \
  attributes = GARBAGE;            \
  FIRST_LEG(function, &attributes) \
  CHECK(attributes == narrow);
  INITIALIZES(InitializeSecurityContextA)
  INITIALIZES(InitializeSecurityContextW)
  INITIALIZES(InitializeSecurityContext)
  INITIALIZES(table_a->InitializeSecurityContextA)
  INITIALIZES(table_w->InitializeSecurityContextW)
  INITIALIZES(table->InitializeSecurityContext)

  FIRST_LEG(InitializeSecurityContextA, NULL)
  FIRST_LEG(InitializeSecurityContextA, 0)
#ifdef __cplusplus
  FIRST_LEG(InitializeSecurityContextA, nullptr)
#endif
  row[0] = row[1] = row[2] = GARBAGE;
  FIRST_LEG(InitializeSecurityContextA, row + 1)
  CHECK(row[0] == GARBAGE && row[1] == narrow && row[2] == GARBAGE);
  FIRST_LEG(InitializeSecurityContextA, &row[index++]) /* evaluated once */
  CHECK(index == 1 && row[0] == narrow && row[2] == GARBAGE);

  /* L9: a call that fails writes as well. */
  attributes = GARBAGE;
  CHECK(InitializeSecurityContextA(NULL, NULL, NULL, 0, 0, 0, NULL, 0, NULL, NULL, &attributes,
                                   NULL) < 0);
  CHECK(attributes == 0);
  return 0;
}

/* 8th parameter of AcceptSecurityContext, 4th of DecryptMessage and VerifySignature. */
static int whole_login(void) {
  CtxtHandle context, accepting;
  unsigned long attributes = GARBAGE, qop;
  PSecurityFunctionTable table = InitSecurityInterface();
  SecBuffer buffers[2];
  SecBufferDesc message;
  char token[64], data[] = "data";
  memset(&message, 0, sizeof message);
  CHECK(FIRST(InitializeSecurityContextA, &attributes) == SEC_I_CONTINUE_NEEDED);
  attributes = GARBAGE;
  CHECK(AcceptSecurityContext(&server, NULL, &first_token, 0, SECURITY_NATIVE_DREP, &accepting,
                              &answer_token, &attributes, NULL) == SEC_I_CONTINUE_NEEDED);
  CHECK(attributes >> 32 == 0);
  to_server.cbBuffer = sizeof first_octets;
  CHECK(table->InitializeSecurityContext(&client, &context, NULL, FLAGS, 0, SECURITY_NATIVE_DREP,
                                         &answer_token, 0, &context, &first_token, &attributes,
                                         NULL) == SEC_E_OK);
  CHECK((attributes & PROTECTION) == PROTECTION && attributes >> 32 == 0);
  attributes = GARBAGE;
  to_client.cbBuffer = sizeof answer_octets;
  CHECK(table->AcceptSecurityContext(&server, &accepting, &first_token, 0, SECURITY_NATIVE_DREP,
                                     &accepting, &answer_token, &attributes, NULL) == SEC_E_OK);
  CHECK((attributes & ASC_RET_INTEGRITY) != 0 && attributes >> 32 == 0);

  buffers[0].BufferType = SECBUFFER_TOKEN;
  buffers[0].pvBuffer = token;
  buffers[1].BufferType = SECBUFFER_DATA;
  buffers[1].pvBuffer = data;
  buffers[1].cbBuffer = sizeof data;
  message.cBuffers = 2;
  message.pBuffers = buffers;
#define PROTECTS(protect, verify)                           \
  buffers[0].cbBuffer = 16;                                 \
  CHECK(protect(&context, 0, &message, 0) == SEC_E_OK);     \
  qop = GARBAGE;                                            \
  CHECK(verify(&accepting, &message, 0, &qop) == SEC_E_OK); \
  CHECK(qop == 0 && strcmp(data, "data") == 0);
  PROTECTS(EncryptMessage, DecryptMessage)
  PROTECTS(table->EncryptMessage, table->DecryptMessage)
  PROTECTS(MakeSignature, VerifySignature)
  PROTECTS(table->MakeSignature, table->VerifySignature)
  PROTECTS(SealMessage, UnsealMessage)
  DeleteSecurityContext(&context);
  DeleteSecurityContext(&accepting);
  return 0;
}

/* A name without parentheses is the function itself. */
static int names(void) {
  PSecurityFunctionTableA table = InitSecurityInterfaceA();
  CHECK(&InitializeSecurityContextA == table->InitializeSecurityContextA);
  CHECK(&AcceptSecurityContext == table->AcceptSecurityContext);
  CHECK(DecryptMessage == table->DecryptMessage);
  CHECK(EnumerateSecurityPackagesA == table->EnumerateSecurityPackagesA);
  CHECK(table->FreeCredentialHandle == table->FreeCredentialsHandle);
  return 0;
}

/* The size of GetUserNameEx is read and written. */
#ifdef HAVE_WINSHIM
static int user_name(void) {
  char name[256];
  WCHAR wide[256];
  ULONG narrow = sizeof name;
  unsigned long size = (GARBAGE << 32) | sizeof name;
  CHECK(GetUserNameExA(NameSamCompatible, name, &narrow) && narrow == strlen(name));
  CHECK(GetUserNameExA(NameSamCompatible, name, &size) && size == narrow);
  size = 256;
  CHECK(GetUserNameExW(NameSamCompatible, wide, &size) && wide[size] == 0);
  size = (GARBAGE << 32) | 1;
  CHECK(!GetUserNameExA(NameSamCompatible, name, &size) && GetLastError() == ERROR_MORE_DATA);
  CHECK(size == narrow + 1);
  size = GARBAGE;
  CHECK(!TranslateNameA(user, NameSamCompatible, NameDisplay, name, &size));
  CHECK(GetLastError() == ERROR_NONE_MAPPED && size >> 32 == 0);
  return 0;
}
#else
static int user_name(void) { return 0; }
#endif

int main(void) {
  const int failed =
      packages() || acquire() || initialize() || whole_login() || names() || user_name();
  FreeCredentialsHandle(&client);
  FreeCredentialsHandle(&server);
  return failed;
}
