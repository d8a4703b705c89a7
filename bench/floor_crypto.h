// SPDX-License-Identifier: MIT
// MD5, HMAC-MD5 and RC4 at the speed of the machine, for the floor mechanism alone.
//
// Written from RFC 1320, 1321 and 2104 to find the limit, and kept apart from the product's own
// cryptography so that a slower product shows in the ratio. RC4 is hidden under MD5's latency:
// one keystream octet after each MD5 step, two dependency chains in one loop.
#ifndef GSS_SSPI_BENCH_FLOOR_CRYPTO_H_
#define GSS_SSPI_BENCH_FLOOR_CRYPTO_H_

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { kMd5Block = 64, kMd5Digest = 16, kKeySize = 16, kSignatureSize = 16 };

#define FLOOR_INLINE static inline __attribute__((always_inline))
#define FLOOR_OUTLINE static __attribute__((noinline))

FLOOR_INLINE uint32_t RotateLeft(uint32_t x, int n) { return (x << n) | (x >> (32 - n)); }

FLOOR_INLINE uint32_t Load32(const uint8_t *p) {
  uint32_t x;
  memcpy(&x, p, sizeof x);
  return x;
}

// clang-format off
#define MD5_F(b, c, d) ((d) ^ ((b) & ((c) ^ (d))))
#define MD5_H(b, c, d) ((b) ^ (c) ^ (d))
#define MD5_I(b, c, d) ((c) ^ ((b) | ~(d)))
#define MD5_STEP(f, a, b, c, d, x, s, k) { a += (x) + (k); a += f(b, c, d); a = RotateLeft(a, s) + b; }
#define F_(a, b, c, d, x, s, k) MD5_STEP(MD5_F, a, b, c, d, x, s, k)
// G in two disjoint terms: only (b & d) is on the critical path.
#define G_(a, b, c, d, x, s, k) { a += (x) + (k); a += (c) & ~(d); a += (b) & (d); a = RotateLeft(a, s) + b; }
#define H_(a, b, c, d, x, s, k) MD5_STEP(MD5_H, a, b, c, d, x, s, k)
#define I_(a, b, c, d, x, s, k) MD5_STEP(MD5_I, a, b, c, d, x, s, k)

