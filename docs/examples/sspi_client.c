/* SPDX-License-Identifier: MIT */
/* A client of SSPI for Windows and for Linux: logs in to sspi_server on loopback and sends it one
 * encrypted message, which the server answers.
 *
 *   sspi_client PORT PACKAGE TARGET TEXT [USER [DOMAIN]]
 *
 * PACKAGE is Negotiate, NTLM or Kerberos, TARGET the server's principal name, as
 * host/www.example.com. With USER the password is the environment variable SSPI_PASSWORD; without,
 * the credentials are those of the login. Windows: x86_64-w64-mingw32-gcc sspi_client.c -lsecur32
 * -lws2_32 Linux: cc sspi_client.c $(pkg-config --cflags --libs sspi) */
#include "encrypted_message.h"

static unsigned char token[kMaxToken];

/* Legs until the context is complete. */
static SECURITY_STATUS log_in(socket_type s, CredHandle *credential, char *target,
                              CtxtHandle *context, ULONG *flags) {
  unsigned size = 0;
  int first = 1;
  for (;;) {
    SecBuffer in = {size, SECBUFFER_TOKEN, token}, out = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc input = {SECBUFFER_VERSION, 1, &in}, output = {SECBUFFER_VERSION, 1, &out};
    TimeStamp expiry;
    const SECURITY_STATUS status = InitializeSecurityContextA(
        credential, first ? NULL : context, target,
        ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONFIDENTIALITY | ISC_REQ_REPLAY_DETECT |
            ISC_REQ_SEQUENCE_DETECT,
        0, SECURITY_NATIVE_DREP, first ? NULL : &input, 0, context, &output, flags, &expiry);
    if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED) return status;
    first = 0;
    const int sent = out.cbBuffer == 0 || send_token(s, out.pvBuffer, out.cbBuffer);
    FreeContextBuffer(out.pvBuffer);
    if (!sent) return SEC_E_INTERNAL_ERROR;
    if (status == SEC_E_OK) return status;
    /* A server that refuses closes the connection. */
    if (!receive_token(s, token, &size)) return SEC_E_LOGON_DENIED;
  }
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: %s PORT PACKAGE TARGET TEXT [USER [DOMAIN]]\n", argv[0]);
    return 2;
  }
  SEC_WINNT_AUTH_IDENTITY_A identity;
  memset(&identity, 0, sizeof identity);
  if (argc > 5) {
    char *password = getenv("SSPI_PASSWORD");
    identity.User = (unsigned char *)argv[5];
    identity.UserLength = (ULONG)strlen(argv[5]);
    identity.Domain = (unsigned char *)(argc > 6 ? argv[6] : "");
    identity.DomainLength = (ULONG)strlen((char *)identity.Domain);
    identity.Password = (unsigned char *)(password != NULL ? password : "");
    identity.PasswordLength = (ULONG)strlen((char *)identity.Password);
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
  }
  struct sockaddr_in address;
  socket_start();
  const socket_type s = loopback_socket(atoi(argv[1]), &address);
  if (connect(s, (struct sockaddr *)&address, sizeof address) != 0) return fail("connect", 0);

  CredHandle credential;
  CtxtHandle context;
  TimeStamp expiry;
  SecBuffer text;
  ULONG flags = 0;
  SECURITY_STATUS status =
      AcquireCredentialsHandleA(NULL, argv[2], SECPKG_CRED_OUTBOUND, NULL,
                                argc > 5 ? &identity : NULL, NULL, NULL, &credential, &expiry);
  if (status != SEC_E_OK) return fail("AcquireCredentialsHandle", status);
  status = log_in(s, &credential, argv[3], &context, &flags);
  if (status != SEC_E_OK) return fail("InitializeSecurityContext", status);
  if ((flags & ISC_RET_CONFIDENTIALITY) == 0) return fail("no confidentiality", status);
  status = send_encrypted(s, &context, argv[4]);
  if (status != SEC_E_OK) return fail("EncryptMessage", status);
  /* NTLM's last word is the client's: only now is it certain that the server let it in. */
  status = receive_encrypted(s, &context, token, &text);
  if (status != SEC_E_OK) return fail("the server's answer", status);
  printf("%.*s\n", (int)text.cbBuffer, (const char *)text.pvBuffer);
  DeleteSecurityContext(&context);
  FreeCredentialsHandle(&credential);
  socket_close(s);
  return 0;
}
