// SPDX-License-Identifier: MIT
#include "crypto/rc4.h"

#include <cstring>

namespace gss_sspi::crypto {

namespace {

constexpr std::array<uint8_t, 256> Identity() {
  std::array<uint8_t, 256> identity{};
  for (size_t i = 0; i < identity.size(); ++i) identity[i] = static_cast<uint8_t>(i);
  return identity;
}
constexpr std::array<uint8_t, 256> kIdentity = Identity();

// One step of the key schedule.
[[gnu::always_inline]] inline void Mix(uint8_t *permutation, size_t i, uint8_t &j, uint8_t key) {
  const uint8_t at_i = permutation[i];
  j = static_cast<uint8_t>(j + at_i + key);
  permutation[i] = permutation[j];
  permutation[j] = at_i;
}

}  // namespace

void Rc4::SetKey(ByteView key) {
  permutation_ = kIdentity;
  uint8_t j = 0;
  for (size_t i = 0, k = 0; i < permutation_.size(); ++i) {
    Mix(permutation_.data(), i, j, key[k]);
    if (++k == key.size()) k = 0;
  }
  x_ = y_ = 0;
}

void Rc4::SetKeys(Rc4 &first, std::span<const uint8_t, 16> first_key, Rc4 &second,
                  std::span<const uint8_t, 16> second_key) {
  first.permutation_ = second.permutation_ = kIdentity;
  uint8_t j = 0, k = 0;
  for (size_t i = 0; i < kIdentity.size(); ++i) {
    Mix(first.permutation_.data(), i, j, first_key[i % 16]);
    Mix(second.permutation_.data(), i, k, second_key[i % 16]);
  }
  first.x_ = first.y_ = second.x_ = second.y_ = 0;
}

void Rc4::Apply(const uint8_t *in, uint8_t *out, size_t n) {
  Rc4Run run(*this);
  for (; n >= 8; n -= 8, in += 8, out += 8) {
    uint64_t stream = 0, data;
    for (int i = 0; i < 8; ++i) stream |= static_cast<uint64_t>(run.Next()) << (8 * i);
    std::memcpy(&data, in, 8);
    data ^= stream;
    std::memcpy(out, &data, 8);
  }
  for (; n != 0; --n) *out++ = *in++ ^ run.Next();
}

void Rc4::Rewind(size_t n) {
  Rc4Run run(*this);
  for (; n != 0; --n) run.Back();
}

void Rc4::Save(std::span<uint8_t, kSavedSize> to) const {
  std::memcpy(to.data(), permutation_.data(), permutation_.size());
  to[256] = x_;
  to[257] = y_;
}

bool Rc4::Load(std::span<const uint8_t, kSavedSize> from) {
  // 256 octets that are all different have this sum, and this sum of their squares. One or two
  // other octets among them have not.
  constexpr uint32_t kSum = 255 * 256 / 2;
  constexpr uint32_t kSumOfSquares = 255 * 256 * 511 / 6;
  uint32_t sum = 0, sum_of_squares = 0;
  for (const uint32_t value : from.first<256>()) {
    sum += value;
    sum_of_squares += value * value;
  }
  if (sum != kSum || sum_of_squares != kSumOfSquares) return false;
  std::memcpy(permutation_.data(), from.data(), permutation_.size());
  x_ = from[256];
  y_ = from[257];
  return true;
}

}  // namespace gss_sspi::crypto