// RFC 1321 3.4. X(i) is word i of the block; T(n) is what else is done after step n.
#define MD5_STEPS(X, T) \
 F_(a,b,c,d,X( 0), 7,0xd76aa478) T( 0) F_(d,a,b,c,X( 1),12,0xe8c7b756) T( 1) F_(c,d,a,b,X( 2),17,0x242070db) T( 2) F_(b,c,d,a,X( 3),22,0xc1bdceee) T( 3) \
 F_(a,b,c,d,X( 4), 7,0xf57c0faf) T( 4) F_(d,a,b,c,X( 5),12,0x4787c62a) T( 5) F_(c,d,a,b,X( 6),17,0xa8304613) T( 6) F_(b,c,d,a,X( 7),22,0xfd469501) T( 7) \
 F_(a,b,c,d,X( 8), 7,0x698098d8) T( 8) F_(d,a,b,c,X( 9),12,0x8b44f7af) T( 9) F_(c,d,a,b,X(10),17,0xffff5bb1) T(10) F_(b,c,d,a,X(11),22,0x895cd7be) T(11) \
 F_(a,b,c,d,X(12), 7,0x6b901122) T(12) F_(d,a,b,c,X(13),12,0xfd987193) T(13) F_(c,d,a,b,X(14),17,0xa679438e) T(14) F_(b,c,d,a,X(15),22,0x49b40821) T(15) \
 G_(a,b,c,d,X( 1), 5,0xf61e2562) T(16) G_(d,a,b,c,X( 6), 9,0xc040b340) T(17) G_(c,d,a,b,X(11),14,0x265e5a51) T(18) G_(b,c,d,a,X( 0),20,0xe9b6c7aa) T(19) \
 G_(a,b,c,d,X( 5), 5,0xd62f105d) T(20) G_(d,a,b,c,X(10), 9,0x02441453) T(21) G_(c,d,a,b,X(15),14,0xd8a1e681) T(22) G_(b,c,d,a,X( 4),20,0xe7d3fbc8) T(23) \
 G_(a,b,c,d,X( 9), 5,0x21e1cde6) T(24) G_(d,a,b,c,X(14), 9,0xc33707d6) T(25) G_(c,d,a,b,X( 3),14,0xf4d50d87) T(26) G_(b,c,d,a,X( 8),20,0x455a14ed) T(27) \
 G_(a,b,c,d,X(13), 5,0xa9e3e905) T(28) G_(d,a,b,c,X( 2), 9,0xfcefa3f8) T(29) G_(c,d,a,b,X( 7),14,0x676f02d9) T(30) G_(b,c,d,a,X(12),20,0x8d2a4c8a) T(31) \
 H_(a,b,c,d,X( 5), 4,0xfffa3942) T(32) H_(d,a,b,c,X( 8),11,0x8771f681) T(33) H_(c,d,a,b,X(11),16,0x6d9d6122) T(34) H_(b,c,d,a,X(14),23,0xfde5380c) T(35) \
 H_(a,b,c,d,X( 1), 4,0xa4beea44) T(36) H_(d,a,b,c,X( 4),11,0x4bdecfa9) T(37) H_(c,d,a,b,X( 7),16,0xf6bb4b60) T(38) H_(b,c,d,a,X(10),23,0xbebfbc70) T(39) \
 H_(a,b,c,d,X(13), 4,0x289b7ec6) T(40) H_(d,a,b,c,X( 0),11,0xeaa127fa) T(41) H_(c,d,a,b,X( 3),16,0xd4ef3085) T(42) H_(b,c,d,a,X( 6),23,0x04881d05) T(43) \
 H_(a,b,c,d,X( 9), 4,0xd9d4d039) T(44) H_(d,a,b,c,X(12),11,0xe6db99e5) T(45) H_(c,d,a,b,X(15),16,0x1fa27cf8) T(46) H_(b,c,d,a,X( 2),23,0xc4ac5665) T(47) \
 I_(a,b,c,d,X( 0), 6,0xf4292244) T(48) I_(d,a,b,c,X( 7),10,0x432aff97) T(49) I_(c,d,a,b,X(14),15,0xab9423a7) T(50) I_(b,c,d,a,X( 5),21,0xfc93a039) T(51) \
 I_(a,b,c,d,X(12), 6,0x655b59c3) T(52) I_(d,a,b,c,X( 3),10,0x8f0ccc92) T(53) I_(c,d,a,b,X(10),15,0xffeff47d) T(54) I_(b,c,d,a,X( 1),21,0x85845dd1) T(55) \
 I_(a,b,c,d,X( 8), 6,0x6fa87e4f) T(56) I_(d,a,b,c,X(15),10,0xfe2ce6e0) T(57) I_(c,d,a,b,X( 6),15,0xa3014314) T(58) I_(b,c,d,a,X(13),21,0x4e0811a1) T(59) \
 I_(a,b,c,d,X( 4), 6,0xf7537e82) T(60) I_(d,a,b,c,X(11),10,0xbd3af235) T(61) I_(c,d,a,b,X( 2),15,0x2ad7d2bb) T(62) I_(b,c,d,a,X( 9),21,0xeb86d391) T(63)
#define MD5_WORD(i) Load32(block + 4 * (i))
#define MD5_ONLY(i)
// clang-format on

