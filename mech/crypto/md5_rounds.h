// SPDX-License-Identifier: MIT
// The 64 steps of MD5 over one block, unrolled at compile time, with a place after each step where
// the caller may put work of its own: a step waits four or five cycles for the one before, and
// RC4 fits in between (md5_rc4.cc). For the source files of this folder only.
#ifndef GSS_SSPI_CRYPTO_MD5_ROUNDS_H_
#define GSS_SSPI_CRYPTO_MD5_ROUNDS_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "crypto/md5.h"

namespace gss_sspi::crypto {

static_assert(std::endian::native == std::endian::little,
              "MD4 and MD5 words are loaded without swapping their octets");

// RFC 1321 3.4: T[i] = floor(2^32 * |sin(i + 1)|).
inline constexpr uint32_t kMd5Sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

// RFC 1321 3.4: per round, the four shifts and the walk through the words of the block.
struct Md5Round {
  int shifts[4];
  size_t first_word;
  size_t word_stride;
};
inline constexpr Md5Round kMd5Rounds[4] = {
    {{7, 12, 17, 22}, 0, 1},
    {{5, 9, 14, 20}, 1, 5},
    {{4, 11, 16, 23}, 5, 3},
    {{6, 10, 15, 21}, 0, 7},
};

[[gnu::always_inline]] inline uint32_t LoadWord(const uint8_t *from) {
  uint32_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// Where RFC 1321 3.2 puts the length in the last block.
inline constexpr size_t kMd5LengthOffset = 56;

// The words of a block, as the steps ask for them: those of a block in memory, ...
struct Md5BlockWords {
  const uint8_t *block;
  template <size_t kWord>
  [[gnu::always_inline]] uint32_t Word() const {
    return LoadWord(block + 4 * kWord);
  }
};

// ... those of a key of 16 octets combined with a pad (RFC 2104: K XOR ipad, K XOR opad), ...
struct HmacPadWords {
  Md5State key;
  uint32_t pad;
  template <size_t kWord>
  [[gnu::always_inline]] uint32_t Word() const {
    if constexpr (kWord < 4) {
      return key[kWord] ^ pad;
    } else {
      return pad;
    }
  }
};

// ... and those of the block that follows K XOR opad: the inner digest, padded.
struct HmacOuterWords {
  Md5State inner;
  template <size_t kWord>
  [[gnu::always_inline]] uint32_t Word() const {
    if constexpr (kWord < 4) {
      return inner[kWord];
    } else if constexpr (kWord == 4) {
      return 0x80;
    } else if constexpr (kWord == kMd5LengthOffset / 4) {
      return 8 * (kMd5BlockSize + kMd5DigestSize);
    } else {
      return 0;
    }
  }
};

struct Md5NothingBetween {
  template <size_t kStep>
  [[gnu::always_inline]] void After() const {}
};

// One step of RFC 1321 3.4. The additions are ordered so that as little as possible waits for `b`,
// the result of the step before.
template <size_t kStep, typename Words>
[[gnu::always_inline]] inline void Md5Step(Md5State &state, const Words &words) {
  constexpr Md5Round kRound = kMd5Rounds[kStep / 16];
  constexpr size_t kWord = (kRound.first_word + kRound.word_stride * (kStep % 16)) % 16;
  uint32_t &a = state[(64 - kStep) % 4];
  const uint32_t b = state[(65 - kStep) % 4];
  const uint32_t c = state[(66 - kStep) % 4];
  const uint32_t d = state[(67 - kStep) % 4];
  a += words.template Word<kWord>() + kMd5Sines[kStep];
  if constexpr (kStep < 16) {
    a += d ^ (b & (c ^ d));
  } else if constexpr (kStep < 32) {
    a += c & ~d;  // The two terms of G share no bit, so they may be added one by one.
    a += b & d;
  } else if constexpr (kStep < 48) {
    a += b ^ (c ^ d);
  } else {
    a += c ^ (b | ~d);
  }
  a = std::rotl(a, kRound.shifts[kStep % 4]) + b;
}

// Steps kFirst + 0, kFirst + 1, ... `between.After<i>()` is run after step i.
template <size_t kFirst, typename Words, typename Between, size_t... kStep>
[[gnu::always_inline]] inline void Md5UnrolledSteps(Md5State &state, const Words &words,
                                                    Between &&between,
                                                    std::index_sequence<kStep...>) {
  ((Md5Step<kFirst + kStep>(state, words), between.template After<kFirst + kStep>()), ...);
}

// RFC 1321 3.4: the end of a block.
[[gnu::always_inline]] inline Md5State Md5Sum(const Md5State &a, const Md5State &b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]};
}

// RFC 1321 3.4 for one block, from the state `from` to the state `to`, which may be the same. An
// HMAC begins with a secret state: it is read where it lies, word by word, so that no copy of it
// remains on the stack.
template <typename Words, typename Between>
[[gnu::always_inline]] inline void Md5Steps(const Md5State &from, Md5State &to, const Words &words,
                                            Between &&between) {
  Md5State work = {from[0], from[1], from[2], from[3]};
  Md5UnrolledSteps<0>(work, words, between, std::make_index_sequence<64>());
  to = Md5Sum(from, work);
}

}  // namespace gss_sspi::crypto

#endif  // GSS_SSPI_CRYPTO_MD5_ROUNDS_H_
