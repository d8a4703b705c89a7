// SPDX-License-Identifier: MIT
#include "common.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

enum { kManyDescriptors = 65536 };

gss_OID_desc oid_ntlm = {10, "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"};
gss_OID_desc oid_spnego = {6, "\x2b\x06\x01\x05\x05\x02"};

void put_length(uint8_t head[kFrameHead], size_t length) {
  for (int i = 0; i < kFrameHead; ++i) head[i] = (uint8_t)(length >> 8 * (kFrameHead - 1 - i));
}

size_t get_length(const uint8_t head[kFrameHead]) {
  size_t length = 0;
  for (int i = 0; i < kFrameHead; ++i) length = length << 8 | head[i];
  return length;
}

bool send_frame(int fd, const void *data, size_t size) {
  uint8_t head[kFrameHead];
  struct iovec parts[2] = {{head, sizeof head}, {(void *)(uintptr_t)data, size}};
  const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  put_length(head, size);
  // Frames are small, and a peer that does not take one has gone.
  return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)(sizeof head + size);
}

static size_t append_status(char *room, size_t used, size_t size, OM_uint32 code, int type,
                            gss_OID mech) {
  OM_uint32 minor, more = 0;
  do {
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    if (gss_display_status(&minor, code, type, mech, &more, &text) != GSS_S_COMPLETE) break;
    used += (size_t)snprintf(room + used, size - used, "%s%.*s", used != 0 ? ": " : "",
                             (int)text.length, (const char *)text.value);
    if (used >= size) used = size - 1;
    gss_release_buffer(&minor, &text);
  } while (more != 0);
  return used;
}

void status_text(char *room, size_t size, OM_uint32 major, OM_uint32 minor, gss_OID mech) {
  room[0] = '\0';
  const size_t used = append_status(room, 0, size, major, GSS_C_GSS_CODE, mech);
  append_status(room, used, size, minor, GSS_C_MECH_CODE, mech);
}

double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(2);
}

void *must_allocate(size_t size) {
  void *memory = calloc(1, size);
  if (memory == NULL) die("no memory");
  return memory;
}

void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) die("getrlimit: %m");
  // root may have more than it was given.
  const struct rlimit more = {kManyDescriptors, kManyDescriptors};
  if (limit.rlim_max < kManyDescriptors && setrlimit(RLIMIT_NOFILE, &more) == 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) die("setrlimit: %m");
}
