// SPDX-License-Identifier: MIT
#include "mini_v1.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

// ---- hashes and responses ----------------------------------------------------------------------

void mini_des(const uint8_t key[7], const uint8_t in[8], uint8_t out[8]) {
  static EVP_CIPHER *des;
  if (des == NULL) des = EVP_CIPHER_fetch(mini_library(), "DES-ECB", NULL);
  ck_assert_ptr_nonnull(des);
  // 56 bits, seven in each octet above the parity bit, which DES does not look at.
  uint8_t wide[8];
  for (int i = 0; i < 8; ++i) {
    const unsigned before = i > 0 ? key[i - 1] : 0u, here = i < 7 ? key[i] : 0u;
    wide[i] = (uint8_t)((before << (8 - i) | here >> i) & 0xfe);
  }
  EVP_CIPHER_CTX *state = EVP_CIPHER_CTX_new();
  int written = 0;
  ck_assert_ptr_nonnull(state);
  ck_assert_int_eq(EVP_EncryptInit_ex2(state, des, wide, NULL, NULL), 1);
  ck_assert_int_eq(EVP_CIPHER_CTX_set_padding(state, 0), 1);
  ck_assert_int_eq(EVP_EncryptUpdate(state, out, &written, in, 8), 1);
  ck_assert_int_eq(written, 8);
  EVP_CIPHER_CTX_free(state);
}

void mini_lm_hash(const char *password, uint8_t hash[16]) {
  uint8_t upper[14] = {0};
  for (size_t i = 0; i < sizeof upper && password[i] != '\0'; ++i) {
    upper[i] = (uint8_t)password[i];
  }
  upper_ascii(upper, sizeof upper);
  mini_des(upper, (const uint8_t *)"KGS!@#$%", hash);
  mini_des(upper + 7, (const uint8_t *)"KGS!@#$%", hash + 8);
}

void mini_nt_hash(const char *password, uint8_t hash[16]) {
  struct octets units = utf16_of(password);
  mini_md4(units.data, units.size, hash);
  octets_free(&units);
}

void mini_v1_response(const uint8_t hash[16], const uint8_t challenge[8], uint8_t response[24]) {
  uint8_t wide[21] = {0};
  memcpy(wide, hash, 16);
  for (int i = 0; i < 3; ++i) mini_des(wide + 7 * i, challenge, response + 8 * i);
}

void mini_ess_challenge(const uint8_t challenge[8], const uint8_t nonce[8], uint8_t digest[8]) {
  uint8_t both[16], md5[16];
  memcpy(both, challenge, 8);
  memcpy(both + 8, nonce, 8);
  mini_md5(both, sizeof both, md5);
  memcpy(digest, md5, 8);
}

void mini_lmv2_response(const uint8_t key[16], const uint8_t challenge[8], const uint8_t nonce[8],
                        uint8_t response[24]) {
  uint8_t both[16];
  memcpy(both, challenge, 8);
  memcpy(both + 8, nonce, 8);
  mini_hmac_md5(key, both, sizeof both, response);
  memcpy(response + 16, nonce, 8);
}

// ---- keys --------------------------------------------------------------------------------------

void mini_v1_exchange_key(uint32_t flags, enum mini_form form, const char *password,
                          const uint8_t lm_response[24], const uint8_t challenge[8],
                          uint8_t key[16]) {
  uint8_t nt_hash[16], lm_hash[16], base[16];
  mini_nt_hash(password, nt_hash);
  mini_lm_hash(password, lm_hash);
  mini_md4(nt_hash, sizeof nt_hash, base);
  memcpy(key, base, 16);
  if (form == kFormV1Ess) {
    uint8_t both[16];
    memcpy(both, challenge, 8);
    memcpy(both + 8, lm_response, 8);
    mini_hmac_md5(base, both, sizeof both, key);
  } else if ((flags & NTLM_LM_KEY) != 0) {
    uint8_t second[7] = {lm_hash[7], 0xbd, 0xbd, 0xbd, 0xbd, 0xbd, 0xbd};
    mini_des(lm_hash, lm_response, key);
    mini_des(second, lm_response, key + 8);
  } else if (form == kFormLm || (flags & NTLM_NON_NT_KEY) != 0) {
    memcpy(key, lm_hash, 8);
    memset(key + 8, 0, 8);
  }
}

