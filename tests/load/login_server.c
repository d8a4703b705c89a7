// SPDX-License-Identifier: MIT
// A server that logs in whoever knocks, by SPNEGO or plain NTLM as the client likes, with the
// accounts that its environment gives it. It greets the client by name, in a message that is
// protected by the new context, and waits for the next token. `usage` has the arguments.
#include <arpa/inet.h>
#include <errno.h>
#include <gssapi/gssapi_ext.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

enum { kStackSize = 512 << 10, kAcceptsAtOnce = 64, kMaxName = 1024 };

struct peer {
  int fd;
  gss_OID mech;
  gss_ctx_id_t context;
  uint8_t *pending;  // the begin of a frame
  size_t pending_size;
};

static struct {
  int epoll, listener;
  unsigned long mix_up;  // one of so many greetings names another user; 0: none does
  atomic_ulong connections, contexts, greetings;
} server;

// ---- peers -------------------------------------------------------------------------------------

static void watch(int fd, void *what, int operation) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = what};
  if (epoll_ctl(server.epoll, operation, fd, &event) != 0) die("epoll_ctl: %m");
}

static void delete_context(struct peer *peer) {
  OM_uint32 minor;
  if (peer->context == GSS_C_NO_CONTEXT) return;
  gss_delete_sec_context(&minor, &peer->context, GSS_C_NO_BUFFER);
  atomic_fetch_sub(&server.contexts, 1);
}

static void close_peer(struct peer *peer) {
  delete_context(peer);
  close(peer->fd);
  free(peer->pending);
  free(peer);
  atomic_fetch_sub(&server.connections, 1);
}

static void accept_peers(void) {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    const int fd = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EAGAIN || errno == ECONNABORTED)) break;
    if (fd < 0) die("accept4: %m");
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct peer *peer = must_allocate(sizeof *peer);
    peer->fd = fd;
    atomic_fetch_add(&server.connections, 1);
    watch(fd, peer, EPOLL_CTL_ADD);
  }
  watch(server.listener, NULL, EPOLL_CTL_MOD);
}

// ---- logins ------------------------------------------------------------------------------------

static bool refuse(struct peer *peer, OM_uint32 major, OM_uint32 minor) {
  char text[1024] = {kRefusal};
  status_text(text + 1, sizeof text - 1, major, minor, peer->mech);
  send_frame(peer->fd, text, strlen(text));
  return false;
}

// One in `mix_up` clients is called by the name of an earlier one: the client has to notice.
static void mix_up_names(gss_buffer_t name) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static char other[kMaxName];
  if (server.mix_up == 0 || name->length >= sizeof other) return;
  pthread_mutex_lock(&lock);
  if (atomic_load(&server.greetings) % server.mix_up == 0 && other[0] != '\0') {
    OM_uint32 minor;
    gss_release_buffer(&minor, name);
    name->value = strdup(other);
    name->length = strlen(other);
  } else {
    snprintf(other, sizeof other, "%.*s", (int)name->length, (const char *)name->value);
  }
  pthread_mutex_unlock(&lock);
}

static bool greet(struct peer *peer, gss_name_t client) {
  OM_uint32 minor, ignored;
  gss_buffer_desc name = GSS_C_EMPTY_BUFFER, wrapped = GSS_C_EMPTY_BUFFER;
  char text[kMaxName + sizeof GREETING];
  int conf = 0;
  OM_uint32 major = gss_display_name(&minor, client, &name, NULL);
  if (GSS_ERROR(major)) return refuse(peer, major, minor);
  atomic_fetch_add(&server.greetings, 1);
  mix_up_names(&name);
  snprintf(text, sizeof text, GREETING "%.*s", (int)name.length, (const char *)name.value);
  gss_release_buffer(&ignored, &name);
  gss_buffer_desc message = {strlen(text), text};
  major = gss_wrap(&minor, peer->context, 1, GSS_C_QOP_DEFAULT, &message, &conf, &wrapped);
  if (GSS_ERROR(major)) return refuse(peer, major, minor);
  const bool sent = conf != 0 && send_frame(peer->fd, wrapped.value, wrapped.length);
  gss_release_buffer(&ignored, &wrapped);
  return sent;
}

// A credential for each step, as web servers do it: it shows what the account source says now.
static OM_uint32 acquire(OM_uint32 *minor, gss_OID mech, gss_cred_id_t *cred) {
  gss_OID_set_desc mechs = {1, mech};
  return gss_acquire_cred(minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechs, GSS_C_ACCEPT, cred, NULL,
                          NULL);
}

