/* SPDX-License-Identifier: MIT */
/* What the examples need beside SSPI: a TCP socket of loopback. Here alone Windows and Linux
 * differ. */
#ifndef LOOPBACK_H
#define LOOPBACK_H

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
static void socket_reuse(socket_type s) { (void)s; }
/* winerror.h has the meaning of a status. */
static const char *reason_of(SECURITY_STATUS status) { return status == 0 ? "" : "(winerror.h)"; }
#else
typedef int socket_type;
static void socket_start(void) {}
static void socket_close(socket_type s) { close(s); }
/* Windows lets a new server have the port of one that has just ended; Linux has to be told. */
static void socket_reuse(socket_type s) {
  const int yes = 1;
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}
/* libsspi says in words what went wrong in this thread. */
static const char *reason_of(SECURITY_STATUS status) {
  return status != SEC_E_OK && SspiLastErrorStatus() == status ? SspiLastErrorText() : "";
}
#endif

/* A socket of loopback, and its address with this port. */
static socket_type loopback_socket(int port, struct sockaddr_in *address) {
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  address->sin_port = htons((unsigned short)port);
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const socket_type s = socket(AF_INET, SOCK_STREAM, 0);
  socket_reuse(s);
  return s;
}

static int send_all(socket_type s, const void *data, unsigned size) {
  return size <= kMaxToken && send(s, (const char *)data, size, 0) == (int)size;
}

static int fail(const char *what, SECURITY_STATUS status) {
  fprintf(stderr, "%s: status 0x%08lx %s\n", what, (unsigned long)(ULONG)status, reason_of(status));
  return 1;
}

#endif
