// SPDX-License-Identifier: MIT
// A libwbclient without winbindd, for tests: the functions of <wbclient.h> that gss_ntlm.so uses,
// with the accounts and the troubles of a file that FAKE_WBCLIENT names. Without it, winbindd is
// "not running". Responses are verified, and messages made, for real; the cryptography is
// libcrypto's. The file is read at each call; each line is one of
//
//   host NETBIOS-NAME NETBIOS-DOMAIN DNS-DOMAIN      a '-' is a null pointer
//   mode unreachable | hang=SECONDS | slow=MILLISECONDS | error=NUMBER | nothing | garbage
//   user DOMAIN NAME PASSWORD RID [FLAG...]
//
// where the flags of a user, all of which only show after a right response, are
//
//   status=HEX             the NT status that refuses
//   guest                  the guest bit
//   anonymous              a SID S-1-5-7 among the groups
//   no-key                 session keys of zeroes
//   lm-key                 the LM session key is told
//   cached                 winbind keeps a logon (for the initiator)
//   null-name, null-domain, bad-name, long-name
//   sids=NUMBER            so many groups, more than two
//   null-sids              a number of SIDs, and no SIDs
//   bad-sid                a SID with 200 parts
//   primary-again          the last group is the first one once more, as winbindd tells it
//   deny-only              the last group only takes rights away
#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
#include <wbclient.h>

#define FAKE_EXPORT __attribute__((visibility("default")))

#ifdef WITHOUT_CREDENTIAL_CACHE
#define wbcCtxCredentialCache nobody_looks_for_this
#endif

enum { kName = 256 };

// ---- memory, as libwbclient gives it -----------------------------------------------------------

struct block {
  uint64_t magic;
  void (*destroy)(void *);
};
static const uint64_t kMagic = UINT64_C(0x7bc1a87b10c4f4ce);

static void *give(size_t size, void (*destroy)(void *)) {
  struct block *block = calloc(1, sizeof *block + size);
  if (block == NULL) abort();
  block->magic = kMagic;
  block->destroy = destroy;
  return block + 1;
}

FAKE_EXPORT void wbcFreeMemory(void *memory) {
  if (memory == NULL) return;
  struct block *block = (struct block *)memory - 1;
  if (block->magic != kMagic) abort();  // not ours, or freed already
  if (block->destroy != NULL) block->destroy(memory);
  block->magic = 0;
  free(block);
}

// ---- octets and text ---------------------------------------------------------------------------

struct octets {
  uint8_t *data;
  size_t size;
};

static void append(struct octets *to, const void *data, size_t size) {
  to->data = realloc(to->data, to->size + size + 1);
  if (to->data == NULL) abort();
  if (size != 0) memcpy(to->data + to->size, data, size);
  to->size += size;
}

static uint32_t get(const uint8_t *at, int count) {
  uint32_t value = 0;
  for (int i = count; i > 0; --i) value = value << 8 | at[i - 1];
  return value;
}

static void put(uint8_t *at, uint64_t value, int count) {
  for (int i = 0; i < count; ++i) at[i] = (uint8_t)(value >> 8 * i);
}

// UTF-8 of at most three octets for a character to UTF-16LE; Latin letters in upper case on demand.
static void append_utf16(struct octets *to, const char *utf8, bool upper) {
  const uint8_t *p = (const uint8_t *)utf8;
  while (*p != 0) {
    uint32_t c = *p++;
    if (c >= 0xe0) {
      c = (c & 15) << 12 | (uint32_t)(p[0] & 63) << 6 | (p[1] & 63);
      p += 2;
    } else if (c >= 0xc0) {
      c = (c & 31) << 6 | (*p++ & 63);
    }
    const bool lower = (c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7);
    if (upper && lower) c -= 0x20;
    uint8_t unit[2];
    put(unit, c, 2);
    append(to, unit, sizeof unit);
  }
}

static bool same_name(const char *a, const char *b) {
  struct octets x = {0}, y = {0};
  append_utf16(&x, a, true);
  append_utf16(&y, b, true);
  const bool same = x.size == y.size && (x.size == 0 || memcmp(x.data, y.data, x.size) == 0);
  free(x.data);
  free(y.data);
  return same;
}