static const uint32_t kMd5Start[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

FLOOR_OUTLINE void Md5Blocks(uint32_t state[4], const uint8_t *block, size_t count) {
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  for (; count > 0; --count, block += kMd5Block) {
    const uint32_t a0 = a, b0 = b, c0 = c, d0 = d;
    MD5_STEPS(MD5_WORD, MD5_ONLY)
    a += a0, b += b0, c += c0, d += d0;
  }
  state[0] = a, state[1] = b, state[2] = c, state[3] = d;
}

// The padded end of a message: `data` follows whole blocks that are in `state` already, `total` is
// the length of the whole message.
FLOOR_INLINE void Md5Tail(uint32_t state[4], const uint8_t *data, size_t n, uint64_t total) {
  uint8_t last[2 * kMd5Block];
  const size_t whole = n / kMd5Block * kMd5Block, rest = n - whole;
  if (whole) Md5Blocks(state, data, whole / kMd5Block);
  const size_t padded = rest < kMd5Block - 8 ? kMd5Block : 2 * kMd5Block;
  const uint64_t bits = total * 8;
  memcpy(last, data + whole, rest);
  last[rest] = 0x80;
  memset(last + rest + 1, 0, padded - rest - 1 - sizeof bits);
  memcpy(last + padded - sizeof bits, &bits, sizeof bits);
  Md5Blocks(state, last, padded / kMd5Block);
}

FLOOR_INLINE void Md5(const uint8_t *data, size_t n, uint8_t digest[kMd5Digest]) {
  uint32_t state[4];
  memcpy(state, kMd5Start, sizeof state);
  Md5Tail(state, data, n, n);
  memcpy(digest, state, sizeof state);
}

// RFC 2104 with the two key blocks hashed once.
struct HmacKey {
  uint32_t inner[4], outer[4];
};

FLOOR_INLINE void HmacKeyInit(struct HmacKey *hmac, const uint8_t key[kKeySize]) {
  uint8_t block[kMd5Block];
  memset(block, 0x36, sizeof block);
  for (int i = 0; i < kKeySize; ++i) block[i] ^= key[i];
  memcpy(hmac->inner, kMd5Start, sizeof hmac->inner);
  Md5Blocks(hmac->inner, block, 1);
  memset(block, 0x5c, sizeof block);
  for (int i = 0; i < kKeySize; ++i) block[i] ^= key[i];
  memcpy(hmac->outer, kMd5Start, sizeof hmac->outer);
  Md5Blocks(hmac->outer, block, 1);
}

FLOOR_INLINE void HmacFinish(const struct HmacKey *hmac, const uint32_t inner[4],
                             uint8_t digest[kMd5Digest]) {
  uint8_t block[kMd5Block] = {0};
  uint32_t state[4];
  const uint64_t bits = (kMd5Block + kMd5Digest) * 8;
  memcpy(block, inner, kMd5Digest);
  block[kMd5Digest] = 0x80;
  memcpy(block + kMd5Block - sizeof bits, &bits, sizeof bits);
  memcpy(state, hmac->outer, sizeof state);
  Md5Blocks(state, block, 1);
  memcpy(digest, state, sizeof state);
}

FLOOR_INLINE void Hmac(const struct HmacKey *hmac, const uint8_t *data, size_t n,
                       uint8_t digest[kMd5Digest]) {
  uint32_t state[4];
  memcpy(state, hmac->inner, sizeof state);
  Md5Tail(state, data, n, n + kMd5Block);
  HmacFinish(hmac, state, digest);
}

// The first block of HMAC(seq || data), for data of 60 octets and more.
FLOOR_INLINE void HmacSequenceStart(const struct HmacKey *hmac, uint32_t seq, const uint8_t *data,
                                    uint32_t state[4]) {
  uint8_t block[kMd5Block];
  memcpy(state, hmac->inner, sizeof hmac->inner);
  memcpy(block, &seq, sizeof seq);
  memcpy(block + sizeof seq, data, kMd5Block - sizeof seq);
  Md5Blocks(state, block, 1);
}

// HMAC(seq || data).
static void HmacSequence(const struct HmacKey *hmac, uint32_t seq, const uint8_t *data, size_t n,
                         uint8_t digest[kMd5Digest]) {
  uint32_t state[4];
  const size_t first = kMd5Block - sizeof seq;
  const uint64_t total = kMd5Block + sizeof seq + n, bits = total * 8;
  if (n >= first) {
    HmacSequenceStart(hmac, seq, data, state);
    Md5Tail(state, data + first, n - first, total);
  } else {
    uint8_t last[2 * kMd5Block];
    const size_t rest = n + sizeof seq;
    const size_t padded = rest < kMd5Block - 8 ? kMd5Block : 2 * kMd5Block;
    memcpy(state, hmac->inner, sizeof state);
    memcpy(last, &seq, sizeof seq);
    memcpy(last + sizeof seq, data, n);
    last[rest] = 0x80;
    memset(last + rest + 1, 0, padded - rest - 1 - sizeof bits);
    memcpy(last + padded - sizeof bits, &bits, sizeof bits);
    Md5Blocks(state, last, padded / kMd5Block);
  }
  HmacFinish(hmac, state, digest);
}

struct Rc4 {
  uint32_t x, y;
  uint8_t s[256];
};

static void Rc4Init(struct Rc4 *rc4, const uint8_t key[kKeySize]) {
  uint32_t j = 0;
  for (int i = 0; i < 256; ++i) rc4->s[i] = (uint8_t)i;
  for (int i = 0; i < 256; ++i) {
    const uint8_t t = rc4->s[i];
    j = (j + t + key[i % kKeySize]) & 255;
    rc4->s[i] = rc4->s[j], rc4->s[j] = t;
  }
  rc4->x = rc4->y = 0;
}

// Two key schedules in one loop: the chains overlap.
FLOOR_OUTLINE void Rc4InitTwo(struct Rc4 *one, const uint8_t *one_key, struct Rc4 *two,
                              const uint8_t *two_key) {
  uint32_t j = 0, h = 0;
  for (int i = 0; i < 256; ++i) one->s[i] = two->s[i] = (uint8_t)i;
  for (int i = 0; i < 256; ++i) {
    const uint8_t t = one->s[i], u = two->s[i];
    j = (j + t + one_key[i % kKeySize]) & 255;
    h = (h + u + two_key[i % kKeySize]) & 255;
    one->s[i] = one->s[j], one->s[j] = t;
    two->s[i] = two->s[h], two->s[h] = u;
  }
  one->x = one->y = two->x = two->y = 0;
}

// The next keystream octet of s, x, y in the variables of the caller.
FLOOR_INLINE uint8_t Rc4Next(uint8_t *s, uint32_t *x, uint32_t *y) {
  *x = (*x + 1) & 255;
  const uint8_t t = s[*x];
  *y = (*y + t) & 255;
  const uint8_t u = s[*y];
  s[*y] = t, s[*x] = u;
  return s[(t + u) & 255];
}

FLOOR_OUTLINE void Rc4Run(struct Rc4 *rc4, const uint8_t *in, uint8_t *out, size_t n) {
  uint32_t x = rc4->x, y = rc4->y;
  uint8_t *s = rc4->s;
  for (; n >= 8; n -= 8, in += 8, out += 8) {
    uint64_t keystream = 0, word;
    for (int i = 0; i < 8; ++i) keystream |= (uint64_t)Rc4Next(s, &x, &y) << (8 * i);
    memcpy(&word, in, sizeof word);
    word ^= keystream;
    memcpy(out, &word, sizeof word);
  }
  for (; n > 0; --n) *out++ = (uint8_t)(*in++ ^ Rc4Next(s, &x, &y));
  rc4->x = x, rc4->y = y;
}

// MD5 over `count` blocks while RC4 runs over as many octets elsewhere.
FLOOR_OUTLINE void Md5Rc4Blocks(uint32_t state[4], const uint8_t *block, struct Rc4 *rc4,
                                const uint8_t *in, uint8_t *out, size_t count) {
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t x = rc4->x, y = rc4->y;
  uint8_t *s = rc4->s;
  for (; count > 0; --count, block += kMd5Block, in += kMd5Block, out += kMd5Block) {
    const uint32_t a0 = a, b0 = b, c0 = c, d0 = d;
#define RC4_OCTET(i) out[i] = (uint8_t)(in[i] ^ Rc4Next(s, &x, &y));
    MD5_STEPS(MD5_WORD, RC4_OCTET)
#undef RC4_OCTET
    a += a0, b += b0, c += c0, d += d0;
  }
  state[0] = a, state[1] = b, state[2] = c, state[3] = d;
  rc4->x = x, rc4->y = y;
}

// One direction of a context.
struct Direction {
  struct HmacKey sign;
  struct Rc4 seal;
  uint32_t seq;
};

// [MS-NLMP] 3.4.4.2: version, checksum under the sealing key, sequence number.
static void Signature(struct Direction *to, const uint8_t digest[kMd5Digest],
                      uint8_t signature[kSignatureSize]) {
  const uint32_t version = 1;
  memcpy(signature, &version, 4);
  Rc4Run(&to->seal, digest, signature + 4, 8);
  memcpy(signature + 12, &to->seq, 4);
  ++to->seq;
}

static void Sign(struct Direction *to, const uint8_t *data, size_t n,
                 uint8_t signature[kSignatureSize]) {
  uint8_t digest[kMd5Digest];
  HmacSequence(&to->sign, to->seq, data, n, digest);
  Signature(to, digest, signature);
}

// `out` may be `in`: RC4 stays 60 octets behind what MD5 has read.
static void Seal(struct Direction *to, const uint8_t *in, size_t n, uint8_t *out,
                 uint8_t signature[kSignatureSize]) {
  enum { kLag = 60, kWorthStitching = 124 };
  uint8_t digest[kMd5Digest];
  if (n < kWorthStitching) {
    HmacSequence(&to->sign, to->seq, in, n, digest);
    Rc4Run(&to->seal, in, out, n);
  } else {
    uint32_t state[4];
    const size_t count = (n - kLag) / kMd5Block, done = count * kMd5Block;
    HmacSequenceStart(&to->sign, to->seq, in, state);
    Md5Rc4Blocks(state, in + kLag, &to->seal, in, out, count);
    Md5Tail(state, in + kLag + done, n - kLag - done, kMd5Block + 4 + n);
    Rc4Run(&to->seal, in + done, out + done, n - done);
    HmacFinish(&to->sign, state, digest);
  }
  Signature(to, digest, signature);
}

// Nonzero when the signature is wrong. `out` may be `in`: RC4 leads by 128 - 60 octets.
static int Unseal(struct Direction *from, const uint8_t *in, size_t n, uint8_t *out,
                  const uint8_t signature[kSignatureSize]) {
  enum { kLead = 128, kLag = 60, kWorthStitching = 192 };
  uint8_t digest[kMd5Digest], expected[kSignatureSize];
  if (n < kWorthStitching) {
    Rc4Run(&from->seal, in, out, n);
    HmacSequence(&from->sign, from->seq, out, n, digest);
  } else {
    uint32_t state[4];
    const size_t count = (n - kLead) / kMd5Block, done = count * kMd5Block;
    Rc4Run(&from->seal, in, out, kLead);
    HmacSequenceStart(&from->sign, from->seq, out, state);
    Md5Rc4Blocks(state, out + kLag, &from->seal, in + kLead, out + kLead, count);
    Rc4Run(&from->seal, in + kLead + done, out + kLead + done, n - kLead - done);
    Md5Tail(state, out + kLag + done, n - kLag - done, kMd5Block + 4 + n);
    HmacFinish(&from->sign, state, digest);
  }
  Signature(from, digest, expected);
  unsigned difference = 0;
  for (int i = 0; i < kSignatureSize; ++i) difference |= (unsigned)(expected[i] ^ signature[i]);
  return difference != 0;
}

#endif  // GSS_SSPI_BENCH_FLOOR_CRYPTO_H_
