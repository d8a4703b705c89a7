/* SPDX-License-Identifier: MIT */
/* One encrypted text over a token socket, in the form that plain GSSAPI calls a wrap token:
 * security trailer, text and padding in this order. */
#ifndef ENCRYPTED_MESSAGE_H
#define ENCRYPTED_MESSAGE_H

#include "token_socket.h"

static SECURITY_STATUS send_encrypted(socket_type s, CtxtHandle *context, const char *text) {
  SecPkgContext_Sizes sizes;
  SECURITY_STATUS status = QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &sizes);
  if (status != SEC_E_OK) return status;
  const ULONG size = (ULONG)strlen(text);
  unsigned char *message = malloc(sizes.cbSecurityTrailer + size + sizes.cbBlockSize);
  if (message == NULL) return SEC_E_INSUFFICIENT_MEMORY;
  memcpy(message + sizes.cbSecurityTrailer, text, size);
  SecBuffer parts[] = {
      {sizes.cbSecurityTrailer, SECBUFFER_TOKEN, message},
      {size, SECBUFFER_DATA, message + sizes.cbSecurityTrailer},
      {sizes.cbBlockSize, SECBUFFER_PADDING, message + sizes.cbSecurityTrailer + size}};
  SecBufferDesc all = {SECBUFFER_VERSION, 3, parts};
  status = EncryptMessage(context, 0, &all, 0);
  if (status == SEC_E_OK) {
    /* The trailer may be shorter than announced; the parts are sent without the gap. */
    memmove(message + parts[0].cbBuffer, parts[1].pvBuffer, size + parts[2].cbBuffer);
    if (!send_token(s, message, parts[0].cbBuffer + size + parts[2].cbBuffer)) {
      status = SEC_E_INTERNAL_ERROR;
    }
  }
  free(message);
  return status;
}

/* The message comes as one piece: STREAM is all of it, and DATA becomes the text in it. `message`
 * has room for kMaxToken octets. */
static SECURITY_STATUS receive_encrypted(socket_type s, CtxtHandle *context, unsigned char *message,
                                         SecBuffer *text) {
  unsigned size = 0;
  ULONG quality = 0;
  if (!receive_token(s, message, &size)) return SEC_E_INCOMPLETE_MESSAGE;
  SecBuffer parts[] = {{size, SECBUFFER_STREAM, message}, {0, SECBUFFER_DATA, NULL}};
  SecBufferDesc all = {SECBUFFER_VERSION, 2, parts};
  const SECURITY_STATUS status = DecryptMessage(context, &all, 0, &quality);
  *text = parts[1];
  if (status == SEC_E_OK && quality == SECQOP_WRAP_NO_ENCRYPT) return SEC_E_DECRYPT_FAILURE;
  return status;
}

#endif
