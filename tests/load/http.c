// SPDX-License-Identifier: MIT
// The configuration of tests/apps/lib.sh tells user and GSS statuses in headers of its own.
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "transport.h"

enum { kRequestRoom = 8192 };

const char *http_path;

static bool send_text(int fd, const char *text, size_t size) {
  return send(fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size;
}

static int begin_request(char *text) {
  return snprintf(text, kRequestRoom, "GET %s HTTP/1.1\r\nHost: www.demo.test\r\n", http_path);
}

static bool ask(int fd) {
  char text[kRequestRoom];
  int used = begin_request(text);
  used += snprintf(text + used, (size_t)(kRequestRoom - used), "\r\n");
  return send_text(fd, text, (size_t)used);
}

static bool send_token(int fd, gss_buffer_t token, bool spnego) {
  char text[kRequestRoom];
  int used = begin_request(text);
  used += snprintf(text + used, (size_t)(kRequestRoom - used), "Authorization: %s ",
                   spnego ? "Negotiate" : "NTLM");
  if (token->length / 3 * 4 + 16 > (size_t)(kRequestRoom - used)) return false;
  used += EVP_EncodeBlock((unsigned char *)text + used, token->value, (int)token->length);
  used += snprintf(text + used, (size_t)(kRequestRoom - used), "\r\n\r\n");
  return send_text(fd, text, (size_t)used);
}

// The value of a header that begins with `start`, or null. `head` ends with an empty line.
static char *header(char *head, const char *name, const char *start, size_t *size) {
  const size_t name_size = strlen(name), start_size = strlen(start);
  for (char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, name_size) != 0 || strncmp(line + name_size, ": ", 2) != 0) {
      continue;
    }
    char *const value = line + name_size + 2;
    if (strncmp(value, start, start_size) != 0) continue;
    *size = strcspn(value, "\r") - start_size;
    return value + start_size;
  }
  return NULL;
}

// Decodes in place: the headers cannot be read any more.
static bool take_token(char *head, struct reply *reply) {
  size_t size = 0;
  char *value = header(head, "WWW-Authenticate", "Negotiate ", &size);
  if (value == NULL) value = header(head, "WWW-Authenticate", "NTLM ", &size);
  if (value == NULL) return false;
  char *const text = strndup(value, size);
  const int decoded = EVP_DecodeBlock((unsigned char *)value, (unsigned char *)text, (int)size);
  const size_t padding = size - strcspn(text, "=");
  free(text);
  if (decoded < 3) return false;
  reply->token = (gss_buffer_desc){(size_t)decoded - padding, value};
  return true;
}

static void take_text(char *head, const char *name, struct reply *reply) {
  size_t size = 0;
  const char *value = header(head, name, "", &size);
  if (value != NULL) snprintf(reply->text, sizeof reply->text, "%.*s", (int)size, value);
}

static void judge(char *head, int status, struct reply *reply) {
  if (status != 200 && status != 401) {
    reply->kind = kBroken;
    snprintf(reply->text, sizeof reply->text, "status %d", status);
    return;
  }
  take_text(head, status == 200 ? "X-User" : "X-Error", reply);
  const bool has_token = take_token(head, reply);
  reply->kind = status == 200 ? kGranted : has_token ? kToken : kRefused;
}

static void take_reply(char *received, size_t size, struct reply *reply) {
  char *const end = memmem(received, size, "\r\n\r\n", 4);
  if (end == NULL) return;
  end[2] = '\0';  // an empty line would go on with the body
  size_t length_size = 0;
  int status = 0;
  const char *length = header(received, "Content-Length", "", &length_size);
  const size_t body = length != NULL ? strtoul(length, NULL, 10) : 0;
  const size_t used = (size_t)(end + 4 - received) + body;
  if (used > size) {
    end[2] = '\r';
    return;
  }
  reply->used = used;
  if (sscanf(received, "HTTP/1.1 %d", &status) == 1 && length != NULL) {
    judge(received, status, reply);
  } else {
    reply->kind = kBroken;
  }
}

const struct transport kHttp = {send_token, take_reply, ask};