// ---- cryptography, in a library context of its own ---------------------------------------------

static pthread_once_t crypto_once = PTHREAD_ONCE_INIT;
static OSSL_LIB_CTX *crypto;
static OSSL_PROVIDER *usual, *legacy;

static void end_crypto(void) {
  OSSL_PROVIDER_unload(legacy);
  OSSL_PROVIDER_unload(usual);
  OSSL_LIB_CTX_free(crypto);
}

// libcrypto calls end_crypto before it ends itself.
static void start_crypto(void) {
  crypto = OSSL_LIB_CTX_new();
  usual = OSSL_PROVIDER_load(crypto, "default");
  legacy = OSSL_PROVIDER_load(crypto, "legacy");
  if (usual == NULL || legacy == NULL || OPENSSL_atexit(end_crypto) != 1) {
    fputs("fake_wbclient: OpenSSL's legacy provider is missing\n", stderr);
    abort();
  }
}

static void digest(const char *name, const void *data, size_t size, uint8_t out[16]) {
  EVP_MD *md = EVP_MD_fetch(crypto, name, NULL);
  if (md == NULL || EVP_Digest(data, size, out, NULL, md, NULL) != 1) abort();
  EVP_MD_free(md);
}

static void hmac_md5(const uint8_t key[16], const void *data, size_t size, uint8_t out[16]) {
  size_t written = 0;
  if (EVP_Q_mac(crypto, "HMAC", NULL, "MD5", NULL, key, 16, data, size, out, 16, &written) ==
      NULL) {
    abort();
  }
}

static void encrypt(const char *name, const uint8_t *key, const uint8_t *in, int size,
                    uint8_t *out) {
  int written = 0;
  EVP_CIPHER *cipher = EVP_CIPHER_fetch(crypto, name, NULL);
  EVP_CIPHER_CTX *state = EVP_CIPHER_CTX_new();
  if (EVP_EncryptInit_ex2(state, cipher, key, NULL, NULL) != 1 ||
      EVP_CIPHER_CTX_set_padding(state, 0) != 1 ||
      EVP_EncryptUpdate(state, out, &written, in, size) != 1) {
    abort();
  }
  EVP_CIPHER_CTX_free(state);
  EVP_CIPHER_free(cipher);
}

// [MS-NLMP] 6, DESL: 16 octets of key in three parts.
static void desl(const uint8_t hash[16], const uint8_t challenge[8], uint8_t response[24]) {
  uint8_t padded[21] = {0};
  memcpy(padded, hash, 16);
  for (int part = 0; part < 3; ++part) {
    const uint8_t *k = padded + 7 * part;
    uint8_t key[8] = {k[0],
                      (uint8_t)(k[0] << 7 | k[1] >> 1),
                      (uint8_t)(k[1] << 6 | k[2] >> 2),
                      (uint8_t)(k[2] << 5 | k[3] >> 3),
                      (uint8_t)(k[3] << 4 | k[4] >> 4),
                      (uint8_t)(k[4] << 3 | k[5] >> 5),
                      (uint8_t)(k[5] << 2 | k[6] >> 6),
                      (uint8_t)(k[6] << 1)};
    encrypt("DES-ECB", key, challenge, 8, response + 8 * part);
  }
}

static void nt_hash(const char *password, uint8_t hash[16]) {
  struct octets text = {0};
  append_utf16(&text, password, false);
  digest("MD4", text.data, text.size, hash);
  free(text.data);
}

static void lm_hash(const char *password, uint8_t hash[16]) {
  uint8_t upper[14] = {0};
  for (size_t i = 0; i < sizeof upper && password[i] != '\0'; ++i) {
    upper[i] = (uint8_t)toupper((unsigned char)password[i]);
  }
  // DESL's way with keys, for two halves and a known text.
  uint8_t first[16] = {0}, second[16] = {0}, out[24];
  memcpy(first, upper, 7);
  memcpy(second, upper + 7, 7);
  desl(first, (const uint8_t *)"KGS!@#$%", out);
  memcpy(hash, out, 8);
  desl(second, (const uint8_t *)"KGS!@#$%", out);
  memcpy(hash + 8, out, 8);
}

