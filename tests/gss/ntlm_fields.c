// SPDX-License-Identifier: MIT
#include "ntlm_fields.h"

#include <stdlib.h>
#include <string.h>

uint16_t get16(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }
uint32_t get32(const uint8_t *at) { return get16(at) | (uint32_t)get16(at + 2) << 16; }
uint64_t get64(const uint8_t *at) { return get32(at) | (uint64_t)get32(at + 4) << 32; }

void put16(uint8_t *at, uint16_t value) {
  at[0] = (uint8_t)value;
  at[1] = (uint8_t)(value >> 8);
}

void put32(uint8_t *at, uint32_t value) {
  put16(at, (uint16_t)value);
  put16(at + 2, (uint16_t)(value >> 16));
}

void put64(uint8_t *at, uint64_t value) {
  put32(at, (uint32_t)value);
  put32(at + 4, (uint32_t)(value >> 32));
}

struct field field_get(const uint8_t *message, size_t at) {
  struct field field = {get16(message + at), get16(message + at + 2), get32(message + at + 4)};
  return field;
}

void field_put(uint8_t *message, size_t at, struct field field) {
  put16(message + at, field.length);
  put16(message + at + 2, field.maximum);
  put32(message + at + 4, field.offset);
}

struct octets field_octets(const struct octets *message, size_t at) {
  ck_assert_uint_le(at + 8, message->size);
  const struct field field = field_get(message->data, at);
  ck_assert_uint_le((uint64_t)field.offset + field.length, message->size);
  return octets_copy(message->data + field.offset, field.length);
}

static char *ascii_of(const uint8_t *text, size_t size) {
  char *ascii = malloc(size / 2 + 1);
  ck_assert_ptr_nonnull(ascii);
  for (size_t i = 0; i < size / 2; ++i) {
    const uint16_t unit = get16(text + 2 * i);
    ascii[i] = unit < 0x80 ? (char)unit : '?';
  }
  ascii[size / 2] = '\0';
  return ascii;
}

char *field_text(const struct octets *message, size_t at) {
  struct octets octets = field_octets(message, at);
  char *text = ascii_of(octets.data, octets.size);
  octets_free(&octets);
  return text;
}

// The length octets before `at`, when an OCTET STRING begins there.
static bool octet_string_length(const struct octets *token, size_t at, size_t *length) {
  const uint8_t *p = token->data + at;
  if (at >= 2 && p[-2] == 0x04 && p[-1] < 0x80) {
    *length = p[-1];
  } else if (at >= 3 && p[-3] == 0x04 && p[-2] == 0x81) {
    *length = p[-1];
  } else if (at >= 4 && p[-4] == 0x04 && p[-3] == 0x82) {
    *length = (size_t)p[-2] << 8 | p[-1];
  } else {
    return false;
  }
  return true;
}

bool find_message(const struct octets *token, uint32_t type, uint8_t **message, size_t *size) {
  static const uint8_t kSignature[8] = "NTLMSSP";
  for (size_t at = 0; at + 12 <= token->size; ++at) {
    if (memcmp(token->data + at, kSignature, sizeof kSignature) != 0) continue;
    if (get32(token->data + at + 8) != type) continue;
    *message = token->data + at;
    if (at == 0) *size = token->size;
    return at == 0 || octet_string_length(token, at, size);
  }
  return false;
}

struct octets copy_message(const struct octets *token, uint32_t type) {
  uint8_t *message;
  size_t size;
  ck_assert_msg(find_message(token, type, &message, &size), "no message of type %u in the token",
                type);
  return octets_copy(message, size);
}

// The octets of tag and length at `der`, and the length of what follows them.
static size_t der_header(const uint8_t *der, size_t *length) {
  const size_t more = der[1] < 0x80 ? 0 : der[1] & 0x7fu;
  *length = der[1] < 0x80 ? der[1] : 0;
  for (size_t i = 0; i < more; ++i) *length = *length << 8 | der[2 + i];
  return 2 + more;
}

