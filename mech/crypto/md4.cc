// SPDX-License-Identifier: MIT
#include "crypto/md4.h"

#include <bit>
#include <cstddef>
#include <cstring>

#include "core/secret.h"

namespace gss_sspi::crypto {

namespace {

static_assert(std::endian::native == std::endian::little,
              "words are loaded without swapping their octets");

constexpr size_t kBlockSize = 64;
constexpr size_t kLengthOffset = 56;

// RFC 1320 3.4: per round, the constant, the four shifts and the walk through the words.
struct Md4Round {
  uint32_t constant;
  int shifts[4];
  uint8_t words[16];
};
constexpr Md4Round kRounds[3] = {
    {0, {3, 7, 11, 19}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
    {0x5a827999, {3, 5, 9, 13}, {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}},
    {0x6ed9eba1, {3, 9, 11, 15}, {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15}},
};

// What is known of the message while it is hashed, so that it can be wiped as a whole.
struct Md4Work {
  std::array<uint32_t, 4> state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::array<uint32_t, 16> words;
  uint8_t tail[2 * kBlockSize];
};

// RFC 1320 3.4: F, G and H.
constexpr uint32_t Mix(size_t round, uint32_t x, uint32_t y, uint32_t z) {
  if (round == 0) return z ^ (x & (y ^ z));
  if (round == 1) return (x & y) | (z & (x | y));
  return x ^ y ^ z;
}

void HashBlock(Md4Work &work, const uint8_t *block) {
  std::memcpy(work.words.data(), block, kBlockSize);
  auto [a, b, c, d] = work.state;
  for (size_t round = 0; round < 3; ++round) {
    for (size_t i = 0; i < 16; ++i) {
      const uint32_t sum =
          a + Mix(round, b, c, d) + work.words[kRounds[round].words[i]] + kRounds[round].constant;
      a = d;
      d = c;
      c = b;
      b = std::rotl(sum, kRounds[round].shifts[i % 4]);
    }
  }
  work.state[0] += a;
  work.state[1] += b;
  work.state[2] += c;
  work.state[3] += d;
}

}  // namespace

Md4Digest Md4Of(ByteView message) {
  Md4Work work;
  ByteView rest = message;
  for (; rest.size() >= kBlockSize; rest = rest.subspan(kBlockSize)) HashBlock(work, rest.data());

  // RFC 1320 3.1 and 3.2.
  const size_t padded = rest.size() < kLengthOffset ? kBlockSize : 2 * kBlockSize;
  const uint64_t bits = uint64_t{message.size()} * 8;
  std::memset(work.tail, 0, sizeof work.tail);
  Copy(work.tail, rest);
  work.tail[rest.size()] = 0x80;
  std::memcpy(work.tail + padded - sizeof bits, &bits, sizeof bits);
  HashBlock(work, work.tail);
  if (padded > kBlockSize) HashBlock(work, work.tail + kBlockSize);

  Md4Digest digest;
  std::memcpy(digest.data(), work.state.data(), digest.size());
  Wipe(&work, sizeof work);
  return digest;
}

}  // namespace gss_sspi::crypto
