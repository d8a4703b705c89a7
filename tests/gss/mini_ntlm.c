// SPDX-License-Identifier: MIT
#include "mini_ntlm.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// ---- cryptography ------------------------------------------------------------------------------

// MD4 and RC4 are in the legacy provider. It goes into a context of the tests' own: the module must
// work in a process whose default context has never seen it.
OSSL_LIB_CTX *mini_library(void) {
  static OSSL_LIB_CTX *context;
  if (context == NULL) {
    context = OSSL_LIB_CTX_new();
    ck_assert_ptr_nonnull(context);
    ck_assert_ptr_nonnull(OSSL_PROVIDER_load(context, "default"));
    ck_assert_ptr_nonnull(OSSL_PROVIDER_load(context, "legacy"));
  }
  return context;
}

static void digest_of(EVP_MD **cached, const char *name, const void *data, size_t size,
                      uint8_t digest[16]) {
  if (*cached == NULL) *cached = EVP_MD_fetch(mini_library(), name, NULL);
  ck_assert_ptr_nonnull(*cached);
  ck_assert_int_eq(EVP_Digest(data, size, digest, NULL, *cached, NULL), 1);
}

void mini_md4(const void *data, size_t size, uint8_t digest[16]) {
  static EVP_MD *md4;
  digest_of(&md4, "MD4", data, size, digest);
}

void mini_md5(const void *data, size_t size, uint8_t digest[16]) {
  static EVP_MD *md5;
  digest_of(&md5, "MD5", data, size, digest);
}

void mini_hmac_md5(const uint8_t key[16], const void *data, size_t size, uint8_t mac[16]) {
  size_t written = 0;
  ck_assert_ptr_nonnull(
      EVP_Q_mac(mini_library(), "HMAC", NULL, "MD5", NULL, key, 16, data, size, mac, 16, &written));
  ck_assert_uint_eq(written, 16);
}

void mini_rc4(const void *key, size_t key_size, const uint8_t *in, size_t size, uint8_t *out) {
  static EVP_CIPHER *rc4;
  if (rc4 == NULL) rc4 = EVP_CIPHER_fetch(mini_library(), "RC4", NULL);
  EVP_CIPHER_CTX *state = EVP_CIPHER_CTX_new();
  int written = 0;
  ck_assert_ptr_nonnull(state);
  ck_assert_int_eq(EVP_EncryptInit_ex2(state, rc4, NULL, NULL, NULL), 1);
  ck_assert_int_eq(EVP_CIPHER_CTX_set_key_length(state, (int)key_size), 1);
  ck_assert_int_eq(EVP_EncryptInit_ex2(state, NULL, key, NULL, NULL), 1);
  ck_assert_int_eq(EVP_EncryptUpdate(state, out, &written, in, (int)size), 1);
  EVP_CIPHER_CTX_free(state);
}

void upper_ascii(uint8_t *text, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (text[i] >= 'a' && text[i] <= 'z') text[i] = (uint8_t)(text[i] - 'a' + 'A');
  }
}

void mini_ntowfv2(const char *user, const char *domain, const char *password, uint8_t key[16]) {
  uint8_t nt_hash[16];
  struct octets secret = utf16_of(password), name = utf16_of(user), realm = utf16_of(domain);
  mini_md4(secret.data, secret.size, nt_hash);
  upper_ascii(name.data, name.size);
  octets_append(&name, realm.data, realm.size);
  mini_hmac_md5(nt_hash, name.data, name.size, key);
  octets_free(&secret);
  octets_free(&name);
  octets_free(&realm);
}

void mini_message_key(const uint8_t exported[16], enum mini_key which, uint8_t key[16]) {
  static const char *const kMagic[] = {
      "session key to client-to-server signing key magic constant",
      "session key to server-to-client signing key magic constant",
      "session key to client-to-server sealing key magic constant",
      "session key to server-to-client sealing key magic constant",
  };
  struct octets joined = octets_copy(exported, 16);
  octets_append(&joined, kMagic[which], strlen(kMagic[which]) + 1);
  mini_md5(joined.data, joined.size, key);
  octets_free(&joined);
}

struct octets mini_first_wrap(const uint8_t exported[16], bool from_client, const void *data,
                              size_t size) {
  uint8_t sign_key[16], seal_key[16], mac[16], number[4] = {0};
  mini_message_key(exported, from_client ? kClientSign : kServerSign, sign_key);
  mini_message_key(exported, from_client ? kClientSeal : kServerSeal, seal_key);
  struct octets signed_part = octets_copy(number, sizeof number);
  octets_append(&signed_part, data, size);
  mini_hmac_md5(sign_key, signed_part.data, signed_part.size, mac);

  // One stream: the data first, then the checksum.
  struct octets plain = octets_copy(data, size);
  octets_append(&plain, mac, 8);
  mini_rc4(seal_key, 16, plain.data, plain.size, plain.data);
  static const uint8_t kVersion[4] = {1, 0, 0, 0};
  struct octets token = octets_copy(kVersion, sizeof kVersion);
  octets_append(&token, plain.data + size, 8);
  octets_append(&token, number, sizeof number);
  octets_append(&token, plain.data, size);
  octets_free(&plain);
  octets_free(&signed_part);
  return token;
}