size_t mini_seal_key(uint32_t flags, const uint8_t exported[16], bool from_client,
                     uint8_t key[16]) {
  memcpy(key, exported, 16);
  if ((flags & NTLM_ESS) == 0) {
    if ((flags & NTLM_LM_KEY) == 0) return 16;
    if ((flags & NTLM_56) != 0) {
      key[7] = 0xa0;
    } else {
      memcpy(key + 5, "\xe5\x38\xb0", 3);
    }
    return 8;
  }
  static const char *const kMagic[] = {
      "session key to server-to-client sealing key magic constant",
      "session key to client-to-server sealing key magic constant"};
  const size_t strength = (flags & NTLM_128) != 0 ? 16 : (flags & NTLM_56) != 0 ? 7 : 5;
  struct octets joined = octets_copy(exported, strength);
  octets_append(&joined, kMagic[from_client], strlen(kMagic[from_client]) + 1);
  mini_md5(joined.data, joined.size, key);
  octets_free(&joined);
  return 16;
}

// ---- messages ----------------------------------------------------------------------------------

// Index 1: from the client. Without ESS both directions use index 0.
struct mini_session {
  uint32_t flags;
  uint8_t sign_key[2][16];
  EVP_CIPHER_CTX *rc4[2];
  uint32_t number[2];
};

static EVP_CIPHER_CTX *rc4_open(const uint8_t *key, size_t size) {
  static EVP_CIPHER *rc4;
  if (rc4 == NULL) rc4 = EVP_CIPHER_fetch(mini_library(), "RC4", NULL);
  EVP_CIPHER_CTX *state = EVP_CIPHER_CTX_new();
  ck_assert_ptr_nonnull(state);
  ck_assert_int_eq(EVP_EncryptInit_ex2(state, rc4, NULL, NULL, NULL), 1);
  ck_assert_int_eq(EVP_CIPHER_CTX_set_key_length(state, (int)size), 1);
  ck_assert_int_eq(EVP_EncryptInit_ex2(state, NULL, key, NULL, NULL), 1);
  return state;
}

static void rc4_apply(EVP_CIPHER_CTX *state, uint8_t *data, size_t size) {
  int written = 0;
  if (size != 0) ck_assert_int_eq(EVP_EncryptUpdate(state, data, &written, data, (int)size), 1);
}

struct mini_session *mini_session_open(uint32_t flags, const uint8_t exported[16]) {
  struct mini_session *session = calloc(1, sizeof *session);
  ck_assert_ptr_nonnull(session);
  session->flags = flags;
  mini_message_key(exported, kServerSign, session->sign_key[0]);
  mini_message_key(exported, kClientSign, session->sign_key[1]);
  for (int client = 0; client < 2; ++client) {
    uint8_t key[16];
    const size_t size = mini_seal_key(flags, exported, client != 0, key);
    session->rc4[client] = rc4_open(key, size);
  }
  return session;
}

void mini_session_close(struct mini_session *session) {
  EVP_CIPHER_CTX_free(session->rc4[0]);
  EVP_CIPHER_CTX_free(session->rc4[1]);
  free(session);
}

static uint32_t crc32_of(const uint8_t *data, size_t size) {
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
  }
  return ~crc;
}

static int state_of(const struct mini_session *session, bool from_client) {
  return (session->flags & NTLM_ESS) != 0 && from_client ? 1 : 0;
}

// [MS-NLMP] 3.4.4.1 and 3.4.4.2, after the data was sealed.
static void signature_of(struct mini_session *session, bool from_client, const uint8_t *data,
                         size_t size, uint8_t signature[16]) {
  const int state = state_of(session, from_client);
  put32(signature, 1);
  if ((session->flags & NTLM_ESS) != 0) {
    uint8_t number[4], mac[16];
    put32(number, session->number[state]++);
    struct octets text = octets_copy(number, sizeof number);
    octets_append(&text, data, size);
    mini_hmac_md5(session->sign_key[state], text.data, text.size, mac);
    octets_free(&text);
    if ((session->flags & NTLM_KEY_EXCH) != 0) rc4_apply(session->rc4[state], mac, 8);
    memcpy(signature + 4, mac, 8);
    memcpy(signature + 12, number, 4);
    return;
  }
  uint8_t *pad = signature + 4, *checksum = signature + 8, *number = signature + 12;
  put32(pad, 0);
  put32(checksum, crc32_of(data, size));
  put32(number, session->number[state]++);
  rc4_apply(session->rc4[state], pad, 12);
  put32(pad, 0);
}

