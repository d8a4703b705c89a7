// SPDX-License-Identifier: MIT
// The tables are those of FIPS 46-3, with its numbering: bit 1 is the most significant.
#include "crypto/des.h"

#include <algorithm>
#include <bit>

#include "core/secret.h"

namespace gss_sspi::crypto {

namespace {

constexpr size_t kRounds = 16;

// clang-format off
constexpr uint8_t kInitialPermutation[64] = {
    58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4,
    62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
    57, 49, 41, 33, 25, 17,  9, 1, 59, 51, 43, 35, 27, 19, 11, 3,
    61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7,
};
constexpr uint8_t kFinalPermutation[64] = {
    40, 8, 48, 16, 56, 24, 64, 32, 39, 7, 47, 15, 55, 23, 63, 31,
    38, 6, 46, 14, 54, 22, 62, 30, 37, 5, 45, 13, 53, 21, 61, 29,
    36, 4, 44, 12, 52, 20, 60, 28, 35, 3, 43, 11, 51, 19, 59, 27,
    34, 2, 42, 10, 50, 18, 58, 26, 33, 1, 41,  9, 49, 17, 57, 25,
};
constexpr uint8_t kPermutedChoice1[56] = {
    57, 49, 41, 33, 25, 17,  9,  1, 58, 50, 42, 34, 26, 18,
    10,  2, 59, 51, 43, 35, 27, 19, 11,  3, 60, 52, 44, 36,
    63, 55, 47, 39, 31, 23, 15,  7, 62, 54, 46, 38, 30, 22,
    14,  6, 61, 53, 45, 37, 29, 21, 13,  5, 28, 20, 12,  4,
};
constexpr uint8_t kPermutedChoice2[48] = {
    14, 17, 11, 24,  1,  5,  3, 28, 15,  6, 21, 10,
    23, 19, 12,  4, 26,  8, 16,  7, 27, 20, 13,  2,
    41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48,
    44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
};
constexpr int kLeftShifts[kRounds] = {1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1};
constexpr uint8_t kPermutationP[32] = {
    16, 7, 20, 21, 29, 12, 28, 17,  1, 15, 23, 26,  5, 18, 31, 10,
     2, 8, 24, 14, 32, 27,  3,  9, 19, 13, 30,  6, 22, 11,  4, 25,
};
constexpr uint8_t kSelection[8][64] = {
    {14,  4, 13,  1,  2, 15, 11,  8,  3, 10,  6, 12,  5,  9,  0,  7,
      0, 15,  7,  4, 14,  2, 13,  1, 10,  6, 12, 11,  9,  5,  3,  8,
      4,  1, 14,  8, 13,  6,  2, 11, 15, 12,  9,  7,  3, 10,  5,  0,
     15, 12,  8,  2,  4,  9,  1,  7,  5, 11,  3, 14, 10,  0,  6, 13},
    {15,  1,  8, 14,  6, 11,  3,  4,  9,  7,  2, 13, 12,  0,  5, 10,
      3, 13,  4,  7, 15,  2,  8, 14, 12,  0,  1, 10,  6,  9, 11,  5,
      0, 14,  7, 11, 10,  4, 13,  1,  5,  8, 12,  6,  9,  3,  2, 15,
     13,  8, 10,  1,  3, 15,  4,  2, 11,  6,  7, 12,  0,  5, 14,  9},
    {10,  0,  9, 14,  6,  3, 15,  5,  1, 13, 12,  7, 11,  4,  2,  8,
     13,  7,  0,  9,  3,  4,  6, 10,  2,  8,  5, 14, 12, 11, 15,  1,
     13,  6,  4,  9,  8, 15,  3,  0, 11,  1,  2, 12,  5, 10, 14,  7,
      1, 10, 13,  0,  6,  9,  8,  7,  4, 15, 14,  3, 11,  5,  2, 12},
    { 7, 13, 14,  3,  0,  6,  9, 10,  1,  2,  8,  5, 11, 12,  4, 15,
     13,  8, 11,  5,  6, 15,  0,  3,  4,  7,  2, 12,  1, 10, 14,  9,
     10,  6,  9,  0, 12, 11,  7, 13, 15,  1,  3, 14,  5,  2,  8,  4,
      3, 15,  0,  6, 10,  1, 13,  8,  9,  4,  5, 11, 12,  7,  2, 14},
    { 2, 12,  4,  1,  7, 10, 11,  6,  8,  5,  3, 15, 13,  0, 14,  9,
     14, 11,  2, 12,  4,  7, 13,  1,  5,  0, 15, 10,  3,  9,  8,  6,
      4,  2,  1, 11, 10, 13,  7,  8, 15,  9, 12,  5,  6,  3,  0, 14,
     11,  8, 12,  7,  1, 14,  2, 13,  6, 15,  0,  9, 10,  4,  5,  3},
    {12,  1, 10, 15,  9,  2,  6,  8,  0, 13,  3,  4, 14,  7,  5, 11,
     10, 15,  4,  2,  7, 12,  9,  5,  6,  1, 13, 14,  0, 11,  3,  8,
      9, 14, 15,  5,  2,  8, 12,  3,  7,  0,  4, 10,  1, 13, 11,  6,
      4,  3,  2, 12,  9,  5, 15, 10, 11, 14,  1,  7,  6,  0,  8, 13},
    { 4, 11,  2, 14, 15,  0,  8, 13,  3, 12,  9,  7,  5, 10,  6,  1,
     13,  0, 11,  7,  4,  9,  1, 10, 14,  3,  5, 12,  2, 15,  8,  6,
      1,  4, 11, 13, 12,  3,  7, 14, 10, 15,  6,  8,  0,  5,  9,  2,
      6, 11, 13,  8,  1,  4, 10,  7,  9,  5,  0, 15, 14,  2,  3, 12},
    {13,  2,  8,  4,  6, 15, 11,  1, 10,  9,  3, 14,  5,  0, 12,  7,
      1, 15, 13,  8, 10,  3,  7,  4, 12,  5,  6, 11,  0, 14,  9,  2,
      7, 11,  4,  1,  9, 12, 14,  2,  0,  6, 10, 13, 15,  3,  5,  8,
      2,  1, 14,  7,  4, 10,  8, 13, 15, 12,  9,  0,  3,  5,  6, 11},
};
// clang-format on

// Bit i of the result is bit table[i] of the `width` bits of `in`.
template <size_t kSize>
constexpr uint64_t Permute(uint64_t in, int width, const uint8_t (&table)[kSize]) {
  uint64_t out = 0;
  for (const uint8_t bit : table) out = (out << 1) | ((in >> (width - bit)) & 1);
  return out;
}

// The eight selection functions, each followed by the permutation P of the bits it yields. The six
// bits that select are the index: the outer two choose the row, the inner four the column.
constexpr std::array<std::array<uint32_t, 64>, 8> kSelectAndPermute = [] {
  std::array<std::array<uint32_t, 64>, 8> tables{};
  for (size_t box = 0; box < 8; ++box) {
    for (size_t six = 0; six < 64; ++six) {
      const size_t row = ((six >> 4) & 2) | (six & 1);
      const size_t column = (six >> 1) & 15;
      const uint64_t four = kSelection[box][row * 16 + column];
      tables[box][six] = static_cast<uint32_t>(Permute(four << (28 - 4 * box), 32, kPermutationP));
    }
  }
  return tables;
}();

// All that depends on the key while a block is encrypted, so that it can be wiped as a whole.
struct DesWork {
  uint64_t key;                 // K of 64 bits, the parity bits zero.
  uint32_t c, d;                // The halves of the key schedule.
  uint64_t round_key[kRounds];  // K1 to K16.
  uint32_t left, right, next;
};

constexpr uint32_t RotateLeft28(uint32_t half, int shift) {
  return ((half << shift) | (half >> (28 - shift))) & 0x0fffffff;
}

// Seven bits of the key go to each octet of K; its lowest bit is the parity, which PC-1 drops.
void ExpandKey(DesWork &work, std::span<const uint8_t, kDesKeySize> key) {
  uint64_t &bits = work.key;
  bits = 0;
  for (const uint8_t octet : key) bits = (bits << 8) | octet;
  uint64_t expanded = 0;
  for (int shift = 49; shift >= 0; shift -= 7) {
    expanded = (expanded << 8) | (((bits >> shift) & 0x7f) << 1);
  }
  bits = expanded;
}

// FIPS 46-3, appendix 1: KS.
void ScheduleKeys(DesWork &work) {
  work.key = Permute(work.key, 64, kPermutedChoice1);
  work.c = static_cast<uint32_t>(work.key >> 28);
  work.d = static_cast<uint32_t>(work.key & 0x0fffffff);
  for (size_t i = 0; i < kRounds; ++i) {
    work.c = RotateLeft28(work.c, kLeftShifts[i]);
    work.d = RotateLeft28(work.d, kLeftShifts[i]);
    work.round_key[i] = Permute(uint64_t{work.c} << 28 | work.d, 56, kPermutedChoice2);
  }
}

// FIPS 46-3: f(R, K). E takes for each selection function four bits of R and one on either side.
uint32_t CipherFunction(uint32_t right, uint64_t round_key) {
  uint32_t out = 0;
  for (int box = 0; box < 8; ++box) {
    const uint64_t six = std::rotl(right, 4 * box + 5) ^ (round_key >> (42 - 6 * box));
    out |= kSelectAndPermute[static_cast<size_t>(box)][six & 0x3f];
  }
  return out;
}

void Encrypt(DesWork &work, std::span<const uint8_t, kDesBlockSize> data,
             std::span<uint8_t, kDesBlockSize> out) {
  uint64_t block = 0;
  for (const uint8_t octet : data) block = (block << 8) | octet;
  block = Permute(block, 64, kInitialPermutation);
  work.left = static_cast<uint32_t>(block >> 32);
  work.right = static_cast<uint32_t>(block);
  for (const uint64_t round_key : work.round_key) {
    work.next = work.left ^ CipherFunction(work.right, round_key);
    work.left = work.right;
    work.right = work.next;
  }
  block = Permute(uint64_t{work.right} << 32 | work.left, 64, kFinalPermutation);
  for (size_t i = 0; i < kDesBlockSize; ++i) out[i] = static_cast<uint8_t>(block >> (56 - 8 * i));
}

}  // namespace

DesBlock DES(std::span<const uint8_t, kDesKeySize> key,
             std::span<const uint8_t, kDesBlockSize> data) {
  DesWork work;
  DesBlock out;
  ExpandKey(work, key);
  ScheduleKeys(work);
  Encrypt(work, data, out);
  Wipe(&work, sizeof work);
  return out;
}

DeslResponse DESL(std::span<const uint8_t, 16> key, std::span<const uint8_t, kDesBlockSize> data) {
  Secret<3 * kDesKeySize> padded;
  std::copy(key.begin(), key.end(), padded.span().begin());
  DeslResponse response;
  for (size_t i = 0; i < 3; ++i) {
    const DesBlock block = DES(padded.view().subspan(i * kDesKeySize).first<kDesKeySize>(), data);
    std::copy(block.begin(), block.end(), response.data() + i * kDesBlockSize);
  }
  return response;
}

}  // namespace gss_sspi::crypto
