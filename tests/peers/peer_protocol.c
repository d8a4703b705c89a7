// SPDX-License-Identifier: MIT
#include "peer_protocol.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kOptionNames[kOptions] = {"role",     "carrier",  "user",   "domain",
                                                   "password", "accounts", "target", "flags",
                                                   "bindings", "neg_flags"};

enum { kMaxFields = 2 * kOptions, kMaxSize = 16 << 20 };

struct request {
  uint32_t count;
  struct field field[kMaxFields];
};

// ---- frames ------------------------------------------------------------------------------------

static bool read_number(uint32_t *number) {
  uint8_t raw[4];
  if (fread(raw, sizeof raw, 1, stdin) != 1) return false;
  *number = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3];
  return true;
}

static void write_number(size_t number) {
  const uint8_t raw[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                          (uint8_t)number};
  fwrite(raw, sizeof raw, 1, stdout);
}

static void write_field(const void *data, size_t size) {
  write_number(size);
  if (size != 0) fwrite(data, size, 1, stdout);
}

static bool read_field(struct field *field) {
  uint32_t size;
  if (!read_number(&size) || size > kMaxSize) return false;
  field->size = size;
  field->data = calloc(1, (size_t)size + 1);
  return field->data != NULL && (size == 0 || fread(field->data, size, 1, stdin) == 1);
}

static void free_request(struct request *request) {
  for (uint32_t i = 0; i < request->count; ++i) free(request->field[i].data);
  memset(request, 0, sizeof *request);
}

static bool read_request(struct request *request) {
  uint32_t count;
  if (!read_number(&count) || count == 0 || count > kMaxFields) return false;
  while (request->count < count) {
    if (!read_field(&request->field[request->count++])) return false;
  }
  return true;
}

void answer(const char *status, const void *result, size_t size) {
  write_number(2);
  write_field(status, strlen(status));
  write_field(result, size);
  fflush(stdout);
}

void answer_text(const char *status, const char *format, ...) {
  char text[4096];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  answer(status, text, strlen(text));
}

// ---- options -----------------------------------------------------------------------------------

bool has_option(const struct options *options, enum option option) {
  return options->value[option].data != NULL;
}

const char *option_text(const struct options *options, enum option option) {
  return has_option(options, option) ? (const char *)options->value[option].data : "";
}

bool option_holds_word(const struct options *options, enum option option, const char *word) {
  const size_t size = strlen(word);
  for (const char *at = option_text(options, option); *at != '\0';) {
    const size_t length = strcspn(at, " ");
    if (length == size && memcmp(at, word, size) == 0) return true;
    at += length + (at[length] == ' ');
  }
  return false;
}

// Takes "name=value" over into the options, which borrow the value.
static bool take_option(struct options *options, const struct field *field) {
  for (size_t i = 0; i < kOptions; ++i) {
    const size_t size = strlen(kOptionNames[i]);
    if (field->size <= size || field->data[size] != '=') continue;
    if (memcmp(field->data, kOptionNames[i], size) != 0) continue;
    options->value[i].data = field->data + size + 1;
    options->value[i].size = field->size - size - 1;
    return true;
  }
  return false;
}

// ---- commands ----------------------------------------------------------------------------------

static void start(const struct driver *driver, const struct request *request) {
  static struct request kept;  // the options point into it as long as the process lives
  static struct options options;
  kept = *request;
  for (uint32_t i = 1; i < kept.count; ++i) {
    if (!take_option(&options, &kept.field[i])) {
      answer_text("failed", "unknown option %s", (const char *)kept.field[i].data);
      return;
    }
  }
  driver->start(&options);
}

// Runs one request; true when its fields are no longer needed.
static bool run(const struct driver *driver, const struct request *request) {
  const char *command = (const char *)request->field[0].data;
  const struct field *one = &request->field[1], *two = &request->field[2];
  if (strcmp(command, "start") == 0) {
    start(driver, request);
    return false;
  }
  if (strcmp(command, "step") == 0 && request->count == 2) {
    driver->step(one);
  } else if (strcmp(command, "name") == 0) {
    driver->name();
  } else if (strcmp(command, "key") == 0) {
    driver->key();
  } else if (strcmp(command, "flags") == 0) {
    driver->flags();
  } else if (strcmp(command, "wrap") == 0 && request->count == 2) {
    driver->wrap(one);
  } else if (strcmp(command, "unwrap") == 0 && request->count == 2) {
    driver->unwrap(one);
  } else if (strcmp(command, "mic") == 0 && request->count == 2) {
    driver->mic(one);
  } else if (strcmp(command, "verify") == 0 && request->count == 3) {
    driver->verify(one, two);
  } else if (strcmp(command, "seq") == 0 && request->count == 2) {
    driver->seq((uint32_t)strtoul((const char *)one->data, NULL, 0));
  } else {
    answer_text("failed", "unknown command %s", command);
  }
  return true;
}

int serve(const struct driver *driver) {
  struct request request = {0};
  while (read_request(&request)) {
    if (run(driver, &request)) {
      free_request(&request);
    } else {
      memset(&request, 0, sizeof request);
    }
  }
  free_request(&request);
  return 0;
}