uint64_t mini_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return ((uint64_t)now.tv_sec + UINT64_C(11644473600)) * UINT64_C(10000000) +
         (uint64_t)now.tv_nsec / 100;
}

// ---- initiator ---------------------------------------------------------------------------------

static const uint8_t kVersionField[8] = {6, 1, 0xb1, 0x1d, 0, 0, 0, 15};

struct octets mini_negotiate(uint32_t flags, size_t size) {
  uint8_t message[40] = "NTLMSSP";
  ck_assert_uint_le(size, sizeof message);
  put32(message + 8, kTypeNegotiate);
  if (size == sizeof message) {
    flags |= NTLM_VERSION;
    memcpy(message + kNegotiateVersion, kVersionField, sizeof kVersionField);
  }
  put32(message + kNegotiateFlags, flags);
  return octets_copy(message, size);
}

struct mini_client mini_client_default(void) {
  struct mini_client client = {.user = TEST_USER,
                               .domain = TEST_DOMAIN,
                               .workstation = "MINI",
                               .password = TEST_PASSWORD,
                               .header = 88,
                               .mic = true,
                               .session_key_size = kKeySizeByFlags};
  return client;
}

struct mini_client mini_client_without_mic(void) {
  struct mini_client client = mini_client_default();
  client.header = 64;
  client.mic = false;
  client.clear_flags = NTLM_VERSION;
  return client;
}

// The server's pairs, and what the client adds to them ([MS-NLMP] 3.1.5.1.2).
static struct octets client_av_pairs(const struct mini_client *client,
                                     const struct octets *challenge) {
  static const uint8_t kNone[4];
  struct octets list = octets_copy(kNone, sizeof kNone);
  if (challenge->size >= 48 && (get32(challenge->data + kChallengeFlags) & NTLM_TARGET_INFO) != 0) {
    octets_free(&list);
    list = field_octets(challenge, kChallengeTargetInfo);
  }
  if (client->mic || client->mic_flag_only) {
    uint8_t value[4];
    put32(value, 2);
    av_add(&list, kAvFlags, value, sizeof value);
  }
  if (client->edit_av != NULL) client->edit_av(&list);
  const uint8_t zeros[256] = {0};
  ck_assert_uint_le(client->padding, sizeof zeros);
  octets_append(&list, zeros, client->padding);
  return list;
}

// [MS-NLMP] 3.3.2: temp, and the proof before it.
static struct octets nt_response(const struct mini_client *client, const struct octets *challenge,
                                 const uint8_t key[16], uint8_t session_base_key[16]) {
  uint8_t head[28] = {1, 1}, proof[16];
  struct octets list = client_av_pairs(client, challenge);
  uint16_t length = 0;
  const uint8_t *stamp = av_find(list.data, list.size, kAvTimestamp, &length);
  const uint64_t time = stamp != NULL && length == 8 ? get64(stamp) : mini_now();
  put64(head + 8, (uint64_t)((int64_t)time + client->skew));
  memset(head + 16, 0xaa, 8);

  struct octets proven = octets_copy(challenge->data + kChallengeServerChallenge, 8);
  octets_append(&proven, head, sizeof head);
  octets_append(&proven, list.data, list.size);
  mini_hmac_md5(key, proven.data, proven.size, proof);
  if (client->proof == kProofZero) memset(proof, 0, sizeof proof);
  if (client->proof == kProofOnes) memset(proof, 0xff, sizeof proof);
  mini_hmac_md5(key, proof, sizeof proof, session_base_key);

  struct octets response = octets_copy(proof, sizeof proof);
  octets_append(&response, proven.data + 8, proven.size - 8);
  octets_free(&proven);
  octets_free(&list);
  return response;
}

static struct octets lm_response(const struct mini_client *client, const struct octets *challenge,
                                 const uint8_t key[16]) {
  uint8_t response[24] = {0};
  if (client->lm == kLmEmpty) return octets_copy(NULL, 0);
  if (client->lm == kLmv2) {
    uint8_t both[16];
    memcpy(both, challenge->data + kChallengeServerChallenge, 8);
    memset(both + 8, 0xaa, 8);
    mini_hmac_md5(key, both, sizeof both, response);
    memset(response + 16, 0xaa, 8);
  }
  return octets_copy(response, sizeof response);
}