static void ntowfv2(const char *user, const char *domain, const char *password, uint8_t key[16]) {
  uint8_t hash[16];
  struct octets text = {0};
  nt_hash(password, hash);
  append_utf16(&text, user, true);
  append_utf16(&text, domain, false);
  hmac_md5(hash, text.data, text.size, key);
  free(text.data);
}

// [MS-NLMP] 3.3.2: the proof for what follows it.
static void prove(const uint8_t key[16], const uint8_t challenge[8], const uint8_t *temp,
                  size_t size, uint8_t proof[16]) {
  struct octets text = {0};
  append(&text, challenge, 8);
  append(&text, temp, size);
  hmac_md5(key, text.data, text.size, proof);
  free(text.data);
}

// ---- the file ----------------------------------------------------------------------------------

struct user {
  char domain[kName], name[kName], password[kName], flags[kName];
  uint32_t rid;
};

struct world {
  bool reachable;
  char mode[64];
  char netbios_name[64], netbios_domain[64], dns_domain[64];
  struct user users[32];
  size_t user_count;
};

static bool has_flag(const char *flags, const char *flag, unsigned *value, int base) {
  const size_t size = strlen(flag);
  for (const char *at = flags; (at = strstr(at, flag)) != NULL; at += size) {
    if (at != flags && at[-1] != ' ') continue;
    const char end = at[size];
    if (value != NULL && end == '=') {
      *value = (unsigned)strtoul(at + size + 1, NULL, base);
      return true;
    }
    if (value == NULL && (end == '\0' || end == ' ')) return true;
  }
  return false;
}

static bool user_is(const struct user *user, const char *flag) {
  return has_flag(user->flags, flag, NULL, 0);
}

// What the file says; where it says nothing, no winbindd.
static struct world *load(void) {
  pthread_once(&crypto_once, start_crypto);
  struct world *world = calloc(1, sizeof *world);
  if (world == NULL) abort();
  const char *path = getenv("FAKE_WBCLIENT");
  FILE *file = path != NULL ? fopen(path, "re") : NULL;
  if (file == NULL) return world;
  world->reachable = true;
  char line[1024];
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    struct user *user = &world->users[world->user_count];
    int used = 0;
    if (sscanf(line, "user %255s %255s %255s %u%n", user->domain, user->name, user->password,
               &user->rid, &used) == 4) {
      snprintf(user->flags, sizeof user->flags, "%.200s", line + used);
      if (++world->user_count == sizeof world->users / sizeof world->users[0]) abort();
    } else if (sscanf(line, "host %63s %63s %63s", world->netbios_name, world->netbios_domain,
                      world->dns_domain) != 3) {
      sscanf(line, "mode %63s", world->mode);
    }
  }
  fclose(file);
  return world;
}

// Also what libcrypto keeps for this thread, which may still live when the process ends.
static void unload(struct world *world) {
  free(world);
  OPENSSL_thread_stop();
}

// The result of a call that does not get far; WBC_ERR_SUCCESS otherwise.
static wbcErr trouble(const struct world *world) {
  if (!world->reachable || strcmp(world->mode, "unreachable") == 0) {
    return WBC_ERR_WINBIND_NOT_AVAILABLE;
  }
  unsigned number = 0;
  if (has_flag(world->mode, "hang", &number, 10)) {
    while (number > 0) number = sleep(number);
    return WBC_ERR_WINBIND_NOT_AVAILABLE;
  }
  if (has_flag(world->mode, "slow", &number, 10)) {
    usleep(number * 1000);
    return WBC_ERR_SUCCESS;
  }
  has_flag(world->mode, "error", &number, 10);
  return (wbcErr)number;
}

static char *text_or_null(const char *text) { return strcmp(text, "-") == 0 ? NULL : strdup(text); }

static const struct user *find_user(const struct world *world, const char *domain,
                                    const char *name) {
  for (size_t i = 0; i < world->user_count; ++i) {
    const struct user *user = &world->users[i];
    if (same_name(user->name, name) && (*domain == '\0' || same_name(user->domain, domain))) {
      return user;
    }
  }
  return NULL;
}

// ---- contexts and texts ------------------------------------------------------------------------

struct wbcContext {
  pthread_t owner;
};

