/* SPDX-License-Identifier: MIT */
/* A server of SSPI for Windows and for Linux: takes one login of sspi_client on loopback, decrypts
 * its message and prints who sent it.
 *
 *   sspi_server PORT PACKAGE
 *
 * With port 0 the system chooses one; the first line of the output has it. On Linux NTLM_USER_FILE,
 * or the policy, names the accounts of NTLM, and KRB5_KTNAME the key table of Kerberos. Windows:
 * x86_64-w64-mingw32-gcc sspi_server.c -lsecur32 -lws2_32 Linux: cc sspi_server.c $(pkg-config
 * --cflags --libs sspi) */
#include "encrypted_message.h"

static unsigned char token[kMaxToken];

static socket_type accept_one(int port) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  const socket_type listener = loopback_socket(port, &address);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
      listen(listener, 1) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
    exit(fail("listen", 0));
  }
  printf("port %d\n", ntohs(address.sin_port));
  fflush(stdout);
  const socket_type s = accept(listener, NULL, NULL);
  socket_close(listener);
  return s;
}

/* Legs until the context is complete. */
static SECURITY_STATUS let_in(socket_type s, CredHandle *credential, CtxtHandle *context,
                              ULONG *flags) {
  unsigned size = 0;
  int first = 1;
  for (;;) {
    if (!receive_token(s, token, &size)) return SEC_E_INCOMPLETE_MESSAGE;
    SecBuffer in = {size, SECBUFFER_TOKEN, token}, out = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc input = {SECBUFFER_VERSION, 1, &in}, output = {SECBUFFER_VERSION, 1, &out};
    TimeStamp expiry;
    const SECURITY_STATUS status =
        AcceptSecurityContext(credential, first ? NULL : context, &input,
                              ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_CONFIDENTIALITY,
                              SECURITY_NATIVE_DREP, context, &output, flags, &expiry);
    if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED) return status;
    first = 0;
    const int sent = out.cbBuffer == 0 || send_token(s, out.pvBuffer, out.cbBuffer);
    FreeContextBuffer(out.pvBuffer);
    if (!sent) return SEC_E_INTERNAL_ERROR;
    if (status == SEC_E_OK) return status;
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: %s PORT PACKAGE\n", argv[0]);
    return 2;
  }
  CredHandle credential;
  CtxtHandle context;
  TimeStamp expiry;
  ULONG flags = 0;
  SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, argv[2], SECPKG_CRED_INBOUND, NULL, NULL,
                                                     NULL, NULL, &credential, &expiry);
  if (status != SEC_E_OK) return fail("AcquireCredentialsHandle", status);
  socket_start();
  const socket_type s = accept_one(atoi(argv[1]));
  status = let_in(s, &credential, &context, &flags);
  if (status != SEC_E_OK) return fail("AcceptSecurityContext", status);

  SecPkgContext_NamesA names;
  SecPkgContext_PackageInfoA package;
  SecBuffer text;
  status = QueryContextAttributesA(&context, SECPKG_ATTR_NAMES, &names);
  if (status != SEC_E_OK) return fail("SECPKG_ATTR_NAMES", status);
  status = QueryContextAttributesA(&context, SECPKG_ATTR_PACKAGE_INFO, &package);
  if (status != SEC_E_OK) return fail("SECPKG_ATTR_PACKAGE_INFO", status);
  status = receive_encrypted(s, &context, token, &text);
  if (status != SEC_E_OK) return fail("DecryptMessage", status);
  printf("%s by %s: %.*s\n", names.sUserName, package.PackageInfo->Name, (int)text.cbBuffer,
         (const char *)text.pvBuffer);
  status = send_encrypted(s, &context, "thank you");
  if (status != SEC_E_OK) return fail("EncryptMessage", status);
  FreeContextBuffer(names.sUserName);
  FreeContextBuffer(package.PackageInfo);
  DeleteSecurityContext(&context);
  FreeCredentialsHandle(&credential);
  socket_close(s);
  return 0;
}