struct octets mini_wrap(struct mini_session *session, bool from_client, const void *data,
                        size_t size) {
  uint8_t signature[16];
  struct octets sealed = octets_copy(data, size);
  rc4_apply(session->rc4[state_of(session, from_client)], sealed.data, size);
  signature_of(session, from_client, data, size, signature);
  struct octets token = octets_copy(signature, sizeof signature);
  octets_append(&token, sealed.data, size);
  octets_free(&sealed);
  return token;
}

struct octets mini_mic(struct mini_session *session, bool from_client, const void *data,
                       size_t size) {
  uint8_t signature[16];
  signature_of(session, from_client, data, size, signature);
  return octets_copy(signature, sizeof signature);
}

bool mini_unwrap(struct mini_session *session, bool from_client, const struct octets *token,
                 struct octets *data) {
  uint8_t signature[16];
  ck_assert_uint_ge(token->size, sizeof signature);
  *data = octets_copy(token->data + sizeof signature, token->size - sizeof signature);
  rc4_apply(session->rc4[state_of(session, from_client)], data->data, data->size);
  signature_of(session, from_client, data->data, data->size, signature);
  // The place of RandomPad says nothing.
  if ((session->flags & NTLM_ESS) == 0) memcpy(signature + 4, token->data + 4, 4);
  return memcmp(signature, token->data, sizeof signature) == 0;
}

// ---- answers -----------------------------------------------------------------------------------

struct mini_answer mini_answer_of(enum mini_form form) {
  struct mini_answer answer = {
      .form = form, .user = TEST_USER, .domain = TEST_DOMAIN, .password = TEST_PASSWORD};
  return answer;
}

static const uint8_t kNonce[8] = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa};

static const uint8_t *server_challenge(const struct octets *challenge) {
  return challenge->data + kChallengeServerChallenge;
}

// The responses and the KeyExchangeKey.
static void make_responses(const struct mini_answer *answer, const struct octets *challenge,
                           struct octets *lm, struct octets *nt, uint8_t exchange_key[16]) {
  uint8_t lm_hash[16], nt_hash[16], ntowfv2[16], lm_field[24] = {0}, nt_field[24], digest[8];
  const uint8_t *nonce = server_challenge(challenge);
  mini_lm_hash(answer->password, lm_hash);
  mini_nt_hash(answer->password, nt_hash);
  mini_ntowfv2(answer->user, answer->domain, answer->password, ntowfv2);
  size_t nt_size = sizeof nt_field;
  switch (answer->form) {
    case kFormV1Ess:
      memcpy(lm_field, kNonce, sizeof kNonce);
      mini_ess_challenge(nonce, kNonce, digest);
      mini_v1_response(nt_hash, digest, nt_field);
      break;
    case kFormLmv2:
      mini_lmv2_response(ntowfv2, nonce, kNonce, lm_field);
      nt_size = 0;
      break;
    case kFormLm:
      nt_size = 0;
      mini_v1_response(lm_hash, nonce, lm_field);
      break;
    default:
      mini_v1_response(lm_hash, nonce, lm_field);
      mini_v1_response(nt_hash, nonce, nt_field);
  }
  mini_v1_exchange_key(answer->flags, answer->form, answer->password, lm_field, nonce,
                       exchange_key);
  *lm = octets_copy(lm_field, sizeof lm_field);
  *nt = octets_copy(nt_field, nt_size);
}