FAKE_EXPORT struct wbcContext *wbcCtxCreate(void) {
  struct wbcContext *context = calloc(1, sizeof *context);
  if (context != NULL) context->owner = pthread_self();
  return context;
}

FAKE_EXPORT void wbcCtxFree(struct wbcContext *context) { free(context); }

// A context belongs to one thread, and the host program's signals must not arrive there.
static void check_thread(const struct wbcContext *context) {
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, NULL, &blocked);
  if (context == NULL || !pthread_equal(context->owner, pthread_self()) ||
      sigismember(&blocked, SIGALRM) != 1) {
    abort();
  }
}

FAKE_EXPORT const char *wbcErrorString(wbcErr error) {
  return error == WBC_ERR_SUCCESS ? "WBC_ERR_SUCCESS" : "WBC_ERR of the fake";
}

static void destroy_details(void *memory) {
  struct wbcInterfaceDetails *details = memory;
  free(details->winbind_version);
  free(details->netbios_name);
  free(details->netbios_domain);
  free(details->dns_domain);
}

FAKE_EXPORT wbcErr wbcCtxInterfaceDetails(struct wbcContext *context,
                                          struct wbcInterfaceDetails **out) {
  check_thread(context);
  struct world *world = load();
  wbcErr result = trouble(world);
  if (result == WBC_ERR_SUCCESS && strcmp(world->mode, "nothing") != 0) {
    struct wbcInterfaceDetails *details = give(sizeof *details, destroy_details);
    details->interface_version = 32;
    details->winbind_separator = '\\';
    details->winbind_version = strdup("fake");
    details->netbios_name = text_or_null(world->netbios_name);
    details->netbios_domain = text_or_null(world->netbios_domain);
    details->dns_domain = text_or_null(world->dns_domain);
    *out = details;
  }
  unload(world);
  return result;
}

// ---- logon -------------------------------------------------------------------------------------

static void destroy_error(void *memory) {
  struct wbcAuthErrorInfo *error = memory;
  free(error->nt_string);
  free(error->display_string);
}

static wbcErr refuse(struct wbcAuthErrorInfo **error, uint32_t nt_status) {
  *error = give(sizeof **error, destroy_error);
  (*error)->nt_status = nt_status;
  if (nt_status != 0xC0000001) (*error)->nt_string = strdup("NT_STATUS of the fake");
  return WBC_ERR_AUTH_ERROR;
}

static void destroy_info(void *memory) {
  struct wbcAuthUserInfo *info = memory;
  free(info->account_name);
  free(info->domain_name);
  free(info->dns_domain_name);
  free(info->user_principal);
  free(info->sids);
}

static void set_sid(struct wbcSidWithAttr *sid, uint32_t rid) {
  static const struct wbcDomainSid kDomain = {1, 5, {0, 0, 0, 0, 0, 5}, {21, 1, 2, 4294967295u}};
  sid->sid = kDomain;
  sid->sid.sub_auths[4] = rid;
  sid->attributes = WBC_SID_ATTR_GROUP_MANDATORY | WBC_SID_ATTR_GROUP_ENABLED;
}

static void set_sids(const struct user *user, struct wbcAuthUserInfo *info) {
  unsigned groups = 2;
  has_flag(user->flags, "sids", &groups, 10);
  info->num_sids = groups + 1;
  if (user_is(user, "null-sids")) return;
  info->sids = calloc(info->num_sids, sizeof *info->sids);
  if (info->sids == NULL) abort();
  set_sid(&info->sids[0], user->rid);
  for (uint32_t i = 1; i < info->num_sids; ++i) set_sid(&info->sids[i], 512 + i);
  struct wbcSidWithAttr *last = &info->sids[info->num_sids - 1];
  if (user_is(user, "bad-sid")) last->sid.num_auths = 200;
  if (user_is(user, "primary-again")) *last = info->sids[1];
  if (user_is(user, "deny-only")) last->attributes = WBC_SID_ATTR_GROUP_USEFOR_DENY_ONLY;
  if (user_is(user, "anonymous")) {
    last->sid.num_auths = 1;
    last->sid.sub_auths[0] = 7;
  }
}

