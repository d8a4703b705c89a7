// SPDX-License-Identifier: MIT
#include "crypto/crc32.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace gss_sspi::crypto {

namespace {

static_assert(std::endian::native == std::endian::little,
              "words are loaded without swapping their octets");

constexpr uint32_t kPolynomial = 0xedb88320;
constexpr size_t kSlices = 4;

using Table = std::array<uint32_t, 256>;

// kTables[k][i] is the remainder of the octet i followed by k octets of zero.
constexpr std::array<Table, kSlices> kTables = [] {
  std::array<Table, kSlices> tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t remainder = i;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? kPolynomial : 0);
    }
    tables[0][i] = remainder;
  }
  for (size_t k = 1; k < kSlices; ++k) {
    for (size_t i = 0; i < 256; ++i) {
      const uint32_t before = tables[k - 1][i];
      tables[k][i] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}();

}  // namespace

void Crc32::Update(ByteView data) {
  uint32_t remainder = remainder_;
  for (; data.size() >= kSlices; data = data.subspan(kSlices)) {
    uint32_t word;
    std::memcpy(&word, data.data(), sizeof word);
    remainder ^= word;
    remainder = kTables[3][remainder & 0xff] ^ kTables[2][(remainder >> 8) & 0xff] ^
                kTables[1][(remainder >> 16) & 0xff] ^ kTables[0][remainder >> 24];
  }
  for (const uint8_t octet : data) {
    remainder = (remainder >> 8) ^ kTables[0][(remainder ^ octet) & 0xff];
  }
  remainder_ = remainder;
}

}  // namespace gss_sspi::crypto
