// SPDX-License-Identifier: MIT
// A little editor for the fields of NTLM messages ([MS-NLMP] 2.2.1), raw or inside SPNEGO. It knows
// the places only, and checks nothing.
#ifndef TESTS_GSS_NTLM_FIELDS_H_
#define TESTS_GSS_NTLM_FIELDS_H_

#include "support.h"

enum {
  kTypeNegotiate = 1,
  kTypeChallenge = 2,
  kTypeAuthenticate = 3,

  kNegotiateFlags = 12,
  kNegotiateDomain = 16,
  kNegotiateWorkstation = 24,
  kNegotiateVersion = 32,

  kChallengeTargetName = 12,
  kChallengeFlags = 20,
  kChallengeServerChallenge = 24,
  kChallengeTargetInfo = 40,
  kChallengeVersion = 48,

  kAuthLm = 12,
  kAuthNt = 20,
  kAuthDomain = 28,
  kAuthUser = 36,
  kAuthWorkstation = 44,
  kAuthSessionKey = 52,
  kAuthFlags = 60,
  kAuthVersion = 64,
  kAuthMic = 72,
  kAuthPayload = 88,

  // Inside an NTLMv2 response.
  kResponseTime = 16 + 8,
  kResponseAvPairs = 16 + 28,
};

#define NTLM_UNICODE 0x00000001u
#define NTLM_OEM 0x00000002u
#define NTLM_REQUEST_TARGET 0x00000004u
#define NTLM_SIGN 0x00000010u
#define NTLM_SEAL 0x00000020u
#define NTLM_DATAGRAM 0x00000040u
#define NTLM_LM_KEY 0x00000080u
#define NTLM_NTLM 0x00000200u
#define NTLM_ANONYMOUS 0x00000800u
#define NTLM_ALWAYS_SIGN 0x00008000u
#define NTLM_TARGET_TYPE_DOMAIN 0x00010000u
#define NTLM_TARGET_TYPE_SERVER 0x00020000u
#define NTLM_ESS 0x00080000u
#define NTLM_IDENTIFY 0x00100000u
#define NTLM_TARGET_INFO 0x00800000u
#define NTLM_VERSION 0x02000000u
#define NTLM_128 0x20000000u
#define NTLM_KEY_EXCH 0x40000000u
#define NTLM_56 0x80000000u

enum av_id {
  kAvEol = 0,
  kAvNbComputerName = 1,
  kAvNbDomainName = 2,
  kAvDnsComputerName = 3,
  kAvDnsDomainName = 4,
  kAvDnsTreeName = 5,
  kAvFlags = 6,
  kAvTimestamp = 7,
  kAvSingleHost = 8,
  kAvTargetName = 9,
  kAvChannelBindings = 10,
};

uint16_t get16(const uint8_t *at);
uint32_t get32(const uint8_t *at);
uint64_t get64(const uint8_t *at);
void put16(uint8_t *at, uint16_t value);
void put32(uint8_t *at, uint32_t value);
void put64(uint8_t *at, uint64_t value);

struct field {
  uint16_t length;
  uint16_t maximum;
  uint32_t offset;
};
struct field field_get(const uint8_t *message, size_t at);
void field_put(uint8_t *message, size_t at, struct field field);
// The octets a descriptor points to; fails when they do not lie inside the message.
struct octets field_octets(const struct octets *message, size_t at);
// The same for a UTF-16LE text of ASCII characters, as text; free(3) it.
char *field_text(const struct octets *message, size_t at);

// The NTLM message of this type inside a token: raw, or in the OCTET STRING of a SPNEGO token.
// False when there is none.
bool find_message(const struct octets *token, uint32_t type, uint8_t **message, size_t *size);
// A copy of it; fails when there is none.
struct octets copy_message(const struct octets *token, uint32_t type);
// Puts other octets in place of that message; the lengths around it in a SPNEGO token follow.
void replace_message(struct octets *token, uint32_t type, const struct octets *with);

// AV pair lists ([MS-NLMP] 2.2.2.1). The list ends with its EOL pair.
const uint8_t *av_find(const uint8_t *list, size_t size, enum av_id id, uint16_t *length);
void av_add(struct octets *list, enum av_id id, const void *value, size_t size);
bool av_remove(struct octets *list, enum av_id id);
// The AV pairs of the NTLMv2 response of an AUTHENTICATE message.
struct octets response_av_pairs(const struct octets *authenticate);
// The text of a pair of ASCII characters; free(3) it. Null when there is no such pair.
char *av_text(const struct octets *list, enum av_id id);

// ASCII to UTF-16LE.
struct octets utf16_of(const char *text);

#endif  // TESTS_GSS_NTLM_FIELDS_H_