static char *account_name(const struct user *user) {
  if (user_is(user, "null-name")) return NULL;
  if (user_is(user, "bad-name")) return strdup("a\xff");
  if (!user_is(user, "long-name")) return strdup(user->name);
  char *name = calloc(1, 4096);
  if (name != NULL) memset(name, 'n', 4095);
  return name;
}

static void set_info(const struct user *user, const uint8_t key[16], struct wbcAuthUserInfo *info) {
  info->account_name = account_name(user);
  if (!user_is(user, "null-domain")) info->domain_name = strdup(user->domain);
  info->dns_domain_name = strdup("dom.example");
  info->user_principal = strdup("someone@dom.example");
  if (user_is(user, "guest")) info->user_flags |= WBC_AUTH_USER_INFO_GUEST;
  uint8_t lm[16];
  lm_hash(user->password, lm);
  if (!user_is(user, "no-key")) memcpy(info->user_session_key, key, 16);
  if (user_is(user, "lm-key")) memcpy(info->lm_session_key, lm, 8);
  set_sids(user, info);
}

// What a domain controller does: the NT response first, and if it is wrong or missing the LM field.
static bool verify(const struct user *user, const char *claimed_name, const char *claimed_domain,
                   const struct wbcAuthUserParams *params, uint8_t key[16]) {
  const uint8_t *challenge = params->password.response.challenge;
  const uint8_t *nt = params->password.response.nt_data, *lm = params->password.response.lm_data;
  const uint32_t nt_size = params->password.response.nt_length;
  uint8_t hash[16], expected[24], proof[16], owf[16];
  nt_hash(user->password, hash);
  ntowfv2(claimed_name, claimed_domain, user->password, owf);
  if (nt_size == 24) {
    desl(hash, challenge, expected);
    digest("MD4", hash, sizeof hash, key);
    if (memcmp(expected, nt, 24) == 0) return true;
  } else if (nt_size > 16) {
    prove(owf, challenge, nt + 16, nt_size - 16, proof);
    hmac_md5(owf, proof, sizeof proof, key);
    if (memcmp(proof, nt, 16) == 0) return true;
  }
  if (params->password.response.lm_length != 24) return false;
  prove(owf, challenge, lm + 16, 8, proof);
  hmac_md5(owf, proof, sizeof proof, key);
  if (memcmp(proof, lm, 16) == 0) return true;  // LMv2
  lm_hash(user->password, hash);
  desl(hash, challenge, expected);
  memcpy(key, hash, 8);
  memset(key + 8, 0, 8);
  return memcmp(expected, lm, 24) == 0;
}

// As libwbclient does it: what is too long is cut in silence.
static void cut(char out[kName], const char *text) {
  snprintf(out, kName, "%.255s", text != NULL ? text : "");
}

static bool sizes_fit(const void *data, uint32_t size) { return (data != NULL) == (size != 0); }

static wbcErr logon(const struct world *world, const struct wbcAuthUserParams *params,
                    struct wbcAuthUserInfo **info, struct wbcAuthErrorInfo **error) {
  char name[kName], domain[kName];
  if (params->account_name == NULL || params->level != WBC_AUTH_USER_LEVEL_RESPONSE ||
      !sizes_fit(params->password.response.lm_data, params->password.response.lm_length) ||
      !sizes_fit(params->password.response.nt_data, params->password.response.nt_length)) {
    return WBC_ERR_INVALID_PARAM;
  }
  cut(name, params->account_name);
  cut(domain, params->domain_name);
  const uint32_t computers =
      WBC_MSV1_0_ALLOW_WORKSTATION_TRUST_ACCOUNT | WBC_MSV1_0_ALLOW_SERVER_TRUST_ACCOUNT;
  if (name[0] != '\0' && name[strlen(name) - 1] == '$' && params->parameter_control != computers) {
    return refuse(error, 0xC0000199);  // NOLOGON_WORKSTATION_TRUST_ACCOUNT
  }
  const struct user *user = find_user(world, domain, name);
  if (user == NULL) return refuse(error, 0xC0000064);  // NO_SUCH_USER
  uint8_t key[16] = {0};
  if (!verify(user, name, domain, params, key)) return refuse(error, 0xC000006A);  // WRONG_PASSWORD
  unsigned status = 0;
  if (has_flag(user->flags, "status", &status, 16)) return refuse(error, status);
  *info = give(sizeof **info, destroy_info);
  set_info(user, key, *info);
  return WBC_ERR_SUCCESS;
}

