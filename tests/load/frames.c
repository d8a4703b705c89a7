// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "common.h"
#include "transport.h"

static bool send_token(int fd, gss_buffer_t token, bool spnego) {
  (void)spnego;
  return send_frame(fd, token->value, token->length);
}

static void take_reply(char *received, size_t size, struct reply *reply) {
  if (size < kFrameHead) return;
  const size_t length = get_length((const uint8_t *)received);
  char *const data = received + kFrameHead;
  if (size - kFrameHead < length) return;
  reply->used = kFrameHead + length;
  reply->kind = length == 0 ? kBroken : kToken;
  reply->token = (gss_buffer_desc){length, data};
  if (length == 0 || (data[0] != kRefusal && data[0] != kAnswer)) return;
  reply->kind = data[0] == kRefusal ? kRefused : kGranted;
  snprintf(reply->text, sizeof reply->text, "%.*s", (int)length - 1, data + 1);
}

const struct transport kFrames = {send_token, take_reply, NULL};
