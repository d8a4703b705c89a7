// SPDX-License-Identifier: MIT
// A minimal NTLMv2 peer, independent of the module: an initiator that can break each rule of
// [MS-NLMP] by itself, an acceptor's CHALLENGE in any shape, and the check of an AUTHENTICATE. All
// cryptography is libcrypto's, in a library context of its own. ASCII texts only.
#ifndef TESTS_GSS_MINI_NTLM_H_
#define TESTS_GSS_MINI_NTLM_H_

#include "ntlm_fields.h"

// ---- cryptography ------------------------------------------------------------------------------

// The library context with the legacy provider.
typedef struct ossl_lib_ctx_st OSSL_LIB_CTX;
OSSL_LIB_CTX *mini_library(void);
void mini_md4(const void *data, size_t size, uint8_t digest[16]);
void mini_md5(const void *data, size_t size, uint8_t digest[16]);
void mini_hmac_md5(const uint8_t key[16], const void *data, size_t size, uint8_t mac[16]);
void mini_rc4(const void *key, size_t key_size, const uint8_t *in, size_t size, uint8_t *out);
// The upper case of a to z, in any locale.
void upper_ascii(uint8_t *text, size_t size);
// [MS-NLMP] 3.3.2 NTOWFv2.
void mini_ntowfv2(const char *user, const char *domain, const char *password, uint8_t key[16]);
// The key of a signature or a seal, with ESS and 128 bits ([MS-NLMP] 3.4.5.2, 3.4.5.3).
enum mini_key { kClientSign, kServerSign, kClientSeal, kServerSeal };
void mini_message_key(const uint8_t exported[16], enum mini_key which, uint8_t key[16]);
// The first gss_wrap token of a direction, sealed, ESS, 128 bits, KEY_EXCH.
struct octets mini_first_wrap(const uint8_t exported[16], bool from_client, const void *data,
                              size_t size);

// ---- initiator ---------------------------------------------------------------------------------

#define MINI_OFFER                                                                \
  (NTLM_UNICODE | NTLM_REQUEST_TARGET | NTLM_NTLM | NTLM_ALWAYS_SIGN | NTLM_ESS | \
   NTLM_TARGET_INFO | NTLM_128 | NTLM_56)
#define MINI_PROTECTED (MINI_OFFER | NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCH)

// A NEGOTIATE of 16, 32 or 40 octets; the last has Version.
struct octets mini_negotiate(uint32_t flags, size_t size);

enum mini_lm { kLmZero24, kLmEmpty, kLmv2 };
enum mini_proof { kProofRight, kProofOfWrongPassword, kProofZero, kProofOnes };
enum { kKeySizeByFlags = -1 };

struct mini_client {
  const char *user;
  const char *domain;
  const char *workstation;
  const char *password;

  uint32_t flags;        // 0: those of the CHALLENGE
  uint32_t add_flags;    // set on top of them
  uint32_t clear_flags;  // taken away from them
  bool oem;              // texts in OEM
  size_t header;         // 64, 72 (Version), 80 (MIC at 64) or 88 (Version, MIC)
  bool mic;              // bit 2 of MsvAvFlags and the MIC; needs a header of 80 or 88
  bool mic_flag_only;    // bit 2 of MsvAvFlags, and zeros in place of the MIC
  bool mic_unannounced;  // the MIC without bit 2
  size_t mic_damage;     // 1 + octet of the MIC to change
  enum mini_lm lm;
  enum mini_proof proof;
  int64_t skew;                                  // added to the time of the response, in 100 ns
  size_t padding;                                // zero octets after EOL inside the response
  bool reverse_order;                            // payloads in the reverse order
  size_t gap;                                    // octets between payloads
  size_t trailing;                               // octets after the last payload
  int session_key_size;                          // kKeySizeByFlags or a length that is sent
  void (*edit_av)(struct octets *list);          // before the proof
  void (*edit_response)(struct octets *nt);      // after the proof
  void (*edit_message)(struct octets *message);  // last of all, after the MIC

  uint8_t exported_key[16];  // result
};

// A well-behaved client of TEST_NAME, with a MIC.
struct mini_client mini_client_default(void);
// The same without Version and MIC, as curl --ntlm.
struct mini_client mini_client_without_mic(void);
struct octets mini_authenticate(struct mini_client *client, const struct octets *negotiate,
                                const struct octets *challenge);
// The responses and the session base key of NTLMv2, and an AUTHENTICATE around any responses with
// their KeyExchangeKey. It takes the octets over.
void mini_v2_responses(const struct mini_client *client, const struct octets *challenge,
                       struct octets *lm, struct octets *nt, uint8_t session_base_key[16]);
struct octets mini_authenticate_with(struct mini_client *client, const struct octets *negotiate,
                                     const struct octets *challenge, struct octets lm,
                                     struct octets nt, const uint8_t exchange_key[16]);

// ---- acceptor ----------------------------------------------------------------------------------

struct mini_server {
  uint32_t flags;
  size_t header;  // 32, 48 or 56 octets
  bool no_target_info;
  bool no_names;  // TargetInfo without pairs 1 and 2
  bool no_timestamp;
  int64_t skew;     // added to the timestamp, in 100 ns
  size_t padding;   // zero octets after EOL
  size_t trailing;  // octets after the last payload
  void (*edit_av)(struct octets *list);
};

// A usual acceptor that agrees to MINI_PROTECTED.
struct mini_server mini_server_default(void);
struct octets mini_challenge(const struct mini_server *server);

struct mini_verdict {
  bool proof_right;
  bool mic_announced;
  bool mic_right;
  uint32_t flags;
  uint8_t exported_key[16];
};
struct mini_verdict mini_check(const struct octets *negotiate, const struct octets *challenge,
                               const struct octets *authenticate, const char *user,
                               const char *domain, const char *password);

#define MINI_HOUR (INT64_C(36000000000))
// The time of [MS-NLMP] 2.2.2.1: 100 ns since 1601.
uint64_t mini_now(void);

#endif  // TESTS_GSS_MINI_NTLM_H_