FAKE_EXPORT wbcErr wbcCtxAuthenticateUserEx(struct wbcContext *context,
                                            const struct wbcAuthUserParams *params,
                                            struct wbcAuthUserInfo **info,
                                            struct wbcAuthErrorInfo **error) {
  check_thread(context);
  struct world *world = load();
  wbcErr result = trouble(world);
  if (result == WBC_ERR_SUCCESS && strcmp(world->mode, "nothing") != 0) {
    result = logon(world, params, info, error);
  }
  unload(world);
  return result;
}

// ---- cached logon ------------------------------------------------------------------------------

enum {
  kSign = 0x10,
  kSeal = 0x20,
  kKeyExch = 0x40000000,
  kChallengeFlags = 20,
  kServerChallenge = 24,
  kTargetInfo = 40,
  kAuthHeader = 88,
  kAuthFlags = 60,
  kAuthMic = 72,
};

// The server's AV pairs with the announcement of a MIC, and the time of the response.
static struct octets answer_pairs(const uint8_t *info, size_t size, uint8_t time_stamp[8]) {
  static const uint8_t kMicFlag[8] = {6, 0, 4, 0, 2, 0, 0, 0}, kEnd[4] = {0};
  struct octets pairs = {0};
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  put(time_stamp, ((uint64_t)now.tv_sec + UINT64_C(11644473600)) * UINT64_C(10000000), 8);
  while (size >= 4 && get(info, 2) != 0 && get(info + 2, 2) + 4 <= size) {
    const size_t pair = get(info + 2, 2) + 4;
    if (get(info, 2) == 7 && pair == 12) memcpy(time_stamp, info + 4, 8);
    append(&pairs, info, pair);
    info += pair;
    size -= pair;
  }
  append(&pairs, kMicFlag, sizeof kMicFlag);
  append(&pairs, kEnd, sizeof kEnd);
  return pairs;
}

static void add_field(struct octets *message, size_t at, const void *data, size_t size) {
  put(message->data + at, size, 2);
  put(message->data + at + 2, size, 2);
  put(message->data + at + 4, message->size, 4);
  append(message, data, size);
}

// [MS-NLMP] 3.1.5.1.2 with NTLMv2 and a MIC. Nothing when the CHALLENGE is none.
static struct octets authenticate(const struct user *user, const struct wbcBlob *negotiate,
                                  const struct wbcBlob *challenge, uint8_t exported[16]) {
  struct octets message = {0};
  if (challenge->length < 48 || memcmp(challenge->data, "NTLMSSP\0\2\0\0\0", 12) != 0)
    return message;
  const size_t info_size = get(challenge->data + kTargetInfo, 2);
  const size_t info_at = get(challenge->data + kTargetInfo + 4, 4);
  if (info_at + info_size > challenge->length) return message;

  uint8_t head[28] = {1, 1}, owf[16], base[16], proof[16], sent_key[16];
  struct octets temp = {0}, text[3] = {{0}};
  struct octets pairs = answer_pairs(challenge->data + info_at, info_size, head + 8);
  RAND_bytes(head + 16, 8);
  append(&temp, head, sizeof head);
  append(&temp, pairs.data, pairs.size);
  ntowfv2(user->name, user->domain, user->password, owf);
  prove(owf, challenge->data + kServerChallenge, temp.data, temp.size, proof);
  hmac_md5(owf, proof, sizeof proof, base);

  const uint32_t flags = get(challenge->data + kChallengeFlags, 4);
  const bool key_exchange = (flags & kKeyExch) != 0 && (flags & (kSign | kSeal)) != 0;
  memcpy(exported, base, 16);
  if (key_exchange) {
    RAND_bytes(exported, 16);
    encrypt("RC4", base, exported, 16, sent_key);
  }
  struct octets response = {0};
  append(&response, proof, sizeof proof);
  append(&response, temp.data, temp.size);
  append_utf16(&text[0], user->domain, false);
  append_utf16(&text[1], user->name, false);
  append_utf16(&text[2], "FAKE", false);

  static const uint8_t kZeroes[kAuthHeader];
  append(&message, kZeroes, sizeof kZeroes);
  memcpy(message.data, "NTLMSSP\0\3", 9);
  put(message.data + kAuthFlags, flags, 4);
  memcpy(message.data + 64, "\6\1\0\0\0\0\0\17", 8);
  add_field(&message, 28, text[0].data, text[0].size);
  add_field(&message, 36, text[1].data, text[1].size);
  add_field(&message, 44, text[2].data, text[2].size);
  add_field(&message, 12, kZeroes, 24);
  add_field(&message, 20, response.data, response.size);
  add_field(&message, 52, sent_key, key_exchange ? sizeof sent_key : 0);

  struct octets all = {0};
  append(&all, negotiate->data, negotiate->length);
  append(&all, challenge->data, challenge->length);
  append(&all, message.data, message.size);
  hmac_md5(exported, all.data, all.size, message.data + kAuthMic);
  free(all.data);
  for (int i = 0; i < 3; ++i) free(text[i].data);
  free(response.data);
  free(pairs.data);
  free(temp.data);
  return message;
}