static struct octets text_of(const struct mini_client *client, const char *text) {
  return client->oem ? octets_copy(text, strlen(text)) : utf16_of(text);
}

// [MS-NLMP] 3.1.5.1.2: the exported key, and what of it goes over the wire.
static struct octets session_key_field(struct mini_client *client, uint32_t flags,
                                       const uint8_t exchange_key[16]) {
  memcpy(client->exported_key, exchange_key, 16);
  const bool by_flags = (flags & NTLM_KEY_EXCH) != 0 && (flags & (NTLM_SIGN | NTLM_SEAL)) != 0;
  struct octets field = octets_copy(NULL, 0);
  if (by_flags) {
    uint8_t encrypted[16];
    fill_pattern(client->exported_key, 16, 55);
    mini_rc4(exchange_key, 16, client->exported_key, 16, encrypted);
    octets_append(&field, encrypted, 16);
  }
  if (client->session_key_size != kKeySizeByFlags) {
    static const uint8_t kFill[64];
    if (field.size < (size_t)client->session_key_size) {
      octets_append(&field, kFill, (size_t)client->session_key_size - field.size);
    }
    field.size = (size_t)client->session_key_size;
  }
  return field;
}

static void append_zeros(struct octets *octets, size_t count) {
  uint8_t *zeros = calloc(1, count + 1);
  ck_assert_ptr_nonnull(zeros);
  octets_append(octets, zeros, count);
  free(zeros);
}

static void write_mic(const struct mini_client *client, const struct octets *negotiate,
                      const struct octets *challenge, struct octets *message) {
  const size_t at = client->header == 80 ? 64 : kAuthMic;
  struct octets all = octets_copy(negotiate->data, negotiate->size);
  octets_append(&all, challenge->data, challenge->size);
  octets_append(&all, message->data, message->size);
  mini_hmac_md5(client->exported_key, all.data, all.size, message->data + at);
  if (client->mic_damage != 0) message->data[at + client->mic_damage - 1] ^= 0x01;
  octets_free(&all);
}

void mini_v2_responses(const struct mini_client *client, const struct octets *challenge,
                       struct octets *lm, struct octets *nt, uint8_t session_base_key[16]) {
  uint8_t key[16];
  const char *password =
      client->proof == kProofOfWrongPassword ? "not the password" : client->password;
  mini_ntowfv2(client->user, client->domain, password, key);
  *lm = lm_response(client, challenge, key);
  *nt = nt_response(client, challenge, key, session_base_key);
  if (client->edit_response != NULL) client->edit_response(nt);
}

struct octets mini_authenticate(struct mini_client *client, const struct octets *negotiate,
                                const struct octets *challenge) {
  struct octets lm, nt;
  uint8_t base[16];
  mini_v2_responses(client, challenge, &lm, &nt, base);
  return mini_authenticate_with(client, negotiate, challenge, lm, nt, base);
}

struct octets mini_authenticate_with(struct mini_client *client, const struct octets *negotiate,
                                     const struct octets *challenge, struct octets lm,
                                     struct octets nt, const uint8_t exchange_key[16]) {
  const uint32_t server_flags = get32(challenge->data + kChallengeFlags);
  uint32_t flags = client->flags != 0 ? client->flags : server_flags;
  flags = (flags | client->add_flags) & ~client->clear_flags;

  enum { kParts = 6 };
  struct octets part[kParts] = {text_of(client, client->domain),
                                text_of(client, client->user),
                                text_of(client, client->workstation),
                                lm,
                                nt,
                                session_key_field(client, flags, exchange_key)};
  static const size_t kPlace[kParts] = {kAuthDomain, kAuthUser, kAuthWorkstation,
                                        kAuthLm,     kAuthNt,   kAuthSessionKey};

  uint8_t header[88] = "NTLMSSP";
  put32(header + 8, kTypeAuthenticate);
  put32(header + kAuthFlags, flags);
  if (client->header == 72 || client->header == 88) {
    memcpy(header + kAuthVersion, kVersionField, sizeof kVersionField);
  }
  struct octets message = octets_copy(header, client->header);
  for (int i = 0; i < kParts; ++i) {
    const int which = client->reverse_order ? kParts - 1 - i : i;
    append_zeros(&message, client->gap);
    const struct field field = {(uint16_t)part[which].size, (uint16_t)part[which].size,
                                (uint32_t)message.size};
    field_put(message.data, kPlace[which], field);
    octets_append(&message, part[which].data, part[which].size);
    octets_free(&part[which]);
  }
  append_zeros(&message, client->trailing);
  if (client->mic || client->mic_unannounced) write_mic(client, negotiate, challenge, &message);
  if (client->edit_message != NULL) client->edit_message(&message);
  return message;
}

// ---- acceptor ----------------------------------------------------------------------------------

