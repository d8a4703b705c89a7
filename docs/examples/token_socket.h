/* SPDX-License-Identifier: MIT */
/* Tokens over a socket, each behind its size in four octets, big-endian. */
#ifndef TOKEN_SOCKET_H
#define TOKEN_SOCKET_H

#include "loopback.h"

static int send_token(socket_type s, const void *data, unsigned size) {
  const unsigned char head[4] = {0, (unsigned char)(size >> 16), (unsigned char)(size >> 8),
                                 (unsigned char)size};
  return size <= kMaxToken && send_all(s, head, 4) && send_all(s, data, size);
}

static int receive_all(socket_type s, unsigned char *data, unsigned size) {
  while (size > 0) {
    const int got = (int)recv(s, (char *)data, size, 0);
    if (got <= 0) return 0;
    data += got;
    size -= (unsigned)got;
  }
  return 1;
}

/* `data` has room for kMaxToken octets. False when the other side has gone. */
static int receive_token(socket_type s, unsigned char *data, unsigned *size) {
  unsigned char head[4];
  if (!receive_all(s, head, 4)) return 0;
  *size = (unsigned)head[1] << 16 | (unsigned)head[2] << 8 | head[3];
  return head[0] == 0 && *size <= kMaxToken && receive_all(s, data, *size);
}

#endif