static void destroy_cache_info(void *memory) {
  struct wbcCredentialCacheInfo *info = memory;
  for (size_t i = 0; i < info->num_blobs; ++i) {
    free((void *)(uintptr_t)info->blobs[i].name);
    free(info->blobs[i].blob.data);
  }
  free(info->blobs);
}

static void add_blob(struct wbcCredentialCacheInfo *info, const char *name, const void *data,
                     size_t size) {
  info->blobs = realloc(info->blobs, (info->num_blobs + 1) * sizeof *info->blobs);
  if (info->blobs == NULL) abort();
  struct octets copy = {0};
  append(&copy, data, size);
  info->blobs[info->num_blobs++] = (struct wbcNamedBlob){strdup(name), 0, {copy.data, copy.size}};
}

static const struct wbcBlob *blob_of(const struct wbcCredentialCacheParams *params,
                                     const char *name) {
  static const struct wbcBlob kNone;
  for (size_t i = 0; i < params->num_blobs; ++i) {
    if (strcmp(params->blobs[i].name, name) == 0) return &params->blobs[i].blob;
  }
  return &kNone;
}

// As winbindd, which says of all that it cannot do only that it cannot.
static wbcErr cached_logon(const struct world *world, const struct wbcCredentialCacheParams *params,
                           struct wbcCredentialCacheInfo **out) {
  if (params->account_name == NULL || params->level != WBC_CREDENTIAL_CACHE_LEVEL_NTLMSSP) {
    return WBC_ERR_INVALID_PARAM;
  }
  const struct user *user = params->domain_name != NULL && params->domain_name[0] != '\0'
                                ? find_user(world, params->domain_name, params->account_name)
                                : NULL;
  if (user == NULL || !user_is(user, "cached")) return WBC_ERR_DOMAIN_NOT_FOUND;
  struct wbcCredentialCacheInfo *info = give(sizeof *info, destroy_cache_info);
  uint8_t key[16] = {0};
  if (params->num_blobs != 0) {
    struct octets message = authenticate(user, blob_of(params, "negotiate_blob"),
                                         blob_of(params, "challenge_blob"), key);
    if (message.size == 0) {
      wbcFreeMemory(info);
      return WBC_ERR_DOMAIN_NOT_FOUND;
    }
    add_blob(info, "auth_blob", message.data, message.size);
    free(message.data);
  }
  add_blob(info, "session_key", key, strcmp(world->mode, "garbage") == 0 ? 15 : sizeof key);
  *out = info;
  return WBC_ERR_SUCCESS;
}

FAKE_EXPORT wbcErr wbcCtxCredentialCache(struct wbcContext *context,
                                         struct wbcCredentialCacheParams *params,
                                         struct wbcCredentialCacheInfo **info,
                                         struct wbcAuthErrorInfo **error) {
  check_thread(context);
  *info = NULL;
  if (error != NULL) *error = NULL;
  struct world *world = load();
  wbcErr result = trouble(world);
  if (result == WBC_ERR_SUCCESS && strcmp(world->mode, "nothing") != 0) {
    result = cached_logon(world, params, info);
  }
  unload(world);
  return result;
}
