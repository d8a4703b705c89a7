// SPDX-License-Identifier: MIT
#include "needles.h"

// The state of MD5 after one block is asked of libcrypto, which offers it in no other way.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "../gss/mini_v1.h"

// ---- masked octets -----------------------------------------------------------------------------

uint8_t mask_at(size_t position) { return (uint8_t)(0x5b + 29 * position); }

void add_needle(struct needles *needles, const char *name, const void *plain, size_t size) {
  ck_assert_uint_lt(needles->count, kMaxNeedles);
  ck_assert_uint_le(size, kNeedleRoom);
  struct needle *needle = &needles->each[needles->count++];
  snprintf(needle->name, sizeof needle->name, "%s", name);
  needle->size = size;
  for (size_t i = 0; i < size; ++i) {
    needle->masked[i] = (uint8_t)(((const uint8_t *)plain)[i] ^ mask_at(i));
  }
}

bool needle_is_at(const struct needle *needle, const uint8_t *memory) {
  for (size_t i = 0; i < needle->size; ++i) {
    if ((memory[i] ^ mask_at(i)) != needle->masked[i]) return false;
  }
  return true;
}

// ---- passwords ---------------------------------------------------------------------------------

struct password new_password(void) {
  static const char kLetters[] = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  struct password password;
  for (size_t i = 0; i < kPasswordSize; ++i) {
    uint8_t random;
    ck_assert_int_eq(getrandom(&random, 1, 0), 1);
    password.masked[i] = (uint8_t)(kLetters[random % (sizeof kLetters - 1)] ^ mask_at(i));
  }
  return password;
}

static char *page;

static const char *reveal_octets(const uint8_t *masked, size_t size) {
  if (page == NULL) {
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(page, MAP_FAILED);
  }
  for (size_t i = 0; i < size; ++i) page[i] = (char)(masked[i] ^ mask_at(i));
  page[size] = '\0';
  return page;
}

const char *reveal(const struct password *password) {
  return reveal_octets(password->masked, kPasswordSize);
}

const char *reveal_needle(const struct needles *needles, const char *name) {
  for (unsigned i = 0; i < needles->count; ++i) {
    const struct needle *needle = &needles->each[i];
    if (strcmp(needle->name, name) == 0) return reveal_octets(needle->masked, needle->size);
  }
  ck_abort_msg("there is no needle %s", name);
}

void conceal(void) { explicit_bzero(page, 4096); }

// ---- what a login is made of -------------------------------------------------------------------

static void add_hex(struct needles *needles, const char *name, const uint8_t octets[16]) {
  static const char *const kFormats[] = {"%02x", "%02X"};
  for (int i = 0; i < 2; ++i) {
    char text[33], full[64];
    for (int j = 0; j < 16; ++j) snprintf(text + 2 * j, 3, kFormats[i], octets[j]);
    snprintf(full, sizeof full, "%s, %s hexadecimal digits", name, i == 0 ? "small" : "capital");
    add_needle(needles, full, text, 32);
  }
}

// An HMAC key as MD5 leaves it after one of its two padded blocks: as good as the key.
static void add_hmac_states(struct needles *needles, const char *name, const uint8_t key[16]) {
  static const uint8_t kPads[] = {0x36, 0x5c};
  for (int i = 0; i < 2; ++i) {
    uint8_t block[64];
    char full[64];
    memset(block, kPads[i], sizeof block);
    for (int j = 0; j < 16; ++j) block[j] ^= key[j];
    MD5_CTX state;
    MD5_Init(&state);
    MD5_Update(&state, block, sizeof block);
    const uint32_t words[4] = {state.A, state.B, state.C, state.D};
    snprintf(full, sizeof full, "%s as %s HMAC state", name, i == 0 ? "inner" : "outer");
    add_needle(needles, full, words, sizeof words);
    snprintf(full, sizeof full, "%s in its %s HMAC pad", name, i == 0 ? "inner" : "outer");
    add_needle(needles, full, block, 16);
  }
}

static void add_key(struct needles *needles, const char *name, const uint8_t key[16]) {
  add_needle(needles, name, key, 16);
  add_hmac_states(needles, name, key);
}

void add_account_needles(struct needles *needles, const char *user, const char *domain,
                         const struct password *password) {
  uint8_t key[16];
  const char *text = reveal(password);
  struct octets units = utf16_of(text);
  add_needle(needles, "password", text, kPasswordSize);
  add_needle(needles, "password in UTF-16", units.data, units.size);
  mini_md4(units.data, units.size, key);
  add_key(needles, "NT hash", key);
  add_hex(needles, "NT hash", key);
  mini_ntowfv2(user, domain, text, key);
  add_key(needles, "NTOWFv2", key);
  octets_free(&units);
}

void add_old_needles(struct needles *needles, const struct password *password) {
  uint8_t upper[kPasswordSize], hash[16], key[16];
  memcpy(upper, reveal(password), sizeof upper);
  upper_ascii(upper, sizeof upper);
  add_needle(needles, "password in capitals", upper, sizeof upper);
  mini_lm_hash(reveal(password), hash);
  add_key(needles, "LM hash", hash);
  mini_nt_hash(reveal(password), hash);
  mini_md4(hash, sizeof hash, key);
  add_key(needles, "session base key of NTLMv1", key);
}

// The session base key: HMAC of the proof with NTOWFv2 ([MS-NLMP] 3.3.2).
static void session_base_key(const struct octets *authenticate, const char *user,
                             const char *domain, const char *password, uint8_t base[16]) {
  uint8_t key[16];
  struct octets response = field_octets(authenticate, kAuthNt);
  mini_ntowfv2(user, domain, password, key);
  mini_hmac_md5(key, response.data, 16, base);
  octets_free(&response);
}

void add_session_needles(struct needles *needles, const struct octets token[3], const char *user,
                         const char *domain, const struct password *password) {
  static const char *const kNames[] = {"client's signing key", "server's signing key",
                                       "client's sealing key", "server's sealing key"};
  uint8_t key[16];
  struct octets message[3];
  for (int i = 0; i < 3; ++i) {
    message[i] = copy_message(&token[i], (uint32_t)(kTypeNegotiate + i));
  }
  session_base_key(&message[2], user, domain, reveal(password), key);
  add_needle(needles, "session base key", key, sizeof key);
  const struct mini_verdict verdict =
      mini_check(&message[0], &message[1], &message[2], user, domain, reveal(password));
  ck_assert(verdict.proof_right);
  add_key(needles, "exported session key", verdict.exported_key);
  for (enum mini_key which = kClientSign; which <= kServerSeal; ++which) {
    mini_message_key(verdict.exported_key, which, key);
    if (which <= kServerSign) {
      add_key(needles, kNames[which], key);
    } else {
      add_needle(needles, kNames[which], key, sizeof key);
    }
  }
  for (int i = 0; i < 3; ++i) octets_free(&message[i]);
}
