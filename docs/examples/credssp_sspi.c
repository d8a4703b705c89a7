/* SPDX-License-Identifier: MIT */
/* CredSSP by SSPI, for Windows and for Linux: both ends of a login on loopback, whose octets are a
 * TLS stream, and one message each way. Speaks with credssp_gssapi as well.
 *
 *   credssp_sspi accept PORT                       prints the port, who came, and whom he delegated
 *   credssp_sspi connect PORT DOMAIN USER TEXT     the password is in CREDSSP_PASSWORD
 *
 * On Linux NTLM_USER_FILE names the accounts of the acceptor, which makes a certificate itself; on
 * Windows it gives one in SCHANNEL_CRED. Windows: x86_64-w64-mingw32-gcc credssp_sspi.c -lsecur32
 * -lws2_32 Linux: cc credssp_sspi.c $(pkg-config --cflags --libs sspi) */
#include "loopback.h"
/* After the headers above. */
#include <credssp.h>

#ifndef SECPKG_ATTR_CREDS /* not in the headers of mingw-w64 */
#define SECPKG_ATTR_CREDS 0x80000080
#endif

/* What has come and was not consumed yet. */
static unsigned char stream[kMaxToken];
static ULONG waiting;

static int receive_more(socket_type s) {
  const int got = (int)recv(s, (char *)stream + waiting, sizeof stream - waiting, 0);
  if (got > 0) waiting += (ULONG)got;
  return got > 0;
}

/* Of what was given, EXTRA at the end is still to do. */
static void consumed(const SecBuffer *buffers, ULONG count) {
  ULONG extra = 0;
  for (ULONG i = 0; i < count; ++i) {
    if (buffers[i].BufferType == SECBUFFER_EXTRA) extra = buffers[i].cbBuffer;
  }
  memmove(stream, stream + waiting - extra, extra);
  waiting = extra;
}

static SECURITY_STATUS acquire(SEC_WINNT_AUTH_IDENTITY_A *identity, CredHandle *credential) {
  TimeStamp expiry;
  CREDSSP_CRED cred;
  memset(&cred, 0, sizeof cred);
  cred.Type = CredsspPasswordCreds;
  cred.pSpnegoCred = identity;
  char package[] = "CREDSSP";
  return AcquireCredentialsHandleA(
      NULL, package, identity != NULL ? SECPKG_CRED_OUTBOUND : SECPKG_CRED_INBOUND, NULL,
      identity != NULL ? &cred : NULL, NULL, NULL, credential, &expiry);
}

/* One leg. A record that is not whole yet is SEC_E_INCOMPLETE_MESSAGE, and nothing has happened. */
static SECURITY_STATUS leg(socket_type s, int accepts, CredHandle *credential, CtxtHandle *context,
                           int first) {
  SecBuffer in[] = {{waiting, SECBUFFER_TOKEN, stream}, {0, SECBUFFER_EMPTY, NULL}};
  SecBuffer out = {0, SECBUFFER_TOKEN, NULL};
  SecBufferDesc input = {SECBUFFER_VERSION, 2, in}, output = {SECBUFFER_VERSION, 1, &out};
  char target[] = "TERMSRV/localhost";
  ULONG flags = 0;
  TimeStamp expiry;
  CtxtHandle *old = first ? NULL : context;
  const SECURITY_STATUS status =
      accepts
          ? AcceptSecurityContext(credential, old, &input,
                                  ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_EXTENDED_ERROR,
                                  SECURITY_NATIVE_DREP, context, &output, &flags, &expiry)
          : InitializeSecurityContextA(
                credential, old, target,
                ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_DELEGATE | ISC_REQ_EXTENDED_ERROR, 0,
                SECURITY_NATIVE_DREP, first ? NULL : &input, 0, context, &output, &flags, &expiry);
  if (status == SEC_E_INCOMPLETE_MESSAGE) return status;
  consumed(in, 2);
  if (out.cbBuffer != 0) send_all(s, out.pvBuffer, out.cbBuffer);
  if (out.pvBuffer != NULL) FreeContextBuffer(out.pvBuffer);
  return status;
}

static SECURITY_STATUS log_in(socket_type s, int accepts, CredHandle *credential,
                              CtxtHandle *context) {
  SECURITY_STATUS status = SEC_E_INCOMPLETE_MESSAGE;
  int first = 1;
  for (;;) {
    const int has_input = waiting != 0 && status != SEC_E_INCOMPLETE_MESSAGE;
    if ((accepts || !first) && !has_input && !receive_more(s)) return SEC_E_LOGON_DENIED;
    status = leg(s, accepts, credential, context, first);
    if (status == SEC_E_INCOMPLETE_MESSAGE) continue;
    if (status != SEC_I_CONTINUE_NEEDED) return status;
    first = 0;
  }
}

static SECURITY_STATUS send_message(socket_type s, CtxtHandle *context, const char *text) {
  static unsigned char record[2048];
  SecPkgContext_StreamSizes sizes;
  SECURITY_STATUS status = QueryContextAttributesA(context, SECPKG_ATTR_STREAM_SIZES, &sizes);
  if (status != SEC_E_OK) return status;
  const ULONG size = (ULONG)strlen(text);
  if (sizes.cbHeader + size + sizes.cbTrailer > sizeof record) return SEC_E_BUFFER_TOO_SMALL;
  unsigned char *data = record + sizes.cbHeader;
  memcpy(data, text, size);
  SecBuffer parts[] = {{sizes.cbHeader, SECBUFFER_STREAM_HEADER, record},
                       {size, SECBUFFER_DATA, data},
                       {sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, data + size},
                       {0, SECBUFFER_EMPTY, NULL}};
  SecBufferDesc all = {SECBUFFER_VERSION, 4, parts};
  status = EncryptMessage(context, 0, &all, 0);
  if (status != SEC_E_OK) return status;
  const int sent = send_all(s, record, sizes.cbHeader + size + parts[2].cbBuffer);
  return sent ? SEC_E_OK : SEC_E_INTERNAL_ERROR;
}

