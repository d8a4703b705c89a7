// SPDX-License-Identifier: MIT
// How tokens travel: frames to login_server, or headers of HTTP to a web server.
#ifndef TESTS_LOAD_TRANSPORT_H_
#define TESTS_LOAD_TRANSPORT_H_

#include <gssapi/gssapi.h>
#include <stdbool.h>
#include <stddef.h>

enum reply_kind {
  kIncomplete,  // more has to come
  kToken,       // of the acceptor, or a message of the open context
  kRefused,     // `text` says why
  kGranted,     // `text` is the user, and there may be a last token
  kBroken,      // not what a server says
};

struct reply {
  enum reply_kind kind;
  gss_buffer_desc token;  // in the octets that were received
  char text[512];
  size_t used;  // so many octets of them
};

struct transport {
  bool (*send_token)(int fd, gss_buffer_t token, bool spnego);
  // Takes the first reply from what was received, which it may change.
  void (*take_reply)(char *received, size_t size, struct reply *reply);
  // Asks again who this is, without a token; null where there is no such thing.
  bool (*ask)(int fd);
};

extern const struct transport kFrames;
extern const struct transport kHttp;
extern const char *http_path;  // what to ask for

#endif  // TESTS_LOAD_TRANSPORT_H_