struct octets mini_answer_message(struct mini_answer *answer, const struct octets *negotiate,
                                  const struct octets *challenge) {
  const bool v2 = answer->form == kFormV2 || answer->form == kFormV2Mic;
  struct mini_client client =
      answer->form == kFormV2Mic ? mini_client_default() : mini_client_without_mic();
  client.user = answer->user;
  client.domain = answer->domain;
  client.password = answer->password;
  client.add_flags = answer->add_flags;
  client.clear_flags |= answer->clear_flags;
  answer->flags =
      (get32(challenge->data + kChallengeFlags) | client.add_flags) & ~client.clear_flags;
  struct octets lm, nt;
  uint8_t exchange_key[16];
  if (v2) {
    mini_v2_responses(&client, challenge, &lm, &nt, exchange_key);
  } else {
    make_responses(answer, challenge, &lm, &nt, exchange_key);
  }
  if (answer->edit != NULL) {
    struct octets lm_before = octets_copy(lm.data, lm.size);
    struct octets nt_before = octets_copy(nt.data, nt.size);
    answer->edit(&lm, &nt, server_challenge(challenge));
    ck_assert_msg(!octets_equal(&lm, &lm_before) || !octets_equal(&nt, &nt_before),
                  "nothing was changed");
    octets_free(&lm_before);
    octets_free(&nt_before);
  }
  struct octets message =
      mini_authenticate_with(&client, negotiate, challenge, lm, nt, exchange_key);
  memcpy(answer->exported_key, client.exported_key, sizeof answer->exported_key);
  return message;
}

// ---- what an initiator has sent ----------------------------------------------------------------

static bool all_octets(const uint8_t *data, size_t size, uint8_t value) {
  for (size_t i = 0; i < size; ++i) {
    if (data[i] != value) return false;
  }
  return true;
}

static const char *lm_text(const struct octets *lm, const struct octets *nt,
                           const uint8_t lm_response[24]) {
  if (lm->size == 0) return "empty";
  if (lm->size != 24) return "of a strange length";
  if (all_octets(lm->data, 24, 0)) return "24 zeros";
  if (memcmp(lm->data, lm_response, 24) == 0) return "LM response";
  if (octets_equal(lm, nt)) return "NT response";
  if (all_octets(lm->data + 8, 16, 0)) return "client challenge, 16 zeros";
  return "unknown";
}

struct mini_seen mini_look(const struct octets *negotiate, const struct octets *challenge,
                           const struct octets *authenticate, const char *user, const char *domain,
                           const char *password) {
  uint8_t lm_hash[16], nt_hash[16], lm_response[24], nt_response[24], ess_response[24], digest[8];
  uint8_t exchange_key[16];
  struct octets lm = field_octets(authenticate, kAuthLm), nt = field_octets(authenticate, kAuthNt);
  struct octets sent_key = field_octets(authenticate, kAuthSessionKey);
  struct mini_seen seen = {.form = "no right response",
                           .flags = get32(authenticate->data + kAuthFlags)};
  const uint8_t *nonce = server_challenge(challenge);
  mini_lm_hash(password, lm_hash);
  mini_nt_hash(password, nt_hash);
  mini_v1_response(lm_hash, nonce, lm_response);
  mini_v1_response(nt_hash, nonce, nt_response);
  seen.lm = lm_text(&lm, &nt, lm_response);
  if (nt.size > 24) {
    const struct mini_verdict verdict =
        mini_check(negotiate, challenge, authenticate, user, domain, password);
    if (verdict.proof_right) seen.form = verdict.mic_right ? "NTLMv2 with MIC" : "NTLMv2";
    memcpy(seen.exported_key, verdict.exported_key, 16);
  } else if (nt.size == 24 && lm.size == 24) {
    mini_ess_challenge(nonce, lm.data, digest);
    mini_v1_response(nt_hash, digest, ess_response);
    const bool ess = (seen.flags & NTLM_ESS) != 0;
    if (memcmp(nt.data, ess ? ess_response : nt_response, 24) == 0) {
      seen.form = ess ? "NTLMv1 with ESS" : "NTLMv1";
    }
    mini_v1_exchange_key(seen.flags, ess ? kFormV1Ess : kFormV1, password, lm.data, nonce,
                         exchange_key);
    memcpy(seen.exported_key, exchange_key, 16);
    if (sent_key.size == 16) mini_rc4(exchange_key, 16, sent_key.data, 16, seen.exported_key);
  }
  octets_free(&lm);
  octets_free(&nt);
  octets_free(&sent_key);
  return seen;
}