/* A record may hold no message: TLS has some of its own. */
static SECURITY_STATUS receive_message(socket_type s, CtxtHandle *context, char *text, ULONG room) {
  for (;;) {
    SecBuffer parts[] = {{waiting, SECBUFFER_DATA, stream},
                         {0, SECBUFFER_EMPTY, NULL},
                         {0, SECBUFFER_EMPTY, NULL},
                         {0, SECBUFFER_EMPTY, NULL}};
    SecBufferDesc all = {SECBUFFER_VERSION, 4, parts};
    const SECURITY_STATUS status =
        waiting != 0 ? DecryptMessage(context, &all, 0, NULL) : SEC_E_INCOMPLETE_MESSAGE;
    if (status == SEC_E_INCOMPLETE_MESSAGE) {
      if (!receive_more(s)) return SEC_E_CONTEXT_EXPIRED;
      continue;
    }
    if (status != SEC_E_OK) return status;
    /* STREAM_HEADER, DATA, STREAM_TRAILER, EXTRA, in this order. */
    const ULONG size = parts[1].cbBuffer < room ? parts[1].cbBuffer : room - 1;
    memcpy(text, parts[1].pvBuffer, size);
    text[size] = '\0';
    consumed(parts, 4);
    if (size != 0) return SEC_E_OK;
  }
}

static void print_ascii(PCWSTR text) {
  for (; text != NULL && *text != 0; ++text) putchar(*text < 0x80 ? (int)*text : '?');
}

static SECURITY_STATUS print_client(CtxtHandle *context) {
  SecPkgContext_NamesA names;
  SecPkgContext_ClientCreds delegated;
  PCWSTR user, domain, packed;
  SECURITY_STATUS status = QueryContextAttributesA(context, SECPKG_ATTR_NAMES, &names);
  if (status != SEC_E_OK) return status;
  printf("%s by CREDSSP, delegates ", names.sUserName);
  FreeContextBuffer(names.sUserName);
  status = QueryContextAttributesA(context, SECPKG_ATTR_CREDS, &delegated);
  if (status != SEC_E_OK) return status;
  status = SspiEncodeAuthIdentityAsStrings(delegated.AuthBuffer, &user, &domain, &packed);
  if (status == SEC_E_OK) {
    print_ascii(domain);
    putchar('\\');
    print_ascii(user);
    SspiLocalFree((PVOID)user);
    SspiLocalFree((PVOID)domain);
    SspiLocalFree((PVOID)packed);
  }
  FreeContextBuffer(delegated.AuthBuffer);
  return status;
}

static socket_type open_socket(int port, int accepts) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  const socket_type s = loopback_socket(port, &address);
  if (!accepts) {
    if (connect(s, (struct sockaddr *)&address, size) != 0) exit(fail("connect", 0));
    return s;
  }
  if (bind(s, (struct sockaddr *)&address, size) != 0 || listen(s, 1) != 0 ||
      getsockname(s, (struct sockaddr *)&address, &size) != 0) {
    exit(fail("listen", 0));
  }
  printf("port %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return accept(s, NULL, NULL);
}

static SEC_WINNT_AUTH_IDENTITY_A *identity_of(char **arguments) {
  static SEC_WINNT_AUTH_IDENTITY_A identity;
  char *password = getenv("CREDSSP_PASSWORD");
  identity.Domain = (unsigned char *)arguments[0];
  identity.DomainLength = (ULONG)strlen(arguments[0]);
  identity.User = (unsigned char *)arguments[1];
  identity.UserLength = (ULONG)strlen(arguments[1]);
  identity.Password = (unsigned char *)(password != NULL ? password : "");
  identity.PasswordLength = (ULONG)strlen((char *)identity.Password);
  identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
  return &identity;
}

int main(int argc, char **argv) {
  static char text[2048];
  const int accepts = argc == 3 && strcmp(argv[1], "accept") == 0;
  CredHandle credential;
  CtxtHandle context;
  if (!accepts && argc != 6) {
    fprintf(stderr, "usage: see the top of the source\n");
    return 2;
  }
  SECURITY_STATUS status = acquire(accepts ? NULL : identity_of(argv + 3), &credential);
  if (status != SEC_E_OK) return fail("AcquireCredentialsHandle", status);
  socket_start();
  const socket_type s = open_socket(atoi(argv[2]), accepts);
  status = log_in(s, accepts, &credential, &context);
  if (status != SEC_E_OK) return fail("login", status);
  if (accepts && (status = print_client(&context)) != SEC_E_OK) return fail("attributes", status);
  if (!accepts && (status = send_message(s, &context, argv[5])) != SEC_E_OK) {
    return fail("EncryptMessage", status);
  }
  status = receive_message(s, &context, text, sizeof text);
  if (status != SEC_E_OK) return fail("DecryptMessage", status);
  printf("%s%s\n", accepts ? ": " : "", text);
  if (accepts && (status = send_message(s, &context, "thank you")) != SEC_E_OK) {
    return fail("EncryptMessage", status);
  }
  DeleteSecurityContext(&context);
  FreeCredentialsHandle(&credential);
  socket_close(s);
  return 0;
}
