// SPDX-License-Identifier: MIT
// The older half of the independent peer: LM, NTLMv1 and LMv2 answers, the keys of [MS-NLMP] 3.4.5
// for every strength, and messages with and without extended session security.
#ifndef TESTS_GSS_MINI_V1_H_
#define TESTS_GSS_MINI_V1_H_

#include "mini_ntlm.h"

#define NTLM_NON_NT_KEY 0x00400000u

// ---- hashes and responses ([MS-NLMP] 3.3.1, 6)
// ---------------------------------------------------

void mini_des(const uint8_t key[7], const uint8_t in[8], uint8_t out[8]);
// LMOWFv1, of the first 14 characters.
void mini_lm_hash(const char *password, uint8_t hash[16]);
void mini_nt_hash(const char *password, uint8_t hash[16]);
// DESL.
void mini_v1_response(const uint8_t hash[16], const uint8_t challenge[8], uint8_t response[24]);
// What NTLMv1 with extended session security answers in place of the challenge.
void mini_ess_challenge(const uint8_t challenge[8], const uint8_t nonce[8], uint8_t digest[8]);
// LMv2, with the client challenge at its end.
void mini_lmv2_response(const uint8_t key[16], const uint8_t challenge[8], const uint8_t nonce[8],
                        uint8_t response[24]);

// ---- keys --------------------------------------------------------------------------------------

enum mini_form { kFormLm, kFormV1, kFormV1Ess, kFormLmv2, kFormV2, kFormV2Mic, kForms };

// SessionBaseKey and KXKEY of an LM, NTLMv1 or NTLMv1 with ESS answer.
void mini_v1_exchange_key(uint32_t flags, enum mini_form form, const char *password,
                          const uint8_t lm_response[24], const uint8_t challenge[8],
                          uint8_t key[16]);
// SEALKEY; returns its length.
size_t mini_seal_key(uint32_t flags, const uint8_t exported[16], bool from_client, uint8_t key[16]);

// ---- messages ([MS-NLMP] 3.4) ------------------------------------------------------------------

struct mini_session;
struct mini_session *mini_session_open(uint32_t flags, const uint8_t exported[16]);
void mini_session_close(struct mini_session *session);
// gss_wrap of a session with SEAL: signature, then data.
struct octets mini_wrap(struct mini_session *session, bool from_client, const void *data,
                        size_t size);
struct octets mini_mic(struct mini_session *session, bool from_client, const void *data,
                       size_t size);
// The data of such a token; false when it is not right.
bool mini_unwrap(struct mini_session *session, bool from_client, const struct octets *token,
                 struct octets *data);

// ---- answers -----------------------------------------------------------------------------------

struct mini_answer {
  enum mini_form form;
  uint32_t clear_flags;  // taken away from those of the CHALLENGE
  uint32_t add_flags;
  const char *user;
  const char *domain;
  const char *password;
  // Changes the responses after they were made.
  void (*edit)(struct octets *lm, struct octets *nt, const uint8_t challenge[8]);

  uint32_t flags;            // result: those of AUTHENTICATE
  uint8_t exported_key[16];  // result
};

// An answer of TEST_NAME.
struct mini_answer mini_answer_of(enum mini_form form);
struct octets mini_answer_message(struct mini_answer *answer, const struct octets *negotiate,
                                  const struct octets *challenge);

// What an initiator has sent.
struct mini_seen {
  const char *form;  // "LM and NTLMv1", "NTLMv1", "NTLMv1 with ESS", "NTLMv2" or why none is right
  const char *lm;    // what the LM field holds
  uint32_t flags;
  uint8_t exported_key[16];
};
struct mini_seen mini_look(const struct octets *negotiate, const struct octets *challenge,
                           const struct octets *authenticate, const char *user, const char *domain,
                           const char *password);

#endif  // TESTS_GSS_MINI_V1_H_