static struct octets der_encode(uint8_t tag, const struct octets *content) {
  uint8_t header[6] = {tag};
  size_t size = 1, length = content->size, count = 0;
  while (length >> 8 * count != 0) ++count;
  if (length >= 0x80) header[size++] = (uint8_t)(0x80 | count);
  if (length < 0x80) count = 1;
  while (count-- != 0) header[size++] = (uint8_t)(length >> 8 * count);
  struct octets all = octets_copy(header, size);
  octets_append(&all, content->data, content->size);
  return all;
}

// The element at `der` again, with other octets for the content that begins at `message`.
static struct octets der_with(const uint8_t *der, const uint8_t *message,
                              const struct octets *with) {
  size_t length;
  const uint8_t *at = der + der_header(der, &length), *end = at + length;
  struct octets content = octets_copy(NULL, 0);
  if (at == message) {
    octets_append(&content, with->data, with->size);
    at = end;
  }
  while (at < end) {
    size_t inner;
    const size_t size = der_header(at, &inner) + inner;
    if (message > at && message < at + size) {
      struct octets element = der_with(at, message, with);
      octets_append(&content, element.data, element.size);
      octets_free(&element);
    } else {
      octets_append(&content, at, size);
    }
    at += size;
  }
  struct octets element = der_encode(der[0], &content);
  octets_free(&content);
  return element;
}

void replace_message(struct octets *token, uint32_t type, const struct octets *with) {
  uint8_t *message;
  size_t size;
  ck_assert(find_message(token, type, &message, &size));
  struct octets other = message == token->data ? octets_copy(with->data, with->size)
                                               : der_with(token->data, message, with);
  octets_free(token);
  *token = other;
}

const uint8_t *av_find(const uint8_t *list, size_t size, enum av_id id, uint16_t *length) {
  for (size_t at = 0; at + 4 <= size;) {
    const uint16_t this_id = get16(list + at), this_length = get16(list + at + 2);
    if (at + 4 + this_length > size) return NULL;
    if (this_id == id) {
      *length = this_length;
      return list + at + 4;
    }
    if (this_id == kAvEol) return NULL;
    at += 4u + this_length;
  }
  return NULL;
}

static size_t eol_place(const struct octets *list) {
  uint16_t length;
  const uint8_t *eol = av_find(list->data, list->size, kAvEol, &length);
  ck_assert_ptr_nonnull(eol);
  return (size_t)(eol - list->data) - 4;
}

void av_add(struct octets *list, enum av_id id, const void *value, size_t size) {
  const size_t at = eol_place(list);
  struct octets longer = octets_copy(list->data, at);
  uint8_t head[4];
  put16(head, (uint16_t)id);
  put16(head + 2, (uint16_t)size);
  octets_append(&longer, head, sizeof head);
  octets_append(&longer, value, size);
  octets_append(&longer, list->data + at, list->size - at);
  octets_free(list);
  *list = longer;
}

bool av_remove(struct octets *list, enum av_id id) {
  uint16_t length;
  const uint8_t *value = av_find(list->data, list->size, id, &length);
  if (value == NULL) return false;
  octets_remove(list, (size_t)(value - list->data) - 4, 4u + length);
  return true;
}

struct octets response_av_pairs(const struct octets *authenticate) {
  struct octets response = field_octets(authenticate, kAuthNt);
  ck_assert_uint_ge(response.size, kResponseAvPairs + 4);
  struct octets list =
      octets_copy(response.data + kResponseAvPairs, response.size - kResponseAvPairs);
  octets_free(&response);
  return list;
}

char *av_text(const struct octets *list, enum av_id id) {
  uint16_t length;
  const uint8_t *value = av_find(list->data, list->size, id, &length);
  return value != NULL ? ascii_of(value, length) : NULL;
}

struct octets utf16_of(const char *text) {
  struct octets units = octets_copy(NULL, 0);
  for (const char *c = text; *c != '\0'; ++c) {
    uint8_t unit[2];
    put16(unit, (uint8_t)*c);
    octets_append(&units, unit, sizeof unit);
  }
  return units;
}
