/* SPDX-License-Identifier: MIT */
/* What the two examples need beside SSPI: a TCP socket that carries tokens, each behind its size in
 * four octets, big-endian. Here alone Windows and Linux differ. */
#ifndef TOKEN_SOCKET_H
#define TOKEN_SOCKET_H

#define SECURITY_WIN32
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#endif
#include <security.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { kMaxToken = 65536 };

#ifdef _WIN32
typedef SOCKET socket_type;
static void socket_start(void) {
  WSADATA data;
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) exit(1);
}
static void socket_close(socket_type s) { closesocket(s); }
#else
typedef int socket_type;
static void socket_start(void) {}
static void socket_close(socket_type s) { close(s); }
#endif

/* A socket of loopback, and its address with this port. */
static socket_type loopback_socket(int port, struct sockaddr_in *address) {
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  address->sin_port = htons((unsigned short)port);
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return socket(AF_INET, SOCK_STREAM, 0);
}

static int send_token(socket_type s, const void *data, unsigned size) {
  const unsigned char head[4] = {0, (unsigned char)(size >> 16), (unsigned char)(size >> 8),
                                 (unsigned char)size};
  return size <= kMaxToken && send(s, (const char *)head, 4, 0) == 4 &&
         send(s, (const char *)data, size, 0) == (int)size;
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

static int fail(const char *what, SECURITY_STATUS status) {
  fprintf(stderr, "%s: status 0x%08lx\n", what, (unsigned long)(ULONG)status);
  return 1;
}

#endif