// False when the connection is to end.
static bool take_token(struct peer *peer, gss_buffer_t token) {
  OM_uint32 minor, ignored;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  gss_name_t client = GSS_C_NO_NAME;
  gss_buffer_desc output = GSS_C_EMPTY_BUFFER;
  const bool is_first = peer->context == GSS_C_NO_CONTEXT;
  if (is_first) {
    const bool plain = token->length > 7 && memcmp(token->value, "NTLMSSP", 7) == 0;
    peer->mech = plain ? &oid_ntlm : &oid_spnego;
  }
  OM_uint32 major = acquire(&minor, peer->mech, &cred);
  if (GSS_ERROR(major)) return refuse(peer, major, minor);
  major = gss_accept_sec_context(&minor, &peer->context, cred, token, GSS_C_NO_CHANNEL_BINDINGS,
                                 &client, NULL, &output, NULL, NULL, NULL);
  if (is_first && peer->context != GSS_C_NO_CONTEXT) atomic_fetch_add(&server.contexts, 1);
  bool goes_on = !GSS_ERROR(major) || refuse(peer, major, minor);
  if (goes_on && output.length != 0) goes_on = send_frame(peer->fd, output.value, output.length);
  if (goes_on && major == GSS_S_COMPLETE) {
    goes_on = greet(peer, client);
    delete_context(peer);
  }
  gss_release_buffer(&ignored, &output);
  gss_release_name(&ignored, &client);
  gss_release_cred(&ignored, &cred);
  return goes_on;
}

// ---- frames ------------------------------------------------------------------------------------

static unsigned long resident_octets(void) {
  unsigned long size = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "re");
  if (file == NULL || fscanf(file, "%lu %lu", &size, &resident) != 2) die("/proc/self/statm: %m");
  fclose(file);
  return resident * (unsigned long)sysconf(_SC_PAGESIZE);
}

static bool answer(const struct peer *peer) {
  char text[128];
  const struct mallinfo2 heap = mallinfo2();
  snprintf(text, sizeof text, "%c" ANSWER_FORM, kAnswer, resident_octets(),
           (unsigned long)(heap.uordblks + heap.hblkhd), atomic_load(&server.connections),
           atomic_load(&server.contexts));
  return send_frame(peer->fd, text, strlen(text));
}

static bool take_frame(struct peer *peer, uint8_t *data, size_t size) {
  if (size == 0) return false;
  if (data[0] == kQuestion) return answer(peer);
  gss_buffer_desc token = {size, data};
  return take_token(peer, &token);
}

// Keeps what is not yet a frame. Between frames a peer needs no memory for them.
static void keep(struct peer *peer, const uint8_t *data, size_t size) {
  free(peer->pending);
  peer->pending = NULL;
  peer->pending_size = size;
  if (size == 0) return;
  peer->pending = must_allocate(size);
  memcpy(peer->pending, data, size);
}

static bool take_octets(struct peer *peer) {
  uint8_t data[kFrameHead + kMaxFrame];
  size_t used = 0, size = peer->pending_size;
  if (size != 0) memcpy(data, peer->pending, size);
  const ssize_t got = recv(peer->fd, data + size, sizeof data - size, 0);
  if (got <= 0) return got < 0 && errno == EAGAIN;
  size += (size_t)got;
  while (size - used >= kFrameHead) {
    const size_t length = get_length(data + used);
    if (length > kMaxFrame) return false;
    if (size - used - kFrameHead < length) break;
    if (!take_frame(peer, data + used + kFrameHead, length)) return false;
    used += kFrameHead + length;
  }
  keep(peer, data + used, size - used);
  return true;
}

static void *serve(void *unused) {
  struct epoll_event event;
  (void)unused;
  for (;;) {
    const int count = epoll_wait(server.epoll, &event, 1, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait: %m");
    if (count != 1) continue;
    struct peer *peer = event.data.ptr;
    if (peer == NULL) {
      accept_peers();
    } else if (take_octets(peer)) {
      watch(peer->fd, peer, EPOLL_CTL_MOD);
    } else {
      close_peer(peer);
    }
  }
  return NULL;
}

// ---- start -------------------------------------------------------------------------------------

static void listen_on(uint16_t port) {
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  const int yes = 1;
  server.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt(server.listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(server.listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
      listen(server.listener, SOMAXCONN) != 0) {
    die("port %u: %m", port);
  }
  watch(server.listener, NULL, EPOLL_CTL_ADD);
}

static void start_threads(long count) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackSize);
  for (long i = 0; i < count; ++i) {
    if (pthread_create(&thread, &attributes, serve, NULL) != 0) die("pthread_create");
  }
  pthread_attr_destroy(&attributes);
}

static _Noreturn void usage(void) { die("usage: login_server PORT THREADS [MIX-UP]"); }

int main(int argc, char **argv) {
  if (argc < 3 || argc > 4) usage();
  const long port = atol(argv[1]), threads = atol(argv[2]);
  if (port < 1 || port > UINT16_MAX || threads < 1) usage();
  if (argc == 4) server.mix_up = strtoul(argv[3], NULL, 10);
  raise_descriptor_limit();
  server.epoll = epoll_create1(EPOLL_CLOEXEC);
  listen_on((uint16_t)port);
  start_threads(threads);
  for (;;) pause();
}