struct mini_server mini_server_default(void) {
  struct mini_server server = {.flags = MINI_PROTECTED | NTLM_TARGET_TYPE_SERVER | NTLM_VERSION,
                               .header = 56};
  return server;
}

static void add_text(struct octets *list, enum av_id id, const char *text) {
  struct octets units = utf16_of(text);
  av_add(list, id, units.data, units.size);
  octets_free(&units);
}

static struct octets server_av_pairs(const struct mini_server *server) {
  static const uint8_t kZeros[256];
  struct octets list = octets_copy(kZeros, 4);
  if (!server->no_names) {
    add_text(&list, kAvNbDomainName, "MINIDOM");
    add_text(&list, kAvNbComputerName, "MINISERVER");
  }
  add_text(&list, kAvDnsDomainName, "example.com");
  add_text(&list, kAvDnsComputerName, "miniserver.example.com");
  if (!server->no_timestamp) {
    uint8_t stamp[8];
    put64(stamp, (uint64_t)((int64_t)mini_now() + server->skew));
    av_add(&list, kAvTimestamp, stamp, sizeof stamp);
  }
  if (server->edit_av != NULL) server->edit_av(&list);
  ck_assert_uint_le(server->padding, sizeof kZeros);
  octets_append(&list, kZeros, server->padding);
  return list;
}

static void append_field(struct octets *message, size_t at, const struct octets *value) {
  const struct field field = {(uint16_t)value->size, (uint16_t)value->size,
                              (uint32_t)message->size};
  field_put(message->data, at, field);
  octets_append(message, value->data, value->size);
}

struct octets mini_challenge(const struct mini_server *server) {
  uint8_t header[56] = "NTLMSSP";
  put32(header + 8, kTypeChallenge);
  const uint32_t drop = server->no_target_info ? NTLM_TARGET_INFO : 0;
  put32(header + kChallengeFlags, server->flags & ~drop);
  fill_pattern(header + kChallengeServerChallenge, 8, 7);
  if (server->header == 56) {
    memcpy(header + kChallengeVersion, kVersionField, sizeof kVersionField);
  }
  struct octets message = octets_copy(header, server->header);
  struct octets target = utf16_of("MINISERVER");
  append_field(&message, kChallengeTargetName, &target);
  octets_free(&target);
  if (!server->no_target_info) {
    struct octets list = server_av_pairs(server);
    append_field(&message, kChallengeTargetInfo, &list);
    octets_free(&list);
  }
  append_zeros(&message, server->trailing);
  return message;
}

static bool mic_holds(const struct octets *negotiate, const struct octets *challenge,
                      const struct octets *authenticate, const uint8_t key[16]) {
  if (authenticate->size < kAuthPayload) return false;
  uint8_t mac[16];
  struct octets all = octets_copy(negotiate->data, negotiate->size);
  octets_append(&all, challenge->data, challenge->size);
  const size_t start = all.size;
  octets_append(&all, authenticate->data, authenticate->size);
  memset(all.data + start + kAuthMic, 0, 16);
  mini_hmac_md5(key, all.data, all.size, mac);
  octets_free(&all);
  return memcmp(mac, authenticate->data + kAuthMic, 16) == 0;
}

struct mini_verdict mini_check(const struct octets *negotiate, const struct octets *challenge,
                               const struct octets *authenticate, const char *user,
                               const char *domain, const char *password) {
  struct mini_verdict verdict = {.flags = get32(authenticate->data + kAuthFlags)};
  uint8_t key[16], proof[16], base[16];
  struct octets response = field_octets(authenticate, kAuthNt);
  ck_assert_uint_ge(response.size, kResponseAvPairs);
  mini_ntowfv2(user, domain, password, key);
  struct octets proven = octets_copy(challenge->data + kChallengeServerChallenge, 8);
  octets_append(&proven, response.data + 16, response.size - 16);
  mini_hmac_md5(key, proven.data, proven.size, proof);
  verdict.proof_right = memcmp(proof, response.data, 16) == 0;
  mini_hmac_md5(key, proof, 16, base);

  memcpy(verdict.exported_key, base, 16);
  struct octets sent_key = field_octets(authenticate, kAuthSessionKey);
  if (sent_key.size == 16) mini_rc4(base, 16, sent_key.data, 16, verdict.exported_key);
  uint16_t length = 0;
  const uint8_t *flags = av_find(response.data + kResponseAvPairs, response.size - kResponseAvPairs,
                                 kAvFlags, &length);
  verdict.mic_announced = flags != NULL && length == 4 && (get32(flags) & 2) != 0;
  verdict.mic_right = mic_holds(negotiate, challenge, authenticate, verdict.exported_key);
  octets_free(&proven);
  octets_free(&response);
  octets_free(&sent_key);
  return verdict;
}
